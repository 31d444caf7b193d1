"""What a large file costs in memory: `python -m tests.big_file --megabytes 200`. Jira is another process."""

import hashlib
import os
import resource
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from bridge.cli.waiting import free_port, until
from bridge.clients.jira import Jira, NewIssue, Paragraph
from bridge.config import load
from bridge.sandbox.server import env_lines
from bridge.sandbox.settings import SandboxSettings
from mappings import load as load_mappings
from tests.settings import pairs

MEGABYTE = 1024 * 1024
SERVE = """
import sys, threading
from bridge.sandbox.server import Sandbox
from bridge.sandbox.settings import SandboxSettings
sandbox = Sandbox(SandboxSettings(port=int(sys.argv[1]), smtp_port=0))
sandbox.start()
sandbox.jira.site.upload_limit = 10**10
threading.Event().wait()
"""


def _peak() -> float:
    """Megabytes that this process has had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _write(path: Path, megabytes: int) -> str:
    digest = hashlib.sha256()
    with path.open("wb") as target:
        for _ in range(megabytes):
            piece = os.urandom(MEGABYTE)
            digest.update(piece)
            target.write(piece)
    return digest.hexdigest()


def grown(megabytes: int) -> float:
    """How many megabytes the peak grew while a file was sent and read back the same."""
    port = free_port()
    outside = subprocess.Popen([sys.executable, "-c", SERVE, str(port)])
    try:
        jira = Jira(load(pairs(env_lines(SandboxSettings(port=port)))).jira, load_mappings(), connections=1)
        assert until(lambda: _reached(jira), seconds=20)
        new = NewIssue(
            summary="grande",
            description=[Paragraph("x")],
            answers={},
            partner="Revenda",
            reference="CT-1",
            marker="br-1",
            url="https://chamados.example",
        )
        issue_id, _ = jira.create(new)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "grande.bin"
            digest = _write(path, megabytes)
            before = _peak()
            with path.open("rb") as content:
                made = jira.files.attach(
                    issue_id, filename="g.bin", content_type="video/mp4", content=content, beat=lambda: None
                )
            assert jira.files.digest(made, beat=lambda: None) == digest
            return _peak() - before
    finally:
        outside.kill()


def _reached(jira: Jira) -> bool:
    try:
        return bool(jira.server_info())
    except Exception:
        return False


@click.command()
@click.option("--megabytes", default=200)
def main(megabytes: int) -> None:
    print(f"{megabytes} MB sent and read back the same: the peak grew by {grown(megabytes):.1f} MB")


if __name__ == "__main__":
    main()
