"""Issues found by what they bear. Search lags behind writes (R6)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from bridge.clients.errors import Refused
from bridge.clients.jira import paging, reading
from bridge.clients.jira.connected import Connected
from bridge.clients.jira.transport import segment

Json = dict[str, Any]

PROPERTY = "chamado"
"""The entity property, on issues and comments, that says what of ours they are."""


class Searches(Connected):
    """What the index knows."""

    def find_marked(self, marker: str) -> list[tuple[str, str]]:
        """(id, key) of the issues that bear this label, the oldest first."""
        return _oldest_first(self._bearing(marker))

    def copies(self, marker: str) -> list[tuple[str, str]]:
        """(id, key) of the open or closed issues that we made with this marker, the oldest first.

        A clone made by a person copies the label but not the entity property, and so is none.
        """
        found = self._bearing(marker, properties=[PROPERTY]) if self.site.cloud else self._read(marker)
        return _oldest_first([one for one in found if _made_with(one) == marker])

    def _bearing(self, marker: str, **more: Any) -> list[Json]:
        query: Json = {"jql": f'labels = "{marker}"', "fields": ["created"], "maxResults": 10, **more}
        found = self._call("POST", "search/jql" if self.site.cloud else "search", json=query)
        return list(found["issues"])

    def _read(self, marker: str) -> Iterator[Json]:
        """Each that bears the label, with its property: Data Center's search has none to show.

        It refuses to be asked for them (floralvikings/jira-connector#219, ljay79/jira-tools#12).
        """
        asked = {"fields": "created", "properties": PROPERTY}
        for issue_id, _ in self.find_marked(marker):
            try:
                yield self._call("GET", f"issue/{segment(issue_id)}", params=asked)
            except Refused as error:
                if not error.missing:  # it was deleted, and the index does not know yet
                    raise

    def updated_within(self, *, minutes: int) -> dict[str, datetime]:
        """Issue id to `updated`, for our issue type's changes of the last minutes."""
        # A period needs no time zone; JQL reads a date in that of the account's profile.
        query: Json = {
            "jql": f'project = "{self._settings.project}" AND updated >= "-{minutes}m" ORDER BY updated ASC',
            "fields": ["updated"],
            "maxResults": paging.PAGE,
        }
        found = (
            paging.by_cursor(self._call, query) if self.site.cloud else paging.by_offset(self._call, query)
        )
        return {str(one["id"]): reading.moment(one["fields"]["updated"]) for one in found}


def _made_with(found: Json) -> str:
    """The marker in an issue's property; empty where a person made it."""
    return str(((found.get("properties") or {}).get(PROPERTY) or {}).get("marker") or "")


def _oldest_first(found: list[Json]) -> list[tuple[str, str]]:
    return sorted(((str(one["id"]), str(one["key"])) for one in found), key=lambda one: int(one[0]))
