"""What must be true of workflow.yaml beyond its shape. Each function is named for the fact it checks."""

from collections import Counter
from collections.abc import Iterator

from mappings.documents import Document, Path
from mappings.faults import Fault, use_one_of
from mappings.model import Category, Environments, Reviews, Rule, Status, Trigger, Workflow


def board_faults(board: Document) -> Iterator[Fault]:
    yield from every_status_name_is_its_own(board)
    yield from one_status_is_initial(board)
    yield from every_named_status_exists(board)
    yield from every_open_status_leads_on(board)
    yield from every_status_can_be_reached(board)
    yield from only_filed_starts_from_nowhere(board)
    yield from filing_leads_to_the_initial_status(board)
    yield from every_trigger_finds_its_way(board)
    yield from no_environment_is_both(board)
    yield from a_comment_has_an_email_to_go_in(board)


def every_status_name_is_its_own(board: Document) -> Iterator[Fault]:
    lines: dict[str, int] = {}
    for path in board.entries("statuses"):
        name = board.text(*path, "name")
        if name in lines:
            message = f"status '{name}' is here twice, first in line {lines[name]}"
            yield board.fault((*path, "name"), message, "Rename or remove one of the two.")
        elif name:
            lines[name] = board.line((*path, "name"))


def one_status_is_initial(board: Document) -> Iterator[Fault]:
    initial = _initial(board)
    written = {board.at(*path, "initial") for path in board.entries("statuses")}
    if isinstance(board.at("statuses"), list) and written <= {None, False}:
        yield board.fault(("statuses",), "no status is initial", "Put 'initial: true' under one of them.")
    for path in initial[1:]:
        first = board.text(*initial[0], "name")
        message = f"'{board.text(*path, 'name')}' is initial, and so is '{first}'"
        yield board.fault((*path, "initial"), message, "Keep 'initial: true' under one status only.")


def every_named_status_exists(board: Document) -> Iterator[Fault]:
    names = _names(board)
    for path, name in (*_exits_written(board), *_statuses_in_rules(board)):
        if names and name not in names:
            yield board.fault(path, f"unknown status '{name}'", use_one_of(name, names))


def every_open_status_leads_on(board: Document) -> Iterator[Fault]:
    for path in board.entries("statuses"):
        if _is_stuck(board, path):
            message = f"nothing leads on from '{board.text(*path, 'name')}', and it is not done"
            yield board.fault((*path, "leaves_to"), message, "List its exits, or make it 'category: done'.")


def every_status_can_be_reached(board: Document) -> Iterator[Fault]:
    lost = _unreachable(board)
    for path in board.entries("statuses"):
        if board.text(*path, "name") in lost[:1]:
            message = f"no way leads from the initial status to {', '.join(lost)}"
            yield board.fault((*path, "name"), message, "Add it to another status's leaves_to.")


def only_filed_starts_from_nowhere(board: Document) -> Iterator[Fault]:
    for path in _known_rules(board):
        leaves = board.at(*path, "from")
        if path[-1] == Trigger.FILED and leaves:
            message = "'filed' creates the ticket, so it leaves no status"
            yield board.fault((*path, "from"), message, "Write 'from: []'.")
        if path[-1] != Trigger.FILED and leaves == []:
            message = f"trigger '{path[-1]}' may leave no status, so it never moves a ticket"
            yield board.fault((*path, "from"), message, "List the statuses it may move a ticket out of.")


def filing_leads_to_the_initial_status(board: Document) -> Iterator[Fault]:
    initial = [board.text(*path, "name") for path in _initial(board)]
    target = board.text("triggers", "filed", "to")
    if len(initial) == 1 and target in _names(board) and target not in initial:
        message = f"'filed' leads to '{target}', but tickets are born in '{initial[0]}'"
        yield board.fault(("triggers", "filed", "to"), message, f"Write 'to: {initial[0]}'.")


def every_trigger_finds_its_way(board: Document) -> Iterator[Fault]:
    sketch = _sketch(board)
    lost = _unreachable(board)
    for path in _known_rules(board):
        rule = _rule(board, path)
        starts = [name for name in rule.moves_from if name in sketch.statuses]
        astray = [name for name in starts if sketch.path(rule=rule, start=name) is None]
        if astray and rule.to in sketch.statuses and rule.to not in lost:
            message = f"trigger '{path[-1]}' finds no way from {', '.join(astray)} to {rule.to}"
            remedy = "Add a transition to leaves_to, a status between to 'through', or shorten 'from'."
            yield board.fault((*path, "from"), message, remedy)


def no_environment_is_both(board: Document) -> Iterator[Fault]:
    staging = {pattern.casefold() for _, pattern in board.texts("environments", "staging")}
    for path, pattern in board.texts("environments", "production"):
        if pattern.casefold() in staging:
            message = f"environment '{pattern}' is both staging and production"
            yield board.fault(path, message, "Keep it in one of the two lists.")


def a_comment_has_an_email_to_go_in(board: Document) -> Iterator[Fault]:
    for path in board.entries("statuses"):
        if board.at(*path, "wants_comment") is True and board.at(*path, "email") is None:
            message = f"'{board.text(*path, 'name')}' wants a comment but sends no e-mail"
            yield board.fault((*path, "wants_comment"), message, "Name an 'email', or take the line out.")


def _names(board: Document) -> list[str]:
    found = (board.text(*path, "name") for path in board.entries("statuses"))
    return list(dict.fromkeys(name for name in found if name))


def _initial(board: Document) -> list[Path]:
    return [path for path in board.entries("statuses") if board.at(*path, "initial") is True]


def _known_rules(board: Document) -> list[Path]:
    return [path for path in board.entries("triggers") if path[-1] in set(Trigger)]


def _rule(board: Document, path: Path) -> Rule:
    return Rule(
        trigger=Trigger(str(path[-1])),
        to=board.text(*path, "to"),
        moves_from=tuple(name for _, name in board.texts(*path, "from")),
        through=tuple(name for _, name in board.texts(*path, "through")),
    )


def _exits_written(board: Document) -> Iterator[tuple[Path, str]]:
    for path in board.entries("statuses"):
        yield from board.texts(*path, "leaves_to")


def _statuses_in_rules(board: Document) -> Iterator[tuple[Path, str]]:
    for path in board.entries("triggers"):
        if target := board.text(*path, "to"):
            yield (*path, "to"), target
        yield from board.texts(*path, "from")
        yield from board.texts(*path, "through")


def _is_stuck(board: Document, path: Path) -> bool:
    return board.at(*path, "leaves_to") == [] and board.at(*path, "category") in ("new", "in progress")


def _exits(board: Document, path: Path, names: list[str]) -> list[str]:
    """Where a status leads. One whose exits are at fault counts as leading anywhere: a fault is told once."""
    written = board.at(*path, "leaves_to")
    certain = isinstance(written, list) and all(name in names for name in written)
    return written if certain and not _is_stuck(board, path) else names


def _sketch(board: Document) -> Workflow:
    """The board's arrows alone, so that faults elsewhere in the file do not hide faults here."""
    names = _names(board)
    paths = reversed(list(board.entries("statuses")))  # of two with one name, the first is drawn
    exits = {board.text(*path, "name"): tuple(_exits(board, path, names)) for path in paths}
    return Workflow(
        statuses={
            name: Status(name=name, category=Category.NEW, plain="", leaves_to=leaves)
            for name, leaves in exits.items()
            if name
        },
        rules={},
        moments={},
        reviews=Reviews(),
        environments=Environments(staging=(), production=()),
        comment_marker="",
    )


def _unreachable(board: Document) -> list[str]:
    """The statuses that no walk from the initial one finds, in the board's order."""
    initial = [board.text(*path, "name") for path in _initial(board)]
    if Counter(initial).total() != 1:
        return []
    statuses = _sketch(board).statuses
    found, waiting = set(initial), initial
    while waiting:
        status = statuses.get(waiting.pop())
        fresh = {name for name in (status.leaves_to if status else ()) if name not in found}
        found |= fresh
        waiting.extend(fresh)
    return [name for name in statuses if name not in found]
