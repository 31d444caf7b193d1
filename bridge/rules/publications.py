"""Which deployments and releases hold a ticket's fix, and what that says."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from bridge.domain import Publication, PullRequest, Stage
from bridge.rules.reverts import fixes, stands
from bridge.verdicts import Lane, LaneState, Verdict
from mappings.model import Rule, Trigger

LANES = {Stage.STAGING: Lane.STAGING, Stage.PRODUCTION: Lane.PRODUCTION}
TRIGGERS = {
    Stage.STAGING: Trigger.DEPLOYED_STAGING,
    Stage.PRODUCTION: Trigger.DEPLOYED_PRODUCTION,
}


def publication_verdict(
    stage: Stage,
    pull_requests: Sequence[PullRequest],
    publications: Sequence[Publication],
    *,
    status: str,
    state: LaneState | None,
    rule: Rule,
) -> Verdict | None:
    """That a stage holds the fix: for each repository of the fix, one publication.

    What has moved the ticket once stays the verdict until the ticket is back where the trigger may move it:
    later deployments and releases hold the fix too, and say nothing new.
    """
    settled = state.identity.split() if state and state.spent else []
    held = holding(stage, pull_requests, publications)
    chosen = [_chosen(stage, one, settled=settled, again=status in rule.moves_from) for one in held]
    if not chosen:
        return None
    chosen.sort(key=lambda one: one.identity)
    return Verdict(
        lane=LANES[stage],
        triggers=(TRIGGERS[stage],),
        identity=" ".join(one.identity for one in chosen),
        reason="; ".join(_SAYINGS[stage](one) for one in chosen),
    )


def holding(
    stage: Stage, pull_requests: Sequence[PullRequest], publications: Iterable[Publication]
) -> list[list[Publication]]:
    """For each repository with a fix, the publications that hold it, oldest first.

    Empty unless every repository has one that is still active.
    """
    of_stage = sorted(
        (one for one in publications if one.stage is stage), key=lambda one: (one.at, one.identity)
    )
    found = []
    for repository in sorted({one.repository_id for one in _living(pull_requests)}):
        here = [one for one in pull_requests if one.repository_id == repository]
        found.append([one for one in of_stage if holds(one, here)])
    complete = all(any(one.active for one in held) for held in found)
    return found if complete else []


def holds(publication: Publication, pull_requests: Sequence[PullRequest]) -> bool:
    """Whether a publication has all of a repository's fixes, and none of their reverts.

    Of fixes merged into several branches (a fix, and its cherry-pick for a release) one branch's suffice; an
    open one is never left out.
    """
    contained = [one for one in pull_requests if one.pin in publication.contains]
    wanted = _living(pull_requests)
    missing = [one for one in wanted if one not in contained or not stands(one, contained)]
    if any(one.is_open for one in missing):
        return False
    return bool({one.base for one in wanted} - {one.base for one in missing})


def counts(publication: Publication, pull_requests: Sequence[PullRequest]) -> str:
    """Whether a publication counts for the ticket, and if not, what it lacks."""
    repositories = {pin.rpartition("#")[0] for pin in publication.contains}
    here = [one for one in pull_requests if one.pin.rpartition("#")[0] in repositories]
    if holds(publication, here):
        return "with every commit" if publication.active else "with every commit, but active no more"
    contained = [one for one in here if one.pin in publication.contains]
    undone = [one.name for one in contained if not stands(one, contained)]
    missing = [f"{one.name}@{one.head[:7]}" for one in _living(here) if one not in contained]
    parts = [f"without {', '.join(missing)}"] if missing else []
    parts += [f"with the revert of {', '.join(undone)}"] if undone else []
    return f"{' and '.join(parts) or 'without any fix'}, so it does not count"


def _living(pull_requests: Iterable[PullRequest]) -> list[PullRequest]:
    return [one for one in fixes(pull_requests) if one.is_open or one.merged]


def _chosen(stage: Stage, held: list[Publication], *, settled: Sequence[str], again: bool) -> Publication:
    """Staging is where it is now, so the newest; production is told by the first that had the fix."""
    before = [place for place, one in enumerate(held) if one.identity in settled]
    later = held[before[-1] + 1 :] if before else held
    fresh = [one for one in later if one.active] if stage is Stage.STAGING else later
    if before and not (again and fresh):
        return held[before[-1]]
    return fresh[-1] if stage is Stage.STAGING else fresh[0]


def _staged(one: Publication) -> str:
    return f"{one.identity} succeeded in {one.environment}" + (f" at {one.url}" if one.url else "")


def _released(one: Publication) -> str:
    return f"{one.identity} published version {one.version or '(unnamed)'}"


_SAYINGS: Mapping[Stage, Callable[[Publication], str]] = {Stage.STAGING: _staged, Stage.PRODUCTION: _released}
