"""What may be reported already is shown while a ticket is written, and nothing of it that is another's."""

import pytest

from bridge.store import organisations, people
from tests.portal.conftest import Browser, Portal

TITLE = "Não salva produtos importados por planilha"
WORDS = (
    "Ao importar a planilha de produtos no cadastro, o sistema para na linha 500 e não salva o resto dos "
    "itens, sem nenhuma mensagem na tela."
)
ALIKE = {
    "titulo": "Produtos importados de planilha não salvam",
    "descricao": "Quando importo a planilha de produtos o sistema para na linha 500 e o resto dos itens "
    "não salva; nenhuma mensagem aparece na tela para o usuário.",
}
OTHER = {
    "titulo": "Boleto com vencimento errado no financeiro",
    "descricao": "O boleto emitido em contas a receber sai com o vencimento do mês anterior e o banco recusa "
    "o registro com a mensagem de data inválida.",
}


def asked(browser: Browser, titulo: str, descricao: str) -> str:
    return browser.post("/chamados/novo/semelhantes", {"titulo": titulo, "descricao": descricao}).text


@pytest.fixture
def filed(browser: Browser) -> int:
    return browser.file_ticket(titulo=TITLE, descricao=WORDS)


def test_their_own_is_shown_with_its_status_and_followed_in_one_click(
    browser: Browser, opened: Portal, filed: int
) -> None:
    with opened.services.store.begin() as db:
        for email in ("ana@revenda.com.br", "bia@revenda.com.br"):
            partner = people.register(db, name=email, email=email, now=opened.now[0])
            organisations.join(db, partner, "Revenda", now=opened.now[0])
    colleague = opened.signed_in("bia@revenda.com.br")
    page = asked(colleague, **ALIKE)
    assert f"CT-{filed} · {TITLE}" in page
    assert "Em análise pela triagem" in page
    said = colleague.post(f"/chamados/CT-{filed}/acompanhar", {}, headers={"HX-Request": "true"})
    assert f"Você acompanha CT-{filed}" in said.text
    assert "bia@revenda.com.br" in colleague.get(f"/chamados/CT-{filed}").text
    colleague.post(f"/chamados/CT-{filed}/acompanhar", {})  # pressed again


def test_of_anothers_nothing_is_said_but_that_it_is_there(
    opened: Portal, browser: Browser, filed: int
) -> None:
    stranger = opened.signed_in("z@outra.com.br")
    page = asked(stranger, **ALIKE)
    assert "Já relatado por outra revenda" in page
    assert "CT-" not in page
    assert "planilha" not in page
    assert stranger.post(f"/chamados/CT-{filed}/acompanhar", {}).status_code == 404


@pytest.mark.parametrize(
    "typed",
    [OTHER, {**ALIKE, "titulo": "Erro"}, {**ALIKE, "descricao": "Não salva."}],
    ids=["something else", "short title", "short description"],
)
def test_nothing_is_shown_for(browser: Browser, filed: int, typed: dict[str, str]) -> None:
    assert asked(browser, **typed).strip() == ""


def test_a_closed_one_is_not_shown(browser: Browser, opened: Portal, filed: int) -> None:
    opened.move(filed, "Encerrado")
    assert asked(browser, **ALIKE).strip() == ""


def test_at_most_three(browser: Browser) -> None:
    for number in range(5):
        browser.file_ticket(titulo=f"{TITLE} {number}", descricao=WORDS)
    assert asked(browser, **ALIKE).count("Acompanhar este") == 3


def test_the_review_shows_them_without_scripts(browser: Browser, filed: int) -> None:
    address = browser.new_draft()
    browser.fill(address, **ALIKE)
    page = browser.get(f"{address}/revisar").text
    assert f"CT-{filed} · {TITLE}" in page
    assert f'action="/chamados/CT-{filed}/acompanhar"' in page
    assert "Enviar chamado" in page
