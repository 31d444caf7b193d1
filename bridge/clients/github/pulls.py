"""Pull requests and branches as GitHub shows them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile

from bridge.clients.errors import Refused
from bridge.clients.github import query
from bridge.clients.github.conditional import Conditional
from bridge.clients.github.query import Json
from bridge.clients.github.wire import strange
from bridge.domain import PullRequest
from bridge.rules.keys import keys_in
from bridge.rules.naming import Naming


@dataclass(frozen=True, kw_only=True)
class RecentPullRequest:
    """A pull request as a list shows it: enough to know whom it concerns."""

    repository_id: int
    number: int
    naming: Naming
    updated_at: datetime


class PullRequests(Conditional):
    """What is proposed, and who said what about it."""

    def pull_request(self, repository: str, number: int) -> PullRequest:
        """A pull request with all that was said about it: one call, unless that is long."""
        found = self._query(query.BY_NUMBER, repository, number=number)["pullRequest"]
        return self._read(repository, found)

    def pull_requests_of(self, repository: str, branch: str) -> list[PullRequest]:
        """The open pull requests that a branch heads: one call."""
        found = self._query(query.OF_BRANCH, repository, branch=branch)["pullRequests"]["nodes"]
        return [self._read(repository, one) for one in found]

    def _read(self, repository: str, found: Json) -> PullRequest:
        page, timeline = found["timelineItems"], list(found["timelineItems"]["nodes"])
        while page["pageInfo"]["hasPreviousPage"]:
            before = page["pageInfo"]["startCursor"]
            asked = self._query(query.EARLIER, repository, number=found["number"], before=before)
            page = asked["pullRequest"]["timelineItems"]
            timeline = [*page["nodes"], *timeline]
        return query.pull_request(found, timeline)

    def _query(self, text: str, repository: str, **variables: str | int) -> Json:
        """The repository's part of the answer."""
        owner, _, name = repository.partition("/")
        given = {"owner": owner, "name": name, **variables}
        _, answer = self.asked(lambda: self._github.requester.graphql_query(text, given))
        found = (answer.get("data") or {}).get("repository")
        if not isinstance(found, dict):
            raise strange("GraphQL")
        return found

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
        newest = self.rows(f"/repos/{repository}/pulls", state="all", sort="updated", direction="desc")
        read = (_recent(one) for one in newest)
        return list(takewhile(lambda one: one.updated_at >= since, read))

    def commit_keys(self, repository: str, number: int) -> set[str]:
        """What may be issue keys in the messages of a pull request's commits."""
        commits = self.rows(f"/repos/{repository}/pulls/{number}/commits")
        return keys_in(*(one["commit"]["message"] for one in commits))

    def branches(self, repository: str) -> list[str]:
        """The names of the repository's branches."""
        return [one["name"] for one in self.rows(f"/repos/{repository}/branches")]


def _recent(one: Json) -> RecentPullRequest:
    return RecentPullRequest(
        repository_id=one["base"]["repo"]["id"],
        number=one["number"],
        naming=Naming(
            branch=one["head"]["ref"],
            title=one["title"],
            body=one["body"] or "",
            fork=one["head"]["repo"] is None or one["head"]["repo"]["id"] != one["base"]["repo"]["id"],
            author_association=one["author_association"],
        ),
        updated_at=datetime.fromisoformat(one["updated_at"]).astimezone(UTC),
    )
