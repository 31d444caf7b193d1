"""What must be true between the e-mails that workflow.yaml names and the texts in emails/."""

from collections.abc import Iterator, Mapping

from mappings.documents import Document, Path
from mappings.faults import Fault, nearest, use_one_of


def email_faults(board: Document, texts: Mapping[str, str]) -> Iterator[Fault]:
    """Faults between the board and `texts`, the source of each e-mail by its kind."""
    yield from every_named_email_has_a_text(board, texts)
    yield from every_text_is_named(board, texts)
    yield from a_wanted_comment_is_in_the_text(board, texts)


def every_named_email_has_a_text(board: Document, texts: Mapping[str, str]) -> Iterator[Fault]:
    for path, kind in _named(board):
        if kind not in texts:
            remedy = f"Write emails/{kind}.txt. {use_one_of(kind, sorted(texts))}"
            yield board.fault(path, f"unknown e-mail '{kind}'", remedy)


def every_text_is_named(board: Document, texts: Mapping[str, str]) -> Iterator[Fault]:
    """A text that a misspelt name was meant for is not told again."""
    if not any(board.entries("statuses")):
        return
    named = {kind for _, kind in _named(board)}
    meant = {nearest(kind, texts) for kind in named - texts.keys()}
    for kind in texts.keys() - named - meant:
        remedy = f"Name it in workflow.yaml, under a status ('email: {kind}') or in 'moments', or remove it."
        yield Fault(f"emails/{kind}.txt", 1, f"no status and no moment sends '{kind}'", remedy)


def a_wanted_comment_is_in_the_text(board: Document, texts: Mapping[str, str]) -> Iterator[Fault]:
    for path in board.entries("statuses"):
        kind = board.text(*path, "email")
        if board.at(*path, "wants_comment") is True and "comment" not in (texts.get(kind) or "comment"):
            message = f"'{board.text(*path, 'name')}' sends this to tell a comment, and it shows none"
            yield Fault(f"emails/{kind}.txt", 1, message, "Put {{ comment | quote }} on a line of its own.")


def _named(board: Document) -> list[tuple[Path, str]]:
    moments = board.at("moments")
    by_status: list[Path] = [(*path, "email") for path in board.entries("statuses")]
    by_moment: list[Path] = [("moments", key) for key in (moments if isinstance(moments, dict) else ())]
    return [(path, board.text(*path)) for path in (*by_status, *by_moment) if board.text(*path)]
