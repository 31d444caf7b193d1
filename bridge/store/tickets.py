"""The ticket's row, rung and left alone, and its journal."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import bindparam, select, text, update
from sqlalchemy.orm import Session

from bridge.store.bells import bells
from bridge.store.tables import Entry, Ring, Ticket, UtcDateTime, table

_TICKETS = table(Ticket)
_RING = (
    update(_TICKETS)
    .where(_TICKETS.c.id == bindparam("ticket"))
    .values(generation=_TICKETS.c.generation + 1)
    .returning(_TICKETS.c.generation, _TICKETS.c.retry_at)
)
_REMEMBER = text(
    "INSERT INTO rings (ticket_id, generation, kind, subject, delivery_id, at)"
    " VALUES (:ticket_id, :generation, :kind, :subject, :delivery_id, :at)"
    " ON CONFLICT (ticket_id, kind, subject)"
    " DO UPDATE SET generation = excluded.generation, delivery_id = excluded.delivery_id, at = excluded.at"
).bindparams(bindparam("at", type_=UtcDateTime))


def ring(
    db: Session, ticket_id: int, *, kind: str, subject: str, now: datetime, delivery_id: int | None = None
) -> None:
    """Say that a ticket deserves a look at `subject`; the commit brings a worker.

    A ticket that rests until a remote is back is found when it has rested. Whoever rings many in one
    transaction goes by their numbers: in any other order two would wait for each other on PostgreSQL.
    """
    rung = db.execute(_RING, {"ticket": ticket_id}).one_or_none()
    if rung is None:
        return
    bell = {
        "ticket_id": ticket_id,
        "generation": rung.generation,
        "kind": kind,
        "subject": subject,
        "delivery_id": delivery_id,
        "at": now,
    }
    db.execute(_REMEMBER, bell)
    if rung.retry_at is None or rung.retry_at <= now:
        bells(db).tickets.add(ticket_id)


def edited_in_bulk(db: Session, ticket_ids: Iterable[int], *, now: datetime) -> None:
    """Note that somebody is changing many tickets at once, these among them."""
    db.execute(update(Ticket).where(Ticket.id.in_(ticket_ids)).values(bulk_at=now))


def pending(db: Session, ticket_id: int) -> list[tuple[str, str]]:
    """(kind, subject) of the doorbells that nobody has answered yet, without repeats."""
    rows = db.execute(select(Ring.kind, Ring.subject).where(Ring.ticket_id == ticket_id).order_by(Ring.id))
    return list(dict.fromkeys((row.kind, row.subject) for row in rows))


def park_by_hand(db: Session, ticket_id: int, *, reason: str, now: datetime) -> None:
    """Leave a ticket alone, whatever rings, until `release`. Doorbells are kept."""
    values = {"held": True, "parked": reason, "outcome": reason, "fence": Ticket.fence + 1}
    db.execute(
        update(Ticket).where(Ticket.id == ticket_id).values(lease_owner="", lease_until=None, **values)
    )
    journal(db, ticket_id, act="park", cause="operator", outcome=reason, now=now)


def release(db: Session, ticket_id: int, *, now: datetime) -> None:
    """Look at a ticket now: one parked, by hand or not, and one that waits for a remote."""
    db.execute(update(Ticket).where(Ticket.id == ticket_id).values(held=False, retry_at=None))
    ring(db, ticket_id, kind="cli", subject="retry", now=now)


def journal(db: Session, ticket_id: int, *, act: str, cause: str, outcome: str, now: datetime) -> None:
    """Add a line to the ticket's journal."""
    db.add(Entry(ticket_id=ticket_id, at=now, act=act, cause=cause, outcome=outcome))


def last_entry(db: Session, ticket_id: int) -> Entry | None:
    """The journal's last line. The same failure again adds none: its first tells since when it is so."""
    return db.scalar(select(Entry).where(Entry.ticket_id == ticket_id).order_by(Entry.id.desc()).limit(1))
