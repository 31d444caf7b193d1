"""Jira down for hours while tickets are filed, in simulated time: `python -m tests.outage --tickets 2000`."""

import io
import logging
import random
from collections import defaultdict, deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import click
import requests
import structlog
from requests.adapters import HTTPAdapter
from sqlalchemy import func, select
from urllib3 import HTTPResponse
from werkzeug.test import Client

from bridge.app import open_services
from bridge.clients.jira import Jira
from bridge.clients.limits import Limiter
from bridge.config import load
from bridge.reconcile import reconcile
from bridge.sandbox.jira import JiraSandbox
from bridge.sandbox.server import env_lines
from bridge.sandbox.settings import SandboxSettings
from bridge.services import Services
from bridge.store import people
from bridge.store.claims import claimable
from bridge.store.filing import Submission, file_ticket
from bridge.store.tables import Ticket
from tests.settings import pairs

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
DOWN = timedelta(hours=8)
WORKERS = 8
CALL = timedelta(milliseconds=100) / WORKERS
"""Simulated time of a call, shared by the workers who make them side by side."""
HALF_OF_BURST = {"GET": 50, "POST": 50, "PUT": 25, "DELETE": 25}
HALF_OF_ISSUE_READS = 75
"""Requests in any one second: outside-systems.md R1, halved."""
ANSWERS: dict[str, Any] = {
    "titulo": "Não salva produtos",
    "email_cliente": "admin@cliente.example",
    "ferramenta": "Sistema",
    "fluxo": ["Cadastros", "Salvar"],
    "descricao": "Só as primeiras 500 linhas são salvas.",
}


@dataclass
class Outage:
    """A Jira reached without sockets, whose clock is ours, and that is down until `back_at`."""

    now: datetime = datetime(2026, 3, 2, 8, tzinfo=UTC)
    back_at: datetime = LONG_AGO
    limited: float = 0.0
    """The share of requests answered 429 once it is back."""
    dice: random.Random = field(default_factory=lambda: random.Random(1))
    refused: int = 0
    early: int = 0
    busiest: float = 0.0
    """The fullest second, as a share of the burst limit of its endpoint."""
    _recent: dict[str, deque[datetime]] = field(default_factory=lambda: defaultdict(deque))
    _rest_until: datetime = LONG_AGO

    def __post_init__(self) -> None:
        self.jira = JiraSandbox(SandboxSettings(), clock=lambda: self.now)
        self._client = Client(self.jira.app)

    def clock(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def reached(self) -> AbstractContextManager[object]:
        """Every request of this process goes to this Jira."""
        return patch.object(HTTPAdapter, "send", lambda adapter, request, **_: self._answer(request))

    def _answer(self, request: requests.PreparedRequest) -> requests.Response:
        if not urlsplit(str(request.url)).path.startswith("/jira/"):
            return _response(request, 202, {}, b"")  # a webhook; its doorbell would change nothing here
        self.now += CALL
        if self.now < self.back_at:
            return _response(request, 503, {}, b"")
        self._measure(request)
        if self.dice.random() < self.limited:
            self.refused += 1
            wait = self.dice.choice([1, 2, 5])
            self._rest_until = max(self._rest_until, self.now + timedelta(seconds=wait))
            return _response(request, 429, {"Retry-After": str(wait)}, b"")
        parts = urlsplit(str(request.url))
        answer = self._client.open(
            parts.path.removeprefix("/jira"),
            query_string=parts.query,
            method=request.method,
            headers=dict(request.headers),
            data=request.body,
        )
        return _response(request, answer.status_code, dict(answer.headers), answer.data)

    def _measure(self, request: requests.PreparedRequest) -> None:
        self.early += self.now < self._rest_until
        path = urlsplit(str(request.url)).path
        endpoint = f"{request.method} {'/'.join('*' if part.isdigit() else part for part in path.split('/'))}"
        recent = self._recent[endpoint]
        recent.append(self.now)
        while recent[0] <= self.now - timedelta(seconds=1):
            recent.popleft()
        half = HALF_OF_ISSUE_READS if endpoint.endswith("GET /jira/rest/api/3/issue/*") else 0
        half = half or HALF_OF_BURST[str(request.method)]
        self.busiest = max(self.busiest, len(recent) / (2 * half))


def _response(
    request: requests.PreparedRequest, status: int, headers: dict[str, str], body: bytes
) -> requests.Response:
    answer = HTTPResponse(body=io.BytesIO(body), headers=headers, status=status, preload_content=False)
    return HTTPAdapter().build_response(request, answer)


def services_of(outage: Outage, folder: Path) -> Services:
    environment = {
        **pairs(env_lines(SandboxSettings())),
        "CHAMADOS_DATABASE_URL": f"sqlite:///{folder}/chamados.db",
        "CHAMADOS_FILES": str(folder / "files"),
    }
    opened = open_services(load(environment))
    limiter = Limiter(opened.store, clock=outage.clock, sleep=outage.sleep)
    jira = Jira(opened.config.jira, opened.mappings, connections=WORKERS, limiter=limiter)
    return replace(opened, jira=jira, clock=outage.clock)


def file_all(services: Services, outage: Outage, tickets: int, work: Callable[[], object]) -> None:
    """Filed evenly over the hours, while the engine goes on trying."""
    began = outage.now
    for number in range(tickets):
        outage.now = max(outage.now, began + DOWN * number / tickets)
        with services.store.begin() as db:
            partner = people.by_email(db, "parceiro@revenda.example")
            assert partner
            submission = Submission(partner=partner, answers=ANSWERS)
            file_ticket(db, submission, status="Triagem", now=outage.now)
        work()


def work_once(services: Services) -> int:
    """Every ticket that deserves a look gets one."""
    found = claimable(services.store, now=services.clock(), limit=500)
    for ticket_id in found:
        reconcile(services, ticket_id, owner="outage")
    return len(found)


def unfiled(services: Services) -> int:
    with services.store.read() as db:
        return db.scalar(select(func.count()).select_from(Ticket).where(Ticket.jira_key.is_(None))) or 0


def run(tickets: int, *, limited: float = 0.0) -> tuple[timedelta, Outage]:
    """How long after Jira's return the last ticket had its issue."""
    outage = Outage(limited=limited)
    with TemporaryDirectory() as folder, outage.reached():
        services = services_of(outage, Path(folder))
        outage.back_at = outage.now + DOWN
        file_all(services, outage, tickets, lambda: work_once(services))
        while outage.now < outage.back_at:
            outage.now += timedelta(seconds=0 if work_once(services) else 10)
        while unfiled(services):
            outage.now += timedelta(seconds=0 if work_once(services) else 0.2)
        assert len(outage.jira.issues()) == tickets
        services.store.close()
    return outage.now - outage.back_at, outage


@click.command()
@click.option("--tickets", default=2000)
@click.option("--limited", default=0.0, help="Share of requests that Jira answers with 429 once it is back.")
def main(tickets: int, limited: float) -> None:
    """Print how long the backlog took, and how hard Jira was asked."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    took, outage = run(tickets, limited=limited)
    click.echo(
        f"Jira down for {DOWN}, {tickets} tickets filed meanwhile: all done {took} after its return, "
        f"at most {outage.busiest:.0%} of a burst limit, {outage.refused} answered 429, "
        f"{outage.early} requests before a Retry-After"
    )


if __name__ == "__main__":
    main()
