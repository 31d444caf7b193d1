"""A ticket on the board, moved by the rules alone: each look sees the pull requests as they are then."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from bridge.actions import Move, Recede, Wait
from bridge.domain import Issue, Publication, PullRequest
from bridge.rules import Observation
from bridge.rules.moves import moves
from bridge.verdicts import Lane, LaneState
from mappings import load
from mappings.model import Reviews, Workflow

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
WORKFLOW = load().workflow


@dataclass
class Board:
    """One ticket: its status, what its verdicts have done, and the moves that the bridge has made."""

    status: str = "Doing"
    policy: Reviews = field(default_factory=Reviews)
    lanes: dict[Lane, LaneState] = field(default_factory=dict)
    moved: list[tuple[str, str]] = field(default_factory=list)

    @property
    def workflow(self) -> Workflow:
        return replace(WORKFLOW, reviews=self.policy)

    def look(self, pulls: Sequence[PullRequest], publications: Sequence[Publication] = ()) -> None:
        """Look until there is nothing left to do."""
        for _ in range(10):
            before = self.status
            for step in moves(self._observation(pulls, publications), self.workflow):
                self._take(step)
            if self.status == before:
                return
        raise AssertionError(f"the ticket does not come to rest: {self.moved[-6:]}")

    def drag(self, status: str) -> None:
        """A person moves it."""
        self.status = status

    def _take(self, step: Any) -> None:
        if isinstance(step, Move):
            for status in step.path:
                assert status in WORKFLOW.statuses[self.status].leaves_to, (self.status, status)
                self.status = status
            if step.path:
                self.moved.append((step.trigger.value, self.status))
        if isinstance(step, Recede) and step.verdict is None:
            del self.lanes[step.lane]
        elif isinstance(step, Recede | Move | Wait) and step.verdict:
            spent = not isinstance(step, Wait)
            state = LaneState(identity=step.verdict.identity, spent=spent, refusal="")
            self.lanes[step.verdict.lane] = state

    def _observation(self, pulls: Sequence[PullRequest], publications: Sequence[Publication]) -> Observation:
        issue = Issue(
            key="CHAM-1",
            id="1",
            status=self.status,
            assignee=None,
            due_date=None,
            updated_at=None,
            staging_url="",
            version="",
            status_changes=(),
            due_date_changes=(),
            comments=(),
            transitions={},
        )
        return Observation(
            issue=issue,
            pull_requests=tuple(pulls),
            linked_as={},
            unnamed=(),
            branches=(),
            publications=tuple(publications),
            partner_actions=(),
            lanes=dict(self.lanes),
            told={},
            mailed=frozenset(),
        )
