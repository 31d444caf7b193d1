"""What GitHub's refusals mean."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from github import GithubException

from bridge.clients.errors import Refused, Unavailable, retry_after

SERVICE = "GitHub"
TOKEN_WAIT = 300.0
_TOO_MUCH = re.compile(r"\brate limit|\babuse detection\b|\bwait a few minutes\b", re.IGNORECASE)
"""How a secondary limit is told: in words alone, as a 403 with much of the quota left."""


def failure_of(error: GithubException, *, rest: Callable[[], float]) -> Unavailable | Refused:
    """`rest` says how many seconds to wait where it is too much and GitHub names no time."""
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    if isinstance(error.data, dict) and "errors" in error.data and "message" not in error.data:
        return _graphql(error.data["errors"], headers, rest)
    if error.status == 429 or (error.status == 403 and _is_limit(headers, _message(error))):
        return _asked_to_wait(headers, str(error.status), rest)
    if error.status == 404:
        return Refused(SERVICE, "does not show it (404)", missing=True)
    if error.status in {401, 403}:
        return _denied(str(error.status))
    if 400 <= error.status < 500:
        return Refused(SERVICE, f"{_message(error) or 'refused'} ({error.status})")
    return Unavailable(SERVICE, f"failed ({error.status})")


def _message(error: GithubException) -> str:
    return str(error.data.get("message") or "") if isinstance(error.data, dict) else ""


def _is_limit(headers: Mapping[str, str], message: str) -> bool:
    told = bool(headers.get("retry-after")) or headers.get("x-ratelimit-remaining") == "0"
    return told or _TOO_MUCH.search(message) is not None


def _graphql(
    errors: Sequence[Mapping[str, Any]], headers: Mapping[str, str], rest: Callable[[], float]
) -> Unavailable | Refused:
    """GraphQL says what went wrong in the body of a 200, which PyGithub hands on as 400 or 404."""
    kinds = {str(one.get("type") or (one.get("extensions") or {}).get("code") or "") for one in errors}
    said = "; ".join(str(one.get("message")) for one in errors)
    # RATE_LIMITED or RATE_LIMIT: both have been seen (octokit/plugin-throttling, githubkit).
    if any(kind.startswith("RATE_LIMIT") for kind in kinds) or _TOO_MUCH.search(said):
        return _asked_to_wait(headers, "GraphQL", rest)
    if kinds == {"NOT_FOUND"}:
        return Refused(SERVICE, "does not show it (GraphQL: NOT_FOUND)", missing=True)
    if kinds & {"FORBIDDEN", "INSUFFICIENT_SCOPES"}:
        return _denied(f"GraphQL: {said}")
    # Without a kind it is GitHub's own trouble: "Something went wrong while executing your query".
    return Unavailable(SERVICE, f"failed (GraphQL: {said})") if kinds == {""} else Refused(SERVICE, said)


def _asked_to_wait(headers: Mapping[str, str], where: str, rest: Callable[[], float]) -> Unavailable:
    seconds = retry_after(headers.get("retry-after", "")) or _until_reset(headers) or rest()
    return Unavailable(SERVICE, f"asked us to wait ({where})", retry_after=seconds, limited=True)


def _until_reset(headers: Mapping[str, str]) -> float | None:
    """Only a quota that is used up is full again then; a secondary limit has nothing to do with it."""
    reset = headers.get("x-ratelimit-reset", "")
    used_up = headers.get("x-ratelimit-remaining") == "0"
    return float(reset) - time.time() if used_up and reset.isdigit() else None


def _denied(where: str) -> Unavailable:
    reason = f"does not accept our token ({where})"
    return Unavailable(SERVICE, reason, retry_after=TOKEN_WAIT, denied=True)
