"""What a ticket's pull requests say together: the worst of them decides."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from bridge.domain import PullRequest, Review
from bridge.rules.opinions import approvals, blocking, discount, who, withdrawn
from bridge.verdicts import Lane, Verdict
from mappings.model import Reviews, Trigger


class Standing(IntEnum):
    """Where one pull request stands, the worst first."""

    CHANGES_REQUESTED = 1
    DRAFT = 2
    REVIEW_PENDING = 3
    APPROVED = 4


TRIGGERS = {
    Standing.CHANGES_REQUESTED: (Trigger.CHANGES_REQUESTED,),
    # The last: a draft whose objections fell away is being worked on, too.
    Standing.DRAFT: (Trigger.WORK_STARTED, Trigger.BACK_TO_DRAFT, Trigger.FIX_PUSHED),
    Standing.REVIEW_PENDING: (Trigger.REVIEW_PENDING,),
    Standing.APPROVED: (Trigger.APPROVED,),
}


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """One pull request's standing, the ids of what decides it, and the sentence that says so."""

    pull_request: PullRequest
    standing: Standing
    deciding: tuple[str, ...]
    reason: str
    reviews: tuple[Review, ...] = ()
    """Those that it rests on, or that it has so far."""
    enough: tuple[tuple[frozenset[str], int], ...] = ()
    """As a verdict's."""


def judge(one: PullRequest, policy: Reviews) -> Judgement | None:
    """Where a pull request stands; None when it was closed unmerged and so says nothing."""
    if one.merged:
        return _approved(one, policy)
    if not one.is_open:
        return None
    objections = blocking(one, policy)
    if objections:
        return _changes_requested(one, objections)
    if one.draft:
        reason = f"{one.name} is a draft at {one.head[:7]}"
        return Judgement(pull_request=one, standing=Standing.DRAFT, deciding=(one.key,), reason=reason)
    return _approved(one, policy) if _suffices(one, policy) else _pending(one, policy)


def pull_requests_verdict(pull_requests: Iterable[PullRequest], policy: Reviews) -> Verdict | None:
    """The worst standing among the pull requests, as one verdict; None when none says anything."""
    judged = [judgement for one in pull_requests if (judgement := judge(one, policy))]
    if not judged:
        return None
    worst = min(judgement.standing for judgement in judged)
    deciding = [judgement for judgement in judged if judgement.standing is worst]
    return Verdict(
        lane=Lane.PULL_REQUESTS,
        triggers=TRIGGERS[worst],
        identity=_identity(worst.name.lower(), (part for one in deciding for part in one.deciding)),
        reason="; ".join(judgement.reason for judgement in deciding),
        enough=tuple(some for judgement in deciding for some in judgement.enough),
    )


def fix_verdict(pull_requests: Iterable[PullRequest], policy: Reviews) -> Verdict | None:
    """Commits were pushed after changes were requested, and the reviewer has not looked again yet."""
    fixed = [
        (one, objections)
        for one in pull_requests
        if one.is_open
        and (objections := blocking(one, policy))
        and all(review.commit != one.head for review in objections)
    ]
    if not fixed:
        return None
    # An objection at the new head that was withdrawn makes the fix count again.
    ids = [one.pin for one, _ in fixed] + [part for one, _ in fixed for part in _withdrawn(one, policy)]
    said = (
        f"{one.name} got {one.head[:7]} after the review of {who(objections)}" for one, objections in fixed
    )
    return Verdict(
        lane=Lane.FIX,
        triggers=(Trigger.FIX_PUSHED,),
        identity=_identity("fix_pushed", ids),
        reason="; ".join(said),
    )


def _suffices(one: PullRequest, policy: Reviews) -> bool:
    """Enough approvals: by number, or as GitHub itself says where a rule of the branch asks for reviews."""
    if policy.by_protection and one.decision:
        return one.decision == "APPROVED"
    return len(approvals(one, policy)) >= policy.approvals


def _changes_requested(one: PullRequest, objections: tuple[Review, ...]) -> Judgement:
    return Judgement(
        pull_request=one,
        standing=Standing.CHANGES_REQUESTED,
        deciding=tuple(f"review:{review.id}" for review in objections),
        reason=f"{who(objections)} requested changes in {one.name}",
        reviews=objections,
    )


def _approved(one: PullRequest, policy: Reviews) -> Judgement:
    given = approvals(one, policy)
    by_github = policy.by_protection and bool(one.decision)
    # Which ones the branch's rules have counted GitHub does not say.
    decisive = () if by_github else given[: policy.approvals]
    ids = frozenset() if by_github else frozenset(f"review:{review.id}" for review in given)
    said = f"merged as {one.merge_commit[:7]}, approved" if one.merged else f"approved at {one.head[:7]}"
    if one.merged and not given:
        said = f"merged as {one.merge_commit[:7]}"
    by = f" by {who(decisive or given)}" if given else ""
    rules = " as the branch's rules ask" if by_github and one.decision == "APPROVED" else ""
    queue = ", and is in the merge queue" if one.queued else ""
    return Judgement(
        pull_request=one,
        standing=Standing.APPROVED,
        deciding=(one.pin, *ids),
        reason=f"{one.name} was {said}{by}{rules}{queue}",
        reviews=decisive or given,
        enough=((ids, policy.approvals),),
    )


def _pending(one: PullRequest, policy: Reviews) -> Judgement:
    given = approvals(one, policy)
    wanted = f"{len(given)} of {policy.approvals} approvals"
    if policy.by_protection and one.decision:
        wanted = f"{len(given)} approvals, and the branch's rules ask for more"
    parts = [wanted + (f", by {who(given)}" if given else "")]
    parts += [
        f"{review.reviewer}'s review is {discount(one, review, policy)}"
        for review in withdrawn(one, policy)
        if discount(one, review, policy).startswith(("stale", "withdrawn"))
    ]
    return Judgement(
        pull_request=one,
        standing=Standing.REVIEW_PENDING,
        deciding=(one.key, *_withdrawn(one, policy)),
        reason=f"{one.name} waits for review at {one.head[:7]}: {'; '.join(parts)}",
        reviews=given,
    )


def _withdrawn(one: PullRequest, policy: Reviews) -> tuple[str, ...]:
    return tuple(f"withdrawn:{review.id}" for review in withdrawn(one, policy))


def _identity(kind: str, ids: Iterable[str]) -> str:
    return " ".join([kind, *sorted(ids)])
