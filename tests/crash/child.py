"""The process that is killed: does all the work there is, counting its boundaries."""

import os
import signal
import smtplib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from typing import Any

from requests.adapters import HTTPAdapter
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bridge.config import load
from bridge.mailroom import empty
from bridge.reconcile import reconcile
from bridge.reconcile.outbox import send_due
from bridge.services import Services, build
from bridge.store import Store, people
from bridge.store.claims import claimable
from bridge.store.filing import Submission, file_ticket, filed_before
from mappings import load as load_mappings
from tests.crash.mailbox import FolderMailbox

MAPPINGS = load_mappings(None)
ROUNDS = 50
MAILBOX = "mailbox"
"""The folder beside the uploads in which e-mails come."""


class Points:
    """Boundaries in the order in which they are passed; at the chosen one the process dies."""

    def __init__(self, kill_at: int, answers: Connection) -> None:
        self.names: list[str] = []
        self._kill_at = kill_at
        self._answers = answers

    def reach(self, name: str) -> None:
        self.names.append(name)
        if len(self.names) == self._kill_at:
            self._answers.send(self.names)
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, kind: type[Any], method: str, named: Callable[..., str]) -> None:
        """Call `reach` before and after each call of a method."""
        original = getattr(kind, method)

        def watched(this: Any, *given: Any, **more: Any) -> Any:
            name = named(*given)
            self.reach(f"before {name}")
            answer = original(this, *given, **more)
            self.reach(f"after {name}")
            return answer

        setattr(kind, method, watched)


def watch(points: Points) -> None:
    points.around(HTTPAdapter, "send", lambda request: f"{request.method} {_endpoint(request.url)}")
    points.around(smtplib.SMTP, "data", lambda _: "final dot")
    points.around(FolderMailbox, "read", lambda _: "reading a mail")
    points.around(FolderMailbox, "done", lambda _: "putting a mail away")
    event.listen(Engine, "commit", lambda _: points.reach("before commit"))
    event.listen(Session, "after_commit", lambda _: points.reach("after commit"))


def _endpoint(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


def work(environment: dict[str, str], *, ahead: float, kill_at: int, form: str, answers: Connection) -> None:
    """File `form` (an idempotency key) if it is not filed yet, then do whatever is due `ahead` seconds on.

    The boundaries that were passed go to `answers`, at the end or just before the kill.
    """
    points = Points(kill_at, answers)
    config = load(environment)
    services = replace(
        build(config, MAPPINGS, Store(config.database_url.reveal())),
        mailbox=FolderMailbox(config.files / MAILBOX),  # type: ignore[arg-type]
        clock=lambda: datetime.now(UTC) + timedelta(seconds=ahead),
    )
    watch(points)
    if form:
        _file(services, form)
    for _ in range(ROUNDS):
        empty(services)
        found = claimable(services.store, now=services.clock(), limit=10)
        for ticket_id in found:
            reconcile(services, ticket_id, owner=f"crash:{os.getpid()}")
        if not send_due(services) and not found:
            break
    answers.send(points.names)
    answers.close()


def _file(services: Services, key: str) -> None:
    """As the API does: the partner's client sends the form again until it is answered."""
    with services.store.begin() as db:
        partner = people.by_email(db, "parceiro@revenda.example")
        assert partner
        if filed_before(db, partner_id=partner.id, idempotency_key=key):
            return
        submission = Submission(partner=partner, answers=ANSWERS, idempotency_key=key)
        file_ticket(db, submission, status="Triagem", now=services.clock())


ANSWERS: dict[str, Any] = {
    "titulo": "Não salva produtos",
    "email_cliente": "admin@cliente.example",
    "ferramenta": "Sistema",
    "fluxo": ["Cadastros", "Salvar"],
    "descricao": "Só as primeiras 500 linhas são salvas.",
    "notificar": ["colega@revenda.example"],
}
