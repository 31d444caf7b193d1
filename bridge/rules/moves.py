"""Which verdicts a ticket has, and which of them move it now."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import quote

from bridge.actions import Comment, Move, Recede, SetField, Wait
from bridge.domain import Issue, PartnerAction, Publication, PullRequest, Quotes, Stage
from bridge.rules.following import Follower, News
from bridge.rules.publications import LANES, TRIGGERS, publication_verdict
from bridge.rules.reverts import fixes
from bridge.rules.reviews import fix_verdict, pull_requests_verdict
from bridge.verdicts import Lane, LaneState, Verdict
from mappings.model import Rule, Trigger, Workflow

CLOCK_SKEW = timedelta(minutes=2)
"""Between Jira's clock and ours, at most: what was seen on the page may be dated later than its click."""


@dataclass(frozen=True, kw_only=True)
class Observation:
    """All that a look at a ticket found out."""

    issue: Issue
    pull_requests: tuple[PullRequest, ...]
    """Those that name the ticket."""
    linked_as: Mapping[str, str]
    """`PullRequest.key` to its remote link as Jira last took it."""
    unnamed: tuple[PullRequest, ...]
    """Linked once, they name the ticket no more."""
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
    unanswered: Mapping[str, str] = field(default_factory=dict)
    """Staging addresses that were asked just now and did not answer, each with the reason."""
    is_partial: bool = False
    """Not every pull request and branch that rang could be read: what they say together is not known."""
    news: tuple[News, ...] = ()
    followers: tuple[Follower, ...] = ()


def verdicts(seen: Observation, workflow: Workflow) -> list[Verdict]:
    """Every lane's present verdict, in the order in which lanes are settled."""
    counted = fixes(seen.pull_requests)
    found = (
        _assignee(seen.issue),
        _branch(seen.branches),
        pull_requests_verdict(counted, workflow.reviews),
        fix_verdict(counted, workflow.reviews),
        _publication(seen, Stage.STAGING, workflow),
        _publication(seen, Stage.PRODUCTION, workflow),
        _partner(seen.partner_actions),
    )
    return [verdict for verdict in found if verdict]


def moves(seen: Observation, workflow: Workflow) -> Iterator[Recede | Comment | SetField | Move | Wait]:
    """What follows from the verdicts that have not moved the ticket yet.

    Each is weighed from where the one before it leaves the ticket, so that facts that arrived together
    (changes requested, then a fix pushed) are told in order.
    """
    yield from _receding(seen, workflow)
    # The partner's words come before the move that they cause, so that the developer reads why.
    yield from (Comment(action=action) for action in seen.partner_actions if not action.comment_id)
    status = seen.issue.status
    for verdict in unspent(seen, workflow):
        state = seen.lanes.get(verdict.lane)
        step = _led_before(verdict, state, seen.issue, workflow) or _weigh(verdict, status, seen, workflow)
        step = _unanswered(step, seen) or step
        if isinstance(step, Move):
            yield from _fields(step, seen)
            status = step.path[-1] if step.path else status
        yield step


def unspent(seen: Observation, workflow: Workflow) -> list[Verdict]:
    """The verdicts that have not moved the ticket yet."""
    states = seen.lanes
    return [
        one
        for one in verdicts(seen, workflow)
        if _is_known(one.lane, seen)
        and not (one.lane in states and states[one.lane].spent and _is_no_news(one, states[one.lane]))
    ]


def _is_known(lane: Lane, seen: Observation) -> bool:
    """False where one that was not read may say otherwise: of two pull requests the worse decides."""
    return not (seen.is_partial and lane.is_told_by_github)


def _is_no_news(verdict: Verdict, state: LaneState) -> bool:
    """True when the lane said so when it was last looked at, be it with more reasons.

    A reason that falls away (a pull request is closed, a branch deleted, one of two objections dismissed) is
    nothing that a person should give way to; one that comes back (it is opened again) is. Approvals beyond
    those that suffice may come and go: while enough of those that were there stand, it stayed approved.
    """
    kind, *ids = verdict.identity.split(" ")
    before, *known = state.identity.split(" ")
    new = set(ids).difference(known)
    for some, number in verdict.enough:
        new -= some if len(some.intersection(known)) >= number else set()
    return verdict.identity == state.identity or (verdict.lane.is_lasting and kind == before and not new)


def _receding(seen: Observation, workflow: Workflow) -> Iterator[Recede]:
    """The lanes that had other reasons when they were last looked at, or waited for what is so no longer."""
    present = {one.lane: one for one in verdicts(seen, workflow)}
    for lane, state in seen.lanes.items():
        if not _is_known(lane, seen):
            continue
        verdict = present.get(lane)
        if verdict is None:
            if lane.is_lasting or not state.spent:
                yield Recede(lane=lane, verdict=None)
        elif state.spent and verdict.identity != state.identity and _is_no_news(verdict, state):
            yield Recede(lane=lane, verdict=verdict)


def staging_url(verdict: Verdict, publications: Sequence[Publication]) -> str:
    """Where to test what a staging verdict is about; empty when no deployment named an address."""
    deciding = verdict.identity.split()
    found = [one for one in publications if one.identity in deciding and one.url]
    return max(found, key=lambda one: one.at).url if found else ""


def _unanswered(step: Move | Wait, seen: Observation) -> Wait | None:
    """The wait that takes a move's place while nobody could test where it sends the partner."""
    if step.verdict.lane is not Lane.STAGING or not isinstance(step, Move) or not step.path:
        return None
    url = staging_url(step.verdict, seen.publications)
    if url not in seen.unanswered:
        return None
    reason = f"{url} does not answer: {seen.unanswered[url]}"
    return Wait(verdict=step.verdict, reason=reason, ask_again=True)


def _led_before(verdict: Verdict, state: LaneState | None, issue: Issue, workflow: Workflow) -> Move | None:
    """The move that Jira made though its answer was lost: somebody may have dragged the ticket on since."""
    if state is None or not state.moving_after or not _is_no_news(verdict, state):
        return None
    ours = _ours(verdict, issue, workflow)
    if len(ours) <= int(state.moving_after):
        return None
    led = next(trigger for trigger in verdict.triggers if workflow.rules[trigger].to == ours[-1])
    return Move(verdict=verdict, trigger=led, path=())


def _ours(verdict: Verdict, issue: Issue, workflow: Workflow) -> list[str]:
    """Where the bridge's own moves led, of those to where this verdict leads.

    They are counted: neither ids nor times tell for certain what came after a change that was seen, for each
    node of a Data Center has its own.
    """
    targets = {workflow.rules[trigger].to for trigger in verdict.triggers}
    return [one.to_status for one in issue.status_changes if one.by_bridge and one.to_status in targets]


def _weigh(verdict: Verdict, status: str, seen: Observation, workflow: Workflow) -> Move | Wait:
    refusals, issue = [], seen.issue
    for trigger in verdict.triggers:
        rule = workflow.rules[trigger]
        if status == rule.to:
            return Move(verdict=verdict, trigger=trigger, path=())
        if late := _said_too_early(verdict, seen, rule):
            refusals.append(late)
            continue
        path = workflow.path(rule=rule, start=status) if status in rule.moves_from else None
        if path:
            made = len(_ours(verdict, issue, workflow))
            return Move(verdict=verdict, trigger=trigger, path=path, after=str(made))
        refusals.append(_refusal(rule, status))
    return Wait(verdict=verdict, reason="; ".join(refusals))


def _refusal(rule: Rule, status: str) -> str:
    return f"{rule.trigger} moves to {rule.to} only from {', '.join(rule.moves_from)}, not from {status}"


def _fields(move: Move, seen: Observation) -> Iterator[SetField]:
    """What the issue is to show of the publications that move it; a ticket that is there already is told
    of a new address by `redeployed`.
    """
    verdict = move.verdict
    if verdict.lane is Lane.PRODUCTION:
        deciding = verdict.identity.split()
        versions = [one.version for one in seen.publications if one.identity in deciding and one.version]
        version = ", ".join(dict.fromkeys(versions))
        if version and version != seen.issue.version:
            yield SetField(field="version", value=version, cause=verdict.identity)
    if verdict.lane is Lane.STAGING and move.path:
        url = staging_url(verdict, seen.publications)
        if url and url != seen.issue.staging_url:
            yield SetField(field="staging_url", value=url, cause=verdict.identity)


def _assignee(issue: Issue) -> Verdict | None:
    if not issue.assignee:
        return None
    return Verdict(
        lane=Lane.ASSIGNEE,
        triggers=(Trigger.ASSIGNED,),
        # Old user names of Data Center's may hold spaces, which part an identity.
        identity=f"assignee:{quote(issue.assignee_account, safe=':@')}",
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


def _publication(seen: Observation, stage: Stage, workflow: Workflow) -> Verdict | None:
    return publication_verdict(
        stage,
        seen.pull_requests,
        seen.publications,
        status=seen.issue.status,
        state=seen.lanes.get(LANES[stage]),
        rule=workflow.rules[TRIGGERS[stage]],
    )


def _partner(actions: Sequence[PartnerAction]) -> Verdict | None:
    asked = [action for action in actions if action.verb.trigger]
    if not asked:
        return None
    last = max(asked, key=lambda action: action.id)
    return Verdict(
        lane=Lane.PARTNER,
        triggers=(Trigger(last.verb.value),),
        identity=f"action:{last.id}",
        reason=f"{last.author} {_SAID[last.verb.value]}",
    )


def _said_too_early(verdict: Verdict, seen: Observation, rule: Rule) -> str:
    """Why what the partner said does not count: the ticket has left since where it can be said.

    The page on which it was said may have been older than what somebody had done in Jira. Of a later fix it
    says nothing.
    """
    action = next((one for one in seen.partner_actions if f"action:{one.id}" == verdict.identity), None)
    if action is None or _stays(action, seen.issue) <= {*rule.moves_from, *rule.through}:
        return ""
    return f"it was said before the ticket left {', '.join(rule.moves_from)}, and is not of what came after"


def _stays(action: PartnerAction, issue: Issue) -> set[str]:
    """The statuses in which the ticket has been since something was said."""
    said_at = action.at + CLOCK_SKEW
    before = [change.to_status for change in issue.status_changes if change.at <= said_at]
    after = [change for change in issue.status_changes if change.at > said_at]
    here = before[-1] if before else after[0].from_status if after else issue.status
    return {here, *(change.to_status for change in after)}


_SAID = {
    "answered": "answered the question",
    "confirmed": "confirmed that it works",
    "still_failing": "says that it still happens",
}
