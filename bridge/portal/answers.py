"""Marshmallow fields for what partners write: trimmed, split, named one by one when wrong."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email
from marshmallow import ValidationError, fields

MAXIMUM_ITEMS = 50
MAXIMUM_ITEM = 500
"""Characters of one address, step or link."""
MAXIMUM_WRITTEN = 100_000
"""Characters, spaces included, of what is to become one line or a list: nobody looks at more of them."""
MAXIMUM_ADDRESS = 320

SEPARATORS = r"[;\t\r\n]"
# They reorder what is read without being seen (CVE-2021-42574).
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Line(fields.Field[str]):
    """One line: line breaks become spaces, control characters are refused."""

    def __init__(self, *, max_length: int | None = None, **settings: Any) -> None:
        super().__init__(**settings)
        self.max_length = max_length

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        line = one_line(text_of(value))
        refuse_too_long(line, self.max_length)
        return line


class Paragraphs(fields.Field[str]):
    """A long text, kept to the last character."""

    def __init__(self, *, max_length: int | None = None, **settings: Any) -> None:
        super().__init__(**settings)
        self.max_length = max_length

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = text_of(value)
        # Browsers send each line break as two characters and count it as one.
        refuse_too_long(text.strip().replace("\r\n", "\n"), self.max_length)
        return text


class Address(Line):
    """One e-mail address."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        line = super()._deserialize(value, attr, data, **kwargs)
        return address(line) if line else ""


class Addresses(fields.Field[list[str]]):
    """E-mail addresses: a list, or a text split by semicolons, commas, tabs or line breaks."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[str]:
        found: list[str] = []
        faults: list[str] = []
        for item in written_addresses(value):
            try:
                found.append(address(item))
            except ValidationError as error:
                faults += error.messages
        if faults:
            raise ValidationError(faults)
        return list({one.casefold(): one for one in reversed(found)}.values())[::-1]


class Steps(fields.Field[list[str]]):
    """Screens in order: a list, or a text split by semicolons, tabs or line breaks, or by commas without any.

    One may return, but not at once.
    """

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[str]:
        plain = isinstance(value, str) and not re.search(SEPARATORS, value)
        steps = items(value, separators="," if plain else SEPARATORS)
        return [step for place, step in enumerate(steps) if place == 0 or step != steps[place - 1]]


class Links(fields.Field[list[str]]):
    """http(s) addresses: a list, or a text with one on each line."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[str]:
        found = items(value, separators=r"[\s]")
        faults = [
            f"“{shortened(one)}” não é um link. Comece por https:// ou http://."
            for one in found
            if not is_link(one)
        ]
        if faults:
            raise ValidationError(faults)
        return list(dict.fromkeys(found))


class Choice(Line):
    """One of the listed options."""

    def __init__(self, *, options: Iterable[str], **settings: Any) -> None:
        super().__init__(**settings)
        self.options = tuple(options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        line = super()._deserialize(value, attr, data, **kwargs)
        if line and line not in self.options:
            raise ValidationError(f"“{shortened(line)}” não é uma das opções. Escolha uma da lista.")
        return line


def text_of(value: Any) -> str:
    """The value, if it is text; halves of characters and nulls, which nobody sees, become �."""
    if not isinstance(value, str):
        raise ValidationError("Envie um texto.")
    whole = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\0", "\ufffd")


def one_line(text: str) -> str:
    """The text in one line, trimmed.

    Raises:
        ValidationError: it holds control characters, or is longer than any line.
    """
    refuse_too_long(text, MAXIMUM_WRITTEN)
    line = " ".join(filter(None, (part.strip() for part in text.splitlines()))).replace("\t", " ")
    if any(unicodedata.category(char) == "Cc" or char in _REORDERING for char in line):
        raise ValidationError(
            "O texto contém caracteres de controle, que não aparecem na tela. Digite-o de novo."
        )
    return line


def items(value: Any, *, separators: str) -> list[str]:
    """The entries of a list, or of a text that separates them; empty ones left out."""
    given = [text_of(text) for text in (value if isinstance(value, list) else [value])]
    refuse_too_long("".join(given), MAXIMUM_WRITTEN)
    found = [one_line(part) for text in given for part in re.split(separators, text) if part.strip()]
    refuse_too_many(found)
    for item in found:
        refuse_too_long(item, MAXIMUM_ITEM)
    return found


def written_addresses(value: Any) -> list[str]:
    """The addresses as they were written, right or wrong. Mail programs copy `Ana <ana@…>`."""
    parts = items(value, separators=r"[;,\t\r\n]")
    found = [written for part in parts for written in _in_angles_or_words(part)]
    refuse_too_many(found)
    return found


def repeated(value: Any) -> list[str]:
    """The addresses that were written more than once."""
    written = Counter(one.casefold() for one in written_addresses(value))
    return [one for one, times in written.items() if times > 1]


def _in_angles_or_words(part: str) -> list[str]:
    angled = [one for one in re.findall(r"<([^<>\s]+)>", part) if "@" in one[1:-1]]
    if angled:
        return angled[:1]
    words = part.split()
    return words if all("@" in word for word in words) else [part]


def address(text: str) -> str:
    """The address in its usual spelling.

    Raises:
        ValidationError: naming the address that is none.
    """
    try:
        # What is cut is still longer than any address.
        return validate_email(text[: MAXIMUM_ADDRESS + 1], check_deliverability=False).normalized
    except EmailNotValidError:
        raise ValidationError(
            f"“{shortened(text)}” não é um e-mail. Escreva-o como nome@empresa.com.br."
        ) from None


def refuse_too_long(text: str, limit: int | None) -> None:
    if limit is not None and len(text) > limit:
        raise ValidationError(f"O texto tem {len(text)} caracteres; o máximo é {limit}.")


def refuse_too_many(found: list[str]) -> None:
    if len(found) > MAXIMUM_ITEMS:
        raise ValidationError(f"São no máximo {MAXIMUM_ITEMS} itens; você informou {len(found)}.")


def is_link(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False


def shortened(text: str, limit: int = 80) -> str:
    """The text as an error message quotes it."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
