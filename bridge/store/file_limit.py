"""How large a file Jira takes, as it last said."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bridge.store.inserting import insert_if_new
from bridge.store.tables import Counter

NAME = "jira file limit"
UNTIL_ASKED = 10 * 1024 * 1024
"""Bytes: Data Center's own default (R11)."""


def file_limit(db: Session) -> int:
    """Bytes of the largest file that Jira takes; 0 where it takes none."""
    known = db.scalar(select(Counter.value).where(Counter.name == NAME))
    return UNTIL_ASKED if known is None else known


def remember_file_limit(db: Session, size: int, *, now: datetime) -> None:
    insert_if_new(db, Counter, {"name": NAME, "value": size, "at": now})
    db.execute(update(Counter).where(Counter.name == NAME).values(value=size, at=now))
