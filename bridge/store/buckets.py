"""Token buckets and pauses by scope, shared by all processes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update

from bridge.store.engine import Store
from bridge.store.inserting import insert_if_new
from bridge.store.tables import BucketRow, UtcDateTime, table

# Built once: every request to the outside asks them.
_BUCKETS = table(BucketRow)
_THIS = _BUCKETS.c.name == bindparam("bucket")
_LOCK = update(_BUCKETS).where(_THIS).values(name=bindparam("bucket")).returning(_BUCKETS)
_FILL = update(_BUCKETS).where(_THIS)
_PAUSED = (
    select(_BUCKETS.c.name, _BUCKETS.c.paused_until, _BUCKETS.c.reason)
    .where(
        _BUCKETS.c.name.in_(bindparam("names", expanding=True)),
        _BUCKETS.c.paused_until > bindparam("now", type_=UtcDateTime),
        # What lies further ahead than any pause can was written before the clock was set back.
        _BUCKETS.c.paused_until < bindparam("last_pause", type_=UtcDateTime),
    )
    .order_by(_BUCKETS.c.paused_until.desc())
    .limit(1)
)


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
        # Locked by writing: the row is ours until the commit.
        row = db.execute(_LOCK, {"bucket": name}).one_or_none()
        if row is None:
            insert_if_new(db, BucketRow, {"name": name, "tokens": capacity, "at": now, "reason": ""})
            row = db.execute(_LOCK, {"bucket": name}).one()
        grown = max((now - row.at).total_seconds(), 0) * rate
        tokens = min(row.tokens + grown, capacity)
        taken = min(wanted, int(tokens))
        db.execute(_FILL, {"bucket": name, "tokens": tokens - taken, "at": max(now, row.at)})
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
        asked = {"names": names, "now": now, "last_pause": now + timedelta(hours=2)}
        row = db.execute(_PAUSED, asked).one_or_none()
        return Pause(name=row.name, until=row.paused_until, reason=row.reason) if row else None
