"""Many `chamados worker` processes on one PostgreSQL, and a sandbox in a process of its own."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import requests
from sqlalchemy import Interval, func, literal, select, update

from bridge.cli.running import worker
from bridge.cli.waiting import free_port, until
from bridge.reconcile.create import QUARANTINE
from bridge.store import Store, people
from bridge.store.filing import Submission, file_ticket
from bridge.store.mails import SENDING_LIMIT
from bridge.store.tables import Event, Mail, Ticket
from bridge.store.tickets import ring
from tests.bench.installation import FORM
from tests.databases import POSTGRESQL, make_tables, postgresql
from tests.settings import pairs

BY_HAND = ("Backlog", "To Do")
READY_LIMIT, LIMIT = 60.0, 1200.0
PREPARED = get_context("forkserver")
"""Where workers come from with all imported, or some would be killed before they had done that."""
PREPARED.set_forkserver_preload(["bridge.cli.running", "bridge.carrier.procrastinate"])


@dataclass
class Workers:
    """A sandbox, a database, and the workers that are started and killed."""

    store: Store
    sandbox: str
    environment: dict[str, str]
    sandbox_process: subprocess.Popen[bytes]
    logs: Path
    running: list[BaseProcess] = field(default_factory=list)
    started: int = 0

    # --- workers

    def start(self) -> None:
        self.started += 1
        log = self.logs / f"worker-{self.started}.log"
        log.touch()
        process = PREPARED.Process(target=_work, args=(self.environment, log))
        process.start()
        self.running.append(process)

    def wait_ready(self) -> None:
        logs = [self.logs / f"worker-{number + 1}.log" for number in range(self.started)]
        assert until(lambda: all("working" in log.read_text() for log in logs), seconds=READY_LIMIT)

    def kill_oldest(self) -> None:
        victim = self.running.pop(0)
        victim.kill()
        victim.join()

    def cpu_seconds(self) -> tuple[float, float]:
        """Of the workers, and of the sandbox."""
        return sum(_cpu(one.pid or 0) for one in self.running), _cpu(self.sandbox_process.pid)

    # --- work

    def file(self, count: int) -> None:
        """So many tickets in one transaction."""
        now = datetime.now(UTC)
        with self.store.begin() as db:
            partner = people.by_email(db, "parceiro@revenda.example") or people.register(
                db, name="Revenda Modelo", email="parceiro@revenda.example", now=now
            )
            db.flush()
            for _ in range(count):
                file_ticket(db, Submission(partner=partner, answers=dict(FORM)), status="Triagem", now=now)

    def ring_all(self) -> None:
        with self.store.begin() as db:
            for number in db.scalars(select(Ticket.id).order_by(Ticket.id)).all():
                ring(db, number, kind="issue", subject="", now=datetime.now(UTC))

    def move_all_by_hand(self) -> None:
        """People drag every issue to Backlog and on to To Do."""
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(self._move_by_hand, [issue["key"] for issue in self.issues()]))

    def _move_by_hand(self, key: str) -> None:
        url, who = (
            f"{self.sandbox}/jira/rest/api/3/issue/{key}/transitions",
            ("triagem@softhouse.example", "human"),
        )
        for status in BY_HAND:
            offered = requests.get(url, auth=who, timeout=30).json()["transitions"]
            chosen = next(one["id"] for one in offered if one["to"]["name"] == status)
            body = {"transition": {"id": chosen}}
            requests.post(url, auth=who, json=body, timeout=30).raise_for_status()

    def latency(self, milliseconds: int) -> None:
        body = {"match": "* /jira/*", "ms": milliseconds}
        requests.post(f"{self.sandbox}/_sandbox/latency", json=body, timeout=10).raise_for_status()

    def wait_rested(self) -> None:
        assert until(lambda: self.waiting() == 0, seconds=LIMIT), f"{self.waiting()} tickets do not rest"

    # --- what has become of it

    def waiting(self) -> int:
        """Tickets with a doorbell unanswered, a lease, or no issue yet."""
        busy = (
            (Ticket.generation > Ticket.observed_generation)
            | (Ticket.lease_owner != "")
            | Ticket.jira_key.is_(None)
        )
        with self.store.read() as db:
            return int(db.scalar(select(func.count()).select_from(Ticket).where(busy)) or 0)

    def let_doubts_pass(self) -> tuple[int, int]:
        """Creations and e-mails whose outcome a kill left unknown, put as far back as their rest lasts."""
        with self.store.begin() as db:
            doubtful = db.scalars(
                update(Ticket)
                .where(Ticket.jira_key.is_(None), Ticket.create_started_at.is_not(None))
                .values(create_started_at=Ticket.create_started_at - literal(QUARANTINE, Interval))
                .returning(Ticket.id)
            ).all()
            for number in doubtful:
                ring(db, number, kind="cli", subject="bench", now=datetime.now(UTC))
            mails = db.scalars(
                update(Mail)
                .where(Mail.state == "sending")
                .values(due_at=Mail.due_at - literal(SENDING_LIMIT, Interval))
                .returning(Mail.id)
            ).all()
        return len(doubtful), len(mails)

    def unsent(self) -> int:
        with self.store.read() as db:
            return int(db.scalar(select(func.count()).select_from(Mail).where(Mail.state != "sent")) or 0)

    def issues(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = requests.get(f"{self.sandbox}/_sandbox/jira/issues", timeout=60).json()
        return found

    def duplicate_issues(self) -> int:
        labels = Counter(label for issue in self.issues() for label in issue["labels"])
        return sum(count - 1 for count in labels.values())

    def duplicate_mails(self) -> int:
        mails = requests.get(f"{self.sandbox}/_sandbox/mails", timeout=60).json()
        return len(mails) - len({one["headers"]["message-id"] for one in mails})

    def overlaps(self) -> int:
        """Calls about one issue that the bridge had open side by side."""
        spans: dict[str, list[tuple[float, float]]] = {}
        ours = self.environment["CHAMADOS_JIRA_USER"]
        for call in requests.get(f"{self.sandbox}/_sandbox/calls", timeout=60).json():
            parts = call["path"].split("/")
            if call["who"] == ours and "issue" in parts[:-1]:
                end = datetime.fromisoformat(call["time"]).timestamp()
                spans.setdefault(parts[parts.index("issue") + 1], []).append((end - call["ms"] / 1000, end))
        ordered = [sorted(times) for issue, times in spans.items() if issue[-1].isdigit()]
        # The log's times are whole milliseconds.
        return sum(begin < end - 0.002 for times in ordered for (_, end), (begin, _) in pairwise(times))

    def inversions(self) -> int:
        """Moves told out of Jira's order, and e-mails of one ticket that left out of theirs."""
        with self.store.read() as db:
            told = db.execute(select(Event.ticket_id, Event.at).order_by(Event.ticket_id, Event.id)).all()
            sent = db.execute(
                select(Mail.ticket_id, Mail.sent_at).order_by(Mail.ticket_id, Mail.recipient, Mail.id)
            ).all()
        return _falling(told) + _falling(sent)

    def told(self) -> int:
        with self.store.read() as db:
            return int(db.scalar(select(func.count()).select_from(Event)) or 0)


def _work(environment: dict[str, str], log: Path) -> None:
    """`chamados worker`, as it would be in a process that a shell has started."""
    file = os.open(log, os.O_WRONLY)
    os.dup2(file, sys.stdout.fileno())
    os.dup2(file, sys.stderr.fileno())
    os.environ.clear()
    os.environ.update(environment)
    worker.main([])


def _falling(rows: Any) -> int:
    return sum(one[0] == other[0] and other[1] < one[1] for one, other in pairwise(rows))


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def many(*, threads: int) -> Iterator[Workers]:
    """A fresh sandbox and database; CHAMADOS_TEST_POSTGRESQL names the server."""
    if not POSTGRESQL:
        raise click.UsageError("CHAMADOS_TEST_POSTGRESQL is to be a URL that may create databases")
    with postgresql() as url, TemporaryDirectory() as folder:
        sandbox_port, closed = free_port(), free_port()
        command = [sys.executable, "-m", "bridge", "sandbox", "--port", str(sandbox_port), "--smtp-port",
                   str(free_port()), "--bridge-url", f"http://127.0.0.1:{closed}"]  # fmt: skip
        lines = subprocess.run([*command, "--env"], capture_output=True, text=True, check=True).stdout
        environment = {
            **os.environ,
            **pairs(lines.splitlines()),
            "CHAMADOS_DATABASE_URL": url,
            "CHAMADOS_FILES": f"{folder}/files",
            "CHAMADOS_MAIL_HOLD": "0",
            "CHAMADOS_MAIL_COMMENT_HOLD": "0",
            "CHAMADOS_MAIL_REASON_HOLD": "0",
            "CHAMADOS_WORKERS": str(threads),
        }
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        sandbox = subprocess.Popen(command, **quiet)  # type: ignore[call-overload]
        make_tables(url)
        store = Store(url)
        place = Workers(store, f"http://127.0.0.1:{sandbox_port}", environment, sandbox, Path(folder))
        try:
            assert until(lambda: _answers(f"{place.sandbox}/_sandbox/calls"), seconds=60)
            yield place
        finally:
            sandbox.terminate()
            for process in place.running:
                process.terminate()
            sandbox.wait(60)
            for process in place.running:
                process.join(60)
            store.close()


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False
