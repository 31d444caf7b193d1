"""Jira's lists, which it gives by page: every row of them. `call` is one request to the site."""

from collections.abc import Callable
from typing import Any

Json = dict[str, Any]
Call = Callable[..., Any]
PAGE = 100


def by_cursor(call: Call, query: Json) -> list[Json]:
    """What a search on Cloud finds."""
    rows: list[Json] = []
    while True:
        page = call("POST", "search/jql", json=query)
        rows += page["issues"]
        if not page.get("nextPageToken"):
            return rows
        query = query | {"nextPageToken": page["nextPageToken"]}


def by_offset(call: Call, query: Json) -> list[Json]:
    """What a search on Data Center finds."""
    rows: list[Json] = []
    while True:
        page = call("POST", "search", json=query | {"startAt": len(rows)})
        rows += page["issues"]
        if not page["issues"] or len(rows) >= page["total"]:
            return rows


def pages(call: Call, path: str, name: str, **params: Any) -> list[Json]:
    """The rows below `name` of every page at `path`. Not every list says its total; then it says `isLast`."""
    rows: list[Json] = []
    while True:
        page = call("GET", path, params={"startAt": len(rows), "maxResults": PAGE, **params})
        rows += page[name]
        if not page[name] or page.get("isLast", len(rows) >= page.get("total", 0)):
            return rows
