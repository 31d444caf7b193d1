"""One HTTP call to Jira, and what its failure means. The session is the jira library's."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import requests
from jira import JIRA, JIRAError
from requests.adapters import HTTPAdapter
from urllib3.exceptions import NewConnectionError

from bridge.clients.errors import Refused, Unavailable, retry_after
from bridge.clients.limits import Limiter, Scope
from bridge.config import JiraSettings
from bridge.store import outside

TIMEOUT = (5, 20)
"""Seconds to connect and to answer."""
TOKEN_WAIT = 300.0
"""Seconds before a refused token is tried again: only the operator can mend it."""
PIECE = 64 * 1024
SERVICE = "Jira"


class Transport:
    """Requests to one Jira, by path below `/rest/api/<version>`."""

    def __init__(self, settings: JiraSettings, *, connections: int, limiter: Limiter | None = None) -> None:
        self._limiter = limiter
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

    def call(self, method: str, path: str, *, version: str, root: str = "api", **request: Any) -> Any:
        """One request below `/rest/<root>/<version>/`; its JSON, or None where Jira answers without a body.

        Where Jira answers with the address of a long task (303), that as `{"task": address}`.

        Raises:
            Unavailable: later, perhaps; `unknown_outcome` says whether it may have been carried out.
            Refused: never as asked.
        """
        asked = f"{method} {path}"
        response = self._send(method, f"rest/{root}/{version}/{path}", path, **request)
        return _json(response, asked)

    def pieces(self, path: str, **request: Any) -> Iterator[bytes]:
        """What lies at `path` below the site's address, a piece at a time. Redirects are not followed.

        Raises:
            Unavailable, Refused: as `call`.
        """
        with self._send("GET", path, path, stream=True, **request) as response:
            if response.status_code != 200 or _is_page(response):
                what = "a page" if _is_page(response) else "the way to elsewhere"
                where = f"({response.status_code}, GET {path})"
                raise Refused(SERVICE, f"answers with {what} instead of the file {where}")
            try:
                yield from response.iter_content(PIECE)
            except requests.RequestException as error:
                raise Unavailable(SERVICE, f"closed the connection (GET {path})") from error

    @outside()
    def _send(self, method: str, address: str, path: str, **request: Any) -> requests.Response:
        """One request to `address` below the site's; limits and sentences know it as `path`."""
        asked = f"{method} {path}"
        if self._limiter:
            self._limiter.take(SERVICE, _scopes(method, path))
        try:
            response = self._request(method, f"{self._base}/{address}", **request)
            if response.status_code >= 400:
                raise JIRAError(status_code=response.status_code, response=response)
            return response
        except JIRAError as error:
            failure = _failure(error, asked)
            if self._limiter and error.response is not None and _is_limit(error.response):
                self._rest(self._limiter, failure, error.response, method, path)
            raise failure from error
        except requests.RequestException as error:
            reason = f"{_network(error)} ({asked})"
            raise Unavailable(SERVICE, reason, unknown_outcome=not _never_sent(error)) from error

    def _request(self, method: str, url: str, *, stream: bool = False, **request: Any) -> requests.Response:
        if not stream:
            return self._session.request(method, url, allow_redirects=False, **request)
        # The library's own session looks into each answer, and so has it in memory as a whole.
        return requests.Session.request(
            self._session, method, url, allow_redirects=False, stream=True, timeout=TIMEOUT, **request
        )

    def _rest(
        self,
        limiter: Limiter,
        failure: Unavailable | Refused,
        response: requests.Response,
        method: str,
        path: str,
    ) -> None:
        """Pause the scope that Jira names, and no other (R1)."""
        reason = response.headers.get("RateLimit-Reason", "")
        endpoint, issue = _endpoint(method, path), _issue(path)
        scope = {"jira-burst-based": endpoint, "jira-per-issue-on-write": issue or endpoint}.get(
            reason, WHOLE
        )
        seconds = getattr(failure, "retry_after", None) or DEFAULT_REST
        limiter.pause(scope, seconds=seconds, reason=f"Jira said {response.status_code} {reason}".strip())


WHOLE = "jira"
FRAMED = ("Content-Length", "Transfer-Encoding")
"""What says how long an answer is (RFC 9112 §6.3): without either, a cut one looks like a whole one."""
DEFAULT_REST = 5.0
"""Seconds, where Jira says that it is too much but not for how long."""
HALF_OF_BURST = {"GET": 50.0, "POST": 50.0, "PUT": 25.0, "DELETE": 25.0}
"""Requests in any one second to one endpoint: half of what Jira allows (R1), for others ask too."""
HALF_OF_ISSUE_READS = 75.0
STEADY, AT_ONCE = 0.8, 0.1
"""Shares of that half: what a bucket gives out steadily, and what it holds for a sudden crowd."""


def _scopes(method: str, path: str) -> list[Scope]:
    endpoint = _endpoint(method, path)
    half = HALF_OF_ISSUE_READS if endpoint == "jira GET issue/*" else HALF_OF_BURST[method]
    scopes = [Scope(name=WHOLE), Scope(name=endpoint, rate=half * STEADY, capacity=half * AT_ONCE)]
    issue = _issue(path)
    return [*scopes, Scope(name=issue)] if issue and method != "GET" else scopes


def _endpoint(method: str, path: str) -> str:
    """`jira POST issue/*/comment`: the path with ids and keys left out."""
    parts = ["*" if any(char.isdigit() for char in part) else part for part in path.split("/")]
    return f"jira {method} {'/'.join(parts)}"


def _issue(path: str) -> str | None:
    parts = path.split("/")
    return f"jira issue {parts[1]}" if parts[0] == "issue" and len(parts) > 1 else None


def _is_limit(response: requests.Response) -> bool:
    return response.status_code == 429 or (response.status_code == 503 and _retry_after(response) is not None)


def segment(text: str) -> str:
    """Text as one segment of a path."""
    return quote(text, safe="")


def _json(response: requests.Response, asked: str) -> Any:
    if response.status_code == 303:
        return {"task": response.headers.get("Location", "")}
    if not response.content:
        if response.status_code != 204 and not any(name in response.headers for name in FRAMED):
            raise _broken_off(asked)
        return None
    # A maintenance page can come with status 200 (fault 36 of the catalogue).
    if "json" not in response.headers.get("Content-Type", ""):
        raise Unavailable(SERVICE, f"answered with a page instead of data ({asked})", unknown_outcome=True)
    try:
        return response.json()
    except ValueError as error:
        raise _broken_off(asked) from error


def _broken_off(asked: str) -> Unavailable:
    return Unavailable(SERVICE, f"broke off its answer ({asked})", unknown_outcome=True)


def _failure(error: JIRAError, asked: str) -> Unavailable | Refused:
    """What an answer other than 2xx means, in a sentence with its status and what was `asked`."""
    status = int(error.status_code or 0)
    where = f"({status}, {asked})"
    wait = _retry_after(error.response)
    if status == 429 or (status == 503 and wait is not None):
        return Unavailable(SERVICE, f"asked us to wait {where}", retry_after=wait)
    if status in {401, 403}:
        reason = f"does not accept our token or permissions {where}: {_sentence(error)}"
        return Unavailable(SERVICE, reason, retry_after=TOKEN_WAIT, denied=True)
    if status in {408, 425} or (status == 404 and _is_page(error.response)):
        # A proxy before Jira: Jira's own 404 is JSON.
        return Unavailable(SERVICE, f"did not get to see the request {where}", unknown_outcome=True)
    if status == 409:
        return Unavailable(SERVICE, f"somebody else was changing the issue {where}", retry_after=1)
    if 400 <= status < 500:
        return Refused(SERVICE, f"{_sentence(error)} {where}", missing=status == 404)
    return Unavailable(SERVICE, f"failed {where}", unknown_outcome=True)


def _is_page(response: requests.Response | None) -> bool:
    return response is not None and response.headers.get("Content-Type", "").startswith("text/html")


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
    return retry_after(response.headers.get("Retry-After", "")) if response is not None else None


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
