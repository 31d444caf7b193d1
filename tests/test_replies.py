"""Answers as mail programs send them: the writer's own words are kept, and only those."""

import inspect
import os
from dataclasses import replace

import pytest

from bridge.inbound.html import text_of
from bridge.inbound.letter import MAXIMUM_TEXT, letter, without_pictures
from bridge.inbound.parsing import parsed
from bridge.inbound.reply import Thread, own_words
from tests.quickness import quick
from tests.replies import shapes
from tests.replies.shapes import KNOWN, OURS, Answer, Shape, raw
from tests.replies.table import ROWS

EXACT = 58
"""Of the sixty."""
MATRIX = int(os.environ.get("CHAMADOS_TEST_REPLIES", "12"))
"""Of the sixty words and fifteen signatures, how many are tried in each program; 60 for all."""
INSIDE = {"outlook_between"}
"""Where the words stand within an unmarked quotation, only who knows the thread can find them."""
SHAPES = [
    one
    for name, one in inspect.getmembers(shapes, inspect.isfunction)
    if not name.startswith("_") and "answer" in inspect.signature(one).parameters and name != "raw"
]


def stripped(shape: Shape, answer: Answer, *, known: tuple[str, ...] = KNOWN) -> str:
    came = letter(parsed(raw(shape, answer)))
    thread = Thread(
        our_name="Chamados Softhouse",
        our_domains=("softhouse.example", "resposta.softhouse.example"),
        writer=came.sender_name,
        known=known,
    )
    return without_pictures(own_words(came.text, thread))


def same(found: str, words: str) -> bool:
    """Gmail breaks lines; what is said and in which paragraphs is to be the same."""
    return [part.split() for part in found.split("\n\n")] == [part.split() for part in words.split("\n\n")]


def lost(found: str, words: str) -> list[str]:
    """The words that are missing, in order; dashes are none."""
    left = iter(found.split())
    return [word for word in words.split() if any(map(str.isalnum, word)) and word not in left]


def test_sixty_answers_in_portuguese() -> None:
    assert len(ROWS) == 60
    wrong = []
    for number, (shape, answer) in enumerate(ROWS):
        found = stripped(shape, answer)
        assert lost(found, answer.words) == [], f"{number} {shape.__name__} lost words: {found}"
        if not same(found, answer.words):
            wrong.append(f"{number} {shape.__name__}\n{found}\n-- instead of\n{answer.words}")
    print(f"{len(ROWS) - len(wrong)} of {len(ROWS)} answers exactly right, 0 with words lost")
    assert len(ROWS) - len(wrong) >= EXACT, "\n\n".join(wrong)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda one: one.__name__)
def test_no_program_loses_words_whatever_was_written(shape: Shape) -> None:
    """Everybody's words in everybody's program, with every signature."""
    for _, written in ROWS[:: 60 // MATRIX]:
        for _, signing in ROWS[:: 4 * 60 // MATRIX]:
            answer = replace(signing, words=written.words)
            found = stripped(shape, answer)
            assert lost(found, answer.words) == [], f"{answer}\n\n{found}"


@pytest.mark.parametrize("shape", SHAPES, ids=lambda one: one.__name__)
def test_an_answer_without_words_is_empty(shape: Shape) -> None:
    if shape.__name__ not in INSIDE:
        assert stripped(shape, Answer(words="")) == ""


@pytest.mark.parametrize("shape", [one for one in SHAPES if one.__name__ not in INSIDE])
def test_nothing_is_lost_where_the_thread_is_not_known(shape: Shape) -> None:
    for _, answer in ROWS[:: 60 // MATRIX]:
        assert lost(stripped(shape, answer, known=()), answer.words) == []


def test_our_words_repeated_by_the_writer_are_kept() -> None:
    """Only a quotation is compared with what we wrote."""
    words = "Pode enviar a planilha?\n\nSituação: Aguardando informações"
    assert stripped(shapes.bare, Answer(words=words)) == words


def test_earlier_answers_are_known_again_when_quoted() -> None:
    earlier = "O usuário é o vendas01 e o navegador é o Firefox."
    quoted = (
        f"Complementando: é a versão 145.\n\nDe: Ana <ana@revenda.example>\nEnviado: ontem\nPara: {OURS}\n"
    )
    text = f"{quoted}Assunto: RE: [CT-1042] Não salva\n\n{earlier}\n"
    assert stripped(shapes.bare, Answer(words=text), known=(*KNOWN, earlier)) == (
        "Complementando: é a versão 145."
    )


@pytest.mark.parametrize(
    "text",
    [
        "<blockquote>" * 5_000 + "x",
        "<b>x</b>" * 2_000,
        "-" * 200_000 + "x",
        "a" * 200_000,
        "Em " + "a" * 100_000 + " escreveu",
        "De: x\nPara: y\n" * 1_000,
        "> x\ny\n" * 2_000,
        "-- \n" * 2_000,
        "Att,\n" * 2_000,
        "[cid:" * 30_000,
        "\x00\ufeff\u202e\r\r\n>>> ",
    ],
    ids=range(11),
)
def test_hostile_texts_take_no_time(text: str) -> None:
    with quick(5):
        stripped(shapes.bare, Answer(words=text))
        stripped(shapes.outlook_html, Answer(words=text))
        assert text_of(text) is not None


@pytest.mark.parametrize(
    "html",
    [
        "<a ",
        "<p x=",
        '<p x="',
        "<!--",
        "<",
        "</",
        "<?",
        "<![CDATA[",
        "<script><!--",
        "<a x='>' ",
        '<a x=">" y=\'',
    ],
)
def test_tags_that_never_end_take_no_time_and_no_words(html: str) -> None:
    with quick(4):
        said = text_of("<p>antes</p>" + html * (MAXIMUM_TEXT // len(html)))
    assert said.startswith("antes")


def test_words_behind_a_tag_that_never_ends_are_kept() -> None:
    assert text_of("<p>antes</p><a href='x>depois<br>fim") == "antes\n<a href='x>depois<br>fim"
