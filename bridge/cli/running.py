"""`chamados serve` and `worker`: the program at work."""

import gc
import signal
import sys
import threading

import click

from bridge.app import carried
from bridge.cli.common import PORT, fail, opened, owner
from bridge.cli.server import Server
from bridge.services import Services

SWITCH_SECONDS = 0.0005
"""A thread that comes back from the database waits so long, not 5 ms, for one that computes."""


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
    services = _loaded()
    if processes > 1 and services.store.is_sqlite:
        fail("SQLite has one writer: --processes needs PostgreSQL")
    services.store.close()
    click.echo(f"serving {services.config.public_url} on {host}:{port}", err=True)
    Server(services, host=host, port=port, processes=processes).run()


@click.command()
def worker() -> None:
    """Reconcile tickets and send e-mails, without serving."""
    services = _loaded()
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


def _loaded() -> Services:
    """All that stays for as long as the process does: no later search for garbage goes through it."""
    services = opened(quiet=False)
    gc.freeze()
    return services
