"""The schema's life: made on an empty database, moved on by `chamados db upgrade`, checked at start."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib.metadata import version
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from bridge.store.engine import Store, network_file_system

CARRIER_SCHEMA = Path(__file__).parent / "migrations" / "procrastinate-3.10.sql"
"""What the carrier's migration makes: the schema that this version of the library came with."""
_LOCK = 7_242_301  # any number; PostgreSQL's advisory lock of this program


class NetworkFileSystem(Exception):
    """SQLite's file lies where its locks do not hold."""


class SchemaOutdated(Exception):
    """The database is older or newer than this program. The message says what to do."""


def prepare(store: Store) -> None:
    """Make the tables where there are none; otherwise require them to be this program's.

    Raises:
        SchemaOutdated: the tables are another version's, of this program or of the carrier's library.
        NetworkFileSystem: SQLite's file would not be safe where it lies.
    """
    kind = network_file_system(store)
    if kind:
        raise NetworkFileSystem(
            f"the database lies on {kind}, whose locks SQLite cannot trust: "
            "put it on a disk of this machine, or use PostgreSQL"
        )
    fault = carrier_fault(store)
    if fault:
        raise SchemaOutdated(fault)
    found, wanted = revision(store), head()
    if found == wanted:
        return
    if found is not None:
        raise SchemaOutdated(
            f"the database is at {found}, this program needs {wanted}: run `chamados db upgrade`"
        )
    upgrade(store)


def upgrade(store: Store) -> str:
    """Bring the tables to this program's version; safe to run from several processes at once."""
    with alone(store), store.engine.connect() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
    return head()


def revision(store: Store) -> str | None:
    """The database's version; None when it has no tables. SQLite would make the file that is asked for."""
    if _absent(store):
        return None
    with store.engine.connect().execution_options(read_only=True) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _absent(store: Store) -> bool:
    url = store.engine.url
    named = bool(url.database) and url.database != ":memory:" and "uri" not in url.query
    return store.is_sqlite and named and not Path(str(url.database)).exists()


def carrier_fault(store: Store) -> str | None:
    """How the carrier's library and its tables differ; None where they agree, and on SQLite."""
    if store.is_sqlite:
        return None
    from procrastinate.schema import SchemaManager

    if SchemaManager.get_schema() == CARRIER_SCHEMA.read_text("utf-8"):
        return None
    return (
        f"Procrastinate {version('procrastinate')} needs other tables than {CARRIER_SCHEMA.stem}, which the "
        "database has: install the version in deploy/requirements-postgres.txt"
    )


def head() -> str:
    """This program's version."""
    found = ScriptDirectory.from_config(_config()).get_current_head()
    if found is None:
        raise RuntimeError("no migrations in bridge/store/migrations")
    return found


def _config() -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    return config


@contextmanager
def alone(store: Store) -> Iterator[None]:
    """One process after the other, of all hosts: each might make what another is making."""
    with _file_lock(store) if store.is_sqlite else _advisory_lock(store):
        yield


@contextmanager
def _advisory_lock(store: Store) -> Iterator[None]:
    # Outside a transaction, which might be idle for too long, and however long another process takes.
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET lock_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
            connection.execute(text("RESET lock_timeout"))


@contextmanager
def _file_lock(store: Store) -> Iterator[None]:
    database = store.engine.url.database
    if not database or database == ":memory:":
        with nullcontext():
            yield
        return
    with Path(f"{database}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
