"""The AI proposes; the partner decides; the partner's words are never lost."""

import pytest

from bridge.clients.errors import Refused, Unavailable
from bridge.clients.openai import Proposal
from tests.portal.conftest import ANSWERS, Browser, Portal, textarea

OWN = "\r\n  Não salva.\r\n\r\nMensagem: “erro 42” \t"


@pytest.fixture
def address(browser: Browser) -> str:
    """A draft whose proposal waits for a decision."""
    found = browser.new_draft()
    assert browser.fill(found, "ia", descricao=OWN).location == f"{found}/ia"
    return found


def test_ai_sees_no_addresses(browser: Browser, opened: Portal, address: str) -> None:
    (asked,) = opened.assistant.asked
    assert asked == {
        "title": ANSWERS["titulo"],
        "description": OWN,
        "flow": ["Cadastros", "Produtos", "Importar"],
        "tool": "Sistema",
    }
    assert "admin@cliente" not in repr(asked)
    assert "suporte@revenda" not in repr(asked)


def test_both_texts_stand_side_by_side(browser: Browser, address: str) -> None:
    page = browser.get(f"{address}/ia").text
    assert "<del>" in page
    assert "<ins>" in page
    assert "[retirado: " in page
    assert "[incluído: " in page
    assert "Qual usuário?" in page
    assert textarea(browser.get(address).text, "descricao") == OWN  # nothing has changed yet


def test_accepting_and_undoing_gives_back_every_byte(browser: Browser, address: str) -> None:
    browser.post(f"{address}/ia", {"decisao": "aceitar"})
    page = browser.get(address).text
    assert textarea(page, "descricao") == "Proposta clara."
    assert 'value="ERP: importação não salva produtos"' in page
    assert "Voltar ao meu texto original" in page
    browser.fill(
        address, "original", descricao="Proposta clara.", titulo="ERP: importação não salva produtos"
    )
    page = browser.get(address).text
    assert textarea(page, "descricao") == OWN
    assert f'value="{ANSWERS["titulo"]}"' in page
    assert "Voltar ao meu texto original" not in page


def test_undoing_keeps_a_title_written_since(browser: Browser, address: str) -> None:
    browser.post(f"{address}/ia", {"decisao": "aceitar"})
    browser.fill(address, "original", descricao="Proposta clara.", titulo="Título novo, meu")
    page = browser.get(address).text
    assert textarea(page, "descricao") == OWN
    assert 'value="Título novo, meu"' in page


def test_refusing_changes_nothing(browser: Browser, opened: Portal, address: str) -> None:
    browser.post(f"{address}/ia", {"decisao": "recusar"})
    assert textarea(browser.get(address).text, "descricao") == OWN
    browser.fill(address, descricao=OWN)
    browser.post(f"{address}/enviar", {})
    (ticket,) = opened.tickets()
    assert (ticket.answers["descricao"], ticket.original) == (OWN, "")


def test_ticket_keeps_the_partners_own_text(browser: Browser, opened: Portal, address: str) -> None:
    browser.post(f"{address}/ia", {"decisao": "aceitar"})
    browser.fill(address, descricao="Proposta clara. Usuário: admin", titulo="Outro")
    browser.post(f"{address}/enviar", {})
    (ticket,) = opened.tickets()
    assert (ticket.answers["descricao"], ticket.original) == ("Proposta clara. Usuário: admin", OWN)
    assert "Seu texto antes da IA" in browser.get(f"/chamados/CT-{ticket.id}").text


@pytest.mark.parametrize(
    "answer",
    [
        Unavailable("OpenAI", "no answer (APITimeoutError)"),
        Refused("OpenAI", "the model declined to answer"),
        Proposal(title="x" * 500, description="y", questions=()),
    ],
)
def test_failure_keeps_the_text_and_the_way(
    browser: Browser, opened: Portal, answer: Proposal | Exception
) -> None:
    opened.assistant.answer = answer
    address = browser.new_draft()
    page = browser.fill(address, "ia", descricao=OWN, titulo="")
    shown = browser.get(page.location or "").text
    assert "IA indisponível, seu texto foi mantido" in shown
    assert textarea(shown, "descricao") == OWN
    assert browser.fill(address, descricao=OWN).location == f"{address}/revisar"


def test_without_an_ai_there_is_no_button(browser: Browser, opened: Portal) -> None:
    opened.assistant.available = False
    assert "com IA" not in browser.get("/chamados/novo").text


def test_nothing_to_improve_asks_nobody(browser: Browser, opened: Portal) -> None:
    page = browser.fill(browser.new_draft(), "ia", descricao=" ")
    assert page.status_code == 422
    assert "Escreva primeiro" in page.text
    assert opened.assistant.asked == []


def test_markup_in_a_proposal_is_shown_as_text(browser: Browser, opened: Portal) -> None:
    opened.assistant.answer = Proposal(
        title="<img src=x>", description="<script>x</script>", questions=("<b>?",)
    )
    address = browser.new_draft()
    browser.fill(address, "ia")
    page = browser.get(f"{address}/ia").text
    assert "<script>x" not in page
    assert "<img" not in page
    assert "<b>?" not in page
