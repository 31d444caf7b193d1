"""The AI proposes; the partner decides; the partner's words are never lost."""

from datetime import timedelta

import pytest

from bridge.clients.errors import Refused, Unavailable
from bridge.portal import proposal_views
from bridge.store import people
from tests.portal.conftest import ANSWERS, Browser, Portal, proposal, textarea

OWN = "\r\n  Não salva.\r\n\r\nMensagem: “erro 42” \t"
WHOLE = "O que acontece:\r\nProposta clara.\r\n\r\nMensagem exibida:\r\n“erro 42”"


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
    browser.post(f"{address}/ia", {"decisao": "tudo"})
    page = browser.get(address).text
    assert textarea(page, "descricao") == WHOLE
    assert 'value="ERP: importação não salva produtos"' in page
    assert "Voltar ao meu texto original" in page
    browser.fill(address, "original", descricao=WHOLE, titulo="ERP: importação não salva produtos")
    page = browser.get(address).text
    assert textarea(page, "descricao") == OWN
    assert f'value="{ANSWERS["titulo"]}"' in page
    assert "Voltar ao meu texto original" not in page


def test_undoing_keeps_a_title_written_since(browser: Browser, address: str) -> None:
    browser.post(f"{address}/ia", {"decisao": "tudo"})
    browser.fill(address, "original", descricao=WHOLE, titulo="Título novo, meu")
    page = browser.get(address).text
    assert textarea(page, "descricao") == OWN
    assert 'value="Título novo, meu"' in page


def test_what_is_chosen_stands_above_the_partners_own_words(browser: Browser, address: str) -> None:
    # 0 is the title, 1 what happens, 2 the message that the partner quoted.
    browser.post(f"{address}/ia", {"decisao": "selecionados", "trecho": ["1"]})
    page = browser.get(address).text
    assert (
        textarea(page, "descricao") == f"O que acontece:\r\nProposta clara.\r\n\r\nRelato original:\r\n{OWN}"
    )
    assert f'value="{ANSWERS["titulo"]}"' in page
    browser.fill(address, "original")
    assert textarea(browser.get(address).text, "descricao") == OWN


def test_what_the_partner_did_not_write_is_marked_and_not_chosen(browser: Browser, opened: Portal) -> None:
    opened.assistant.answer = proposal(result="Não salva. Acontece desde 26 de outubro.")
    address = browser.new_draft()
    browser.fill(address, "ia", descricao="Não salva.")
    page = browser.get(f"{address}/ia").text
    assert 'name="trecho" value="0" checked' in page
    assert 'name="trecho" value="1" aria-describedby="duvida-1"' in page
    assert "⚠ não consta no seu texto: <q>26</q>, <q>outubro</q>" in page
    assert "Aceitar tudo, inclusive o que não consta" in page
    browser.post(f"{address}/ia", {"decisao": "selecionados", "trecho": ["0"]})
    assert textarea(browser.get(address).text, "descricao") == "O que acontece:\r\nNão salva."


def test_what_a_doubtful_piece_said_for_the_partner_is_not_lost(browser: Browser, opened: Portal) -> None:
    own = "Produtos não salvam, aparece erro 42."
    opened.assistant.answer = proposal(result="Produtos não salvam desde 26 de outubro. Aparece erro 42.")
    address = browser.new_draft()
    browser.fill(address, "ia", descricao=own)
    browser.post(f"{address}/ia", {"decisao": "selecionados", "trecho": ["1"]})
    kept = f"O que acontece:\r\nAparece erro 42.\r\n\r\nRelato original:\r\n{own}"
    assert textarea(browser.get(address).text, "descricao") == kept


def test_refusing_changes_nothing(browser: Browser, opened: Portal, address: str) -> None:
    browser.post(f"{address}/ia", {"decisao": "recusar"})
    assert textarea(browser.get(address).text, "descricao") == OWN
    browser.fill(address, descricao=OWN)
    browser.post(f"{address}/enviar", {})
    (ticket,) = opened.tickets()
    assert (ticket.answers["descricao"], ticket.original) == (OWN, "")


def test_choosing_nothing_is_refusing(browser: Browser, address: str) -> None:
    browser.post(f"{address}/ia", {"decisao": "selecionados"})
    assert textarea(browser.get(address).text, "descricao") == OWN


def test_ticket_keeps_the_partners_own_text(browser: Browser, opened: Portal, address: str) -> None:
    browser.post(f"{address}/ia", {"decisao": "tudo"})
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
    ],
)
def test_failure_keeps_the_text_and_the_way(browser: Browser, opened: Portal, answer: Exception) -> None:
    opened.assistant.answer = answer
    address = browser.new_draft()
    page = browser.fill(address, "ia", descricao=OWN, titulo="")
    shown = browser.get(page.location or "").text
    assert "A IA não está disponível agora. Seu texto foi mantido" in shown
    assert textarea(shown, "descricao") == OWN
    assert browser.fill(address, descricao=OWN).location == f"{address}/revisar"


def test_what_does_not_fit_the_form_is_not_taken(browser: Browser, opened: Portal) -> None:
    opened.assistant.answer = proposal(result="x" * 30_000)
    address = browser.new_draft()
    browser.fill(address, "ia", descricao=OWN)
    browser.post(f"{address}/ia", {"decisao": "tudo"})
    assert textarea(browser.get(address).text, "descricao") == OWN


def test_a_thin_description_is_offered_the_ai_at_the_review(browser: Browser, opened: Portal) -> None:
    address = browser.new_draft()
    browser.fill(address, descricao="Não salva.")
    assert "A descrição está curta" in browser.get(f"{address}/revisar").text
    assert browser.post(f"{address}/melhorar", {}).location == f"{address}/ia"
    browser.post(f"{address}/ia", {"decisao": "recusar"})
    assert "A descrição está curta" not in browser.get(f"{address}/revisar").text
    browser.fill(other := browser.new_draft(), descricao="Não salva. " * 20)
    assert "A descrição está curta" not in browser.get(f"{other}/revisar").text


def test_without_an_ai_there_is_no_button(browser: Browser, opened: Portal) -> None:
    opened.assistant.available = False
    assert "com IA" not in browser.get("/chamados/novo").text


def test_switched_off_for_a_partner_nobody_is_asked(browser: Browser, opened: Portal) -> None:
    with opened.services.store.begin() as db:
        partner = people.by_email(db, "ana@revenda.com.br")
        assert partner
        people.switch_ai(db, partner, on=False)
    assert "com IA" not in browser.get("/chamados/novo").text
    page = browser.fill(browser.new_draft(), "ia", descricao=OWN)
    assert "aviso=ia-indisponivel" in (page.location or "")
    assert opened.assistant.asked == []


def test_a_days_budget_ends_and_begins_anew(
    browser: Browser, opened: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proposal_views, "DAILY_OF_ONE", 2)
    for _ in range(3):
        browser.fill(browser.new_draft(), "ia", descricao=OWN)
    assert len(opened.assistant.asked) == 2
    opened.wait(timedelta(days=1))
    browser = opened.signed_in()
    browser.fill(browser.new_draft(), "ia", descricao=OWN)
    assert len(opened.assistant.asked) == 3


def test_nothing_to_improve_asks_nobody(browser: Browser, opened: Portal) -> None:
    page = browser.fill(browser.new_draft(), "ia", descricao=" ")
    assert page.status_code == 422
    assert "Escreva primeiro" in page.text
    assert opened.assistant.asked == []


def test_markup_in_a_proposal_is_shown_as_text(browser: Browser, opened: Portal) -> None:
    opened.assistant.answer = proposal(
        title="<img src=x>", result="<script>x</script>", steps=("<i>1",), questions=("<b>?",)
    )
    address = browser.new_draft()
    browser.fill(address, "ia")
    page = browser.get(f"{address}/ia").text
    assert not [tag for tag in ("<script>x", "<img", "<b>?", "<i>1") if tag in page]


def test_the_decision_the_model_and_both_texts_are_kept(
    browser: Browser, opened: Portal, address: str
) -> None:
    browser.post(f"{address}/ia", {"decisao": "tudo"})
    kept = opened.draft(address).proposal
    assert (kept["decision"], kept["model"], kept["from"]["descricao"]) == ("accepted", "m", OWN)
    assert kept["descricao"] == WHOLE.replace("\r\n", "\n")
