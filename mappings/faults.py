"""What is wrong with a mapping: each fault with its file, its line and what to do about it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that the operator must put right."""

    file: str
    line: int
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}. {self.remedy}"


class MappingError(Exception):
    """The mapping cannot be used; `faults` says everything that is wrong with it, by file and line."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = tuple(sorted(set(faults)))
        super().__init__("\n".join(str(fault) for fault in self.faults))


def nearest(written: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant."""
    by_folded = {word.casefold(): word for word in known}
    close = get_close_matches(written.casefold(), by_folded, n=1)
    return by_folded[close[0]] if close else None


def use_one_of(written: str, known: Sequence[str]) -> str:
    """A remedy: the word that was probably meant, and all that could have been."""
    meant = nearest(written, known)
    listed = f"Use one of: {', '.join(known)}." if known else "There is none to choose from."
    return f"Did you mean '{meant}'? {listed}" if meant else listed
