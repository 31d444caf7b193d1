"""The outbox over days: what is sent, when it is tried again, and what the operator learns."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import select

from bridge import app
from bridge.cli.waiting import until
from bridge.clients.limits import Limiter
from bridge.clients.mail import REST, Mailer
from bridge.config import MailSettings, Secret, load
from bridge.reconcile import outbox as outbox_module
from bridge.reconcile.outbox import send_due
from bridge.sandbox.control import Controls, Fault
from bridge.sandbox.mail import Inbox
from bridge.services import Services, build
from bridge.store import Store, mails, suppressed
from bridge.store.counts import counts
from bridge.store.tables import Mail
from mappings import load as load_mappings
from tests.scripted_relay import DIALLED, MESSAGE, ScriptedRelay, scripted_relay
from tests.test_webhooks import SETTINGS

OPERATOR = "ti@softhouse.example"


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def outbox(store: Store) -> Iterator[tuple[Services, Inbox, Controls, Clock]]:
    controls, clock = Controls(), Clock()
    inbox = Inbox(controls)
    settings = MailSettings(
        smtp_url=Secret(f"smtp://127.0.0.1:{inbox.start('127.0.0.1', 0)}"),
        sender="Chamados <chamados@softhouse.example>",
        idempotency_header="Resend-Idempotency-Key",
        operator=OPERATOR,
    )
    config = replace(load(SETTINGS), mail=settings)
    services = replace(build(config, load_mappings(None), store), mailer=Mailer(settings), clock=clock)
    yield services, inbox, controls, clock
    inbox.stop()


def _queue(services: Services, *, recipient: str = "ana@revenda.example", name: str = "1") -> None:
    message = EmailMessage()
    message["Subject"], message["Message-ID"] = "Recebido", f"<{name}@softhouse.example>"
    message.set_content("Olá")
    with services.store.begin() as db:
        mails.queue(
            db,
            ticket_id=None,
            cause=f"test:{name}",
            kind="recebido",
            recipient=recipient,
            message=message,
            now=services.clock(),
        )


def _tries(services: Services, clock: Clock, *, until: Callable[[], bool]) -> list[float]:
    """Minutes after the first at which the mail is tried, the clock moving to each due time."""
    began, tried = clock.now, []
    while not until():
        with services.store.read() as db:
            due = [one.due_at for one in db.scalars(select(Mail)) if one.due_at and one.kind == "recebido"]
        if not due:
            break
        clock.now = max(clock.now, min(due))
        tried.append((clock.now - began).total_seconds() / 60)
        send_due(services)
    return tried


def test_a_greylisted_mail_is_tried_after_5_15_30_and_60_minutes(
    outbox: tuple[Services, Inbox, Controls, Clock],
) -> None:
    services, inbox, controls, clock = outbox
    controls.add(Fault(match="SMTP ana@*", do="451", times=5))
    _queue(services)
    tried = _tries(services, clock, until=lambda: bool(inbox.mails(to="ana@revenda.example")))
    assert tried == [0, 5, 20, 50, 110, 170]


def test_the_operator_is_told_once_of_mails_that_wait_for_four_hours(
    outbox: tuple[Services, Inbox, Controls, Clock],
) -> None:
    services, inbox, controls, clock = outbox
    controls.add(Fault(match="SMTP *@revenda.example", do="451", times=10_000))
    _queue(services)
    _queue(services, recipient="bia@revenda.example", name="2")
    tried = _tries(services, clock, until=lambda: False)
    assert 5 * 24 * 60 <= tried[-1] < 5 * 24 * 60 + 60
    send_due(services)
    [warning] = inbox.mails()
    assert warning["rcpt_tos"] == [OPERATOR]
    assert "ana@revenda.example" in warning["text"]
    with services.store.read() as db:
        ends = {one.recipient: (one.state, one.outcome) for one in db.scalars(select(Mail))}
    state, outcome = ends["ana@revenda.example"]
    assert state == "failed"
    assert outcome.endswith("given up after 5 days")


def test_a_refused_mail_is_not_repeated_and_told(outbox: tuple[Services, Inbox, Controls, Clock]) -> None:
    services, inbox, controls, clock = outbox
    controls.add(Fault(match="SMTP ana@*", do="550"))
    _queue(services)
    assert _tries(services, clock, until=lambda: False) == [0]
    clock.now += timedelta(days=6)
    send_due(services)
    [warning] = inbox.mails()
    assert "550" in warning["text"]


def test_an_attempt_in_doubt_is_repeated_with_the_same_ids(
    outbox: tuple[Services, Inbox, Controls, Clock],
) -> None:
    services, inbox, controls, clock = outbox
    controls.add(Fault(match="SMTP ana@*", do="drop_after"))
    _queue(services)
    send_due(services)
    with services.store.read() as db:
        assert "may have been taken" in db.scalars(select(Mail)).one().outcome
    clock.now += timedelta(minutes=5)
    send_due(services)
    first, second = inbox.mails()
    assert first["headers"]["message-id"] == second["headers"]["message-id"]
    key = first["headers"]["resend-idempotency-key"]
    assert len(key) == 64
    assert second["headers"]["resend-idempotency-key"] == key


def test_an_attempt_that_a_crash_cut_off_is_made_again(
    outbox: tuple[Services, Inbox, Controls, Clock],
) -> None:
    services, inbox, _, clock = outbox
    _queue(services)
    [number] = mails.due(services.store, now=clock(), limit=1)
    with services.store.begin() as db:
        assert mails.take(db, number, now=clock())
    assert send_due(services) == 0
    clock.now += mails.SENDING_LIMIT
    send_due(services)
    assert len(inbox.mails()) == 1


def test_more_than_one_look_takes_goes_without_a_pause(
    outbox: tuple[Services, Inbox, Controls, Clock], monkeypatch: pytest.MonkeyPatch
) -> None:
    services, inbox, _, _ = outbox
    for name in ("heal", "watch", "ask_file_limit", "tidy"):
        monkeypatch.setattr(app, name, lambda _: 0)
    monkeypatch.setattr(app, "MAIL_SECONDS", 3600)
    monkeypatch.setattr(outbox_module, "BATCH", 2)
    for number in range(5):
        _queue(services, name=str(number))
    carrier = app.carried(services, owner="test")
    try:
        assert until(lambda: len(inbox.mails()) == 5, seconds=20)
    finally:
        carrier.stop()


@pytest.fixture
def locked_out(store: Store) -> Iterator[tuple[Services, ScriptedRelay, Clock]]:
    """The password of the bridge's account at the relay has expired."""
    clock = Clock()
    with scripted_relay(AUTH="535 5.7.8 Username and Password not accepted") as relay:
        settings = MailSettings(
            smtp_url=Secret(f"smtp://us:old@127.0.0.1:{relay.port}"),
            sender="Chamados <chamados@softhouse.example>",
            operator=OPERATOR,
        )
        mailer = Mailer(settings, limiter=Limiter(store, clock=clock))
        built = build(replace(load(SETTINGS), mail=settings), load_mappings(None), store)
        yield replace(built, mailer=mailer, clock=clock), relay, clock


def _mails(services: Services) -> dict[str, tuple[str, str]]:
    with services.store.read() as db:
        return {one.recipient: (one.state, one.outcome) for one in db.scalars(select(Mail))}


def test_what_a_relay_has_against_us_costs_no_mail(
    locked_out: tuple[Services, ScriptedRelay, Clock],
) -> None:
    services, relay, clock = locked_out
    people = [f"{name}@revenda.example" for name in ("ana", "bia", "caio")]
    for name in people:
        _queue(services, recipient=name, name=name)
    send_due(services)
    assert (relay.heard[DIALLED], relay.heard["MAIL"]) == (1, 0)
    told = _mails(services)
    assert {told[name][0] for name in people} == {"queued"}
    assert all("535 5.7.8 Username and Password not accepted" in told[name][1] for name in people)
    assert counts(services.store, now=clock()).pauses["smtp"] == clock() + timedelta(seconds=REST)
    with services.store.read() as db:
        assert suppressed.everyone(db) == []

    for _ in range(2):  # the warning of what has waited for four hours is refused as well
        clock.now += timedelta(hours=4)
        send_due(services)
    assert _mails(services)[OPERATOR][0] == "queued"

    del relay.answers["AUTH"]
    clock.now += timedelta(hours=1)
    send_due(services)
    assert {state for state, _ in _mails(services).values()} == {"sent"}
    assert relay.heard[MESSAGE] == len(people) + 1
