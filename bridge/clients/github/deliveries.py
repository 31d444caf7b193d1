"""Webhooks that GitHub failed to deliver."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile

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
            hooks = [
                one for one in self.rows(f"/repos/{repository}/hooks") if one["config"].get("url") == url
            ]
            return [lost for hook in hooks for lost in self._failed(repository, hook["id"], since)]
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
        path = f"/repos/{repository}/hooks/{failed.hook_id}/deliveries/{failed.delivery_id}/attempts"
        self.asked(lambda: self._github.requester.requestJsonAndCheck("POST", path))

    def _failed(self, repository: str, hook_id: int, since: datetime) -> list[FailedDelivery]:
        """The deliveries of which no attempt went well, newest attempt of each."""
        rows = self.rows(f"/repos/{repository}/hooks/{hook_id}/deliveries")
        attempts = list(takewhile(lambda one: _delivered_at(one) >= since, rows))
        arrived = {one["guid"] for one in attempts if one["status"] == "OK"}
        newest = {one["guid"]: one["id"] for one in reversed(attempts) if one["guid"] not in arrived}
        return [
            FailedDelivery(guid=guid, hook_id=hook_id, delivery_id=number) for guid, number in newest.items()
        ]


def _delivered_at(attempt: Json) -> datetime:
    return datetime.fromisoformat(attempt["delivered_at"]).astimezone(UTC)
