"""WCAG 2.2 A and AA by axe-core on every page and state, and the whole way by keyboard alone."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from bridge.store import people
from bridge.store.tables import Delivery
from tests.portal.conftest import PNG, START, Browser, Portal, proposal
from tests.portal.test_browser import OWN, chromium, fill, pytestmark, served  # noqa: F401  (fixtures, marks)
from tests.portal.test_following import links, mail_to
from tests.portal.test_following import tell as queue
from tests.portal.test_panel import tell

EMAIL = "ana@revenda.com.br"
# Only what is wrong comes back: the rest is most of the answer, and of the time.
RUN = """(tags) => axe.run({runOnly: tags, resultTypes: ["violations"]}).then((done) => done.violations)"""
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
# 320 CSS pixels at four device pixels each: a window of 1280 at 400 % zoom, which is also a small phone.
VIEWS = {
    "light-1280": ("light", 1280, 1),
    "dark-320-400%": ("dark", 320, 4),
    "dark-1280": ("dark", 1280, 1),
    "light-320-400%": ("light", 320, 4),
}
ALL = os.environ.get("CHAMADOS_TEST_AXE") == "all"
CHOSEN = list(VIEWS) if ALL else list(VIEWS)[:2]
ALIKE = (
    set()
    if ALL
    else {"Backlog", "To Do", "PR Review", "PR Aprovado", "Error Fix", "Testing", "Test Finished"}
)
"""Statuses whose tickets look like another's."""


@dataclass
class Visit:
    """A signed-in browser, and what has been looked at."""

    page: Page
    opened: Portal
    client: Browser
    seen: list[str]

    def check(self, name: str) -> None:
        """No rule of axe's is broken, and nothing sticks out of the window."""
        self.page.evaluate(AXE_SCRIPT)
        found: list[dict[str, Any]] = self.page.evaluate(RUN, TAGS)
        faults = [
            f"{one['id']}: {node['target']} {node['failureSummary']}"
            for one in found
            for node in one["nodes"]
        ]
        assert not faults, f"{name} ({self.page.url}): " + "; ".join(faults)
        assert self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
        self.seen.append(name)

    def at(self, path: str, name: str = "") -> None:
        self.page.goto(path)
        self.check(name or path)


@pytest.fixture(params=CHOSEN)
def visit(
    request: pytest.FixtureRequest,
    chromium: Chromium,  # noqa: F811
    served: str,  # noqa: F811
    opened: Portal,
) -> Iterator[Visit]:
    scheme, width, pixels = VIEWS[request.param]
    client = opened.signed_in(EMAIL)
    session = client.client.get_cookie("sessao")
    assert session
    context = chromium.new_context(
        base_url=served,
        locale="pt-BR",
        color_scheme=scheme,  # type: ignore[arg-type]
        viewport={"width": width, "height": 900 if pixels == 1 else 256 * 2},
        device_scale_factor=pixels,
        reduced_motion="reduce",  # colours in the middle of a change have no contrast of their own
    )
    context.add_cookies([{"name": "sessao", "value": session.value, "url": served}])
    yield Visit(page=context.new_page(), opened=opened, client=client, seen=[])
    context.close()


def test_panel_and_tickets_in_every_state(visit: Visit) -> None:
    visit.at("/chamados", "empty list")
    visit.at("/chamados/quadro", "empty board")
    for place, status in enumerate(visit.opened.services.mappings.workflow.statuses):
        number = visit.client.file_ticket(titulo=f"Chamado {place} sobre a importação de planilhas")
        visit.opened.move(number, status)
    facts = {"kind": "status", "status": "Faltam Informações", "text": "Qual usuário?"}
    tell(visit.opened, 3, "c:1", at=START + timedelta(hours=1), **facts)
    visit.at("/chamados?situacao=todos", "list")
    visit.at("/chamados?situacao=todos&busca=nada", "nothing found")
    visit.at("/chamados/quadro", "board")
    for place, status in enumerate(visit.opened.services.mappings.workflow.statuses, start=1):
        if status in ALIKE:
            continue
        visit.at(f"/chamados/CT-{place}", f"ticket in {status}")
    visit.at("/chamados/CT-1/recebido", "receipt")
    visit.at("/conta", "account")
    visit.at("/chamados/CT-3/responder", "answer")
    visit.page.get_by_role("button", name="Enviar resposta").click()
    expect(visit.page.locator(".summary")).to_be_focused()
    visit.check("answer with an error")
    published = 1 + list(visit.opened.services.mappings.workflow.statuses).index("Publicado")
    visit.at(f"/chamados/CT-{published}/funcionou", "confirm that it worked")
    visit.at(f"/chamados/CT-{published}/ainda-ocorre", "still failing")
    visit.page.get_by_role("button", name="Avisar que ainda ocorre").click()
    expect(visit.page.locator(".summary")).to_be_focused()
    visit.check("still failing with errors")
    visit.page.get_by_label("Conte o que fez").fill("Escrevi com cuidado: https://drive.example/v")
    visit.opened.move(published, "Encerrado")
    visit.page.get_by_role("button", name="Avisar que ainda ocorre").click()
    expect(visit.page.get_by_text("Escrevi com cuidado")).to_be_visible()
    visit.check("the ticket moved meanwhile")
    assert len(visit.seen) == 27 - len(ALIKE)


def test_form_and_its_errors(visit: Visit) -> None:
    visit.opened.partner(EMAIL)
    with visit.opened.services.store.begin() as db:
        partner = people.by_email(db, EMAIL)
        assert partner
        people.read_notice(db, partner.id, version="")
    visit.at("/chamados/novo", "notice")
    visit.page.get_by_role("button", name="Entendi").click()
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("Novo chamado técnico")
    visit.check("empty form")
    visit.page.get_by_role("button", name="Revisar e enviar").click()
    expect(visit.page.locator(".summary")).to_be_focused()
    visit.check("form with errors")
    fill(visit.page)
    visit.page.get_by_label("Arquivos para").set_input_files(
        [{"name": "tela.png", "mimeType": "image/png", "buffer": PNG}]
    )
    visit.page.get_by_role("button", name="Revisar e enviar").click()
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("Revise antes de enviar")
    visit.check("review")
    said = "Não salva. Acontece desde 26 de outubro com 3 clientes."
    visit.opened.assistant.answer = proposal(title="Produtos: não salva", result=said, questions=("Qual?",))
    visit.page.go_back()
    visit.page.get_by_role("button", name="Melhorar descrição com IA").click()
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("Compare e decida")
    visit.check("proposal")
    visit.at("/chamados/novo", "drafts")
    visit.page.get_by_role("link", name="Descartar").click()
    expect(visit.page.get_by_role("heading", level=1)).to_contain_text("Descartar “")
    visit.check("question before a draft is discarded")
    visit.at("/nada", "not found")


def test_form_while_it_is_filled_in(visit: Visit) -> None:
    visit.page.goto("/chamados/novo?vazio=1")
    fill(visit.page)
    visit.page.get_by_label("Notificar também").fill("a@b.com.br; ruim; a@b.com.br;")
    visit.page.keyboard.press("Tab")
    for name in ("tela.png", "programa.exe"):
        visit.page.get_by_label("Arquivos para").set_input_files(
            [{"name": name, "mimeType": "image/png", "buffer": PNG}]
        )
    expect(visit.page.locator("a.file-name")).to_have_text("tela.png")
    expect(visit.page.locator(".file.bad")).to_contain_text("programa.exe")
    expect(visit.page.get_by_text("“ruim” não é um e-mail.")).to_be_visible()
    visit.check("chips, files and refusals")


def test_what_an_email_leads_to(visit: Visit) -> None:
    number = visit.client.file_ticket()
    queue(visit.opened, number, "publicado", "Publicado")
    mail = mail_to(visit.opened, EMAIL, "publicado")
    confirmed, failing = links(mail, "agir/")
    visit.at(confirmed, "confirm by link")
    visit.at(failing, "still failing by link")
    visit.at(links(mail, "avisos/")[0], "what one receives")
    visit.at("/avisos/x", "what nobody receives")
    visit.opened.move(number, "Encerrado")
    visit.at(confirmed, "link whose moment has passed")


def test_signing_in(visit: Visit) -> None:
    visit.client.post("/sair", {})
    visit.at("/entrar", "sign in")
    visit.page.get_by_label("Seu e-mail").fill("ana arroba")
    visit.page.get_by_role("button", name="Enviar link").click()
    expect(visit.page.locator(".summary")).to_be_focused()
    visit.check("bad address")
    visit.page.get_by_label("Seu e-mail").fill(EMAIL)
    visit.page.get_by_role("button", name="Enviar link").click()
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("Confira seu e-mail")
    visit.check("link sent")
    link = visit.opened.link()
    visit.page.get_by_label("Código").fill("AAA-AAA")
    visit.page.get_by_role("button", name="Entrar com o código").click()
    expect(visit.page.locator(".summary")).to_be_focused()
    visit.check("wrong code")
    visit.at("/entrar/codigo", "code")
    visit.at(link, "link")
    Browser(visit.opened).post("/entrar", {"email": EMAIL})
    visit.at(visit.opened.link(), "link of another browser")
    visit.at("/entrar/x", "spent link")


def test_console(visit: Visit) -> None:
    visit.at("/operador", "quiet console")
    visit.at("/operador/entregas", "no deliveries")
    visit.client.file_ticket()
    with visit.opened.services.store.begin() as db:
        facts = {
            "event": "push",
            "body": b'{"a": 1}',
            "body_sha256": "",
            "outcome": "rang CT-1",
            "result": "rang",
        }
        db.add(Delivery(source="github", delivery_id="1", received_at=START, **facts))
    for path in ("", "/entregas", "/entregas/1", "/parados", "/chamados/CT-1", "/parceiros"):
        visit.at(f"/operador{path}")
    visit.page.get_by_role("button", name="Salvar").click()
    expect(visit.page.locator(".summary")).to_be_focused()
    visit.check("partner without a name")


# --- the keyboard ---------------------------------------------------------------------------------------

MOST_STOPS = 150
FOCUS = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const box = one.getBoundingClientRect();
  const [x, y] = [box.left + Math.min(box.width, 20) / 2, box.top + Math.min(box.height, 20) / 2];
  const top = document.elementFromPoint(x, y);
  const label = one.labels && one.labels[0] ? one.labels[0].innerText : one.innerText || one.value || one.id;
  return {
    label: (label || '').trim(),
    // A field among chips is outlined with them.
    outlined: [one, one.parentElement].map((node) => getComputedStyle(node))
      .some((style) => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2),
    visible: box.width > 0 && (one.contains(top) || (top !== null && top.contains(one))),
  };
}"""


class Keyboard:
    """Hands that never touch a mouse; every stop on the way must be seen."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def to(self, label: str) -> None:
        """Press Tab until the element of that label has the focus."""
        for _ in range(90):
            self.page.keyboard.press("Tab")
            found = self.page.evaluate(FOCUS)
            if found is None:
                continue
            assert found["outlined"], found
            assert found["visible"], found
            if found["label"].startswith(label):
                return
        pytest.fail(f"{label} cannot be reached by Tab on {self.page.url}")

    def press(self, label: str) -> None:
        """Reach it, press it, and see the page that it leads to."""
        self.to(label)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def write(self, label: str, text: str) -> None:
        self.to(label)
        self.page.keyboard.type(text)

    def is_not_trapped(self) -> None:
        """Tab leaves the page at its end, and Shift+Tab at its beginning."""
        for key in ("Tab", "Shift+Tab"):
            self.page.evaluate("document.activeElement.blur()")
            stops = 0
            while stops < MOST_STOPS:
                self.page.keyboard.press(key)
                if self.page.evaluate("document.activeElement === document.body"):
                    break
                stops += 1
            assert 0 < stops < MOST_STOPS, f"{key} never leaves {self.page.url}"


def test_whole_way_by_keyboard(chromium: Chromium, served: str, opened: Portal) -> None:  # noqa: F811
    opened.partner(EMAIL)
    context = chromium.new_context(base_url=served, locale="pt-BR", reduced_motion="reduce")
    page = context.new_page()
    keyboard = Keyboard(page)
    page.goto("/entrar")
    keyboard.write("Seu e-mail", EMAIL)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Confira seu e-mail")
    page.goto(opened.link())
    keyboard.press("Entrar")
    expect(page.get_by_role("heading", level=1)).to_have_text("Meus chamados")
    keyboard.press("Novo chamado")
    keyboard.press("Entendi")
    expect(page.get_by_role("heading", level=1)).to_have_text("Novo chamado técnico")
    keyboard.is_not_trapped()
    page.goto(page.url)
    keyboard.write("Ferramenta", "Sistema")
    keyboard.write("E-mail de um cliente", "admin@cliente.com.br")
    keyboard.write("Título", "Não salva produtos")
    keyboard.write("Qual o fluxo", "Cadastros; Produtos")
    keyboard.write("Explique", OWN.strip())
    keyboard.press("Revisar e enviar")
    expect(page.get_by_role("heading", level=1)).to_have_text("Revise antes de enviar")
    keyboard.press("Enviar chamado")
    expect(page.locator(".reference")).to_have_text("CT-1")
    keyboard.press("Acompanhar o chamado")
    opened.move(1, "Faltam Informações")
    page.reload()
    keyboard.is_not_trapped()
    keyboard.write("Sua resposta", "É o usuário admin.")
    keyboard.press("Enviar resposta")
    expect(page.get_by_text("Recebemos sua resposta")).to_be_visible()
    opened.move(1, "Publicado")
    opened.wait(timedelta(minutes=1))
    page.goto("/chamados/CT-1")
    keyboard.press("Ainda ocorre")
    keyboard.write("Conte o que fez", "Ainda ocorre: https://drive.example/v")
    keyboard.press("Avisar que ainda ocorre")
    expect(page.get_by_text("Recebemos seu aviso")).to_be_visible()
    keyboard.press("Meus chamados")
    keyboard.press("Quadro")
    expect(page).to_have_url(re.compile("/quadro$"))
    keyboard.is_not_trapped()
    context.close()
