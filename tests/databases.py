"""Fresh databases with their tables made: making them takes longer than most tests."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from bridge.store import Store, schema

POSTGRESQL = os.environ.get("CHAMADOS_TEST_POSTGRESQL", "")


def make_tables(url: str) -> None:
    store = Store(url)
    schema.prepare(store)
    store.close()


@cache
def sqlite_file() -> bytes:
    """SQLite's file, made once."""
    with TemporaryDirectory() as folder:
        make_tables(f"sqlite:///{folder}/empty.db")
        return Path(folder, "empty.db").read_bytes()


def fresh_sqlite(folder: Path) -> str:
    """Its URL."""
    file = folder / "chamados.db"
    file.write_bytes(sqlite_file())
    return f"sqlite:///{file}"


@contextmanager
def postgresql(template: str = "template1") -> Iterator[str]:
    """The URL of a database made like another, and dropped at the end."""
    name = f"chamados_{secrets.token_hex(6)}"
    with psycopg.connect(POSTGRESQL, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield POSTGRESQL.rpartition("/")[0] + f"/{name}"
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
