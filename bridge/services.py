"""The composition root: one installation's parts, put together once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bridge.clients.github import GitHub
from bridge.clients.jira import Jira
from bridge.clients.licences import Licences
from bridge.clients.limits import Limiter
from bridge.clients.mail import Mailer
from bridge.clients.openai import Assistant
from bridge.config import Config
from bridge.store import Store
from mappings.model import Mappings


def utc_now() -> datetime:
    return datetime.now(UTC)


def _nobody_wakes(*_: object) -> None:
    """Without a carrier in this process the sweep of another finds the work."""


@dataclass(frozen=True, kw_only=True)
class Services:
    """What views, receivers and the engine work with."""

    config: Config
    mappings: Mappings
    store: Store
    jira: Jira
    github: GitHub
    mailer: Mailer
    assistant: Assistant
    licences: Licences
    clock: Callable[[], datetime] = field(default=utc_now)
    wake: Callable[[int], None] = field(default=_nobody_wakes)
    """Call after the commit that rang a ticket."""
    wake_mail: Callable[[], None] = field(default=_nobody_wakes)
    """Call after the commit that queued an e-mail."""


def build(config: Config, mappings: Mappings, store: Store) -> Services:
    """Put an installation together. Nothing is called yet: the outside may be down while we start."""
    limiter = Limiter(store, clock=utc_now)
    return Services(
        config=config,
        mappings=mappings,
        store=store,
        jira=Jira(config.jira, mappings, connections=config.workers, limiter=limiter),
        github=GitHub(config.github, connections=config.workers, limiter=limiter),
        mailer=Mailer(config.mail),
        assistant=Assistant(config.openai),
        licences=Licences(config.licences),
    )
