"""Many processes on PostgreSQL: what rings is enqueued with its cause, and no two work on one ticket."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from procrastinate.schema import SchemaManager
from sqlalchemy import select, text, update

from bridge.carrier.procrastinate import SILENCE
from bridge.cli.waiting import free_port, until
from bridge.store import Store, engine, schema
from bridge.store.clock import MEASURE_SECONDS, ServerClock, clock_of
from bridge.store.jobs import drop_stalled
from bridge.store.tables import Entry, Mail, Ticket
from bridge.store.tickets import ring
from tests.test_doctor import run
from tests.world import World

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
still = pytest.mark.parametrize("world", [{"still": True}], indirect=True)
LIMIT = 60.0
"""Seconds for what takes two or three on an idle machine: processes start anew."""
WORKER = ["-m", "bridge", "worker"]
AN_HOUR_AHEAD = """
import datetime as real
from bridge.store import clock
class Ahead(real.datetime):
    @classmethod
    def now(cls, tz=None):
        return real.datetime.now(tz) + real.timedelta(hours=1)
clock.datetime = Ahead
from bridge.cli import main
main(["worker"])
"""


@dataclass
class Process:
    popen: subprocess.Popen[bytes]
    log: Path

    def said(self, words: str) -> bool:
        return words in self.log.read_text("utf-8")

    def signal(self, number: signal.Signals) -> None:
        self.popen.send_signal(number)


Start = Callable[..., Process]


@pytest.fixture
def start(world: World, tmp_path: Path) -> Iterator[Start]:
    """Starts `chamados worker`, or other Python, for the world; ends it with the test."""
    started: list[Process] = []

    def begin(*arguments: str, workers: int = 1) -> Process:
        log = tmp_path / f"process-{len(started)}.log"
        environment = {**os.environ, **world.environment, "CHAMADOS_WORKERS": str(workers)}
        with log.open("wb") as file:
            popen = subprocess.Popen(
                [sys.executable, *(arguments or WORKER)], env=environment, stdout=file, stderr=file
            )
        started.append(Process(popen, log))
        return started[-1]

    yield begin
    for process in started:
        process.popen.kill()
        process.popen.wait()


# --- what rings is enqueued with it


@on_postgresql
def test_a_ring_that_is_rolled_back_leaves_no_job(store: Store, number: int) -> None:
    assert _jobs(store) == [("todo", f"ticket {number}", f"ticket {number}")]
    _work_off(store)

    def ring_in_vain() -> None:
        with store.begin() as db:
            _ring(db, number)
            raise LookupError

    with pytest.raises(LookupError):
        ring_in_vain()
    assert _jobs(store) == []


@on_postgresql
def test_a_second_ring_finds_the_job_and_its_transaction_goes_on(store: Store, number: int) -> None:
    with store.begin() as db:
        _ring(db, number)
        db.get_one(Ticket, number).title = "written with the ring"
    assert len(_jobs(store)) == 1
    with store.read() as db:
        ticket = db.get_one(Ticket, number)
    assert (ticket.generation, ticket.title) == (2, "written with the ring")


@on_postgresql
def test_the_end_of_a_job_tells_of_the_next_one_of_its_ticket(store: Store, number: int) -> None:
    """Procrastinate alone would let it wait for the next poll."""
    with store.begin() as db:
        db.execute(text("UPDATE procrastinate_jobs SET status = 'doing'"))
    with store.begin() as db:
        _ring(db, number)
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as listener:
        listener.execute(text('LISTEN "procrastinate_queue_v1#tickets"'))
        with store.begin() as db:
            db.execute(text("DELETE FROM procrastinate_jobs WHERE status = 'doing'"))
        driver: Any = listener.connection.driver_connection
        heard = list(driver.notifies(timeout=LIMIT, stop_after=1))
    assert [one.channel for one in heard] == ["procrastinate_queue_v1#tickets"]


@on_postgresql
def test_a_job_whose_end_was_never_told_is_dropped_when_nobody_holds_its_ticket(
    store: Store, number: int
) -> None:
    with store.begin() as db:
        db.execute(text("INSERT INTO procrastinate_workers DEFAULT VALUES"))
        db.execute(text("UPDATE procrastinate_jobs SET status = 'doing', worker_id = 1"))
        assert drop_stalled(db, silence=SILENCE) == 0
        db.execute(text("UPDATE procrastinate_events SET at = now() - interval '1 minute'"))
        soon = datetime.now(UTC) + timedelta(minutes=1)
        db.execute(update(Ticket).values(lease_until=soon))
        assert drop_stalled(db, silence=SILENCE) == 0
        db.execute(update(Ticket).values(lease_until=soon - timedelta(minutes=2)))
        assert drop_stalled(db, silence=SILENCE) == 1


# --- processes that die, sleep, run late or are told to end


@on_postgresql
@still
def test_a_killed_workers_job_goes_on_elsewhere(world: World, start: Start) -> None:
    with _observing(world) as wait:
        number = world.file()
        killed = start()
        wait()
        killed.signal(signal.SIGKILL)
        killed.popen.wait()
    _age_heartbeats(world)
    assert ("doing", f"ticket {number}", f"ticket {number}") in _jobs(world.services.store)
    start()
    _wait_rested(world, number)
    assert len(world.issues()) == 1
    assert until(lambda: _jobs(world.services.store) == [], seconds=LIMIT)


@on_postgresql
@still
def test_a_worker_that_slept_through_its_lease_writes_nothing(world: World, start: Start) -> None:
    with _observing(world) as wait:
        number = world.file()
        sleeper = start()
        wait()
        sleeper.signal(signal.SIGSTOP)
    _age_heartbeats(world)
    with world.services.store.begin() as db:
        past = world.services.clock() - timedelta(seconds=1)
        db.execute(update(Ticket).values(lease_until=past))
    start()
    _wait_rested(world, number)
    before = _written(world, number)
    sleeper.signal(signal.SIGCONT)
    assert until(lambda: sleeper.said("was claimed by another worker"), seconds=LIMIT)
    assert _written(world, number) == before


@on_postgresql
@still
def test_an_hour_off_a_worker_respects_anothers_lease(world: World, start: Start) -> None:
    held, free = world.file(), world.file()
    until_then = world.services.clock() + timedelta(minutes=1)
    with world.services.store.begin() as db:
        leased = update(Ticket).where(Ticket.id == held)
        db.execute(leased.values(lease_owner="elsewhere:1", lease_until=until_then))
    start("-c", AN_HOUR_AHEAD)
    assert until(lambda: world.ticket(free).reconciled_at, seconds=LIMIT)
    reconciled_at = world.ticket(free).reconciled_at
    assert reconciled_at
    assert abs(reconciled_at - world.services.clock()) < timedelta(minutes=5)
    assert world.ticket(held).lease_owner == "elsewhere:1"
    assert world.ticket(held).jira_key is None


@on_postgresql
@still
def test_a_worker_told_to_end_finishes_what_it_has_and_takes_no_more(world: World, start: Start) -> None:
    with _observing(world) as wait:
        in_hand, waiting = world.file(), world.file()
        with world.services.store.begin() as db:
            _ring(db, in_hand)  # who was only filed is not looked at again
        worker = start()
        wait()
        worker.signal(signal.SIGTERM)
        assert until(lambda: "ending" in worker.log.read_text(), seconds=LIMIT)
    assert worker.popen.wait(LIMIT) == 0
    done, left = world.ticket(in_hand), world.ticket(waiting)
    assert done.reconciled_at
    assert done.lease_owner == ""
    assert (left.observed_generation, left.jira_key) == (0, None)
    assert {job[0] for job in _jobs(world.services.store)} == {"todo"}


@on_postgresql
@still
def test_two_workers_share_the_work_and_never_one_ticket(world: World, start: Start) -> None:
    world.sandbox.controls.latencies.append(("* /jira/*", 0.05))
    numbers = [world.file() for _ in range(8)]
    workers = [start(workers=4), start(workers=4)]
    for _ in range(10):
        for number in numbers:
            with world.services.store.begin() as db:
                _ring(db, number)
        assert until(lambda: world.ticket(numbers[0]).observed_generation, seconds=LIMIT)
    _wait_rested(world, *numbers)
    assert all(one.said("reconciled") for one in workers)
    assert len(world.issues()) == len(numbers)
    assert _overlaps(world) == []


# --- many processes that serve


@on_postgresql
@still
def test_serve_answers_with_several_processes(world: World, start: Start) -> None:
    serve = start("-m", "bridge", "serve", "--port", str(free_port()), "--processes", "2", workers=2)
    number = world.file()
    _wait_rested(world, number)
    children = Path(f"/proc/{serve.popen.pid}/task/{serve.popen.pid}/children")
    assert len(children.read_text().split()) == 2
    serve.signal(signal.SIGTERM)
    assert serve.popen.wait(LIMIT) == 0


@still
def test_what_cannot_work_is_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.environment["CHAMADOS_WORKERS"] = "0"
    assert "CHAMADOS_WORKERS is 0" in run(world, "worker")[1]
    if world.services.store.is_sqlite:
        assert "--processes needs PostgreSQL" in run(world, "serve", "--processes", "2")[1]
        return
    monkeypatch.setattr(engine, "find_spec", lambda name: None if name == "procrastinate" else name)
    code, said = run(world, "worker")
    assert (code, "needs procrastinate" in said, "chamados[postgres]" in said) == (1, True, True)


# --- the library and its tables


@on_postgresql
@still
def test_a_library_that_needs_other_tables_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(world, "db", "check")[0] == 0
    monkeypatch.setattr(SchemaManager, "get_schema", lambda: "-- the next version's")
    code, said = run(world, "db", "check")
    assert (code, "needs other tables than procrastinate-3.10" in said) == (1, True)
    assert "needs other tables" in run(world, "doctor")[1]
    with pytest.raises(schema.SchemaOutdated, match="needs other tables"):
        schema.prepare(world.services.store)


# --- time


@on_postgresql
def test_the_servers_clock_is_carried_on_and_measured_anew(store: Store) -> None:
    steady = [1000.0]
    clock = ServerClock(store, steady=lambda: steady[0])
    began = clock()
    assert abs(began - _server_time(store)) < timedelta(seconds=10)
    steady[0] += MEASURE_SECONDS
    assert clock() - began == timedelta(seconds=MEASURE_SECONDS)
    steady[0] += 1  # measured anew: the server's clock has hardly moved meanwhile
    assert abs(clock() - _server_time(store)) < timedelta(seconds=10)


@on_postgresql
def test_a_server_that_cannot_be_asked_leaves_the_clock_going(store: Store) -> None:
    steady = [1000.0]
    clock = ServerClock(store, steady=lambda: steady[0])
    began = clock()
    store.engine = engine.create_engine("postgresql+psycopg://127.0.0.1:1/nowhere")
    steady[0] += MEASURE_SECONDS + 1
    assert clock() - began == timedelta(seconds=MEASURE_SECONDS + 1)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_on_sqlite_time_is_the_machines(store: Store) -> None:
    assert abs(clock_of(store)() - datetime.now(UTC)) < timedelta(seconds=10)


# --- what the tests see and do


def _jobs(store: Store) -> list[tuple[str, ...]]:
    with store.read() as db:
        query = "SELECT CAST(status AS text), lock, queueing_lock FROM procrastinate_jobs ORDER BY id"
        return [tuple(row) for row in db.execute(text(query))]


def _work_off(store: Store) -> None:
    with store.begin() as db:
        db.execute(text("DELETE FROM procrastinate_jobs"))


def _ring(db: Any, number: int) -> None:
    ring(db, number, kind="cli", subject="test", now=datetime.now(UTC))


def _server_time(store: Store) -> datetime:
    with store.read() as db:
        return db.execute(text("SELECT clock_timestamp()")).scalar_one().astimezone(UTC)


@contextmanager
def _observing(world: World) -> Iterator[Callable[[], None]]:
    """Looks at issues wait for their answers until the end. Yields what waits for a look and the mails.

    Whoever is stopped then is stopped between request and answer, where no transaction is open.
    """
    looking, answered = threading.Event(), threading.Event()

    def until_answered(name: str) -> float:
        if fnmatch(name, "GET /jira/rest/api/*/issue/[0-9]*"):
            looking.set()
            answered.wait(LIMIT)
        return 0.0

    def told() -> bool:
        with world.services.store.read() as db:
            return set(db.scalars(select(Mail.state))) == {"sent"}

    def wait() -> None:
        assert looking.wait(LIMIT)
        assert until(told, seconds=LIMIT)

    world.sandbox.controls.latency = until_answered  # type: ignore[method-assign]
    yield wait
    answered.set()


def _wait_rested(world: World, *numbers: int) -> None:
    def rested(number: int) -> bool:
        ticket = world.ticket(number)
        return ticket.generation == ticket.observed_generation and not ticket.lease_owner

    assert until(lambda: all(rested(number) for number in numbers), seconds=LIMIT)


def _age_heartbeats(world: World) -> None:
    """As if nothing had been heard of the workers for a minute."""
    with world.services.store.begin() as db:
        db.execute(text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'"))


def _written(world: World, number: int) -> list[Any]:
    ticket = world.ticket(number)
    with world.services.store.read() as db:
        journal = list(db.scalars(select(Entry.outcome).where(Entry.ticket_id == number).order_by(Entry.id)))
    return [ticket.fence, ticket.reconciled_at, ticket.outcome, journal, len(world.mails())]


def _overlaps(world: World) -> list[str]:
    """Calls about one issue that ran side by side."""
    spans: dict[str, list[tuple[float, float]]] = {}
    for call in world.bridge_calls():
        parts = call["path"].split("/")
        if "issue" in parts[:-1]:
            end = datetime.fromisoformat(call["time"]).timestamp()
            spans.setdefault(parts[parts.index("issue") + 1], []).append((end - call["ms"] / 1000, end))
    assert spans
    return [
        issue
        for issue, times in spans.items()
        for (_, end), (begin, _) in zip(sorted(times), sorted(times)[1:], strict=False)
        if begin < end - 0.005
    ]
