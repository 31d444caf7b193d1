"""E-mails made to keep a reader busy: each is read at once."""

import pytest

from bridge.inbound.letter import shown_pictures, without_pictures
from bridge.inbound.reply import Thread, own_words
from tests.quickness import quick

THREAD = Thread(our_name="Chamados", our_domains=("softhouse.example",), writer="Ana", known=("um texto",))
QUOTED = "\n\nDe: Chamados <ct@softhouse.example>\nPara: Ana\nAssunto: c\nEnviado: d\n\n"
LINES = (
    "a" + "<" * 200 + "@" * 1700,
    "a" + "<a@" * 600,
    "a" + "<" * 200 + "a@" * 800,
    "a@" * 900,
    "Ana" + " " * 100_000 + "| Suporte",
)
QUICK = 2
"""Seconds of work."""


@pytest.mark.parametrize("line", LINES, ids=range(len(LINES)))
@pytest.mark.parametrize("above", ["", f"oi{QUOTED}"])
def test_an_endless_line_is_read_at_once(above: str, line: str) -> None:
    with quick(QUICK):
        own_words(f"{above}{line}\n{line}\n", THREAD)


@pytest.mark.parametrize("opening", ["[cid:", "[image: "])
def test_brackets_that_nobody_shuts_hold_no_picture(opening: str) -> None:
    text = opening * 25_000
    with quick(QUICK):
        assert (shown_pictures(text), without_pictures(text)) == (frozenset(), text.strip())


def test_an_address_that_is_a_link_still_introduces_a_quotation() -> None:
    heading = "Suporte <ct@softhouse.example<mailto:ct@softhouse.example>> escreveu (10/11/2026):"
    assert own_words(f"Sim.\n\n{heading}\n> um texto", THREAD) == "Sim."
