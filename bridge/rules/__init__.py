"""Every decision, pure: from what was seen and the mappings to what to do, in order."""

from dataclasses import replace
from datetime import datetime, timedelta

from bridge.actions import Action, Ask, Assign, Correct, Gathered, Link, Plan, Tell, Unlink, Wait
from bridge.rules.assigning import assignment
from bridge.rules.gathering import gatherings, ripe_after
from bridge.rules.links import links
from bridge.rules.moves import Observation, moves, staging_url, unspent, verdicts
from bridge.rules.naming import why_unnamed
from bridge.rules.redeployed import new_address, redeployed
from bridge.rules.story import Holds, Story, public_text
from bridge.rules.telling import tellings
from bridge.verdicts import Lane
from mappings.model import Mappings, Workflow

__all__ = ["Holds", "Observation", "addresses_to_ask", "plan", "public_text", "verdicts"]

SOONEST, LATEST = timedelta(seconds=30), timedelta(minutes=15)
"""Between looks at a staging address that does not answer: a tenth of its age, within these."""


def plan(seen: Observation, mappings: Mappings, *, now: datetime, holds: Holds) -> Plan:
    """Decide what to do about a ticket: links and moves first, then what the partner is told."""
    workflow = mappings.workflow
    again = redeployed(seen, workflow, now=now, hold=holds.status)
    story = Story(
        issue=replace(seen.issue, staging_url=again.url or seen.issue.staging_url),
        told=seen.told,
        mailed=seen.mailed,
        workflow=workflow,
        now=now,
        holds=holds,
        actions=seen.partner_actions,
    )
    told, wait = tellings(story)
    tell: list[Tell | Ask | Correct | Gathered] = [*told]
    wait += ripe_after((one for one in told if isinstance(one, Tell)), holds)
    for one in gatherings(story, seen.news, seen.followers):
        if isinstance(one, datetime):
            wait.append(one)
        else:
            tell.append(one)
    steps = list(moves(seen, workflow))
    actions: list[Action] = [
        *_links(seen, mappings),
        *_assignments(seen, mappings),
        *steps,
        *tell,
        *again.actions,
    ]
    wait += [again.look_again_at] if again.look_again_at else []
    if again.unanswered or any(isinstance(step, Wait) and step.ask_again for step in steps):
        wait.append(_ask_again_at(seen, now))
    return Plan(actions=tuple(actions), look_again_at=min(wait, default=None))


def addresses_to_ask(seen: Observation, workflow: Workflow) -> set[str]:
    """The staging addresses that the partner would be told of now."""
    fresh = new_address(seen, workflow)
    urls = {fresh.url} if fresh else set()
    staged = [one for one in unspent(seen, workflow) if one.lane is Lane.STAGING]
    return urls.union(staging_url(one, seen.publications) for one in staged) - {""}


def _ask_again_at(seen: Observation, now: datetime) -> datetime:
    youngest = min(now - one.at for one in seen.publications if one.url in seen.unanswered)
    return now + min(max(youngest / 10, SOONEST), LATEST)


def _links(seen: Observation, mappings: Mappings) -> list[Link | Unlink]:
    workflow = mappings.workflow
    gone = [Unlink(pull_request=one, reason=why_unnamed(one, workflow.links)) for one in seen.unnamed]
    return [*gone, *links(seen.pull_requests, seen.linked_as, workflow.reviews)]


def _assignments(seen: Observation, mappings: Mappings) -> list[Assign]:
    found = assignment(seen, mappings)
    return [found] if found else []
