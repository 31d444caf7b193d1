"""Why each review counts or does not, in a sentence: for whoever asks why a ticket does not move."""

from collections.abc import Iterator

from bridge.domain import PullRequest, Review, ReviewState
from bridge.rules.reviews import OPINIONS, judge
from mappings.model import Reviews


def standing(one: PullRequest, policy: Reviews) -> list[str]:
    """What a pull request says of its ticket, and what each of its reviews adds."""
    judged = judge(one, policy)
    said = judged.reason if judged else f"{one.name} was closed unmerged, so it says nothing"
    return [said, *_reviews(one, policy)]


def _reviews(one: PullRequest, policy: Reviews) -> Iterator[str]:
    newest = {review.reviewer: review.id for review in one.reviews if review.state in OPINIONS}
    for review in one.reviews:
        discount = _discount(one, review, newest, policy)
        yield f"review:{review.id} by {review.reviewer}: {review.state}{discount}"


def _discount(one: PullRequest, review: Review, newest: dict[str, int], policy: Reviews) -> str:
    """Why a review counts for nothing; empty when it counts."""
    if review.state not in OPINIONS:
        return ", which is no verdict and changes nothing"
    if review.reviewer == one.author:
        return ", not counted: authors do not judge their own work"
    if newest[review.reviewer] != review.id:
        return f", replaced by the same reviewer's review:{newest[review.reviewer]}"
    if review.reviewer in one.requested_reviewers:
        return ", withdrawn: this reviewer was asked again"
    approved = review.state is ReviewState.APPROVED
    if approved and policy.stale_on_push and review.commit != one.head:
        return f", stale: given at {review.commit[:7]}, the head is {one.head[:7]} now"
    return ""
