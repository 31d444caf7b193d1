"""One conversation with GitHub, and what its failure means: PyGithub without its own pauses and retries."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

import requests
from github import BadAttributeException, Github, GithubException
from github.Repository import Repository

from bridge.clients.errors import Refused, Unavailable
from bridge.clients.github.credentials import TIMEOUT, InstallationAuth, credentials, integration
from bridge.clients.github.failures import SERVICE, failure_of
from bridge.clients.github.memory import Histories, Memory
from bridge.clients.github.patience import Patience
from bridge.clients.github.wire import refuse_pages, strange
from bridge.clients.limits import Limiter, Scope
from bridge.config import GitHubSettings
from bridge.store import outside

WHOLE = Scope(name="github", rate=7.5, capacity=300)
"""Half of 900 points a minute (G10), a burst of which may come at once. A verb takes one or two calls."""
CONTENT = Scope(name="github content", rate=0.1, capacity=40)
"""Of 80 things written a minute and 500 an hour (G10), half and less."""

Result = TypeVar("Result")


class Transport:
    """One GitHub, by token or as an App: what every verb is asked through."""

    def __init__(self, settings: GitHubSettings, *, connections: int, limiter: Limiter | None = None) -> None:
        refuse_pages()
        self._limiter = limiter
        self._patience = Patience()
        self.memory, self.histories = Memory(), Histories()
        self._auth = credentials(settings)
        self.app = integration(settings) if settings.app_id else None
        self.is_app = self.app is not None
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

    @outside()
    def _within(self, scopes: Sequence[Scope], ask: Callable[[], Result]) -> Result:
        if self._limiter:
            self._limiter.take(SERVICE, scopes)
        asked_at, narrowest = self._patience.clock(), scopes[-1].name
        try:
            found = ask()
        except GithubException as error:
            if error.status == 401 and isinstance(self._auth, InstallationAuth):
                self._auth.forget()
            failure = failure_of(error, rest=lambda: self._patience.rest(narrowest, asked_at=asked_at))
            self._pause(failure, status=error.status)
            raise failure from error
        except BadAttributeException as error:
            raise strange("an object") from error
        except requests.RequestException as error:
            raise Unavailable(SERVICE, "could not be reached", unknown_outcome=True) from error
        self._patience.answered(narrowest, asked_at=asked_at)
        return found

    def _pause(self, failure: Unavailable | Refused, *, status: int) -> None:
        """A limit is on all that we do there."""
        seconds = failure.retry_after if isinstance(failure, Unavailable) and failure.limited else None
        if self._limiter and seconds:
            self._limiter.pause(WHOLE.name, seconds=seconds, reason=f"GitHub said {status}")

    def repository(self, name: str) -> Repository:
        return self._github.get_repo(name)


def utc(moment: datetime | None) -> datetime:
    if moment is None:
        return datetime.min.replace(tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
