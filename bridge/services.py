"""The composition root: one installation's parts, put together once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bridge.clients.addresses import Addresses
from bridge.clients.antivirus import Antivirus
from bridge.clients.github import GitHub
from bridge.clients.identity import IdentityProvider
from bridge.clients.jira import Jira
from bridge.clients.licences import Licences
from bridge.clients.limits import Limiter
from bridge.clients.mail import Mailer
from bridge.clients.mailbox import Mailbox
from bridge.clients.openai import Assistant
from bridge.config import Config
from bridge.store import Store
from bridge.store.clock import clock_of
from mappings.model import Mappings


@dataclass(frozen=True, kw_only=True)
class Services:
    """What views, receivers and the engine work with."""

    config: Config
    mappings: Mappings
    store: Store
    jira: Jira
    github: GitHub
    mailer: Mailer
    mailbox: Mailbox
    assistant: Assistant
    licences: Licences
    identities: IdentityProvider
    addresses: Addresses | None
    """Asks a staging address before the partner is sent there; None: nobody asks."""
    antivirus: Antivirus
    clock: Callable[[], datetime]


def build(config: Config, mappings: Mappings, store: Store) -> Services:
    """Put an installation together. Nothing is called yet: the outside may be down while we start."""
    clock = clock_of(store)
    limiter = Limiter(store, clock=clock)
    connections = max(config.workers, 1)
    return Services(
        config=config,
        mappings=mappings,
        store=store,
        jira=Jira(config.jira, mappings, connections=connections, limiter=limiter),
        github=GitHub(config.github, connections=connections, limiter=limiter),
        mailer=Mailer(config.mail, limiter=limiter),
        mailbox=Mailbox(config.mail.imap_url),
        assistant=Assistant(config.openai),
        licences=Licences(config.licences.reveal()),
        identities=IdentityProvider(config.identity),
        addresses=Addresses(private=config.url_check == "private") if config.url_check else None,
        antivirus=Antivirus(config.uploads.antivirus),
        clock=clock,
    )
