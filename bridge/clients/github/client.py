"""GitHub in our verbs."""

from bridge.clients.github.deliveries import Deliveries
from bridge.clients.github.publications import Publications
from bridge.clients.github.pulls import PullRequests
from bridge.clients.github.remarks import Remarks


class GitHub(PullRequests, Publications, Deliveries, Remarks):
    """One GitHub, by token or as an App."""

    def repository_id(self, name: str) -> int:
        """The repository's id; refused, with `missing`, when the token cannot see it."""
        return self.whereabouts(name)[0]

    def whereabouts(self, name: str) -> tuple[int, str]:
        """The repository's id, and the name that it has now."""
        found = self.get(f"/repos/{name}")
        return found["id"], found["full_name"]
