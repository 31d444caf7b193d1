"""The mapping's texts filled in, and taken apart into the blocks that both parts of an e-mail are made of."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from jinja2 import StrictUndefined, Template
from jinja2.sandbox import SandboxedEnvironment

_NEVER = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff"
"""Characters that end lines, turn the writing direction or cannot be encoded."""
_UNSEEN = re.compile(rf"[\t\n{_NEVER}]+")
_UNSEEN_IN_LINES = re.compile(rf"[{_NEVER}]+")
_QUOTE = "\x1e"
"""Marks the lines of a quotation, so that no line of the partner's own becomes a list item or a quotation."""


@dataclass(frozen=True)
class Block:
    """One piece of the body: a `paragraph`, or the lines of a `quote` or a `list`."""

    kind: str
    text: str


def one_line(text: str) -> str:
    """Text that cannot end a header or turn the writing direction."""
    return _UNSEEN.sub(" ", text).strip()


def shortened(text: str, limit: int, *, rest: str = "…") -> str:
    """The text, cut between two words where it has more characters than `limit`."""
    return text if len(text) <= limit else text[:limit].rsplit(None, 1)[0] + rest


def line(source: str, values: Mapping[str, object]) -> str:
    """A header's text, filled in."""
    return one_line(_template(source).render(values))


def blocks(source: str, values: Mapping[str, object]) -> tuple[Block, ...]:
    """A body's blocks, filled in."""
    found: list[Block] = []
    for text in _template(source).render(values).replace("\r\n", "\n").split("\n"):
        if text.startswith(_QUOTE):
            _add_line(found, "quote", text[1:])
        elif text.startswith("- "):
            _add_line(found, "list", one_line(text[2:]))
        elif text.strip():
            found.append(Block("paragraph", one_line(text)))
    return tuple(found)


def _add_line(found: list[Block], kind: str, text: str) -> None:
    if found and found[-1].kind == kind:
        found[-1] = Block(kind, f"{found[-1].text}\n{text}")
    elif text.strip():
        found.append(Block(kind, text))


_TEXTS = SandboxedEnvironment(autoescape=False, undefined=StrictUndefined, keep_trailing_newline=True)
"""Plain text: the HTML part escapes its blocks by itself."""
_TEXTS.filters["quote"] = lambda text: "\n".join(
    f"{_QUOTE}{_UNSEEN_IN_LINES.sub(' ', one)}" for one in str(text).strip().splitlines() if text
)


@lru_cache(maxsize=256)
def _template(source: str) -> Template:
    return _TEXTS.from_string(source)
