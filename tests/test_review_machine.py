"""The review machine by every sequence of events, its verdicts on the board, and who wins."""

import os
import random
from dataclasses import replace
from itertools import permutations, product

import pytest

from bridge.domain import Publication, PullRequest, Stage
from bridge.rules.reviews import judge, pull_requests_verdict
from mappings.model import Reviews
from tests.reviewing.board import NOW, WORKFLOW, Board
from tests.reviewing.deliveries import compare_deliveries
from tests.reviewing.machine import POLICIES, compare
from tests.reviewing.pull import EVENTS, Pull

EVENTS_IN_ALL = int(os.environ.get("CHAMADOS_TEST_REVIEW_EVENTS", "6"))
EVENTS_DELIVERED = int(os.environ.get("CHAMADOS_TEST_DELIVERED_EVENTS", "4"))
WALKS = int(os.environ.get("CHAMADOS_TEST_REVIEW_WALKS", "300"))
KINDS: dict[str, tuple[str, ...]] = {
    "changes_requested": ("open", "request changes A"),
    "draft": ("open as draft",),
    "review_pending": ("open",),
    "approved": ("open", "approve A"),
    "merged": ("open", "approve A", "merge"),
    "closed": ("open", "close"),
}
WORST_FIRST = ("changes_requested", "draft", "review_pending", "approved")
FORWARD = ("Error Fix", "Doing", "PR Review", "PR Aprovado")


def pull_of(kind: str, number: int) -> PullRequest:
    pull: Pull | None = Pull()
    for event in KINDS[kind]:
        assert pull
        pull = pull.after(event)
    assert pull
    return pull.read(number)


@pytest.mark.parametrize("name", POLICIES)
def test_every_sequence_says_what_the_oracle_says(name: str) -> None:
    found = compare(POLICIES[name], events=EVENTS_IN_ALL)
    print(f"{name}: {found.sequences} sequences of up to {EVENTS_IN_ALL} events, {found.compared} compared")
    assert found.differences == []
    assert found.sequences > 100_000


@pytest.mark.parametrize("name", POLICIES)
def test_bad_delivery_leads_to_the_same_status_after_one_sweep(name: str) -> None:
    found = compare_deliveries(POLICIES[name], events=EVENTS_DELIVERED, each=1, seed=20261125)
    print(f"{name}: {found.sequences} sequences of {EVENTS_DELIVERED} events, {found.silent} end closed")
    assert found.differences == []
    assert found.sequences - found.silent > 900


@pytest.mark.parametrize("kinds", [*product(KINDS, repeat=2), *product(KINDS, repeat=3)])
def test_the_worst_of_two_or_three_decides(kinds: tuple[str, ...]) -> None:
    pulls = [pull_of(kind, number) for number, kind in enumerate(kinds, 1)]
    verdict = pull_requests_verdict(pulls, Reviews())
    said = {"merged": "approved"}
    speaking = [said.get(kind, kind) for kind in kinds if kind != "closed"]
    if not speaking:
        assert verdict is None
        return
    assert verdict
    assert verdict.identity.split()[0] == min(speaking, key=WORST_FIRST.index)


@pytest.mark.parametrize("kinds", [*product(KINDS, repeat=2), *product(KINDS, repeat=3)])
def test_closing_one_of_many_never_moves_the_ticket_back(kinds: tuple[str, ...]) -> None:
    pulls = [pull_of(kind, number) for number, kind in enumerate(kinds, 1)]
    for dragged in (None, *FORWARD):
        for place, one in enumerate(pulls):
            board = Board(status="To Do")
            board.look(pulls)
            board.drag(dragged or board.status)
            before = board.status
            closed = replace(one, is_open=False, merged=one.merged)
            board.look([*pulls[:place], closed, *pulls[place + 1 :]])
            left = [judged for other in pulls if other is not one and (judged := judge(other, Reviews()))]
            same = pull_requests_verdict([other.pull_request for other in left], Reviews())
            was = pull_requests_verdict(pulls, Reviews())
            if same and was and same.identity.split()[0] == was.identity.split()[0]:
                assert board.status == before, (kinds, place, dragged, board.moved)
            elif dragged is None and before in FORWARD:
                assert FORWARD.index(board.status) >= FORWARD.index(before), (kinds, place, board.moved)


def test_a_person_is_never_dragged_back_and_a_new_verdict_is_heard() -> None:
    """People drag and developers act at random; the bridge moves only after news."""
    dice = random.Random(11)
    moved = dragged = 0
    for _ in range(WALKS):
        policy = dice.choice(list(POLICIES.values()))
        board, pull, last = Board(status="To Do", policy=policy), Pull(), ""
        for _ in range(12):
            if pull.state and dice.random() < 0.35:
                board.drag(dice.choice(list(WORKFLOW.statuses)))
                here = board.status
                waiting = {lane for lane, state in board.lanes.items() if not state.spent}
                board.look([pull.read()])
                if not waiting:
                    dragged += 1
                    assert board.status == here, board.moved
                continue
            after = pull.after(dice.choice(EVENTS))
            if after is None:
                continue
            pull = after
            here, verdict = board.status, pull_requests_verdict([pull.read()], policy)
            board.look([pull.read()])
            # Closed and opened again, a pull request says it anew.
            kind = verdict.identity.split()[0] if verdict else ""
            if verdict and kind != last:
                rules = [WORKFLOW.rules[trigger] for trigger in verdict.triggers]
                led = next((rule.to for rule in rules if here in {*rule.moves_from, rule.to}), here)
                # A fix that was pushed leads on from Error Fix at once.
                assert board.status in {led, *(["Doing"] if led == "Error Fix" else [])}, (here, verdict)
                moved += board.status != here
            last = kind
    print(f"{WALKS} walks: {dragged} times a person's move stood, {moved} moves by new verdicts")
    assert moved > WALKS / 3
    assert dragged > WALKS / 3


@pytest.mark.parametrize("status", FORWARD)
@pytest.mark.parametrize("seen_together", [True, False])
def test_approvals_that_come_and_go_beside_one_drag_nobody_back(status: str, seen_together: bool) -> None:
    board, pull = Board(status="To Do"), Pull()

    def happens(event: str, *, seen: bool = True) -> None:
        nonlocal pull
        after = pull.after(event)
        assert after
        pull = after
        if seen:
            board.look([pull.read()])

    happens("open")
    happens("approve A", seen=not seen_together)
    happens("approve B")
    assert board.status == "PR Aprovado"
    board.drag(status)
    for event in ("dismiss A", "approve A", "request changes B"):
        assert board.status == status, board.moved
        happens(event)
    assert board.status == "Error Fix"
    happens("approve B")
    assert board.status == "PR Aprovado"


def _publication(stage: Stage, one: PullRequest) -> Publication:
    return Publication(
        identity=f"deployment:{1 if stage is Stage.STAGING else 2}",
        stage=stage,
        environment=stage.value,
        url="https://hml.example",
        version="v1",
        contains=frozenset({one.pin}),
        at=NOW,
    )


@pytest.mark.parametrize("order", [*permutations(("approval", "staging", "production", "triage"))])
@pytest.mark.parametrize("start", ["Triagem", "To Do", "Doing"])
def test_verdicts_wait_for_one_another_in_any_order(order: tuple[str, ...], start: str) -> None:
    """Whatever comes first, the ticket ends where all of it together leads."""
    approved, pending = pull_of("approved", 1), pull_of("review_pending", 1)
    board, one, published = Board(status=start), pending, list[Publication]()
    for event in order:
        if event == "approval":
            one = approved
        elif event == "triage" and board.status == "Triagem":
            board.drag("Backlog")
        elif event in {"staging", "production"}:
            published.append(_publication(Stage(event), one))
        board.look([one], published)
    assert board.status == "Publicado em Homologação"
    for status in ("Testing", "Test Finished"):
        board.drag(status)
        board.look([one], published)
    assert board.status == "Publicado"
