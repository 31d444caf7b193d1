"""Things counted and not kept, and allowances that start anew each day."""

from datetime import datetime

from sqlalchemy import text, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from bridge.store.tables import Counter

_MAKE = text("INSERT INTO counters (name, value) VALUES (:name, 0) ON CONFLICT (name) DO NOTHING")


def count(db: Session, name: str, *, now: datetime) -> None:
    """One more."""
    db.execute(_MAKE, {"name": name})
    db.execute(update(Counter).where(Counter.name == name).values(value=Counter.value + 1, at=now))


def spend(db: Session, name: str, *, limit: int, now: datetime) -> bool:
    """Take one of the day's `limit`; False when it is used up. Days are UTC's."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    db.execute(_MAKE, {"name": name})
    db.execute(update(Counter).where(Counter.name == name, Counter.at < today).values(value=0))
    taken = db.execute(
        update(Counter)
        .where(Counter.name == name, Counter.value < limit)
        .values(value=Counter.value + 1, at=now)
    )
    assert isinstance(taken, CursorResult)
    return taken.rowcount == 1
