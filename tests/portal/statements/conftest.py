"""A partner at a desk: signed in, the notice read, in Chromium, with or without JavaScript."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, expect

from tests.portal.conftest import Portal
from tests.portal.test_browser import EMAIL, chromium, served, sign_in

__all__ = ["EMAIL", "chromium", "served", "sign_in"]


@dataclass
class Desk:
    """A browser of one partner's; `page` is the tab in front."""

    context: BrowserContext
    page: Page
    opened: Portal
    url: str

    def new_form(self) -> None:
        self.page.goto("/chamados/novo?vazio=1")

    def reopen(self) -> None:
        """Close the tab and open another."""
        self.page.close()
        self.page = self.context.new_page()

    def fill(self, **changes: str) -> None:
        """Answer what is required."""
        answers = {
            "Ferramenta": "Sistema",
            "E-mail de um cliente": "admin@cliente.com.br",
            "Título": "Não salva produtos importados",
            "Qual o fluxo": "Cadastros; Produtos; Importar;",
            "Explique": "Ao importar a planilha nada acontece.\nMensagem: erro 42.",
            **changes,
        }
        self.page.get_by_label("Ferramenta").select_option(answers.pop("Ferramenta"))
        for label, answer in answers.items():
            self.page.get_by_label(label).fill(answer)

    def typed(self) -> dict[str, str]:
        """What the form would send."""
        names = ("ferramenta", "email_cliente", "titulo", "fluxo", "descricao", "notificar", "links")
        return {name: self.page.locator(f"[name={name}]").input_value() for name in names}

    def choose(self, name: str, content: bytes, mimetype: str = "image/png") -> None:
        file = {"name": name, "mimeType": mimetype, "buffer": content}
        self.page.get_by_label("Arquivos para").set_input_files([file])  # type: ignore[list-item]

    def kept(self, name: str) -> None:
        """Wait until the server has the file."""
        expect(self.page.locator("a.file-name", has_text=name)).to_be_visible(timeout=20_000)

    def saved(self) -> None:
        expect(self.page.get_by_text("Rascunho salvo às")).to_be_visible(timeout=20_000)


@pytest.fixture(params=[True, False], ids=["javascript", "no-javascript"])
def desk(request: pytest.FixtureRequest, chromium: Chromium, served: str, opened: Portal) -> Iterator[Desk]:
    context = chromium.new_context(base_url=served, java_script_enabled=request.param, locale="pt-BR")
    sign_in(opened, context, served)
    desk = Desk(context=context, page=context.new_page(), opened=opened, url=served)
    desk.new_form()
    yield desk
    context.close()
