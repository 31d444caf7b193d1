"""What comes over the wire is data, or no answer: PyGithub takes a page for an object without members."""

import json
from typing import Any

from github.Requester import Requester

from bridge.clients.errors import Unavailable
from bridge.clients.github.failures import SERVICE

_ask = Requester.requestJson


def refuse_pages() -> None:
    """From now on a 2xx that brings no JSON is Unavailable.

    For all of PyGithub: it makes requesters of its own, for an App's tokens.
    """
    Requester.requestJson = _ask_for_data  # type: ignore[method-assign]


def _ask_for_data(self: Requester, verb: str, url: str, *rest: Any, **more: Any) -> tuple[int, Any, str]:
    status, headers, body = _ask(self, verb, url, *rest, **more)
    if status < 300 and body:
        _check(headers.get("content-type", ""), body, asked=f"{verb} {url.partition('?')[0]}")
    return status, headers, body


def _check(content_type: str, body: str, *, asked: str) -> None:
    if "json" not in content_type:
        raise Unavailable(SERVICE, f"answered with a page instead of data ({asked})", unknown_outcome=True)
    try:
        found = json.loads(body)
    except ValueError as error:
        raise Unavailable(SERVICE, f"broke off its answer ({asked})", unknown_outcome=True) from error
    if not isinstance(found, dict | list):
        raise strange(asked)


def strange(asked: str) -> Unavailable:
    """JSON, but not what GitHub answers to this."""
    return Unavailable(SERVICE, f"answered with other data than documented ({asked})", unknown_outcome=True)
