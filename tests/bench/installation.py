"""A whole installation in processes of its own: the sandbox, and `chamados serve` with default settings."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests

from bridge.cli.waiting import free_port, until
from bridge.store import Store, people
from tests.settings import pairs

FORM = {
    "titulo": "Não salva produtos da planilha",
    "email_cliente": "admin@cliente.example",
    "ferramenta": "Sistema",
    "fluxo": ["Cadastros", "Produtos", "Salvar"],
    "descricao": "Só as primeiras 500 linhas são salvas.",
}


@dataclass
class Installation:
    url: str
    sandbox: str
    environment: dict[str, str]
    serve: subprocess.Popen[bytes]
    store: Store

    def file(self, count: int) -> None:
        """Tickets filed over the API, each with its issue, its e-mails sent and at rest."""
        with self.store.begin() as db:
            partner = people.by_email(db, "parceiro@revenda.example")
            assert partner
            token = people.issue_token(db, partner)
        for number in range(count):
            headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"bench-{number}"}
            answer = requests.post(f"{self.url}/api/chamados", json=FORM, headers=headers, timeout=10)
            while answer.status_code == 429:
                time.sleep(1)
                answer = requests.post(f"{self.url}/api/chamados", json=FORM, headers=headers, timeout=10)
            answer.raise_for_status()
        assert until(lambda: len(self.issues()) == count, seconds=300)
        assert until(lambda: self.waiting() == self.unsent() == 0, seconds=300)

    def issues(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = requests.get(f"{self.sandbox}/_sandbox/jira/issues", timeout=30).json()
        return found

    def waiting(self) -> int:
        """Tickets that were rung and not looked at yet."""
        return self.count("tickets WHERE generation > observed_generation")

    def unsent(self) -> int:
        return self.count("mails WHERE state IN ('queued', 'sending')")

    def count(self, rows: str) -> int:
        with self.store.engine.connect().execution_options(read_only=True) as connection:
            return int(connection.exec_driver_sql(f"SELECT count(*) FROM {rows}").scalar() or 0)

    def processes(self) -> list[int]:
        """The server's process and those below it."""
        found = subprocess.run(
            ["pgrep", "-P", str(self.serve.pid)], capture_output=True, text=True, check=False
        )
        return [self.serve.pid, *(int(line) for line in found.stdout.split())]

    def megabytes(self) -> float:
        """Resident memory of the process that serves."""
        pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self.processes()]
        return max(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6

    def cpu_seconds(self) -> float:
        ticks = 0
        for pid in self.processes():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def latency(self, milliseconds: int, match: str = "* /jira/*") -> None:
        requests.post(
            f"{self.sandbox}/_sandbox/latency", json={"match": match, "ms": milliseconds}, timeout=10
        )


@contextmanager
def installation(changes: Mapping[str, str] | None = None) -> Iterator[Installation]:
    """`changes`: to the environment of `chamados serve`."""
    with TemporaryDirectory() as folder:
        port, sandbox_port, smtp_port = free_port(), free_port(), free_port()
        arguments = ["--port", str(sandbox_port), "--smtp-port", str(smtp_port)]
        bridge_url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "bridge", "sandbox", *arguments, "--bridge-url", bridge_url]
        lines = subprocess.run([*command, "--env"], capture_output=True, text=True, check=True).stdout
        exported = pairs(lines.splitlines())
        database = f"sqlite:///{folder}/chamados.db"
        environment = {**os.environ, **exported, **(changes or {}), "CHAMADOS_DATABASE_URL": database}
        environment["CHAMADOS_FILES"] = f"{folder}/files"
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        sandbox = subprocess.Popen(command, **quiet)  # type: ignore[call-overload]
        served = [sys.executable, "-m", "bridge", "serve", "--port", str(port)]
        serve = subprocess.Popen(served, env=environment, **quiet)  # type: ignore[call-overload]
        try:
            assert until(lambda: _answers(f"{bridge_url}/readyz"), seconds=60)
            yield Installation(
                url=bridge_url,
                sandbox=f"http://127.0.0.1:{sandbox_port}",
                environment=exported,
                serve=serve,
                store=Store(database),
            )
        finally:
            for process in (serve, sandbox):
                process.send_signal(signal.SIGTERM)
                process.wait(30)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False
