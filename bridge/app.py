"""The web application: receivers, portal and probes over one set of services."""

import os
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from bridge import operator, portal, probes, request_log
from bridge.carrier import Carrier, EmbeddedCarrier
from bridge.config import Config, ConfigError
from bridge.mailroom import read_mailbox
from bridge.portal.leftovers import tidy
from bridge.reconcile import reconcile
from bridge.reconcile.drift import watch
from bridge.reconcile.file_limit import ask_file_limit
from bridge.reconcile.missed import heal
from bridge.reconcile.outbox import send_due
from bridge.reconcile.remarks import write_due
from bridge.services import Services, build
from bridge.store import Store, people, schema
from bridge.store.bells import Bells
from bridge.store.claims import claimable, release_dead
from mappings import load
from webhooks import github, jira

HEAL_SECONDS = 15.0
"""Between looks at whether a sweep for missed changes is due."""
DRIFT_SECONDS = 60.0
"""Between looks at whether the Jira site is due to be compared with the mappings, or asked for its limits."""
MAILBOX_SECONDS = 1.0
"""Between looks at whether it is our turn to read the mailbox, and to listen to it for five seconds."""
TIDY_SECONDS = 300.0
"""Between looks at whether the hourly tidying up is due."""
REMARK_SECONDS = 15.0
"""Between looks at what is to be written on pull requests, besides the look right after each commit."""
MAIL_SECONDS = 5.0
"""Between looks at the outbox, besides the look right after each commit that fills it."""


def open_services(config: Config) -> Services:
    """An installation with its tables made and its first partners registered.

    Raises:
        ConfigError, MappingError, SchemaOutdated, ExtraMissing: the installation cannot run.
    """
    mappings = load(config.mappings)
    store = Store(config.database_url.reveal())
    schema.prepare(store)
    _make_folder(config.files)
    services = build(config, mappings, store)
    with schema.alone(store), store.begin() as db:
        # Who is known may have been given another name since.
        for name, email in (*config.partners, *((email, email) for email in config.operators)):
            if people.by_email(db, email) is None:
                people.register(db, name=name, email=email, now=services.clock())
    return services


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError([f"CHAMADOS_FILES: the folder cannot be made: {error.strerror}"]) from error


def carried(services: Services, *, owner: str) -> Carrier:
    """A carrier at work in this process for whatever is rung, here or elsewhere; to be stopped at the end."""
    release_dead(services.store, is_dead=lambda other: _is_dead(other, me=owner), now=services.clock())
    carrier = _carrier(
        services,
        work=lambda ticket_id: reconcile(services, ticket_id, owner=owner),
        find=lambda limit: claimable(services.store, now=services.clock(), limit=limit),
    )
    look_at_outbox = carrier.every(MAIL_SECONDS, lambda: _send_all_due(services))
    look_at_remarks = carrier.every(REMARK_SECONDS, lambda: write_due(services))

    def hear(bells: Bells) -> None:
        for ticket_id in bells.tickets:
            carrier.wake(ticket_id)
        if bells.outbox:
            look_at_outbox()
        if bells.remarks:
            look_at_remarks()

    services.store.on_bells = hear
    carrier.every(HEAL_SECONDS, lambda: heal(services))
    carrier.every(DRIFT_SECONDS, lambda: watch(services))
    carrier.every(DRIFT_SECONDS, lambda: ask_file_limit(services))
    if services.mailbox.configured:
        carrier.every(MAILBOX_SECONDS, lambda: read_mailbox(services))
    carrier.every(TIDY_SECONDS, lambda: tidy(services))
    return carrier


def _send_all_due(services: Services) -> None:
    """As many as one look takes; while there were any, the next look follows at once."""
    if send_due(services):
        services.store.on_bells(Bells(outbox=True))


def _carrier(
    services: Services, *, work: Callable[[int], object], find: Callable[[int], list[int]]
) -> Carrier:
    workers = services.config.workers
    if services.store.is_sqlite:
        return EmbeddedCarrier(work=work, find=find, workers=workers)
    # Installed where the database is PostgreSQL, and only there.
    from bridge.carrier.procrastinate import ProcrastinateCarrier

    return ProcrastinateCarrier(services.store, work=work, find=find, workers=workers)


def _is_dead(owner: str, *, me: str) -> bool:
    """Whether a lease's owner (`host:pid`) was a process of this host that has ended, or our former life."""
    host, _, pid = owner.rpartition(":")
    if host != me.rpartition(":")[0] or not pid.isdigit():
        return False
    if owner == me:
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def create_app(services: Services) -> Flask:
    """The application; everything it needs is in `services`."""
    app = Flask("bridge", static_folder=None)
    app.secret_key = services.config.secret_key.reveal()
    request_log.install(app)
    portal.register(app, services)
    operator.register(app)
    app.register_blueprint(github.blueprint(services))
    app.register_blueprint(jira.blueprint(services))
    app.register_blueprint(probes.blueprint(services))
    if services.config.proxies:
        hops = services.config.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app
