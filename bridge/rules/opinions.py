"""Which of a pull request's reviews count, and for each of the others why not."""

import re
from collections.abc import Sequence

from bridge.domain import PullRequest, Review, ReviewState
from mappings.model import Reviews

OPINIONS = {ReviewState.APPROVED, ReviewState.CHANGES_REQUESTED, ReviewState.DISMISSED}
"""A later COMMENTED does not withdraw a verdict; a dismissal does."""


def blocking(one: PullRequest, policy: Reviews) -> tuple[Review, ...]:
    """The reviews that ask for changes and still stand."""
    return _standing(one, policy, ReviewState.CHANGES_REQUESTED)


def approvals(one: PullRequest, policy: Reviews) -> tuple[Review, ...]:
    """The approvals that still stand."""
    return _standing(one, policy, ReviewState.APPROVED)


def withdrawn(one: PullRequest, policy: Reviews) -> tuple[Review, ...]:
    """What reviewers had said and does not hold any more, whatever it was."""
    counted = {*blocking(one, policy), *approvals(one, policy)}
    return tuple(
        review
        for review in one.reviews
        if review.state in OPINIONS and not is_nobody(one, review, policy) and review not in counted
    )


def is_nobody(one: PullRequest, review: Review, policy: Reviews) -> bool:
    """True for those whose opinions never count."""
    # GitHub does not let authors judge their own work; old servers and bots have been seen to.
    return review.reviewer == one.author or _is_listed(review.reviewer, policy.ignored)


def last_opinions(one: PullRequest) -> dict[str, Review]:
    """Each reviewer's last opinion."""
    given = sorted(one.reviews, key=lambda review: review.id)
    return {review.reviewer: review for review in given if review.state in OPINIONS}


def discount(one: PullRequest, review: Review, policy: Reviews) -> str:
    """Why a review counts for nothing; empty when it counts."""
    if review.state not in OPINIONS:
        return "which is no verdict and changes nothing"
    if review.reviewer == one.author:
        return "not counted: authors do not judge their own work"
    if is_nobody(one, review, policy):
        return f"not counted: {review.reviewer} is one of reviews.ignored"
    newest = last_opinions(one)[review.reviewer]
    if newest.id != review.id:
        return f"replaced by the same reviewer's review:{newest.id}"
    return _withdrawal(one, review, policy)


def _withdrawal(one: PullRequest, review: Review, policy: Reviews) -> str:
    if review.asked_again:
        return "withdrawn: this reviewer was asked again"
    if review.state is not ReviewState.APPROVED or not policy.stale_on_push:
        return ""
    if review.commit != one.head:
        return (
            f"stale: given at {review.commit[:7] or 'a commit that is gone'}, the head is {one.head[:7]} now"
        )
    return f"stale: given before the base became {one.base}" if review.other_base else ""


def _standing(one: PullRequest, policy: Reviews, state: ReviewState) -> tuple[Review, ...]:
    given = [review for review in one.reviews if review.state is state and not discount(one, review, policy)]
    return tuple(sorted(given, key=lambda review: review.id))


def _is_listed(login: str, patterns: Sequence[str]) -> bool:
    # A login may hold brackets (`dependabot[bot]`), which fnmatch would read as a set of characters.
    return any(
        re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), login, re.IGNORECASE) for pattern in patterns
    )


def who(reviews: Sequence[Review], *, conjunction: str = "and") -> str:
    """`bruno (abc1234) and carla (def5678)`: reviewers, and the commits that they saw."""
    names = [f"{review.reviewer} ({review.commit[:7] or '?'})" for review in reviews]
    return f" {conjunction} ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
