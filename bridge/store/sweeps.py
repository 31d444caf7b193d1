"""When the outside was last asked for what no webhook told."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, select, update
from sqlalchemy.orm import Session

from bridge.store.engine import Store
from bridge.store.inserting import insert_if_new
from bridge.store.tables import SweepRow

FIRST_LOOK_BACK = timedelta(days=3)
"""How far an installation's first sweep looks: as long as GitHub keeps failed deliveries (G3)."""

OVERLAP = timedelta(minutes=10)
"""Looked at twice: clocks differ, and Jira's search lags by minutes (R6)."""


@dataclass(frozen=True, kw_only=True)
class Swept:
    """What became of a sweep's last turn. `finished_at` is None until one has ended well."""

    name: str
    finished_at: datetime | None
    outcome: str


def take(
    store: Store, name: str, *, now: datetime, every: timedelta, first_after: timedelta = timedelta(0)
) -> datetime | None:
    """Take this sweep's turn; the moment from which to look. None when it is not due or another has it.

    `first_after`: how long a new installation's first turn waits.
    """
    outcome, due_at = "never ended yet", now + first_after
    first = {"name": name, "watermark": now - FIRST_LOOK_BACK, "due_at": due_at, "outcome": outcome}
    with store.read() as db:
        known = db.scalar(select(SweepRow.due_at).where(SweepRow.name == name))
    if known is not None and known > now:
        return None
    with store.begin() as db:
        insert_if_new(db, SweepRow, first)
        return db.scalar(
            update(SweepRow)
            .where(SweepRow.name == name, SweepRow.due_at <= now)
            .values(due_at=now + every)
            .returning(SweepRow.watermark)
        )


def hurry(store: Store, *, now: datetime) -> None:
    """Let every sweep that rests be due."""
    with store.begin() as db:
        db.execute(update(SweepRow).where(SweepRow.due_at > now).values(due_at=now))


def watermark(store: Store, name: str) -> datetime | None:
    """The moment before which the sweep has seen everything; None before its first turn."""
    with store.read() as db:
        return db.scalar(select(SweepRow.watermark).where(SweepRow.name == name))


def rewind(db: Session, name: str, *, to: datetime, now: datetime) -> None:
    """Let the sweep look again, now, at what has happened since `to`."""
    row = SweepRow.name == name
    db.execute(update(SweepRow).where(row, SweepRow.watermark > to).values(watermark=to))
    db.execute(update(SweepRow).where(row, SweepRow.due_at > now).values(due_at=now))


def finished(
    store: Store, name: str, *, since: datetime, began: datetime, now: datetime, outcome: str
) -> None:
    """The sweep that looked from `since` on has seen everything up to when it began; a rewind stands."""
    watermark = case((SweepRow.watermark == since, began), else_=SweepRow.watermark)
    with store.begin() as db:
        db.execute(
            update(SweepRow)
            .where(SweepRow.name == name)
            .values(watermark=watermark, finished_at=now, outcome=outcome)
        )


def again(store: Store, name: str, *, at: datetime) -> None:
    """Let the sweep have its next turn at another time than `take` said."""
    with store.begin() as db:
        db.execute(update(SweepRow).where(SweepRow.name == name).values(due_at=at))


def failed(store: Store, name: str, *, again_at: datetime, outcome: str) -> None:
    """The sweep was cut short: the next one looks from the same moment."""
    with store.begin() as db:
        db.execute(update(SweepRow).where(SweepRow.name == name).values(due_at=again_at, outcome=outcome))


def all_swept(store: Store) -> list[Swept]:
    with store.read() as db:
        rows = db.scalars(select(SweepRow).order_by(SweepRow.name))
        return [Swept(name=row.name, finished_at=row.finished_at, outcome=row.outcome) for row in rows]
