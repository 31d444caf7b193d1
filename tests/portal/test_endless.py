"""Texts without end, made to keep a reader busy: each is refused or read at once."""

from collections.abc import Callable

import pytest
from marshmallow import ValidationError

from bridge.portal import schemas
from bridge.portal.answers import items, one_line, repeated
from mappings.form import FieldType
from tests.portal.conftest import ANSWERS, Portal, mappings
from tests.portal.test_api import BODY, Caller
from tests.quickness import quick

LENGTH = 1_000_000
UNITS = (" ", "\n", " \n", "\t", "a", "a@", "@", "a.", "a@a.", "<", "<a@", "[", ";", "a;", ", ", "\x85", "é")
ENDLESS = [end + unit * (LENGTH // len(unit)) + end for unit in UNITS for end in ("", "a")]
QUICK = 0.5
"""Seconds of work, of which a text that is tried anew from each character takes hours."""


@pytest.mark.parametrize("kind", [one for one in FieldType if one is not FieldType.FILES])
def test_every_field_reads_an_endless_text_at_once(kind: FieldType) -> None:
    form = mappings().form
    name = next(field.name for field in schemas.questions(form) if field.type is kind)
    for text in ENDLESS:
        with quick(QUICK):
            _, errors = schemas.check(form, {**ANSWERS, name: text})
        assert name in errors or not text.strip(), text[:5]


def test_spaces_in_the_middle_of_a_title(opened: Portal) -> None:
    caller = Caller(opened)
    with quick(QUICK):
        answer = caller.post({**BODY, "titulo": f"a{' ' * 120_000}b"})
    assert answer.status_code == 422
    assert answer.get_json()["erros"] == {"titulo": ["O texto tem 120002 caracteres; o máximo é 100000."]}


def test_line_breaks_in_a_line_become_one_space() -> None:
    assert one_line("  a \r\n\x85\v b\u2028\u2029c\td\n") == "a b c d"
    with pytest.raises(ValidationError):
        one_line("a\x07b")


@pytest.mark.parametrize("ask", [repeated, lambda text: items(text, separators=r"[\s]")])
def test_lists_are_counted_before_they_are_read(ask: Callable[[str], object]) -> None:
    for text in ("a@b.co " * 51, "a@ " * LENGTH):
        with quick(QUICK), pytest.raises(ValidationError):
            ask(text)


def test_an_endless_address_signs_nobody_in(opened: Portal) -> None:
    browser = opened.signed_in()
    for text in ("a." * 450_000, '"' + "a" * 900_000, "é" * 100_000 + "@b.co"):
        with quick(QUICK):
            assert browser.post("/entrar", {"email": text}).status_code == 422
