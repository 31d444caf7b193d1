"""Webhooks that GitHub failed to deliver."""

from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from github.Repository import Repository

from bridge.clients.errors import Refused, Unavailable
from bridge.clients.github.transport import Transport, utc


@dataclass(frozen=True, kw_only=True)
class FailedDelivery:
    """A webhook that never arrived. `guid` is X-GitHub-Delivery, the same for each attempt (G5)."""

    guid: str
    hook_id: int
    delivery_id: int


class Deliveries(Transport):
    """GitHub's own log of what it sent us."""

    def failed_deliveries(self, repository: str, *, url: str, since: datetime) -> list[FailedDelivery]:
        """What this repository's webhook to `url` failed to bring, once each; none where the token may not
        administer webhooks (G4).
        """

        def ask() -> list[FailedDelivery]:
            found = self.repository(repository)
            hooks = [hook for hook in found.get_hooks() if hook.config.get("url") == url]
            return [one for hook in hooks for one in _failed(found, hook.id, since)]

        try:
            return self.asked(ask)
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


def _failed(repository: Repository, hook_id: int, since: datetime) -> list[FailedDelivery]:
    """The deliveries of which no attempt went well, newest attempt of each."""
    attempts = list(
        takewhile(lambda one: utc(one.delivered_at) >= since, repository.get_hook_deliveries(hook_id))
    )
    arrived = {one.guid for one in attempts if one.status == "OK"}
    newest = {one.guid: one.id for one in reversed(attempts) if one.guid not in arrived}
    return [
        FailedDelivery(guid=guid, hook_id=hook_id, delivery_id=number)
        for guid, number in newest.items()
        if guid and number
    ]
