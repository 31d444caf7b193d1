"""Rows that two processes may be about to add at the same moment."""

from typing import Any

from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from bridge.store.tables import Base


def insert_if_new(db: Session, table: type[Base], values: dict[str, Any]) -> bool:
    """Add a row unless its key is there already, whoever else does the same; whether it was added."""
    insert = sqlite_insert if db.get_bind().dialect.name == "sqlite" else postgresql_insert
    added = insert(table).values(**values).on_conflict_do_nothing().returning(*table.__mapper__.primary_key)
    return db.execute(added).first() is not None
