"""Claims, leases and the schema, on both engines."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from bridge.app import open_services
from bridge.config import load
from bridge.reconcile.speech import say_once
from bridge.store import Store, engine, mails, outside, people, schema
from bridge.store.claims import LeaseLost, claim, claimable, park, postpone, settle, writing
from bridge.store.tables import Mail, Partner, Ticket
from bridge.store.tickets import ring
from bridge.store.turns import TransactionOpen
from tests.conftest import NOW
from tests.settings import SETTINGS

LEASE = timedelta(minutes=2)


def test_only_one_of_many_claims_a_ticket(store: Store, number: int) -> None:
    claims: list[object] = []
    threads = [
        threading.Thread(
            target=lambda name=name: claims.append(claim(store, number, owner=name, now=NOW, lease=LEASE))
        )
        for name in "abcdefgh"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([one for one in claims if one]) == 1


def test_processes_that_start_at_once_register_the_first_partners_once(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_looked = threading.Barrier(2)
    by_email = people.by_email

    def slowly(db: Session, email: str) -> Partner | None:
        found = by_email(db, email)
        with suppress(threading.BrokenBarrierError):
            both_looked.wait(0.5)
        return found

    monkeypatch.setattr(people, "by_email", slowly)
    environment = SETTINGS | {
        "CHAMADOS_DATABASE_URL": database_url,
        "CHAMADOS_FILES": str(tmp_path / "files"),
        "CHAMADOS_PARTNERS": "Revenda <revenda@example.com>",
    }
    with ThreadPoolExecutor(2) as pool:
        started = list(pool.map(lambda _: open_services(load(environment)), range(2)))
    with started[0].store.read() as db:
        assert db.scalars(select(Partner.email)).all() == ["revenda@example.com"]
    for services in started:
        services.store.close()


def test_a_lease_that_ran_out_is_taken_over_and_its_old_owner_writes_nothing(
    store: Store, number: int
) -> None:
    first = claim(store, number, owner="a", now=NOW, lease=LEASE)
    later = NOW + LEASE
    second = claim(store, number, owner="b", now=later, lease=LEASE)
    assert first
    assert second
    with pytest.raises(LeaseLost), writing(store, first) as db:
        db.get_one(Ticket, number).title = "written by a ghost"
    with pytest.raises(LeaseLost):
        settle(store, first, outcome="x", due_at=None, now=later)
    with store.read() as db:
        assert db.get_one(Ticket, number).title == "t"


def test_who_sleeps_while_it_looks_for_its_words_writes_them_no_second_time(
    store: Store, number: int
) -> None:
    written: list[str] = []

    def looks(*_: object) -> None:
        assert claim(store, number, owner="b", now=NOW + LEASE, lease=LEASE)

    def writes(*_: object, marker: str) -> str:
        written.append(marker)
        return "1"

    jira = SimpleNamespace(find_comment=looks, comment=writes)
    services: Any = SimpleNamespace(jira=jira, store=store, clock=lambda: NOW + LEASE)
    first = claim(store, number, owner="a", now=NOW, lease=LEASE)
    assert first
    with pytest.raises(LeaseLost):
        say_once(services, first, "10001", [], marker="action-1")
    assert written == []


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_who_is_paused_in_a_transaction_keeps_nobody_waiting(
    database_url: str, store: Store, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "IDLE_SECONDS", 1)
    paused = Store(database_url)
    began = time.monotonic()

    def write_and_pause() -> None:
        with paused.begin() as held:
            held.get_one(Ticket, number).title = "paused"
            held.flush()
            with store.begin() as db:
                db.get_one(Ticket, number).title = "awake"

    with pytest.raises(DBAPIError):
        write_and_pause()
    paused.close()
    assert time.monotonic() - began < engine.LOCK_SECONDS
    with store.read() as db:
        assert db.get_one(Ticket, number).title == "awake"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_connections_that_the_server_ended_are_not_lent(
    database_url: str, store: Store, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "FRESH_SECONDS", 0)
    with store.read(), store.read(), store.read():
        pass
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    with psycopg.connect(database_url, autocommit=True) as other:
        other.execute(f"{ended} AND pid <> pg_backend_pid()")
    for _ in range(2):
        with store.read() as db:
            assert db.get_one(Ticket, number)


def test_a_ring_during_a_look_is_not_lost(store: Store, number: int) -> None:
    claimed = claim(store, number, owner="a", now=NOW, lease=LEASE)
    assert claimed
    with store.begin() as db:
        ring(db, number, kind="issue", subject="10001", now=NOW)
    assert settle(store, claimed, outcome="done", due_at=None, now=NOW)
    again = claim(store, number, owner="a", now=NOW, lease=LEASE)
    assert again
    assert again.rings == (("issue", "10001"),)


def test_ten_rings_are_one_look(store: Store, number: int) -> None:
    with store.begin() as db:
        for _ in range(10):
            ring(db, number, kind="issue", subject="10001", now=NOW)
    claimed = claim(store, number, owner="a", now=NOW, lease=LEASE)
    assert claimed
    assert claimed.rings == (("filed", "form"), ("issue", "10001"))
    assert not settle(store, claimed, outcome="done", due_at=None, now=NOW)
    assert claimable(store, now=NOW, limit=10) == []


def test_a_postponed_ticket_rests_and_a_parked_one_waits_for_a_ring(store: Store, number: int) -> None:
    claimed = claim(store, number, owner="a", now=NOW, lease=LEASE)
    assert claimed
    postpone(store, claimed, outcome="later", retry_at=NOW + timedelta(seconds=60), now=NOW)
    assert claimable(store, now=NOW + timedelta(seconds=59), limit=10) == []
    later = NOW + timedelta(seconds=60)
    again = claim(store, number, owner="a", now=later, lease=LEASE)
    assert again
    assert again.rings  # a failed look keeps its doorbells
    park(store, again, reason="Jira: field 10101 unknown", now=later)
    assert claimable(store, now=later + timedelta(days=1), limit=10) == []
    with store.begin() as db:
        ring(db, number, kind="cli", subject="retry", now=later)
    assert claimable(store, now=later, limit=10) == [number]


def test_a_due_time_brings_the_ticket_back(store: Store, number: int) -> None:
    claimed = claim(store, number, owner="a", now=NOW, lease=LEASE)
    assert claimed
    settle(store, claimed, outcome="done", due_at=NOW + timedelta(seconds=30), now=NOW)
    assert claimable(store, now=NOW + timedelta(seconds=29), limit=10) == []
    assert claimable(store, now=NOW + timedelta(seconds=30), limit=10) == [number]


def test_an_older_database_is_refused_with_the_remedy(store: Store) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(schema.SchemaOutdated, match="chamados db upgrade"):
        schema.prepare(store)


def test_no_call_to_the_outside_inside_a_transaction(store: Store) -> None:
    with outside():
        pass
    with store.begin(), pytest.raises(TransactionOpen), outside():
        pass
    with store.read(), pytest.raises(TransactionOpen), outside():
        pass


def test_looks_compute_one_at_a_time_and_another_while_one_is_outside(tmp_path: Path) -> None:
    """Whoever waits for an answer of this process waits for one of them, not for all."""
    store = Store(f"sqlite:///{tmp_path / 'bridge.db'}")
    entered, left = threading.Event(), threading.Event()

    def look() -> None:
        with store.turn():
            entered.set()
            left.wait(0.1)
            left.set()

    with ThreadPoolExecutor() as pool, store.turn():
        pool.submit(look)
        assert not entered.wait(0.1)
        with outside():
            assert entered.wait(10)
        assert left.is_set()


def test_the_next_mail_does_not_wait_for_one_that_is_just_being_sent(store: Store, number: int) -> None:
    someone, apart = "a@b.example", timedelta(minutes=5)

    def soonest(now: datetime) -> timedelta:
        with store.read() as db:
            allowed = mails.not_before(db, ticket_id=number, recipient=someone, apart=apart, now=now)
        return allowed - now

    assert soonest(NOW) == timedelta(0)
    with store.begin() as db:
        mail = Mail(ticket_id=number, cause="c", kind="k", recipient=someone, message_id="<1@x>", raw=b"")
        mail.due_at, mail.created_at = NOW + apart, NOW
        db.add(mail)
    assert soonest(NOW) == 2 * apart
    with store.begin() as db:
        taken = mails.take(db, mail.id, now=NOW + apart)
    assert taken
    assert soonest(NOW + apart) == apart
    mails.sent(store, taken, outcome="250", now=NOW + apart)
    assert soonest(NOW + apart * 1.5) == apart / 2
