"""One database: SQLite in a file (the default) or PostgreSQL by URL."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import (
    InterfaceError,
    InternalError,
    InvalidatePoolError,
    OperationalError,
    SQLAlchemyError,
    TimeoutError,
)
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from bridge.store import jobs
from bridge.store.bells import Bells, bells
from bridge.store.together import Result, Together
from bridge.store.turns import transaction, turn

BUSY_SECONDS = 5
IDLE_SECONDS, LOCK_SECONDS = 10, 15
"""PostgreSQL: how long a transaction may do nothing, and one may wait for another's locks."""
FRESH_SECONDS = 1.0
"""PostgreSQL: a connection that rested for longer is asked whether it still answers before it is lent."""


class ExtraMissing(Exception):
    """The database is PostgreSQL and what only PostgreSQL needs is not installed. The message says how."""


class WriterBusy(SQLAlchemyError):
    """SQLite's one writer has been at work for too long."""


TROUBLE = (OperationalError, InterfaceError, InternalError, TimeoutError, WriterBusy)
"""The database does not answer, or not in time: locked, restarted, full, out of connections. A later attempt
may well succeed.
"""


class Store:
    """Sessions over one engine. `begin()` writes, `read()` does not."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(make_url(url))
        self._writer, self._looking = threading.Lock(), threading.Lock()
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        reading = self.engine.execution_options(read_only=True)
        self._reading = sessionmaker(reading, expire_on_commit=False)
        self._together = Together(self.begin)
        self.on_bells: Callable[[Bells], None] = _nobody_listens
        """Called after each commit that has rung: a carrier in this process brings its workers."""

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """One transaction: committed at the end of the block, rolled back if it raises.

        What it rings is enqueued with it on PostgreSQL, for the workers of any host.
        """
        with transaction(), self._turn(), self._sessions.begin() as session:
            yield session
            if bells(session).tickets and not self.is_sqlite:
                jobs.enqueue(session, bells(session).tickets)
        if bells(session) != Bells():
            self.on_bells(bells(session))

    def together(self, work: Callable[[Session], Result]) -> Result:
        """`begin` for what comes in bursts, each waiting for its answer; what `work` returns.

        SQLite has one writer, and each commit waits for the disk: those who wait share the next one.
        PostgreSQL commits many at a time, and would lock what the one and the other have rung.
        """
        if self.is_sqlite:
            return self._together.write(work)
        with self.begin() as db:
            return work(db)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """SQLite writes one at a time. Its own waiting polls with pauses of up to 0.1 s; this lock has none.

        Raises:
            WriterBusy: the turn did not come.
        """
        if not self.is_sqlite:
            yield
            return
        if not self._writer.acquire(timeout=BUSY_SECONDS):
            raise WriterBusy(f"the database was busy for {BUSY_SECONDS} s")
        try:
            yield
        finally:
            self._writer.release()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that only reads; on SQLite it takes no write lock."""
        with transaction(), self._reading() as session:
            yield session

    def turn(self) -> AbstractContextManager[None]:
        """A look's turn to compute: one at a time, and another's while the one calls the outside.

        Python would let all of them, each a little at a time, and a webhook of the same process would wait
        for them all. They wait for SQLite's one writer anyway; PostgreSQL is for workers of their own.
        """
        return turn(self._looking) if self.is_sqlite else nullcontext()

    def write_anew(self) -> str:
        """Write SQLite's file anew, so that no byte is left of what was deleted or changed.

        Returns a sentence where one may be, else nothing.
        """
        if not self.is_sqlite:
            return "PostgreSQL keeps the bytes of old rows until it has vacuumed: VACUUM FULL does it now"
        with self._turn(), closing(self.engine.raw_connection()) as connection:
            cursor = connection.cursor()
            try:
                cursor.execute("VACUUM")
                # The WAL still has the old pages, and cannot be cut while others read them.
                [busy, _, _] = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                reason = "another process is reading" if busy else ""
            except sqlite_module().OperationalError as error:
                reason = str(error)
        place = self.engine.url.database
        return (
            f"its bytes may still lie in {place} and {place}-wal ({reason}): run this again" if reason else ""
        )

    def close(self) -> None:
        self.engine.dispose()


def _nobody_listens(_: Bells) -> None:
    """Without a carrier in this process another's finds the work."""


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        return _sqlite(url)
    if url.get_backend_name() == "postgresql":
        return _postgresql(url)
    raise ValueError(f"{url.get_backend_name()} is not supported; use sqlite:/// or postgresql://")


def _postgresql(url: URL) -> Engine:
    missing = [name for name in ("psycopg", "procrastinate") if find_spec(name) is None]
    if missing:
        raise ExtraMissing(
            f"PostgreSQL needs {' and '.join(missing)}, not installed here: pip install 'chamados[postgres]'"
        )
    # Who is paused in a transaction, or whose host is gone, keeps its locks until the server ends it.
    limits = f"-c idle_in_transaction_session_timeout={IDLE_SECONDS}s -c lock_timeout={LOCK_SECONDS}s"
    # Errors would show what was to be written: a partner's words, a webhook's body.
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=20,
        pool_use_lifo=True,
        connect_args={"options": f"{url.query.get('options', '')} {limits}".strip()},
        hide_parameters=True,
    )

    # SQLAlchemy's own `pool_pre_ping` asks each time, which is one question more in each transaction.
    @event.listens_for(engine, "checkin")
    def note(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["answered"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def ask(connection: Any, record: ConnectionPoolEntry, _lent: Any) -> None:
        if time.monotonic() - record.info.get("answered", -math.inf) < FRESH_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error

    return engine


def _sqlite(url: URL) -> Engine:
    engine = create_engine(
        url,
        module=sqlite_module(),
        pool_size=20,
        # The one used last: its pages are those of now, and its statements are prepared.
        pool_use_lifo=True,
        connect_args={"timeout": BUSY_SECONDS},
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        # SQLAlchemy, not the driver, says BEGIN (below): two readers that turn writers would deadlock.
        connection.isolation_level = None
        cursor = connection.cursor()
        # In WAL, synchronous=NORMAL may lose a commit at a power cut (sqlite.org/pragma.html).
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        read_only = connection.get_execution_options().get("read_only")
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


NETWORK_FILE_SYSTEMS = {
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "9p",
    "fuse.sshfs",
    "ceph",
    "glusterfs",
    "afs",
}
"""Their locks do not hold, so SQLite can be corrupted (sqlite.org/howtocorrupt.html)."""


def network_file_system(store: Store, *, mounts: Path = Path("/proc/mounts")) -> str | None:
    """The network file system that SQLite's file lies on; None when it is on a disk of this machine."""
    database = store.engine.url.database
    if not store.is_sqlite or not database or not mounts.exists():
        return None
    folder = Path(database).resolve().parent
    points = [line.split()[1:3] for line in mounts.read_text().splitlines()]
    below = [(Path(point.replace("\\040", " ")), kind) for point, kind in points]
    holding = max((one for one in below if folder.is_relative_to(one[0])), key=lambda one: len(one[0].parts))
    return holding[1] if holding[1] in NETWORK_FILE_SYSTEMS else None


def sqlite_module() -> ModuleType:
    """pysqlite3's SQLite where it is installed: Python's own may have the WAL-reset bug (< 3.51.3)."""
    try:
        from pysqlite3 import dbapi2
    except ImportError:
        import sqlite3

        return sqlite3
    return dbapi2  # type: ignore[no-any-return]
