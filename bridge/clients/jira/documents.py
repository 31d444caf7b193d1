"""One document model for what we write into issues, and how much of it an issue takes.

`adf` writes it for Cloud (v3), `wiki` for Data Center (v2). Partner text is always text there.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

LIMIT = 32_767
"""What a description, a comment and a paragraph field take, counted after the conversion (R10)."""
LINE_LIMIT = 255
"""What a summary and a one-line field take."""
CUT = "…"
# What XML 1.0 cannot hold, and with it neither Jira's exports nor some of its databases.
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Heading:
    text: str

    def shortened(self, keep: int) -> "Heading":
        return Heading(cut(self.text, keep))


@dataclass(frozen=True)
class Paragraph:
    text: str
    """Line breaks are kept; an empty line begins another paragraph."""

    def shortened(self, keep: int) -> "Paragraph":
        return Paragraph(cut(self.text, keep))


@dataclass(frozen=True)
class Numbered:
    items: tuple[str, ...]

    def shortened(self, keep: int) -> "Numbered":
        """As many whole items as fit."""
        taken = [total for total in accumulate(units(item) for item in self.items) if total <= keep]
        whole = len(taken) == len(self.items)
        return self if whole else Numbered((*self.items[: len(taken)], CUT))


@dataclass(frozen=True)
class Facts:
    """Label and value, one a line."""

    rows: tuple[tuple[str, str], ...]

    def shortened(self, keep: int) -> "Facts":
        return Facts(tuple((label, cut(value, keep)) for label, value in self.rows))


@dataclass(frozen=True)
class Fold:
    """Text that is there for whoever opens it."""

    title: str
    text: str

    def shortened(self, keep: int) -> "Fold":
        return replace(self, text=cut(self.text, keep))


Block = Heading | Paragraph | Numbered | Facts | Fold


# --- characters


def units(text: str) -> int:
    """How long Jira finds a text: Java counts in UTF-16, so most emoji are two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, limit: int) -> str:
    """The text, its end left out where it is longer than `limit`; no character is halved."""
    if units(text) <= limit:
        return text
    kept = text[: max(limit - len(CUT), 0)]
    while kept and units(kept) > limit - len(CUT):
        kept = kept[: len(kept) - max((units(kept) - limit + len(CUT)) // 2, 1)]
    return kept + CUT if limit >= len(CUT) else ""


def readable(text: str) -> str:
    """The text with each character that Jira cannot keep as its picture (␛), or as �."""
    return _UNREADABLE.sub(_picture, text)


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    return chr(0x2400 + code) if code < 0x20 else "\ufffd"


def one_line(text: str) -> str:
    """The text as a summary or a one-line field takes it."""
    return cut(readable(" ".join(text.splitlines())), LINE_LIMIT)


# --- how much


def fitted(
    blocks: Sequence[Block], *, size: Callable[[Sequence[Block]], int], notice: str
) -> tuple[list[Block], bool]:
    """The blocks as an issue takes them, and whether they are whole.

    Where they are longer than that, each is cut to the same length, and `notice` is said before them.
    """
    if size(blocks) <= LIMIT:
        return list(blocks), True
    fits, too_much = 0, LIMIT
    while too_much - fits > 1:
        keep = (fits + too_much) // 2
        fits, too_much = (keep, too_much) if size(_noted(blocks, notice, keep)) <= LIMIT else (fits, keep)
    return _noted(blocks, notice, fits), False


def _noted(blocks: Sequence[Block], notice: str, keep: int) -> list[Block]:
    return [Paragraph(notice), *(block.shortened(keep) for block in blocks)]


def plain(blocks: Sequence[Block]) -> str:
    """Every word of the blocks, for a text file."""
    return "\n\n".join(_plain(block) for block in blocks) + "\n"


def _plain(block: Block) -> str:
    match block:
        case Heading(text) | Paragraph(text):
            return text
        case Numbered(items):
            return "\n".join(f"{number}. {item}" for number, item in enumerate(items, 1))
        case Facts(rows):
            return "\n".join(f"{label}: {value}" for label, value in rows)
        case Fold(title, text):
            return f"{title}\n\n{text}"
