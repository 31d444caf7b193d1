"""Webhooks that GitHub failed to deliver."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile

from github.GithubIntegration import GithubIntegration

from bridge.clients.errors import Refused, Unavailable
from bridge.clients.github.conditional import Conditional, Json


@dataclass(frozen=True, kw_only=True)
class FailedDelivery:
    """A webhook that never arrived. `guid` is X-GitHub-Delivery, the same for each attempt (G5)."""

    guid: str
    hook_id: int
    delivery_id: int


class Deliveries(Conditional):
    """GitHub's own log of what it sent us."""

    def failed_deliveries(self, repository: str, *, url: str, since: datetime) -> list[FailedDelivery]:
        """What this repository's webhook to `url` failed to bring, once each; none where the token may not
        administer webhooks (G4).
        """

        try:
            if self.app:
                return self._of_the_app(self.app, repository, since)
            hooks = [
                one for one in self.rows(f"/repos/{repository}/hooks") if one["config"].get("url") == url
            ]
            return [lost for hook in hooks for lost in self._of_a_hook(repository, hook["id"], since)]
        except Unavailable as error:
            if error.denied:
                return []
            raise
        except Refused as error:
            if error.missing:
                return []
            raise

    def redeliver(self, repository: str, failed: FailedDelivery) -> None:
        """Ask GitHub to send it again. PyGithub has no verb for it."""
        hook = f"/repos/{repository}/hooks/{failed.hook_id}" if failed.hook_id else "/app/hook"
        requester = self.app.requester if self.app else self._github.requester
        path = f"{hook}/deliveries/{failed.delivery_id}/attempts"
        self.asked(lambda: requester.requestJsonAndCheck("POST", path))

    def _of_a_hook(self, repository: str, hook_id: int, since: datetime) -> list[FailedDelivery]:
        return _failed(self.rows(f"/repos/{repository}/hooks/{hook_id}/deliveries"), hook_id, since)

    def _of_the_app(self, app: GithubIntegration, repository: str, since: datetime) -> list[FailedDelivery]:
        """An App has one webhook for all repositories (number 0 here); its newest hundred are read."""
        number = self.get(f"/repos/{repository}")["id"]
        asked = {"per_page": 100}
        path = "/app/hook/deliveries"
        _, sent = self.asked(lambda: app.requester.requestJsonAndCheck("GET", path, parameters=asked))
        return _failed((one for one in sent if one["repository_id"] == number), 0, since)


def _failed(sent: Iterable[Json], hook_id: int, since: datetime) -> list[FailedDelivery]:
    """The deliveries of which no attempt went well, newest attempt of each. `sent`: the newest first."""
    attempts = list(takewhile(lambda one: _delivered_at(one) >= since, sent))
    arrived = {one["guid"] for one in attempts if one["status"] == "OK"}
    newest = {one["guid"]: one["id"] for one in reversed(attempts) if one["guid"] not in arrived}
    return [FailedDelivery(guid=guid, hook_id=hook_id, delivery_id=number) for guid, number in newest.items()]


def _delivered_at(attempt: Json) -> datetime:
    return datetime.fromisoformat(attempt["delivered_at"]).astimezone(UTC)
