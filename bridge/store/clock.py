"""What time it is, for all processes alike: the database's time where they may be on many hosts."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bridge.store.engine import Store

MEASURE_SECONDS = 60.0

log = structlog.get_logger()


def utc_now() -> datetime:
    return datetime.now(UTC)


def clock_of(store: Store) -> Callable[[], datetime]:
    """The clock that leases and due times go by: this machine's on SQLite, the server's on PostgreSQL."""
    return utc_now if store.is_sqlite else ServerClock(store)


class ServerClock:
    """PostgreSQL's time, carried on by this process's steady clock and measured anew each minute.

    A host whose clock is wrong by an hour thus neither breaks another's lease nor keeps its own for too long.
    """

    def __init__(self, store: Store, *, steady: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._steady = steady
        self._lock = threading.Lock()
        self._zero = self._measure()
        self._measured = steady()

    def __call__(self) -> datetime:
        now = self._steady()
        if now - self._measured > MEASURE_SECONDS and self._lock.acquire(blocking=False):
            try:
                self._measured = now
                self._zero = self._measure()
            except SQLAlchemyError as error:
                log.warning("the server's clock could not be read", error=str(error).splitlines()[0])
            finally:
                self._lock.release()
        return self._zero + timedelta(seconds=self._steady())

    def _measure(self) -> datetime:
        """The server's time at this process's zero second; the round trip's half is the way back."""
        with self._store.engine.connect().execution_options(read_only=True) as connection:
            began = self._steady()
            server: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
            ended = self._steady()
        return server.astimezone(UTC) - timedelta(seconds=(began + ended) / 2)
