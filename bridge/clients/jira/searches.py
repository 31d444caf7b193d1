"""Issues found by what they bear. Search lags behind writes (R6)."""

from datetime import datetime
from typing import Any

from bridge.clients.jira import paging, reading
from bridge.clients.jira.connected import Connected

Json = dict[str, Any]

PROPERTY = "chamado"
"""The entity property, on issues and comments, that says what of ours they are."""


class Searches(Connected):
    """What the index knows."""

    def find_marked(self, marker: str) -> list[tuple[str, str]]:
        """(id, key) of the issues that bear this label, the oldest first."""
        query: Json = {"jql": f'labels = "{marker}"', "fields": ["created"], "maxResults": 10}
        path = "search/jql" if self.site.cloud else "search"
        found = self._call("POST", path, json=query)
        return sorted(
            ((str(one["id"]), str(one["key"])) for one in found["issues"]), key=lambda one: int(one[0])
        )

    def copies(self, marker: str) -> list[tuple[str, str]]:
        """(id, key) of the open or closed issues that we made with this marker, the oldest first.

        A clone made by a person copies the label but not the entity property, and so is none.
        """
        query: Json = {
            "jql": f'labels = "{marker}"',
            "fields": ["created"],
            "properties": [PROPERTY],
            "maxResults": 10,
        }
        found = self._call("POST", "search/jql" if self.site.cloud else "search", json=query)["issues"]
        ours = [
            (str(one["id"]), str(one["key"]))
            for one in found
            if ((one.get("properties") or {}).get(PROPERTY) or {}).get("marker") == marker
        ]
        return sorted(ours, key=lambda one: int(one[0]))

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
