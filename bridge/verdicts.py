"""What the lanes say about a ticket, and what was last decided about each. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from mappings.model import Trigger


class Lane(StrEnum):
    """Independent questions about a ticket, in the order in which they are settled."""

    BRANCH = "branch"
    PULL_REQUESTS = "pull_requests"
    FIX = "fix"
    STAGING = "staging"
    PRODUCTION = "production"
    PARTNER = "partner"
    ASSIGNEE = "assignee"

    @property
    def is_lasting(self) -> bool:
        """True of what is so for a while, by one reason or many; a publication or a click happens once."""
        return self in {Lane.BRANCH, Lane.PULL_REQUESTS, Lane.FIX, Lane.ASSIGNEE}

    @property
    def is_told_by_github(self) -> bool:
        return self not in {Lane.PARTNER, Lane.ASSIGNEE}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a lane says now. `identity` is its kind and the ids of what decides it, parted by spaces."""

    lane: Lane
    triggers: tuple[Trigger, ...]
    """Tried in order; the first whose rule may leave the present status wins."""
    identity: str
    reason: str
    enough: tuple[tuple[frozenset[str], int], ...] = ()
    """Ids of which so many suffice, such as a pull request's approvals: those beyond them are no news."""


@dataclass(frozen=True, kw_only=True)
class LaneState:
    """What was last decided about a lane."""

    identity: str
    spent: bool
    refusal: str
    moving_after: str = ""
    """How many moves to there the bridge had made when it set out to make one more; empty before that."""
