"""Why each review counts or does not, in a sentence: for whoever asks why a ticket does not move."""

from bridge.domain import PullRequest
from bridge.rules.opinions import discount
from bridge.rules.reviews import judge
from mappings.model import Reviews


def standing(one: PullRequest, policy: Reviews) -> list[str]:
    """What a pull request says of its ticket, and what each of its reviews adds."""
    judged = judge(one, policy)
    said = judged.reason if judged else f"{one.name} was closed unmerged, so it says nothing"
    reviews = [
        f"review:{review.id} by {review.reviewer}: {review.state}"
        + (f", {why}" if (why := discount(one, review, policy)) else "")
        for review in one.reviews
    ]
    return [said, *reviews]
