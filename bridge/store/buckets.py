"""Token buckets and pauses by scope, shared by all processes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from bridge.store.engine import Store
from bridge.store.sweeps import insert_if_new
from bridge.store.tables import BucketRow


@dataclass(frozen=True, kw_only=True)
class Pause:
    name: str
    until: datetime
    reason: str


def take(
    store: Store, name: str, *, rate: float, capacity: float, wanted: int, now: datetime
) -> tuple[int, float]:
    """Take up to `wanted` tokens; how many, and the seconds until there is one when there were none."""
    with store.begin() as db:
        insert_if_new(db, BucketRow, {"name": name, "tokens": capacity, "at": now, "reason": ""})
        # Locked by writing: the row is ours until the commit.
        db.execute(update(BucketRow).where(BucketRow.name == name).values(name=name))
        row = db.scalars(select(BucketRow).where(BucketRow.name == name)).one()
        grown = max((now - row.at).total_seconds(), 0) * rate
        tokens = min(row.tokens + grown, capacity)
        taken = min(wanted, int(tokens))
        row.tokens, row.at = tokens - taken, max(now, row.at)
        return taken, max((1 - tokens) / rate, 0.001)


def pause(store: Store, name: str, *, until: datetime, reason: str) -> None:
    """A longer pause stands; a shorter one does not cut it."""
    with store.begin() as db:
        insert_if_new(db, BucketRow, {"name": name, "tokens": 0.0, "at": until, "reason": reason})
        db.execute(
            update(BucketRow)
            .where(
                BucketRow.name == name, BucketRow.paused_until.is_(None) | (BucketRow.paused_until < until)
            )
            .values(paused_until=until, reason=reason)
        )


def longest_pause(store: Store, names: Sequence[str], *, now: datetime) -> Pause | None:
    with store.read() as db:
        row = db.scalar(
            select(BucketRow)
            .where(
                BucketRow.name.in_(names),
                BucketRow.paused_until > now,
                # What lies further ahead than any pause can was written before the clock was set back.
                BucketRow.paused_until < now + timedelta(hours=2),
            )
            .order_by(BucketRow.paused_until.desc())
            .limit(1)
        )
        if row is None or row.paused_until is None:
            return None
        return Pause(name=row.name, until=row.paused_until, reason=row.reason)
