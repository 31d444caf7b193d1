"""What may be reported already is shown while a ticket is written, and nothing of it that is another's."""

from pathlib import Path

import pytest
from limits import parse

from bridge.portal import limits
from bridge.store import organisations, people
from tests.portal.conftest import ENVIRONMENT, Browser, Portal, make, opened_store

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


@pytest.mark.parametrize("word", ["planilha", "produtos"])
def test_nobody_finds_out_word_by_word_what_others_wrote(
    opened: Portal, browser: Browser, filed: int, word: str
) -> None:
    probe = {"titulo": f"{word} " * 30, "descricao": f"{word} " * 30}
    stranger = opened.signed_in("z@outra.com.br")
    assert asked(stranger, **probe).strip() == ""
    assert f"CT-{filed}" in asked(browser, **probe)


def test_a_known_title_does_not_open_the_description(opened: Portal, browser: Browser, filed: int) -> None:
    stranger = opened.signed_in("z@outra.com.br")
    assert asked(stranger, titulo=TITLE, descricao=f"{OTHER['descricao']} planilha linha 500").strip() == ""


def test_of_few_words_others_hear_nothing(opened: Portal, browser: Browser) -> None:
    few = {"titulo": TITLE, "descricao": "Não salva nada de nada: " + "erro 500, " * 12}
    number = browser.file_ticket(**few)
    assert asked(opened.signed_in("z@outra.com.br"), **few).strip() == ""
    assert f"CT-{number}" in asked(browser, **few)


def test_of_others_a_partner_hears_so_often_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "OTHERS_QUOTA", parse("2 per day"))
    with opened_store(tmp_path) as (store, files):
        opened = make(store, {**ENVIRONMENT, "CHAMADOS_FILES": files}, limited=True)
        opened.signed_in().file_ticket(titulo=TITLE, descricao=WORDS)
        strangers = [opened.signed_in(f"{name}@outra.com.br") for name in ("y", "z")]
        told = [["Já relatado" in asked(one, **ALIKE) for one in strangers] for _ in range(3)]
        assert told == [[True, True], [True, True], [False, False]]
        number = strangers[0].file_ticket(titulo=TITLE, descricao=WORDS)
        assert f"CT-{number}" in asked(strangers[0], **ALIKE)


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
