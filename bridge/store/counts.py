"""What there is of each kind, counted by indexes alone: cheap enough to be asked every few seconds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import Session

from bridge.store.engine import Store
from bridge.store.tables import UNSETTLED, BucketRow, Counter, Delivery, Mail, Ring, SweepRow, Ticket

REFUSED = " webhooks refused"
"""What follows the source in the name of a counter of forged webhooks."""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """One moment's numbers; the oldest of each kind as the moment since which it waits."""

    deliveries: Mapping[tuple[str, str], int]
    """(source, result) to how many."""
    refused: Mapping[str, tuple[int, datetime | None]]
    """Source to how many webhooks were not signed by it, and when the last one came."""
    tickets: Mapping[str, int]
    """By status."""
    unsettled: Mapping[str, int]
    """waiting, parked, in_doubt, retrying."""
    waiting_since: datetime | None
    """Since when the longest waiting doorbell rings, those of tickets parked by hand left out."""
    retries: int
    """Looks in a row that the outside cut short, of all tickets that wait for it."""
    mails: Mapping[str, int]
    """By state."""
    queued_since: datetime | None
    swept: Mapping[str, datetime | None]
    """Sweep to when it last ended well."""
    pauses: Mapping[str, datetime]
    """Remote to the end of its longest pause."""


def counts(store: Store, *, now: datetime) -> Counts:
    with store.read() as db:
        return Counts(
            deliveries={(one[0], one[1]): one[2] for one in db.execute(DELIVERIES)},
            refused=refused(db),
            tickets={one[0]: one[1] for one in db.execute(TICKETS)},
            unsettled={name: db.scalar(unsettled(name)) or 0 for name in UNSETTLED},
            waiting_since=db.scalar(WAITING_SINCE),
            retries=db.scalar(RETRIES) or 0,
            mails={one[0]: one[1] for one in db.execute(MAILS)},
            queued_since=db.scalar(QUEUED_SINCE),
            swept={one.name: one.finished_at for one in db.scalars(select(SweepRow))},
            pauses=_pauses(db, now),
        )


def refused(db: Session) -> dict[str, tuple[int, datetime | None]]:
    """How many webhooks bore no signature of theirs, by source, and when the last one came."""
    rows = db.scalars(select(Counter).where(Counter.name.endswith(REFUSED)))
    return {one.name.removesuffix(REFUSED): (one.value, one.at) for one in rows}


def _pauses(db: Session, now: datetime) -> dict[str, datetime]:
    """A scope's name begins with its remote's: `jira POST issue`."""
    rows = db.scalars(select(BucketRow).where(BucketRow.paused_until > now).order_by(BucketRow.paused_until))
    return {one.name.partition(" ")[0]: one.paused_until for one in rows if one.paused_until}


# --- each reads an index and no row (tested against the engine's own plan)

DELIVERIES = select(Delivery.source, Delivery.result, func.count()).group_by(Delivery.source, Delivery.result)
TICKETS = select(Ticket.status, func.count()).group_by(Ticket.status)
MAILS = select(Mail.state, func.count()).group_by(Mail.state)
QUEUED_SINCE = select(func.min(Mail.created_at)).where(Mail.state == "queued")
RETRIES = select(func.sum(Ticket.attempts)).where(text(UNSETTLED["retrying"]))
WAITING_SINCE = (
    select(func.min(Ring.at)).join(Ticket, Ticket.id == Ring.ticket_id).where(Ticket.held.is_(False))
)


def unsettled(name: str) -> Select[int]:
    return select(func.count()).select_from(Ticket).where(text(UNSETTLED[name]))
