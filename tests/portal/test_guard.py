"""What a proposal says that its partner did not is marked; what the partner quoted is not lost."""

from typing import Any

import pytest

from bridge.proposal import Proposal, checked, composed, forgotten
from bridge.proposal.masking import mask
from tests.portal.conftest import proposal
from tests.portal.proposals import FAITHFUL, INVENTED
from tests.quickness import quick


def answered(said: dict[str, Any]) -> Proposal:
    parts = ("titulo", "passos", "resultado_obtido", "resultado_esperado", "mensagem_de_erro")
    fields = ("title", "steps", "result", "expected", "message")
    names = dict(zip(parts, fields, strict=True))
    names |= {"usuario_afetado": "user", "frequencia": "frequency", "perguntas": "questions"}
    lists = {"passos", "perguntas"}
    return proposal(**{names[name]: tuple(value) if name in lists else value for name, value in said.items()})


@pytest.mark.parametrize(("flow", "own", "said"), FAITHFUL)
def test_a_faithful_proposal_is_not_doubted(flow: str, own: str, said: dict[str, Any]) -> None:
    pieces = checked(answered(said), own=[own, *flow.split("; ")])
    assert [piece.doubts for piece in pieces if piece.doubts] == []


@pytest.mark.parametrize(("flow", "own", "said", "invented"), INVENTED)
def test_an_invention_is_marked(flow: str, own: str, said: dict[str, Any], invented: tuple[str, ...]) -> None:
    pieces = checked(answered(said), own=[own, *flow.split("; ")])
    doubts = [doubt for piece in pieces for doubt in piece.doubts]
    assert [one for one in invented if one not in doubts] == []


def test_the_sentence_beside_an_invented_one_is_not_doubted() -> None:
    said = "O pedido some da lista. Isso ocorre desde 26 de outubro."
    pieces = checked(proposal(result=said), own=["pedido some da lista"])
    assert [(piece.text, bool(piece.doubts)) for piece in pieces] == [
        ("O pedido some da lista.", False),
        ("Isso ocorre desde 26 de outubro.", True),
    ]


def test_a_message_that_the_proposal_forgot_is_put_back() -> None:
    own = 'aparece "Rejeição 778: NCM inexistente" quando clico em "Emitir"'
    pieces = checked(proposal(result="Aparece uma rejeição."), own=[own])
    assert pieces[-1].part == "mensagem_de_erro"
    assert pieces[-1].text == "“Rejeição 778: NCM inexistente”"
    assert forgotten([own], " ".join(piece.text for piece in pieces)) == []


def test_what_is_missing_becomes_a_question_three_at_most() -> None:
    asked = proposal(questions=("Qual produto?",)).asked(told={"resultado_obtido", "passos"})
    assert asked[0] == "Qual produto?"
    assert len(asked) == 3
    assert any("mensagem" in question for question in asked)


def test_the_description_made_of_pieces() -> None:
    texts = {"titulo": ["T"], "passos": ["Abrir", "Salvar"], "resultado_obtido": ["Não salva.", "Some."]}
    assert composed(texts) == "Passo a passo:\n1. Abrir\n2. Salvar\n\nO que acontece:\nNão salva. Some."
    assert composed(texts, own="do meu jeito\r\n").endswith("\n\nRelato original:\ndo meu jeito\r\n")


@pytest.mark.parametrize(
    "unit", ["x", "X", "1", "a.", "a-", "a_", "a@", "1.", "“", "‘", "'a ", "\n", " ", "Ab "]
)
def test_a_text_made_to_be_slow_is_read_at_once(unit: str) -> None:
    text = (unit * 20_000)[:20_000]
    with quick(2):  # milliseconds; where a pattern starts anew at each place, 10 s
        checked(proposal(result=text), own=["b"])
        checked(proposal(result="b"), own=[mask().hide(text)])
