"""Writes that share a transaction on SQLite: one wait for the disk, and each one's failure its own."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.orm import Session

from bridge.cli.waiting import until
from bridge.store import Store, counters, engine
from bridge.store.engine import WriterBusy
from bridge.store.tables import Counter
from bridge.store.together import NotWritten
from tests.conftest import NOW

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def count(name: str) -> Callable[[Session], None]:
    return lambda db: counters.count(db, name, now=NOW)


def counted(store: Store) -> dict[str, int]:
    with store.read() as db:
        return {one.name: one.value for one in db.scalars(select(Counter))}


def at_once(store: Store, works: list[Callable[[Session], object]]) -> list[Future[object]]:
    """All of them wait while an earlier one writes; then they are written."""
    writing, goes_on = threading.Event(), threading.Event()

    def slowly(db: Session) -> None:
        count("first")(db)
        writing.set()
        goes_on.wait(10)

    with ThreadPoolExecutor(len(works) + 1) as pool:
        pool.submit(store.together, slowly)
        assert writing.wait(10)
        futures = [pool.submit(store.together, work) for work in works]
        assert until(lambda: len(store._together._waiting) == len(works), seconds=10)
        goes_on.set()
    return futures


def test_those_who_wait_are_written_in_one_transaction(store: Store) -> None:
    commits: list[object] = []
    event.listen(store.engine, "commit", commits.append)
    at_once(store, [count(name) for name in "abcdefg"])
    assert counted(store) == dict.fromkeys(["first", *"abcdefg"], 1)
    assert len(commits) == 2


def test_one_that_fails_undoes_nothing_but_its_own(store: Store) -> None:
    def fails(db: Session) -> None:
        count("undone")(db)
        raise ValueError("of its own")

    good, bad, other = at_once(store, [count("a"), fails, count("b")])
    assert (good.exception(), other.exception()) == (None, None)
    assert isinstance(bad.exception(), ValueError)
    with pytest.raises(ValueError, match="of its own"):
        store.together(fails)
    assert counted(store) == {"first": 1, "a": 1, "b": 1}


def test_each_reads_what_those_before_it_wrote(store: Store) -> None:
    kept: list[Counter] = []

    def look(db: Session) -> int:
        kept.append(db.get_one(Counter, "seen"))
        db.execute(text("UPDATE counters SET value = value + 1 WHERE name = 'seen'"))
        return kept[-1].value

    store.together(count("seen"))
    assert {one.result() for one in at_once(store, [look, look, look])} == {1, 2, 3}


def test_all_who_wait_are_told_when_the_writer_is_busy(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not one after the other, each after its own five seconds."""
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.5)
    with ThreadPoolExecutor() as pool, store.begin():
        futures = [pool.submit(store.together, count(name)) for name in "abc"]
        told = [type(one.exception(10)) for one in futures]
        assert sorted(told, key=str) == [WriterBusy, NotWritten, NotWritten]
    store.together(count("d"))
    assert counted(store) == {"d": 1}
