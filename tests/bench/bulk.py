"""A thousand tickets moved at once in Jira: how many e-mails each reader gets, and how fast they go."""

import logging
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import requests
import structlog
from sqlalchemy import select

from bridge.actions import Tell
from bridge.cli.waiting import free_port, until
from bridge.config import load
from bridge.reconcile.outbox import send_due
from bridge.reconcile.telling import write_telling
from bridge.sandbox.control import Controls
from bridge.sandbox.mail import Inbox
from bridge.services import Services, build
from bridge.store import Store, people, schema
from bridge.store.filing import Submission, file_ticket
from bridge.store.tables import Mail, Ticket
from mappings import load as load_mappings
from tests.bench.installation import FORM, Installation, installation
from tests.mailroom.conftest import ENVIRONMENT
from tests.mta.servers import MailServers, missing

ANA, BIA = "ana@revenda.example", "bia@revenda.example"
HOLD = 20
"""Seconds that bulk changes wait; the default of 5 minutes would only make the run longer."""
STEPS = ("Faltam Informações", "Triagem", "Backlog")
AT_ONCE = 1000
"""Issues in one of Jira's bulk requests."""
LIMIT = 1800.0


@click.command()
@click.option("--tickets", default=1000, show_default=True)
@click.option("--journey/--no-journey", default=True, show_default=True, help="Through Jira, too.")
def bulk(tickets: int, journey: bool) -> None:
    """One worker's e-mails composed and handed over a second; then that many tickets moved in Jira."""
    with _relay() as (name, environment):
        _one_worker(name, environment, tickets)
        if journey:
            with installation({**environment, "CHAMADOS_MAIL_BULK_HOLD": str(HOLD)}) as place:
                _journey(place, tickets)


@contextmanager
def _relay() -> Iterator[tuple[str, dict[str, str]]]:
    """Exim with STARTTLS and AUTH where it is installed, else the sandbox's inbox."""
    if not missing():
        servers = MailServers()
        try:
            servers.start()
            os.environ["SSL_CERT_FILE"] = str(servers.certificate)
            yield "Exim", {"CHAMADOS_SMTP_URL": servers.smtp_url, "SSL_CERT_FILE": str(servers.certificate)}
        finally:
            servers.stop()
        return
    inbox = Inbox(Controls())
    port = inbox.start("127.0.0.1", free_port())
    try:
        yield "the sandbox", {"CHAMADOS_SMTP_URL": f"smtp://127.0.0.1:{port}"}
    finally:
        inbox.stop()


# --- one worker, without Jira


def _one_worker(relay: str, environment: dict[str, str], tickets: int) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with TemporaryDirectory() as folder:
        config = load({**ENVIRONMENT, **environment, "CHAMADOS_IMAP_URL": ""})
        store = Store(f"sqlite:///{folder}/chamados.db")
        schema.prepare(store)
        services = build(replace(config, files=Path(folder)), load_mappings(None), store)
        _file(store, tickets + 1)
        _tell(services, 1)  # the templates are compiled, the statements known
        send_due(services)
        began = (time.monotonic(), time.process_time())
        for number in range(2, tickets + 2):
            _tell(services, number)
        composed = (time.monotonic(), time.process_time())
        while send_due(services):
            pass
        sent = (time.monotonic(), time.process_time())
        with store.read() as db:
            states = Counter(db.scalars(select(Mail.state).where(Mail.ticket_id > 1)))
        store.close()
    count = states.total()
    for words, first, last in (
        ("composed", began, composed),
        (f"handed to {relay}", composed, sent),
        ("both, one after the other", began, sent),
    ):
        wall, cpu = last[0] - first[0], last[1] - first[1]
        click.echo(
            f"{words}: {count} in {wall:.1f} s, {count / wall:.0f}/s; CPU {cpu * 1000 / count:.1f} ms each"
        )
    click.echo(f"states: {dict(states)}")


def _tell(services: Services, number: int) -> None:
    """What a reconcile does once a move is due to be told."""
    action = Tell(
        source=f"changelog:{number}",
        at=services.clock(),
        kind="status",
        author="triagem",
        status="Backlog",
        text="",
        visible=True,
        email="aprovado",
        outcome="",
        context={},
    )
    with services.store.begin() as db:
        write_telling(db, services, db.get_one(Ticket, number), action)


def _file(store: Store, count: int) -> None:
    now = datetime.now(UTC)
    with store.begin() as db:
        ana = people.by_email(db, ANA) or people.register(db, name="Revenda Modelo", email=ANA, now=now)
        db.flush()
        for _ in range(count):
            answers = {**FORM, "notificar": [BIA]}
            file_ticket(db, Submission(partner=ana, answers=answers), status="Triagem", now=now)


# --- all of it


def _journey(place: Installation, tickets: int) -> None:
    _file(place.store, tickets)
    began = time.monotonic()
    assert until(lambda: len(place.issues()) == tickets and place.waiting() == 0, seconds=LIMIT)
    click.echo(f"{tickets} tickets filed in Jira in {time.monotonic() - began:.0f} s")
    began = time.monotonic()
    for status in STEPS:
        _move(place, status)
    click.echo(f"moved {len(STEPS)} times in {time.monotonic() - began:.0f} s; told {HOLD} s later")
    assert until(lambda: len(_told(place)) >= 2 * tickets and not _unsent(place), seconds=LIMIT)
    mails = _told(place)
    seconds = (
        max(one.sent_at for one in mails if one.sent_at) - min(one.created_at for one in mails)
    ).total_seconds()
    most = max(Counter((one.ticket_id, one.recipient) for one in mails).values())
    click.echo(
        f"{len(mails)} e-mails ({', '.join(sorted({one.kind for one in mails}))}), at most {most} to one "
        f"recipient about one ticket; first composed to last handed over: {seconds:.1f} s, "
        f"{len(mails) / seconds:.0f}/s, each ticket reread in Jira meanwhile"
    )


def _move(place: Installation, status: str) -> None:
    """All of them selected on Jira's board and moved."""
    url, who = f"{place.sandbox}/jira/rest/api/3", ("triagem@softhouse.example", "human")
    keys = [str(one["key"]) for one in place.issues()]
    for some in (keys[at : at + AT_ONCE] for at in range(0, len(keys), AT_ONCE)):
        offered = requests.get(f"{url}/issue/{some[0]}/transitions", auth=who, timeout=30).json()[
            "transitions"
        ]
        chosen = next(one["id"] for one in offered if one["to"]["name"] == status)
        inputs = [{"selectedIssueIdsOrKeys": some, "transitionId": chosen}]
        body = {"bulkTransitionInputs": inputs}
        answer = requests.post(f"{url}/bulk/issues/transition", auth=who, json=body, timeout=600)
        answer.raise_for_status()


def _told(place: Installation) -> list[Mail]:
    with place.store.read() as db:
        return list(db.scalars(select(Mail).where(Mail.kind != "recebido")))


def _unsent(place: Installation) -> int:
    with place.store.read() as db:
        return len(db.scalars(select(Mail.id).where(Mail.state != "sent")).all())
