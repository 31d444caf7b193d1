"""What a ticket's pull requests say together: the worst of them decides."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from bridge.domain import Lane, PullRequest, Review, ReviewState, Verdict
from mappings.model import Reviews, Trigger

OPINIONS = {ReviewState.APPROVED, ReviewState.CHANGES_REQUESTED, ReviewState.DISMISSED}
"""A later COMMENTED does not withdraw a verdict; a dismissal does."""


class Standing(IntEnum):
    """Where one pull request stands, the worst first."""

    CHANGES_REQUESTED = 1
    DRAFT = 2
    REVIEW_PENDING = 3
    APPROVED = 4


TRIGGERS = {
    Standing.CHANGES_REQUESTED: (Trigger.CHANGES_REQUESTED,),
    Standing.DRAFT: (Trigger.WORK_STARTED, Trigger.BACK_TO_DRAFT),
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


def judge(pull_request: PullRequest, policy: Reviews) -> Judgement | None:
    """Where a pull request stands; None when it was closed unmerged and so says nothing."""
    if pull_request.merged:
        return _approved(pull_request, _approvals(pull_request, policy), policy, said="merged")
    if not pull_request.is_open:
        return None
    blocking = blocking_reviews(pull_request)
    if blocking:
        return _changes_requested(pull_request, blocking)
    if pull_request.draft:
        return Judgement(
            pull_request=pull_request,
            standing=Standing.DRAFT,
            deciding=(pull_request.name,),
            reason=f"{pull_request.name} is a draft",
        )
    approvals = _approvals(pull_request, policy)
    if len(approvals) >= policy.approvals:
        return _approved(pull_request, approvals, policy, said=f"approved at {pull_request.head[:7]}")
    return _pending(pull_request, approvals, policy)


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
        identity=_identity(worst.name.lower(), deciding),
        reason="; ".join(judgement.reason for judgement in deciding),
    )


def fix_verdict(pull_requests: Iterable[PullRequest]) -> Verdict | None:
    """Commits were pushed after changes were requested, and the reviewer has not looked again yet."""
    fixed = [
        (one, blocking)
        for one in pull_requests
        if one.is_open
        and (blocking := blocking_reviews(one))
        and all(review.commit != one.head for review in blocking)
    ]
    if not fixed:
        return None
    heads = sorted(one.pin for one, _ in fixed)
    return Verdict(
        lane=Lane.FIX,
        triggers=(Trigger.FIX_PUSHED,),
        identity="fix_pushed " + " ".join(heads),
        reason="; ".join(f"{one.name} got {one.head[:7]} after {_names(who)}'s review" for one, who in fixed),
    )


def blocking_reviews(pull_request: PullRequest) -> tuple[Review, ...]:
    """The reviews that ask for changes and still stand."""
    return tuple(
        review for review in _standing_opinions(pull_request) if review.state is ReviewState.CHANGES_REQUESTED
    )


def _standing_opinions(pull_request: PullRequest) -> list[Review]:
    """Each reviewer's last opinion, in the order given; asking a reviewer again withdraws it."""
    last: dict[str, Review] = {}
    for review in sorted(pull_request.reviews, key=lambda review: review.id):
        # GitHub does not let authors judge their own work; old servers and bots have been seen to.
        if review.state in OPINIONS and review.reviewer != pull_request.author:
            last[review.reviewer] = review
    asked_again = set(pull_request.requested_reviewers)
    standing = [review for reviewer, review in last.items() if reviewer not in asked_again]
    return sorted(standing, key=lambda review: review.id)


def _approvals(pull_request: PullRequest, policy: Reviews) -> list[Review]:
    return [
        review
        for review in _standing_opinions(pull_request)
        if review.state is ReviewState.APPROVED
        and not (policy.stale_on_push and review.commit != pull_request.head)
    ]


def _changes_requested(pull_request: PullRequest, blocking: Sequence[Review]) -> Judgement:
    return Judgement(
        pull_request=pull_request,
        standing=Standing.CHANGES_REQUESTED,
        deciding=tuple(f"review:{review.id}" for review in blocking),
        reason=f"{_names(blocking)} requested changes in {pull_request.name}",
    )


def _approved(
    pull_request: PullRequest, approvals: Sequence[Review], policy: Reviews, *, said: str
) -> Judgement:
    # Only the first approvals that suffice decide, so that one more changes nothing.
    decisive = approvals[: policy.approvals]
    who = f" by {_names(decisive)}" if decisive else ""
    return Judgement(
        pull_request=pull_request,
        standing=Standing.APPROVED,
        deciding=(pull_request.pin, *(f"review:{review.id}" for review in decisive)),
        reason=f"{pull_request.name} was {said}{who}",
    )


def _pending(pull_request: PullRequest, approvals: Sequence[Review], policy: Reviews) -> Judgement:
    counted = {review.id for review in approvals}
    withdrawn = [
        f"withdrawn:{review.id}"
        for review in pull_request.reviews
        if review.state in OPINIONS and review.id not in counted
    ]
    return Judgement(
        pull_request=pull_request,
        standing=Standing.REVIEW_PENDING,
        deciding=(pull_request.name, *withdrawn),
        reason=f"{pull_request.name} waits for review ({len(approvals)} of {policy.approvals} approvals)",
    )


def _names(reviews: Sequence[Review]) -> str:
    return ", ".join(dict.fromkeys(review.reviewer for review in reviews))


def _identity(kind: str, judgements: Iterable[Judgement]) -> str:
    return " ".join([kind, *sorted(part for judgement in judgements for part in judgement.deciding)])
