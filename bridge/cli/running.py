"""`chamados serve` and `worker`: the program at work."""

import os
import signal
import socket
import sys
import threading

import click
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from bridge.app import carried, create_app
from bridge.carrier import Carrier
from bridge.cli.common import PORT, fail, opened
from bridge.services import Services

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
    """gunicorn with our settings; each of its processes has a carrier of its own."""

    def __init__(self, services: Services, *, host: str, port: int, processes: int) -> None:
        self._services = services
        self._bind = f"{host}:{port}"
        self._processes = processes
        self._carrier: Carrier | None = None
        super().__init__()

    def load_config(self) -> None:
        settings = {
            "bind": self._bind,
            "workers": self._processes,
            "threads": THREADS,
            "worker_class": "gthread",
            "graceful_timeout": 20,
            "loglevel": "warning",
            "logger_class": _Log,
            "control_socket_disable": True,
            "worker_exit": lambda server, worker: self._stop(),
        }
        for name, value in settings.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> object:
        # Called in the worker process: threads do not survive the fork that makes it.
        if self._services.config.workers:
            self._carrier = carried(self._services, owner=owner())
        return create_app(self._services)

    def _stop(self) -> None:
        if self._carrier:
            self._carrier.stop()


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=PORT, default=8000, show_default=True, help="0 picks a free one.")
@click.option(
    "--processes",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="More than one needs PostgreSQL.",
)
def serve(host: str, port: int, processes: int) -> None:
    """Answer partners and webhooks, and reconcile tickets too unless CHAMADOS_WORKERS is 0."""
    sys.setswitchinterval(SWITCH_SECONDS)
    services = opened(quiet=False)
    if processes > 1 and services.store.is_sqlite:
        fail("SQLite has one writer: --processes needs PostgreSQL")
    services.store.close()
    click.echo(f"serving {services.config.public_url} on {host}:{port}", err=True)
    _Server(services, host=host, port=port, processes=processes).run()


@click.command()
def worker() -> None:
    """Reconcile tickets and send e-mails, without serving."""
    services = opened(quiet=False)
    if not services.config.workers:
        fail("CHAMADOS_WORKERS is 0: this process would do nothing")
    carrier = carried(services, owner=owner())
    stopping = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopping.set())
    click.echo("working", err=True)
    stopping.wait()
    click.echo("ending: what is at hand is finished first", err=True)
    carrier.stop()
