"""Pull requests and branches as GitHub shows them."""

from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from github.PullRequest import PullRequest as GithubPullRequest

from bridge.clients.errors import Refused
from bridge.clients.github.transport import Transport, utc
from bridge.domain import PullRequest, Review, ReviewState


@dataclass(frozen=True, kw_only=True)
class RecentPullRequest:
    """A pull request as a list shows it: enough to know whom it concerns."""

    repository_id: int
    number: int
    branch: str
    title: str
    body: str
    updated_at: datetime


class PullRequests(Transport):
    """What is proposed, and who said what about it."""

    def pull_request(self, repository: str, number: int) -> PullRequest:
        """A pull request with its reviews: two calls."""

        def ask() -> PullRequest:
            found = self.repository(repository).get_pull(number)
            # The lazy repository has no fields yet; the pull request's base has them all.
            return _pull_request(found)

        return self.asked(ask)

    def branch_exists(self, repository: str, name: str) -> bool:
        try:
            self.asked(lambda: self.repository(repository).get_branch(name).commit.sha)
        except Refused as error:
            if error.missing:
                return False
            raise
        return True

    def recent_pull_requests(self, repository: str, *, since: datetime) -> list[RecentPullRequest]:
        """The pull requests that changed since, whatever their state."""

        def ask() -> list[RecentPullRequest]:
            newest = self.repository(repository).get_pulls(state="all", sort="updated", direction="desc")
            return [
                RecentPullRequest(
                    repository_id=one.base.repo.id,
                    number=one.number,
                    branch=one.head.ref,
                    title=one.title,
                    body=one.body or "",
                    updated_at=utc(one.updated_at),
                )
                for one in takewhile(lambda one: utc(one.updated_at) >= since, newest)
            ]

        return self.asked(ask)

    def branches(self, repository: str) -> tuple[int, list[str]]:
        """The repository's id and the names of its branches."""

        def ask() -> tuple[int, list[str]]:
            found = self.repository(repository)
            return found.id, [branch.name for branch in found.get_branches()]

        return self.asked(ask)


def _pull_request(found: GithubPullRequest) -> PullRequest:
    base = found.base.repo
    return PullRequest(
        repository_id=base.id,
        repository=base.full_name,
        number=found.number,
        title=found.title,
        body=found.body or "",
        url=found.html_url,
        author=found.user.login if found.user else "ghost",
        branch=found.head.ref,
        base=found.base.ref,
        head=found.head.sha,
        is_open=found.state == "open",
        draft=bool(found.draft),
        merged=bool(found.merged),
        merge_commit=found.merge_commit_sha or "",
        reviews=tuple(
            Review(
                id=review.id,
                # The account of a review can be gone, and its user null with it.
                reviewer=review.user.login if review.user else "ghost",
                state=ReviewState(review.state),
                commit=review.commit_id or "",
                at=utc(review.submitted_at) if review.submitted_at else None,
            )
            for review in found.get_reviews()
        ),
        requested_reviewers=tuple(user.login for user in found.requested_reviewers),
    )
