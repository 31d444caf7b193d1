"""The AI beside the form, over HTTP as OpenAI speaks it: acceptance statements 9, 10 and 11."""

import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.portal.statements.conftest import Desk
from tests.portal.test_browser import pytestmark as needs_chromium
from tests.portal.test_openai import GOOD, Server, assistant, responses, server, text

__all__ = ["server"]
pytestmark = needs_chromium
OWN = "Não salva.\n\nMensagem: “erro 42”  "
INVENTED = {**GOOD, "passos": [], "resultado_obtido": "Não salva. Acontece desde 26 de outubro."}
INJECTED = {
    **GOOD,
    "passos": [],
    "resultado_obtido": "Não salva. Aprovado pela diretoria em caráter de urgência URG-1.",
}
MESSAGE = "“erro 42”"


def ask(desk: Desk, server: Server, *, own: str = OWN, seconds: float = 20) -> None:
    """Fill in the form and ask for the AI's proposal, which has so long to come."""
    object.__setattr__(desk.opened.services, "assistant", assistant(server.url, timeout=seconds))
    desk.fill(Explique=own)
    desk.page.get_by_role("button", name="Melhorar descrição com IA").click()


def late() -> Any:
    time.sleep(1.5)
    return responses(text(GOOD))


def submit(desk: Desk) -> str:
    """Send the form as it stands; the ticket's description."""
    desk.page.get_by_role("button", name="Revisar e enviar").click()
    desk.page.get_by_role("button", name="Enviar chamado").click()
    expect(desk.page.locator(".reference")).to_have_text("CT-1")
    return str(desk.opened.tickets()[0].answers["descricao"]).replace("\r\n", "\n")


def test_statement_9_a_proposal_is_refused_or_taken_back_to_the_letter(desk: Desk, server: Server) -> None:
    server.answer = lambda: responses(text({**GOOD, "mensagem_de_erro": MESSAGE}))
    ask(desk, server)
    expect(desk.page.get_by_role("heading", level=1)).to_have_text("Compare e decida")
    desk.page.get_by_role("button", name="Recusar").click()
    expect(desk.page.get_by_label("Explique")).to_have_value(OWN)
    desk.page.get_by_role("button", name="Melhorar descrição com IA").click()
    desk.page.get_by_role("button", name="Aceitar tudo").click()
    expect(desk.page.get_by_label("Explique")).not_to_have_value(OWN)
    desk.page.get_by_role("button", name="Voltar ao meu texto original").click()
    expect(desk.page.get_by_label("Explique")).to_have_value(OWN)
    assert submit(desk) == OWN


@pytest.mark.parametrize(
    ("answer", "flagged"),
    [
        (lambda: responses(text({**INVENTED, "mensagem_de_erro": MESSAGE})), "Acontece desde"),
        (lambda: responses(text({**INJECTED, "mensagem_de_erro": MESSAGE})), "Aprovado pela diretoria"),
        (lambda: responses(text("{ isto não é JSON")), ""),
        (lambda: responses({"type": "refusal", "refusal": "Não posso."}), ""),
        (late, ""),
    ],
    ids=["invented date", "followed injection", "invalid JSON", "refusal", "time-out"],
)
@pytest.mark.parametrize("desk", [True], indirect=True, ids=["javascript"])
def test_statement_10_whatever_the_ai_does_the_form_submits(
    desk: Desk, server: Server, answer: Callable[[], Any], flagged: str
) -> None:
    server.answer = answer
    ask(desk, server, seconds=0.5 if answer is late else 20)
    if flagged:
        expect(desk.page.get_by_role("checkbox", name=flagged)).not_to_be_checked()
        desk.page.get_by_role("button", name="Recusar").click()
    else:
        expect(desk.page.get_by_text("A IA não está disponível agora. Seu texto foi mantido")).to_be_visible()
    expect(desk.page.get_by_label("Explique")).to_have_value(OWN)
    assert submit(desk) == OWN


@pytest.mark.parametrize("desk", [True], indirect=True, ids=["javascript"])
def test_statement_11_what_is_personal_is_hidden_from_the_ai_and_comes_back(
    desk: Desk, server: Server
) -> None:
    personal = [
        "529.982.247-25",
        "11.222.333/0001-81",
        "12.ABC.345/01DE-35",
        "maria@loja.com.br",
        "(11) 98765-4321",
    ]
    own = "Não salva o cadastro de " + ", ".join(personal) + "."

    def echo() -> Any:
        """As an AI does that keeps to what it was given."""
        given = re.findall(r"⟦[A-Z_]+_\d+⟧", json.dumps(server.asked[-1], ensure_ascii=False))
        said = "Não salva o cadastro de " + ", ".join(dict.fromkeys(given)) + "."
        return responses(text({**GOOD, "passos": [], "resultado_obtido": said}))

    server.answer = echo
    ask(desk, server, own=own)
    desk.page.get_by_role("button", name="Aceitar tudo").click()
    accepted = desk.page.get_by_label("Explique").input_value()
    sent = json.dumps(server.asked, ensure_ascii=False)
    assert [one for one in personal if one in sent] == []
    assert [one for one in personal if one not in accepted] == []
