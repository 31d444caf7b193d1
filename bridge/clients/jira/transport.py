"""One HTTP call to Jira, and what its failure means. The session is the jira library's."""

from typing import Any
from urllib.parse import quote

import requests
from jira import JIRA, JIRAError
from requests.adapters import HTTPAdapter
from urllib3.exceptions import NewConnectionError

from bridge.clients.errors import Refused, Unavailable
from bridge.config import JiraSettings
from bridge.store import refuse_in_transaction

TIMEOUT = (5, 20)
"""Seconds to connect and to answer."""
TOKEN_WAIT = 300.0
"""Seconds before a refused token is tried again: only the operator can mend it."""
SERVICE = "Jira"


class Transport:
    """Requests to one Jira, by path below `/rest/api/<version>`."""

    def __init__(self, settings: JiraSettings, *, connections: int) -> None:
        auth: dict[str, Any] = {"token_auth": settings.token.reveal()}
        if settings.user:
            auth = {"basic_auth": (settings.user, settings.token.reveal())}
        # Its own retries are off: only we know what may be repeated.
        self._jira = JIRA(
            settings.url,
            options={"check_update": False},
            max_retries=0,
            timeout=TIMEOUT,
            get_server_info=False,
            **auth,
        )
        self._session = self._jira._session
        adapter = HTTPAdapter(pool_maxsize=connections, pool_connections=1)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)
        self._base = settings.url

    def call(self, method: str, path: str, *, version: str, **request: Any) -> Any:
        """One request; its JSON, or None where Jira answers without a body.

        Raises:
            Unavailable: later, perhaps; `unknown_outcome` says whether it may have been carried out.
            Refused: never as asked.
        """
        refuse_in_transaction()
        try:
            response = self._session.request(
                method, f"{self._base}/rest/api/{version}/{path}", allow_redirects=False, **request
            )
        except JIRAError as error:
            raise _failure(error) from error
        except requests.RequestException as error:
            raise Unavailable(SERVICE, _network(error), unknown_outcome=not _never_sent(error)) from error
        return _json(response)


def segment(text: str) -> str:
    """Text as one segment of a path."""
    return quote(text, safe="")


def _json(response: requests.Response) -> Any:
    if not response.content:
        return None
    # A maintenance page can come with status 200 (fault 36 of the catalogue).
    if "json" not in response.headers.get("Content-Type", ""):
        raise Unavailable(SERVICE, "answered with a page instead of data", unknown_outcome=True)
    return response.json()


def _failure(error: JIRAError) -> Unavailable | Refused:
    status = int(error.status_code or 0)
    wait = _retry_after(error.response)
    if status == 429 or (status == 503 and wait is not None):
        return Unavailable(SERVICE, f"asked us to wait ({status})", retry_after=wait)
    if status in {401, 403}:
        return Unavailable(SERVICE, _denied(status, error), retry_after=TOKEN_WAIT)
    if status == 409:
        return Unavailable(SERVICE, "somebody else was changing the issue (409)", retry_after=1)
    if 400 <= status < 500:
        return Refused(SERVICE, f"{_sentence(error)} ({status})", missing=status == 404)
    return Unavailable(SERVICE, f"failed ({status})", unknown_outcome=True)


def _denied(status: int, error: JIRAError) -> str:
    return f"does not accept our token or permissions ({status}): {_sentence(error)}"


def _sentence(error: JIRAError) -> str:
    """Jira's own words, each message with the field it is about."""
    try:
        body = error.response.json() if error.response is not None else {}
    except ValueError:
        body = {}
    if not isinstance(body, dict):
        body = {}
    messages = [str(message) for message in body.get("errorMessages") or []]
    messages += [f"{field}: {message}" for field, message in (body.get("errors") or {}).items()]
    # Cloud says who is not let in with one `message` instead.
    return "; ".join(messages) or str(body.get("message") or "no reason was given")


def _retry_after(response: requests.Response | None) -> float | None:
    value = response.headers.get("Retry-After", "") if response is not None else ""
    return float(value) if value.isdigit() else None


def _network(error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout):
        return "did not answer in time"
    return "could not be reached" if _never_sent(error) else "closed the connection"


def _never_sent(error: requests.RequestException) -> bool:
    """True when not a byte of the request can have arrived."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", None), NewConnectionError)
