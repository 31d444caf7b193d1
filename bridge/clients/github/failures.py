"""What GitHub's refusals mean."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from github import GithubException

from bridge.clients.errors import Refused, Unavailable, retry_after

SERVICE = "GitHub"
TOKEN_WAIT = 300.0
DEFAULT_REST = 60.0
"""Seconds; GitHub asks for a minute at least where it names no time (secondary limits)."""


def failure_of(error: GithubException) -> Unavailable | Refused:
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    if isinstance(error.data, dict) and "errors" in error.data and "message" not in error.data:
        return _graphql(error.data["errors"], headers)
    limited = headers.get("retry-after") or headers.get("x-ratelimit-remaining") == "0"
    if error.status == 429 or (error.status == 403 and limited):
        return _asked_to_wait(headers, str(error.status))
    if error.status == 404:
        return Refused(SERVICE, "does not show it (404)", missing=True)
    if error.status in {401, 403}:
        return _denied(str(error.status))
    if 400 <= error.status < 500:
        return Refused(SERVICE, f"{(error.data or {}).get('message', 'refused')} ({error.status})")
    return Unavailable(SERVICE, f"failed ({error.status})")


def _graphql(errors: Sequence[Mapping[str, Any]], headers: Mapping[str, str]) -> Unavailable | Refused:
    """GraphQL says what went wrong in the body of a 200, which PyGithub hands on as 400 or 404."""
    kinds = {str(one.get("type") or (one.get("extensions") or {}).get("code") or "") for one in errors}
    said = "; ".join(str(one.get("message")) for one in errors)
    # RATE_LIMITED or RATE_LIMIT: both have been seen (octokit/plugin-throttling, githubkit).
    if any(kind.startswith("RATE_LIMIT") for kind in kinds):
        return _asked_to_wait(headers, "GraphQL")
    if kinds == {"NOT_FOUND"}:
        return Refused(SERVICE, "does not show it (GraphQL: NOT_FOUND)", missing=True)
    if kinds & {"FORBIDDEN", "INSUFFICIENT_SCOPES"}:
        return _denied(f"GraphQL: {said}")
    # Without a kind it is GitHub's own trouble: "Something went wrong while executing your query".
    return Unavailable(SERVICE, f"failed (GraphQL: {said})") if kinds == {""} else Refused(SERVICE, said)


def _asked_to_wait(headers: Mapping[str, str], where: str) -> Unavailable:
    reset = headers.get("x-ratelimit-reset", "")
    until_reset = float(reset) - time.time() if reset.isdigit() else DEFAULT_REST
    seconds = retry_after(headers.get("retry-after", "")) or until_reset
    return Unavailable(SERVICE, f"asked us to wait ({where})", retry_after=seconds, limited=True)


def _denied(where: str) -> Unavailable:
    reason = f"does not accept our token ({where})"
    return Unavailable(SERVICE, reason, retry_after=TOKEN_WAIT, denied=True)
