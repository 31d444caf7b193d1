"""One conversation with GitHub, and what its failure means: PyGithub without its own pauses and retries."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

import requests
from github import Github, GithubException
from github.Repository import Repository

from bridge.clients.errors import Refused, Unavailable, retry_after
from bridge.clients.github.credentials import TIMEOUT, InstallationAuth, credentials
from bridge.clients.github.memory import Histories, Memory
from bridge.clients.limits import Limiter, Scope
from bridge.config import GitHubSettings
from bridge.store import refuse_in_transaction

SERVICE = "GitHub"
TOKEN_WAIT = 300.0
DEFAULT_REST = 60.0
"""Seconds; GitHub asks for a minute at least where it names no time (secondary limits)."""
WHOLE = Scope(name="github", rate=7.5, capacity=300)
"""Half of 900 points a minute (G10), a burst of which may come at once. A verb takes one or two calls."""
CONTENT = Scope(name="github content", rate=0.1, capacity=40)
"""Of 80 things written a minute and 500 an hour (G10), half and less."""

Result = TypeVar("Result")


class Transport:
    """One GitHub, by token or as an App: what every verb is asked through."""

    def __init__(self, settings: GitHubSettings, *, connections: int, limiter: Limiter | None = None) -> None:
        self._limiter = limiter
        self.memory, self.histories = Memory(), Histories()
        self._auth = credentials(settings)
        self.is_app = bool(settings.app_id)
        self._github = Github(
            base_url=settings.url,
            auth=self._auth,
            timeout=TIMEOUT,
            per_page=100,
            pool_size=connections,
            # PyGithub would pause between requests and retry ten times; when to try again is ours to say.
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
            lazy=True,
        )

    def asked(self, ask: Callable[[], Result]) -> Result:
        """What `ask` brings, within the limits and outside any transaction.

        Raises:
            Unavailable: later, perhaps.
            Refused: never as asked; with `missing`, when it is not there or not for us to see.
        """
        return self._within([WHOLE], ask)

    def asked_to_write(self, ask: Callable[[], Result]) -> Result:
        """The same for what people read, of which GitHub takes less.

        Raises:
            Unavailable, Refused.
        """
        return self._within([WHOLE, CONTENT], ask)

    def _within(self, scopes: Sequence[Scope], ask: Callable[[], Result]) -> Result:
        refuse_in_transaction()
        if self._limiter:
            self._limiter.take(SERVICE, scopes)
        try:
            return ask()
        except GithubException as error:
            if error.status == 401 and isinstance(self._auth, InstallationAuth):
                self._auth.forget()
            failure = _failure(error)
            if self._limiter and isinstance(failure, Unavailable) and failure.limited:
                seconds = failure.retry_after or DEFAULT_REST
                self._limiter.pause(WHOLE.name, seconds=seconds, reason=f"GitHub said {error.status}")
            raise failure from error
        except requests.RequestException as error:
            raise Unavailable(SERVICE, "could not be reached", unknown_outcome=True) from error

    def repository(self, name: str) -> Repository:
        return self._github.get_repo(name)


def utc(moment: datetime | None) -> datetime:
    if moment is None:
        return datetime.min.replace(tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _failure(error: GithubException) -> Unavailable | Refused:
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    wait = headers.get("retry-after", "")
    if error.status == 429 or (error.status == 403 and (wait or headers.get("x-ratelimit-remaining") == "0")):
        reset = headers.get("x-ratelimit-reset", "")
        seconds = retry_after(wait) or (float(reset) - time.time() if reset.isdigit() else DEFAULT_REST)
        return Unavailable(SERVICE, f"asked us to wait ({error.status})", retry_after=seconds, limited=True)
    if error.status == 404:
        return Refused(SERVICE, "does not show it (404)", missing=True)
    if error.status in {401, 403}:
        reason = f"does not accept our token ({error.status})"
        return Unavailable(SERVICE, reason, retry_after=TOKEN_WAIT, denied=True)
    if 400 <= error.status < 500:
        return Refused(SERVICE, f"{(error.data or {}).get('message', 'refused')} ({error.status})")
    return Unavailable(SERVICE, f"failed ({error.status})")
