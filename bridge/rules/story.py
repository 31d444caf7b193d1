"""An issue's story as it is told to the partner: what was told, what is public, and how long facts wait."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from bridge.domain import Issue, JiraComment, PartnerAction, Quotes
from mappings.model import Workflow

COMMENT = "comment:"
"""Begins the source of what is told of a comment; its id follows."""
GATHERED = "e-mailed with what else comes"
"""What is said of a fact that sends no e-mail by itself."""


@dataclass(frozen=True, kw_only=True)
class Holds:
    """How long a fact waits before it is told, in case it is taken back."""

    status: timedelta
    """Status changes and due dates."""
    comment: timedelta
    """Comments, from their last edit on."""
    reason: timedelta
    """How long a status that wants a public comment waits for one; zero: not at all."""
    idle: timedelta = timedelta(minutes=3)
    """News are e-mailed when no more have come for so long…"""
    longest: timedelta = timedelta(minutes=10)
    """…or when the first has waited for so long."""


@dataclass(frozen=True, kw_only=True)
class Story:
    """An issue's facts, and which of them were told."""

    issue: Issue
    told: Mapping[str, Quotes]
    """Each source on the timeline, with the comments that it quotes."""
    mailed: frozenset[str]
    workflow: Workflow
    now: datetime
    holds: Holds
    actions: tuple[PartnerAction, ...] = ()
    """What the partner has said, oldest first."""

    def ripe(self, at: datetime) -> bool:
        return self.now >= at

    @cached_property
    def public(self) -> dict[str, str]:
        """What each comment that is proved to be meant for the partner says, by its id."""
        marker = self.workflow.comment_marker
        texts = {one.id: public_text(one, marker) for one in self.issue.comments}
        return {number: text for number, text in texts.items() if text}


def public_text(comment: JiraComment, marker: str) -> str | None:
    """What a comment says to the partner; None unless it is proved to be meant for the partner.

    Proof is the marker at its start, or Jira's own word that it is public. What is restricted to a role or
    group, or says nothing of its audience, is internal; and so is what Jira itself calls internal.
    """
    if comment.restricted or comment.by_bridge or comment.service_desk_public is False:
        return None
    first, _, rest = comment.text.strip().partition(marker)
    if first == "" and rest[:1].isspace():
        return rest.strip() or None
    return comment.text.strip() or None if comment.service_desk_public is True else None
