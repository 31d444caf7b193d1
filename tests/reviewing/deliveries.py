"""The same sequences, delivered in order, and shuffled, repeated and with losses: the same end."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from mappings.model import Reviews
from tests.reviewing.board import Board
from tests.reviewing.pull import EVENTS, Pull

LOST, REPEATED = 0.3, 0.3
STARTS = ("Backlog", "To Do", "Doing")


@dataclass
class Deliveries:
    sequences: int = 0
    silent: int = 0
    """Sequences that end closed unmerged: nothing moves a ticket for that, so it stays where it was."""
    differences: list[str] = field(default_factory=list)


def compare_deliveries(policy: Reviews, *, events: int, each: int, seed: int) -> Deliveries:
    """`each`: how often each sequence is delivered badly."""
    dice, found = random.Random(seed), Deliveries()
    for told, history in _sequences(events):
        found.sequences += 1
        if history[-1].state == "CLOSED":
            found.silent += 1
            continue
        start = dice.choice(STARTS)
        wanted = _in_order(history, start, policy)
        for _ in range(each):
            status = _badly(history, start, policy, dice)
            if status != wanted:
                found.differences.append(f"{start}: {', '.join(told)}: {status}, not {wanted}")
    return found


def _sequences(events: int) -> Iterator[tuple[list[str], list[Pull]]]:
    """Every one of exactly so many events, with the pull request after each."""
    stack: list[tuple[list[str], list[Pull]]] = [([], [Pull()])]
    while stack:
        told, history = stack.pop()
        if len(told) == events:
            yield told, history[1:]
            continue
        for event in EVENTS:
            after = history[-1].after(event)
            if after is not None:
                stack.append(([*told, event], [*history, after]))


def _in_order(history: list[Pull], start: str, policy: Reviews) -> str:
    board = Board(status=start, policy=policy)
    for pull in history:
        board.look([pull.read()])
    return board.status


def _badly(history: list[Pull], start: str, policy: Reviews, dice: random.Random) -> str:
    """Each event's webhook is lost, or rings at some later moment, perhaps again; then comes one sweep."""
    board = Board(status=start, policy=policy)
    moments: list[int] = []
    for place in range(len(history)):
        copies = 0 if dice.random() < LOST else 1 + (dice.random() < REPEATED)
        moments += [dice.randrange(place, len(history)) for _ in range(copies)]
    for moment in sorted(moments):
        board.look([history[moment].read()])
    board.look([history[-1].read()])
    return board.status
