"""Every decision, pure: from what was seen and the mappings to what to do, in order."""

from datetime import datetime, timedelta

from bridge.domain import Action, Link, Plan
from bridge.rules.links import links
from bridge.rules.moves import Observation, moves, verdicts
from bridge.rules.telling import Clockwork, Story, public_text, tellings
from mappings.model import Mappings

__all__ = ["Observation", "plan", "public_text", "verdicts"]


def plan(seen: Observation, mappings: Mappings, *, now: datetime, hold: timedelta) -> Plan:
    """Decide what to do about a ticket: links and moves first, then what the partner is told."""
    workflow = mappings.workflow
    story = Story(
        issue=seen.issue,
        told=seen.told,
        mailed=seen.mailed,
        workflow=workflow,
        clockwork=Clockwork(now=now, hold=hold),
    )
    tell, wait = tellings(story)
    actions: list[Action] = [*_links(seen, mappings), *moves(seen, workflow), *tell]
    return Plan(actions=tuple(actions), look_again_at=min(wait, default=None))


def _links(seen: Observation, mappings: Mappings) -> list[Link]:
    return list(links(seen.pull_requests, seen.linked_as, mappings.workflow.reviews))
