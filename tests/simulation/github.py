"""GitHub's client over the outside world: its verbs, and its refusals."""

from collections.abc import Callable
from datetime import datetime

from bridge.clients.errors import Refused
from bridge.clients.github import Deployment, FailedDelivery, RecentPublication, RecentPullRequest
from bridge.domain import PullRequest
from bridge.rules.naming import naming_of
from tests.simulation.outside import Outside
from tests.simulation.records import REPOSITORY, REPOSITORY_ID
from tests.simulation.weather import Weather


class FakeGitHub:
    def __init__(
        self, outside: Outside, weather: Weather, failed: list[tuple[datetime, FailedDelivery]]
    ) -> None:
        self._outside = outside
        self._weather = weather
        self._failed = failed
        self.redelivered: Callable[[FailedDelivery], None] = lambda one: None

    def repository_id(self, name: str) -> int:
        return self._weather.call("GitHub", "repository_id", lambda: REPOSITORY_ID)

    def whereabouts(self, name: str) -> tuple[int, str]:
        return self._weather.call("GitHub", "whereabouts", lambda: (REPOSITORY_ID, REPOSITORY))

    def pull_request(self, repository: str, number: int) -> PullRequest:
        def effect() -> PullRequest:
            # Webhooks can be faster than what the API shows.
            until = self._outside.clock() - self._weather.read_lag
            states = [one for at, one in self._outside.pulls[number - 1] if at <= until]
            if not states:
                raise Refused("GitHub", "does not show it (404)", missing=True)
            return states[-1]

        found = self._weather.call("GitHub", f"pull_request {number}", effect)
        self._weather.read_pull(found)
        return found

    def branch_exists(self, repository: str, name: str) -> bool:
        return self._weather.call("GitHub", f"branch_exists {name}", lambda: name in self._outside.branches)

    def deployment(self, repository: str, number: int, *, at_least: int) -> Deployment:
        return self._publication(f"deployment:{number}")

    def is_tag(self, repository: str, ref: str) -> bool:
        return self._weather.call("GitHub", f"is_tag {ref}", lambda: False)

    def release(self, repository: str, tag: str) -> Deployment:
        return self._publication(f"release:{tag.removeprefix('v')}")

    def _publication(self, identity: str) -> Deployment:
        def effect() -> Deployment:
            one = next(one for one in self._outside.published if one.identity == identity)
            return Deployment(
                identity=identity,
                sha=one.sha,
                ref=one.sha,
                environment=one.environment,
                state="success",
                url=f"https://{identity.replace(':', '-')}.example",
                at=one.at,
            )

        return self._weather.call("GitHub", identity, effect)

    def contains(self, repository: str, *, head: str, commit: str) -> bool:
        return self._weather.call(
            "GitHub", f"contains {head} {commit}", lambda: commit in self._outside.history[head]
        )

    def recent_pull_requests(self, repository: str, *, since: datetime) -> list[RecentPullRequest]:
        def effect() -> list[RecentPullRequest]:
            newest = [states[-1] for states in self._outside.pulls]
            return [
                RecentPullRequest(
                    repository_id=one.repository_id,
                    number=one.number,
                    naming=naming_of(one),
                    updated_at=at,
                )
                for at, one in newest
                if at >= since
            ]

        return self._weather.call("GitHub", "recent_pull_requests", effect)

    def branches(self, repository: str) -> list[str]:
        return self._weather.call("GitHub", "branches", lambda: list(self._outside.branches))

    def commit_keys(self, repository: str, number: int) -> set[str]:
        return self._weather.call("GitHub", f"commit_keys {number}", set[str])

    def recent_publications(
        self,
        repository: str,
        *,
        since: datetime,
        is_ours: Callable[[str], bool],
        is_our_workflow: Callable[[str], bool] | None,
    ) -> list[RecentPublication]:
        def effect() -> list[RecentPublication]:
            return [
                RecentPublication(
                    identity=one.identity, kind=one.identity.partition(":")[0], subject=one.subject
                )
                for one in self._outside.published
                if one.at >= since and (one.environment == "release" or is_ours(one.environment))
            ]

        return self._weather.call("GitHub", "recent_publications", effect)

    def failed_deliveries(self, repository: str, *, url: str, since: datetime) -> list[FailedDelivery]:
        def effect() -> list[FailedDelivery]:
            if not self._weather.may_redeliver:
                return []  # as the real client where the token may not administer webhooks (G4)
            return [one for at, one in self._failed if at >= since]

        return self._weather.call("GitHub", "failed_deliveries", effect)

    def redeliver(self, repository: str, failed: FailedDelivery) -> None:
        self._weather.call("GitHub", f"redeliver {failed.guid}", lambda: self.redelivered(failed))
