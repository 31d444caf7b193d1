"""`chamados demo` and `chamados sandbox`: the whole thing on one machine, offline."""

import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import requests

from bridge.cli import journey
from bridge.cli.common import PORT, fail
from bridge.cli.waiting import free_port, until
from bridge.sandbox.server import Sandbox, env_lines
from bridge.sandbox.settings import SandboxSettings

START_SECONDS = 60.0
SHOWN_LINES = 40


@click.command()
@click.option("--port", type=PORT, default=8100, show_default=True, help="HTTP; 0 picks a free one.")
@click.option("--smtp-port", type=PORT, default=8125, show_default=True)
@click.option("--bridge-url", default="http://127.0.0.1:8000", show_default=True, help="Where webhooks go.")
@click.option("--jira", type=click.Choice(["Cloud", "Server"]), default="Cloud", show_default=True)
@click.option("--empty", is_flag=True, help="A fresh Jira: nothing that the bridge needs is there yet.")
@click.option("--env", "env_only", is_flag=True, help="Print the export lines that connect a bridge to it.")
def sandbox(*, port: int, smtp_port: int, bridge_url: str, jira: str, empty: bool, env_only: bool) -> None:
    """Stand-ins for Jira, GitHub, OpenAI and SMTP on this machine."""
    settings = SandboxSettings(
        port=port, smtp_port=smtp_port, bridge_url=bridge_url, jira_deployment=jira, jira_empty=empty
    )
    if env_only:
        click.echo("\n".join(env_lines(settings)))
        return
    running = Sandbox(settings)
    try:
        running.start()
    except OSError as error:
        fail(f"the sandbox cannot listen on {port} and {smtp_port}: {error}")
    click.echo(f"sandbox on {running.url}, SMTP on {running.settings.smtp_port}", err=True)
    _wait_for_signal()
    running.stop()


@click.command()
@click.option("--port", type=PORT, default=8000, show_default=True, help="Where the bridge answers.")
@click.option("--journey", "walk", is_flag=True, help="Walk two tickets through every status, then end.")
def demo(port: int, walk: bool) -> None:
    """Sandbox and bridge together; nothing leaves this machine."""
    with tempfile.TemporaryDirectory(prefix="chamados-demo-") as folder:
        settings = _settings(port, walk=walk)
        with _installation(settings, Path(folder)) as environment:
            if walk:
                _walk(settings, environment, Path(folder) / "log")
                return
            _say_addresses(settings)
            _wait_for_signal()


def _walk(settings: SandboxSettings, environment: dict[str, str], log: Path) -> None:
    """Walk the journey; when it ends early, show what the programs said last."""
    if journey.walk(settings, environment) != 0:
        fail(*log.read_text("utf-8", "replace").splitlines()[-SHOWN_LINES:])


def _settings(port: int, *, walk: bool) -> SandboxSettings:
    """The usual ports, or free ones where those are taken (and always for a journey, which nobody visits)."""
    bridge = free_port() if walk else free_port(port)
    return SandboxSettings(
        port=free_port() if walk else free_port(8100),
        smtp_port=free_port() if walk else free_port(8125),
        bridge_url=f"http://127.0.0.1:{bridge}",
    )


@contextmanager
def _installation(settings: SandboxSettings, folder: Path) -> Iterator[dict[str, str]]:
    """The sandbox and the bridge as processes of their own; the environment that they run in."""
    running: list[subprocess.Popen[bytes]] = []
    environment = {**os.environ, **_environment(settings, folder)}
    bridge_port = settings.bridge_url.rpartition(":")[2]
    commands = [
        [
            "sandbox",
            *("--port", str(settings.port)),
            *("--smtp-port", str(settings.smtp_port)),
            *("--bridge-url", settings.bridge_url),
        ],
        ["serve", "--port", bridge_port],
    ]
    try:
        with (folder / "log").open("wb") as log:
            for command, address in zip(
                commands, (settings.url, f"{settings.bridge_url}/healthz"), strict=True
            ):
                running.append(
                    subprocess.Popen(  # noqa: S603
                        [sys.executable, "-m", "bridge", *command], env=environment, stdout=log, stderr=log
                    )
                )
                if not until(lambda address=address: _answers(address), seconds=START_SECONDS):  # type: ignore[misc]
                    fail(
                        f"{command[0]} did not start:", (folder / "log").read_text("utf-8", "replace")[-4000:]
                    )
        yield environment
    finally:
        for process in running[::-1]:
            process.terminate()
        for process in running:
            process.wait(timeout=30)


def _environment(settings: SandboxSettings, folder: Path) -> dict[str, str]:

    pairs = (shlex.split(line)[1].split("=", 1) for line in env_lines(settings))
    licences = folder / "licencas.csv"
    licences.write_text("email\nadmin@cliente.example\n", "utf-8")
    return {
        **dict(pairs),
        "CHAMADOS_DATABASE_URL": f"sqlite:///{folder / 'chamados.db'}",
        "CHAMADOS_FILES": str(folder / "files"),
        "CHAMADOS_LICENCES": str(licences),
        "CHAMADOS_MAIL_HOLD": "1",
        "CHAMADOS_MAIL_COMMENT_HOLD": "1",
        "CHAMADOS_MAIL_GATHER_IDLE": "2",
        "CHAMADOS_MAIL_REASON_HOLD": "60",
    }


def _answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=2).ok
    except requests.RequestException:
        return False


def _say_addresses(settings: SandboxSettings) -> None:
    partner = settings.partner.partition("<")[2].rstrip(">")
    click.echo(
        f"""
The demonstration runs. Everything stays on this machine; Ctrl+C ends it.

  Portal      {settings.bridge_url}/chamados   (sign in as {partner}; the link is in the inbox)
  Inbox       {settings.url}/_sandbox/inbox
  Jira        {settings.url}/jira/
  GitHub      {settings.url}/github/

File a ticket in the portal, play the triage team in Jira and the developers in GitHub,
and watch the inbox and the ticket's page follow. The licence admin@cliente.example is valid.
"""
    )


def _wait_for_signal() -> None:
    stopping = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopping.set())
    stopping.wait()
