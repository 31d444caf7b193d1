"""`chamados serve`, `worker` and `reconcile`: the program at work."""

import os
import signal
import socket
import sys
import threading

import click
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from sqlalchemy import select

from bridge.app import carried, create_app
from bridge.cli.common import clean, fail, opened
from bridge.clients.errors import Refused, Unavailable
from bridge.domain import Action, Comment, Link, Move, SetField, Tell, Wait, reference, ticket_id
from bridge.reconcile import foresee
from bridge.reconcile import reconcile as look
from bridge.reconcile.outbox import send_due
from bridge.services import Services
from bridge.store.tables import Ticket
from bridge.store.tickets import ring

THREADS = 16
"""Requests answered side by side by one process."""

SWITCH_SECONDS = 0.0005
"""A thread that comes back from the database waits so long, not 5 ms, for one that computes."""


def owner() -> str:
    """This process's name on leases."""
    return f"{socket.gethostname()}:{os.getpid()}"[:64]


class _Log(Logger):  # type: ignore[misc]
    """gunicorn's words in our log: no handlers of its own, and no access log (`request_log` writes ours)."""

    def setup(self, cfg: object) -> None:
        self.error_log.setLevel("WARNING")
        self.error_log.propagate = True

    def access(self, *_: object) -> None:
        pass


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with our settings; one process, for the carrier lives in it."""

    def __init__(self, services: Services, *, host: str, port: int) -> None:
        self._services = services
        self._bind = f"{host}:{port}"
        super().__init__()

    def load_config(self) -> None:
        settings = {
            "bind": self._bind,
            "workers": 1,
            "threads": THREADS,
            "worker_class": "gthread",
            "graceful_timeout": 20,
            "loglevel": "warning",
            "logger_class": _Log,
            "control_socket_disable": True,
            "worker_exit": lambda server, worker: self._carrier.stop(),
        }
        for name, value in settings.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> object:
        # Called in the worker process: threads do not survive the fork that makes it.
        services, self._carrier = carried(self._services, owner=owner())
        return create_app(services)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, help="0 picks a free one.")
def serve(host: str, port: int) -> None:
    """Answer partners and webhooks, and reconcile tickets in the same process."""
    sys.setswitchinterval(SWITCH_SECONDS)
    services = opened(quiet=False)
    services.store.close()
    click.echo(f"serving {services.config.public_url} on {host}:{port}", err=True)
    _Server(services, host=host, port=port).run()


@click.command()
def worker() -> None:
    """Reconcile tickets and send e-mails, without serving."""
    _, carrier = carried(opened(quiet=False), owner=owner())
    stopping = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopping.set())
    click.echo("working", err=True)
    stopping.wait()
    carrier.stop()


@click.command()
@click.argument("ref", required=False)
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
def reconcile(ref: str | None, dry_run: bool) -> None:
    """Look at one ticket (CT-7) or at all of them now."""
    services = opened()
    failed = False
    for number in _chosen(services, ref):
        try:
            outcome = _foreseen(services, number) if dry_run else _looked(services, number)
        except (Unavailable, Refused) as error:
            failed, outcome = True, str(error)
        click.echo(clean(f"{reference(number)}: {outcome}"))
    if not dry_run:
        send_due(services)
    raise SystemExit(1 if failed else 0)


def _chosen(services: Services, ref: str | None) -> list[int]:
    with services.store.read() as db:
        numbers = list(db.scalars(select(Ticket.id).order_by(Ticket.id)))
    if ref is None:
        return numbers
    number = ticket_id(ref)
    if number not in numbers:
        fail(f"there is no ticket {ref}")
    return [number] if number is not None else []


def _foreseen(services: Services, number: int) -> str:
    return "; ".join(_told(action) for action in foresee(services, number)) or "nothing to do"


def _told(action: Action) -> str:
    """A foreseen action in a few words."""
    match action:
        case Move(verdict=verdict, path=()):
            return f"would leave it where it is: {verdict.reason}"
        case Move(verdict=verdict, path=path):
            return f"would move it to {' → '.join(path)}: {verdict.reason}"
        case Wait(verdict=verdict, reason=reason):
            return f"would wait: {verdict.reason}, but {reason}"
        case Link(title=title):
            return f"would link {title}"
        case SetField(field=field, value=value):
            return f"would set {field} to {value}"
        case Comment(action=said):
            return f"would write the partner's words into the issue ({said.verb})"
        case Tell(email=email, outcome=outcome, source=source):
            return f"would tell {source}: {f'e-mail {email}' if email else outcome}"


def _looked(services: Services, number: int) -> str:
    with services.store.begin() as db:
        ring(db, number, kind="cli", subject="reconcile", now=services.clock())
    return look(services, number, owner=owner()) or "another worker has it"
