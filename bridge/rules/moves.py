"""Which verdicts a ticket has, and which of them move it now."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bridge.domain import (
    Comment,
    Issue,
    Lane,
    LaneState,
    Move,
    PartnerAction,
    Publication,
    PullRequest,
    Quotes,
    SetField,
    Stage,
    Verdict,
    Wait,
)
from bridge.rules.reviews import fix_verdict, pull_requests_verdict
from mappings.model import Rule, Trigger, Workflow


@dataclass(frozen=True, kw_only=True)
class Observation:
    """All that a look at a ticket found out."""

    issue: Issue
    pull_requests: tuple[PullRequest, ...]
    linked_as: Mapping[str, str]
    """Pull request name to its remote link as Jira last took it."""
    branches: tuple[str, ...]
    publications: tuple[Publication, ...]
    partner_actions: tuple[PartnerAction, ...]
    lanes: Mapping[Lane, LaneState]
    told: Mapping[str, Quotes]
    """The sources already on the timeline, each with the comments that it quotes."""
    mailed: frozenset[str]
    """Those of them that sent an e-mail."""
    assigned: str = ""
    """The account that the bridge has made the assignee, or tried in vain to."""


def verdicts(seen: Observation, workflow: Workflow) -> list[Verdict]:
    """Every lane's present verdict, in the order in which lanes are settled."""
    found = (
        _assignee(seen.issue),
        _branch(seen.branches),
        pull_requests_verdict(seen.pull_requests, workflow.reviews),
        fix_verdict(seen.pull_requests),
        _publication(seen, Stage.STAGING),
        _publication(seen, Stage.PRODUCTION),
        _partner(seen.partner_actions),
    )
    return [verdict for verdict in found if verdict]


def moves(seen: Observation, workflow: Workflow) -> Iterator[Comment | SetField | Move | Wait]:
    """What follows from the verdicts that have not moved the ticket yet.

    Each is weighed from where the one before it leaves the ticket, so that facts that arrived together
    (changes requested, then a fix pushed) are told in order.
    """
    status = seen.issue.status
    for verdict in verdicts(seen, workflow):
        state = seen.lanes.get(verdict.lane)
        if state and state.identity == verdict.identity and state.spent:
            continue
        yield from _before(verdict, seen)
        step = _led_before(verdict, state, seen.issue, workflow) or _weigh(
            verdict, status, seen.issue, workflow
        )
        if isinstance(step, Move):
            yield from _fields(verdict, seen)
            status = step.path[-1] if step.path else status
        yield step


def _led_before(verdict: Verdict, state: LaneState | None, issue: Issue, workflow: Workflow) -> Move | None:
    """The move that Jira made though its answer was lost: somebody may have dragged the ticket on since."""
    if state is None or state.identity != verdict.identity or not state.moving_after:
        return None
    ours = {
        change.to_status
        for change in issue.status_changes
        if change.by_bridge and int(change.id) > int(state.moving_after)
    }
    led = (trigger for trigger in verdict.triggers if workflow.rules[trigger].to in ours)
    return next((Move(verdict=verdict, trigger=trigger, path=()) for trigger in led), None)


def _weigh(verdict: Verdict, status: str, issue: Issue, workflow: Workflow) -> Move | Wait:
    refusals = []
    for trigger in verdict.triggers:
        rule = workflow.rules[trigger]
        if status == rule.to:
            return Move(verdict=verdict, trigger=trigger, path=())
        path = workflow.path(rule=rule, start=status) if status in rule.moves_from else None
        if path:
            newest = issue.status_changes[-1].id if issue.status_changes else "0"
            return Move(verdict=verdict, trigger=trigger, path=path, after=newest)
        refusals.append(_refusal(rule, status))
    return Wait(verdict=verdict, reason="; ".join(refusals))


def _refusal(rule: Rule, status: str) -> str:
    return f"{rule.trigger} moves to {rule.to} only from {', '.join(rule.moves_from)}, not from {status}"


def _before(verdict: Verdict, seen: Observation) -> Iterator[Comment]:
    """The partner's words come before the move that they cause, so that the developer reads why."""
    if verdict.lane is Lane.PARTNER:
        yield from (Comment(action=action) for action in seen.partner_actions if not action.comment_id)


def _fields(verdict: Verdict, seen: Observation) -> Iterator[SetField]:
    publication = next((one for one in seen.publications if one.identity == verdict.identity), None)
    if publication is None:
        return
    field, value, present = {
        Stage.STAGING: ("staging_url", publication.url, seen.issue.staging_url),
        Stage.PRODUCTION: ("version", publication.version, seen.issue.version),
    }[publication.stage]
    if value and value != present:
        yield SetField(field=field, value=value, cause=verdict.identity)


def _assignee(issue: Issue) -> Verdict | None:
    if not issue.assignee:
        return None
    return Verdict(
        lane=Lane.ASSIGNEE,
        triggers=(Trigger.ASSIGNED,),
        identity=f"assignee:{issue.assignee}",
        reason=f"{issue.assignee} was assigned",
    )


def _branch(branches: Sequence[str]) -> Verdict | None:
    if not branches:
        return None
    return Verdict(
        lane=Lane.BRANCH,
        triggers=(Trigger.WORK_STARTED,),
        identity="branch " + " ".join(sorted(branches)),
        reason=f"branch {', '.join(sorted(branches))} names the ticket",
    )


def _publication(seen: Observation, stage: Stage) -> Verdict | None:
    """The newest publication of a stage that contains every pull request the ticket has now."""
    pins = {one.pin for one in seen.pull_requests if one.is_open or one.merged}
    holding = [one for one in seen.publications if one.stage is stage and pins and pins <= one.contains]
    if not holding:
        return None
    newest = max(holding, key=lambda one: one.at)
    lane, trigger, what = _STAGES[stage](newest)
    return Verdict(lane=lane, triggers=(trigger,), identity=newest.identity, reason=what)


_STAGES: Mapping[Stage, Callable[[Publication], tuple[Lane, Trigger, str]]] = {
    Stage.STAGING: lambda one: (
        Lane.STAGING,
        Trigger.DEPLOYED_STAGING,
        f"{one.identity} succeeded in {one.environment}" + (f" at {one.url}" if one.url else ""),
    ),
    Stage.PRODUCTION: lambda one: (
        Lane.PRODUCTION,
        Trigger.DEPLOYED_PRODUCTION,
        f"{one.identity} published version {one.version or '(unnamed)'}",
    ),
}


def _partner(actions: Sequence[PartnerAction]) -> Verdict | None:
    if not actions:
        return None
    last = max(actions, key=lambda action: action.id)
    return Verdict(
        lane=Lane.PARTNER,
        triggers=(Trigger(last.verb.value),),
        identity=f"action:{last.id}",
        reason=f"{last.author} {_SAID[last.verb.value]}",
    )


_SAID = {
    "answered": "answered the question",
    "confirmed": "confirmed that it works",
    "still_failing": "says that it still happens",
}
