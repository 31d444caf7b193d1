"""What DESIGN §2 allows, in a few tables and functions of their own: nothing of `bridge.rules` is used.

Webhooks get lost and reordered, so the bridge may never have seen a state that passed quickly. What it was
shown is known (`Story.looks`), and so is what is true in the end; between them lies what is allowed.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise, product

from bridge.domain import PullRequest
from tests.simulation.records import START, Change, Issue, Published
from tests.simulation.weather import Look

EARLY = {"Backlog", "To Do", "Doing"}
RULES = {
    "answered": ("Triagem", {"Faltam Informações"}),
    "assigned": ("To Do", {"Backlog"}),
    "work_started": ("Doing", {"Backlog", "To Do"}),
    "review_pending": ("PR Review", EARLY | {"Error Fix", "PR Aprovado"}),
    "changes_requested": ("Error Fix", EARLY | {"PR Review", "PR Aprovado"}),
    "fix_pushed": ("Doing", {"Error Fix"}),
    "approved": ("PR Aprovado", EARLY | {"PR Review", "Error Fix"}),
    "back_to_draft": ("Doing", {"PR Review", "PR Aprovado"}),
    "staging": ("Publicado em Homologação", {"PR Aprovado"}),
    "production": ("Publicado", {"Test Finished"}),
    "confirmed": ("Encerrado", {"Publicado"}),
    "still_failing": (
        "Error Fix",
        {"Publicado em Homologação", "Testing", "Test Finished", "Publicado"},
    ),
}
"""Trigger to where it leads and from where."""
WORST_FIRST = ("changes_requested", "draft", "review_pending", "approved")
Verdict = tuple[str, frozenset[str]]
"""Its kind and the ids of what decides it."""
Pulls = Sequence[PullRequest]


@dataclass(frozen=True, kw_only=True)
class Story:
    """One ticket as the outside knows it in the end."""

    issue: Issue
    pulls: Pulls
    """Those that name it."""
    is_named_by: Callable[[PullRequest], bool]
    published: Sequence[Published]
    branches: dict[str, datetime]
    actions: Sequence[tuple[str, datetime]]
    """The partner's words: verb and time."""
    looks: Sequence[Look]

    @property
    def statuses(self) -> list[Change]:
        return self.issue.of("status")


def verdict(pulls: Iterable[PullRequest]) -> Verdict | None:
    """The worst of the pull requests that say something."""
    said = [one for pull in pulls if (one := _standing(pull))]
    if not said:
        return None
    worst = min((kind for kind, _ in said), key=WORST_FIRST.index)
    return worst, frozenset().union(*(ids for kind, ids in said if kind == worst))


def fix(pulls: Iterable[PullRequest]) -> Verdict | None:
    """Pushed after changes were requested."""
    fixed = [
        one
        for one in pulls
        if one.is_open and (asking := _opinions(one, "CHANGES_REQUESTED"))
        if one.head not in {review.commit for review in asking}
    ]
    ids = {f"{one.number}@{one.head}" for one in fixed}.union(*map(_withdrawn, fixed))
    return ("fix_pushed", frozenset(ids)) if fixed else None


def _opinions(one: PullRequest, state: str) -> list:  # type: ignore[type-arg]
    """Each reviewer's last opinion, unless it was withdrawn, if it is this one."""
    last = {
        review.reviewer: review
        for review in one.reviews
        if review.state.value in {"APPROVED", "CHANGES_REQUESTED", "DISMISSED"}
    }
    return sorted(
        (review for who, review in last.items() if review.state.value == state and not review.asked_again),
        key=lambda review: review.id,
    )


def _standing(one: PullRequest) -> Verdict | None:
    asking, approving = _opinions(one, "CHANGES_REQUESTED"), _opinions(one, "APPROVED")
    if not one.is_open and not one.merged:
        return None
    if asking and not one.merged:
        return "changes_requested", frozenset(f"review {review.id}" for review in asking)
    if one.draft and not one.merged:
        return "draft", frozenset({f"{one.number}"})
    if approving or one.merged:
        pin = f"{one.number}@{one.head}"
        return "approved", frozenset({pin, *(f"{pin} by {review.id}" for review in approving)})
    return "review_pending", frozenset({f"{one.number}", *_withdrawn(one)})


def _withdrawn(one: PullRequest) -> set[str]:
    """What was said and does not hold any more."""
    standing = {review.id for state in ("APPROVED", "CHANGES_REQUESTED") for review in _opinions(one, state)}
    return {
        f"not {review.id}"
        for review in one.reviews
        if review.state.value != "COMMENTED" and review.id not in standing
    }


def no_news(now: Verdict | None, before: Verdict | None) -> bool:
    """The same, or with fewer reasons: what falls away brings nothing new.

    Nor does another approval, or that one of two is withdrawn: one suffices, and while one of those that were
    there stands, the pull request stayed approved. (The first approval's id alone would not do: once that is
    withdrawn, the second looks as if it had just been given.)
    """
    if now is None or before is None or now[0] != before[0]:
        return now == before
    all_along = {one.partition(" by ")[0] for one in now[1] & before[1] if " by " in one}
    return {one for one in now[1] if one.partition(" by ")[0] not in all_along} <= before[1]


def triggers_of(kind: str) -> tuple[str, ...]:
    return ("work_started", "back_to_draft", "fix_pushed") if kind == "draft" else (kind,)


# --- what the bridge may have known


def views(story: Story, look: Look, *, sure: set[int]) -> list[Pulls]:
    """Every way in which the bridge may have seen the ticket's pull requests at a look."""
    choices: list[list[PullRequest | None]] = []
    for number, states in look.known.items():
        seen = [look.read[number]] if number in look.read else states
        naming = [one if story.is_named_by(one) else None for one in seen]
        choices.append(list(dict.fromkeys(naming if number in sure else [*naming, None])))
    return [[one for one in choice if one] for choice in product(*choices)]


def seen(story: Story) -> Iterator[tuple[Look, list[Pulls]]]:
    """Each look at the ticket with the views that it may have had."""
    sure: set[int] = set()
    for look in story.looks:
        read = {number for number, one in look.read.items() if story.is_named_by(one)}
        sure |= read if look.whole else set()
        yield look, views(story, look, sure=sure | read)


# --- the end


def unmoved(story: Story) -> Iterator[str]:
    """Verdicts that hold in the end and neither were spent nor are refused where the ticket is."""
    for lane in (verdict, fix):
        final = lane(story.pulls)
        if final:
            yield from _unspent(story, triggers_of(final[0]), since=_news_since(story, lane, final))
    if story.branches:
        yield from _unspent(story, ("work_started",), since=max(story.branches.values()))
    if story.actions:
        verb, at = story.actions[-1]
        if _stays(story, since=at) <= RULES[verb][1]:
            yield from _unspent(story, (verb,), since=at)
    if story.issue.assignee:
        yield from _unspent(story, ("assigned",), since=_assignee_known_since(story))
    for stage in ("staging", "production"):
        holding = [one for one in story.published if _stage(one) == stage and _holds(one, story.pulls)]
        if holding:
            yield from _unspent(story, (stage,), since=holding[-1].at)


def _news_since(story: Story, lane: Callable[[Pulls], Verdict | None], final: Verdict) -> datetime:
    """The last look from which no way leads to the final verdict without any news on it.

    Look by look: each of two approvals may take the other's place and nothing is news, though the end has
    none of those that stood at the beginning.
    """
    quiet: set[Verdict | None] = {final}
    for look, possible in reversed(list(seen(story))):
        before = {known for known in map(lane, possible) if any(no_news(later, known) for later in quiet)}
        if look.whole and not before:
            return look.at
        quiet = before if look.whole else quiet | before
    return START


def _stays(story: Story, *, since: datetime) -> set[str]:
    """Where the ticket has been since. What the partner says is of the fix that was there then."""
    before = [one.new for one in story.statuses if one.at <= since]
    return {before[-1] if before else "Triagem", *(one.new for one in story.statuses if one.at > since)}


def _unspent(story: Story, triggers: tuple[str, ...], *, since: datetime) -> Iterator[str]:
    here = story.issue.status
    been = {here, *(one.old for one in story.statuses if one.at >= since)}
    for trigger in triggers:
        to, start = RULES[trigger]
        if here in start and to not in been:
            yield f"{trigger} should have moved it from {here} to {to}"


def _assignee_known_since(story: Story) -> datetime:
    """The last look that saw somebody else assigned."""
    last = START
    for look in story.looks:
        names = [one.new for one in story.issue.of("assignee") if one.at <= look.at]
        if look.whole and names and names[-1] != story.issue.assignee:
            last = look.at
    return last


def _stage(one: Published) -> str:
    name = one.environment.lower()
    if name.startswith(("homolog", "hml")):
        return "staging"
    return "production" if name in {"producao", "release"} else ""


def _holds(one: Published, pulls: Pulls) -> bool:
    """It contains every pull request that is not closed unmerged."""
    living = [pull for pull in pulls if pull.is_open or pull.merged]
    wanted = {pull.merge_commit if pull.merged else pull.head for pull in living}
    return bool(living) and wanted <= one.contains


def _held(one: Published, pulls: Pulls) -> bool:
    """As `_holds`, weighed before or after a merge."""
    living = [pull for pull in pulls if pull.is_open or pull.merged]
    return bool(living) and all({pull.merge_commit, pull.head} & one.contains for pull in living)


# --- the way


def unjustified(story: Story) -> Iterator[str]:
    """Moves of the bridge's that nothing it knew can have caused, and verdicts spent twice."""
    known = list(seen(story))
    for change in story.statuses:
        if change.by_bridge:
            look, possible = next(one for one in reversed(known) if one[0].at <= change.at)
            causes = _causes(story, change.at, look, possible)
            fitting = [RULES[cause] for cause in causes if change.old in RULES[cause][1]]
            if not any(change.new == to or change.new in start for to, start in fitting):
                yield f"moved from {change.old} to {change.new} with no cause but {sorted(causes)}"
    yield from _repeated(story, known)


def _causes(story: Story, at: datetime, look: Look, possible: list[Pulls]) -> set[str]:
    found = {trigger for one in possible if (said := verdict(one)) for trigger in triggers_of(said[0])}
    found |= {"fix_pushed" for one in possible if fix(one)}
    found |= {"work_started" for since in story.branches.values() if since <= at}
    found |= {verb for verb, since in story.actions if since <= at}
    found |= {"assigned" for one in story.issue.of("assignee") if one.at <= look.at}
    weighed = [(one, pulls) for one in story.published if one.at <= at for pulls in possible]
    return found | {_stage(one) for one, pulls in weighed if _stage(one) and _held(one, pulls)}


def _repeated(story: Story, known: list[tuple[Look, list[Pulls]]]) -> Iterator[str]:
    """Between two moves by the same verdict another must have been seen: humans win."""
    ours = [one for one in story.statuses if one.by_bridge]
    for to, verb in (("Triagem", "answered"), ("Encerrado", "confirmed")):
        if len([one for one in ours if one.new == to]) > len(
            [one for one in story.actions if one[0] == verb]
        ):
            yield f"moved to {to} more often than the partner said {verb}"
    for stage in ("staging", "production"):
        moves = [one for one in ours if one.new == RULES[stage][0]]
        if len(moves) > len([one for one in story.published if _stage(one) == stage]):
            yield f"moved to {RULES[stage][0]} more often than there were publications"
    said = [(look.at, {verdict(one) for one in possible}) for look, possible in known]
    for kind in ("changes_requested", "review_pending", "approved"):
        moves = [one for one in ours if one.new == RULES[kind][0]]
        if kind == "changes_requested" and any(verb == "still_failing" for verb, _ in story.actions):
            continue
        for first, second in pairwise(moves):
            begun = len([at for at, _ in said if at <= first.at]) - 1
            shown = [verdicts for at, verdicts in said[begun:] if at <= second.at]
            same = len(shown[0]) == 1 and {one and one[0] for one in shown[0]} == {kind}
            if same and not any(_may_be_news(earlier, later) for earlier, later in pairwise(shown)):
                yield f"moved to {first.new} twice by the same {kind}"


def _may_be_news(earlier: set[Verdict | None], later: set[Verdict | None]) -> bool:
    """Something may have been said that was not said just before: a reason that came back, too."""
    return any(now is not None and not no_news(now, before) for before in earlier for now in later)
