"""Every decision, pure: from what was seen and the mappings to what to do, in order."""

from datetime import datetime

from bridge.domain import Action, Assign, Link, Plan
from bridge.rules.assigning import assignment
from bridge.rules.links import links
from bridge.rules.moves import Observation, moves, verdicts
from bridge.rules.story import Holds, Story, public_text
from bridge.rules.telling import tellings
from mappings.model import Mappings

__all__ = ["Holds", "Observation", "plan", "public_text", "verdicts"]


def plan(seen: Observation, mappings: Mappings, *, now: datetime, holds: Holds) -> Plan:
    """Decide what to do about a ticket: links and moves first, then what the partner is told."""
    workflow = mappings.workflow
    story = Story(
        issue=seen.issue,
        told=seen.told,
        mailed=seen.mailed,
        workflow=workflow,
        now=now,
        holds=holds,
    )
    tell, wait = tellings(story)
    actions: list[Action] = [
        *_links(seen, mappings),
        *_assignments(seen, mappings),
        *moves(seen, workflow),
        *tell,
    ]
    return Plan(actions=tuple(actions), look_again_at=min(wait, default=None))


def _links(seen: Observation, mappings: Mappings) -> list[Link]:
    return list(links(seen.pull_requests, seen.linked_as, mappings.workflow.reviews))


def _assignments(seen: Observation, mappings: Mappings) -> list[Assign]:
    found = assignment(seen, mappings)
    return [found] if found else []
