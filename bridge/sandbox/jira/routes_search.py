"""/search: JQL over an index that lags behind the writes."""

import base64
from typing import Any

import flask
from flask import request

from bridge.sandbox.jira import jql
from bridge.sandbox.jira.call import Call, Route, words
from bridge.sandbox.jira.errors import Refusal, invalid, not_found
from bridge.sandbox.jira.model import Issue, Json

_GONE = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. "
    "A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
)

# All that Server's search takes; it tells of anything else, and of `properties` among it
# (floralvikings/jira-connector#219, ljay79/jira-tools#12).
_SERVERS = frozenset(("jql", "startAt", "maxResults", "validateQuery", "fields", "expand"))


def search(call: Call) -> Any:
    """Cloud: cursor pages, only the fields asked for, and what was written lately not yet there (R6)."""
    asked = _asked(call)
    if call.site.server:
        raise not_found("null for uri: " + request.url)
    start = _offset(asked.get("nextPageToken"))
    found = _found(call, asked, bounded=True)
    size = min(int(asked.get("maxResults") or 50), 5000)
    shown = [_hit(call, issue, asked) for issue in found[start : start + size]]
    last = start + size >= len(found)
    token = {} if last else {"nextPageToken": base64.urlsafe_b64encode(str(start + size).encode()).decode()}
    return flask.jsonify({"issues": shown, "isLast": last} | token)


def old_search(call: Call) -> Json:
    """Server's search, removed from Cloud."""
    if not call.site.server:
        raise Refusal(410, _GONE)
    if request.method == "POST":
        _known_to_server(call.body)
    asked = _asked(call) | {"properties": []}
    found = _found(call, asked, bounded=False)
    start, size = int(asked.get("startAt") or 0), min(int(asked.get("maxResults") or 50), 1000)
    shown = [
        _hit(call, issue, asked | {"fields": asked["fields"] or ["*navigable"]})
        for issue in found[start : start + size]
    ]
    return {"startAt": start, "maxResults": size, "total": len(found), "issues": shown}


def _known_to_server(body: Json) -> None:
    unknown = next((name for name in body if name not in _SERVERS), None)
    if unknown is not None:
        bean = "com.atlassian.jira.rest.v2.search.SearchRequestBean"
        raise invalid(f'Unrecognized field "{unknown}" (Class {bean}), not marked as ignorable')


def count(call: Call) -> Json:
    return {"count": len(_found(call, _asked(call), bounded=True))}


def _asked(call: Call) -> Json:
    """The search's parameters, from the query string or the body."""
    lists = ("fields", "expand", "properties", "reconcileIssues")
    if request.method == "GET":
        return {**request.args.to_dict(), **{name: words(name) for name in lists}}
    body = call.body
    expand = body.get("expand") or ""
    body["expand"] = expand.split(",") if isinstance(expand, str) else expand
    return {**body, **{name: body.get(name) or [] for name in lists}}


def _offset(token: Any) -> int:
    try:
        return int(base64.urlsafe_b64decode(str(token))) if token else 0
    except ValueError:
        raise invalid("The provided next page token is invalid or expired.") from None


def _found(call: Call, asked: Json, *, bounded: bool) -> list[Issue]:
    query = jql.parse(str(asked.get("jql") or ""), call.site)
    if bounded and not query.bounded:
        raise invalid(
            "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
        )
    reconciled = frozenset(str(each) for each in asked["reconcileIssues"])
    if len(reconciled) > 50:  # R6: at most 50 ids
        raise invalid("The maximum number of issues to reconcile is 50.")
    return query.sort([issue for issue in call.site.indexed(reconciled=reconciled) if query.test(issue)])


def _hit(call: Call, issue: Issue, asked: Json) -> Json:
    if not asked["fields"] and not asked["expand"]:
        return {"id": issue.id}
    fields = asked["fields"] or ["id"]
    return call.view.issue(issue, fields=fields, expand=asked["expand"], properties=asked["properties"])


ROUTES: list[Route] = [
    ("GET", "search/jql", search),
    ("POST", "search/jql", search),
    ("GET", "search", old_search),
    ("POST", "search", old_search),
    ("POST", "search/approximate-count", count),
]
