"""What a partner may read of tickets. Every query takes the partner and finds only that partner's own."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from bridge.store.tables import (
    Event,
    Mail,
    Partner,
    PartnerActionRow,
    Recipient,
    SweepRow,
    Ticket,
    Upload,
)


@dataclass(frozen=True, kw_only=True)
class TicketLine:
    """One line of the panel's list."""

    id: int
    title: str
    status: str
    status_since: datetime
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Story:
    """All that is shown of one ticket besides its own row."""

    events: tuple[Event, ...]
    """Only those that the partner may read."""
    actions: tuple[PartnerActionRow, ...]
    uploads: tuple[Upload, ...]
    recipients: tuple[str, ...]
    sent: dict[str, int]
    """Cause to the number of e-mails sent for it."""
    checked_at: datetime | None = None
    """Up to when nothing that Jira had to tell is missing."""


def own(partner: Partner) -> Select[Ticket]:
    """The partner's tickets, and nothing else."""
    return select(Ticket).where(Ticket.partner_id == partner.id)


def lines(db: Session, partner: Partner) -> list[TicketLine]:
    """The partner's tickets, the latest first."""
    columns = (Ticket.id, Ticket.title, Ticket.status, Ticket.status_since, Ticket.created_at)
    query = own(partner).with_only_columns(*columns).order_by(Ticket.id.desc())
    return [
        TicketLine(id=row[0], title=row[1], status=row[2], status_since=row[3], created_at=row[4])
        for row in db.execute(query)
    ]


def ticket(db: Session, partner: Partner, ticket_id: int | None, *, lock: bool = False) -> Ticket | None:
    """One of the partner's tickets. `lock` holds it until the transaction ends."""
    if ticket_id is None:
        return None
    query = own(partner).where(Ticket.id == ticket_id)
    return db.scalar(query.with_for_update() if lock else query)


def story(db: Session, partner: Partner, ticket_id: int) -> Story:
    """What happened to one of the partner's tickets, oldest first; empty for any other."""
    found = ticket(db, partner, ticket_id)
    if found is None:
        return Story(events=(), actions=(), uploads=(), recipients=(), sent={})
    events = select(Event).where(Event.ticket_id == ticket_id, Event.visible).order_by(Event.at, Event.id)
    uploads = select(Upload).where(Upload.ticket_id == ticket_id).order_by(Upload.id)
    recipients = select(Recipient.email).where(Recipient.ticket_id == ticket_id)
    return Story(
        events=tuple(db.scalars(events)),
        actions=tuple(actions(db, ticket_id)),
        uploads=tuple(db.scalars(uploads)),
        recipients=tuple(db.scalars(recipients.order_by(Recipient.is_opener.desc(), Recipient.email))),
        sent=_sent(db, ticket_id),
        checked_at=_checked_at(db, found),
    )


def swept_at(db: Session) -> datetime | None:
    """When Jira was last asked for changes that no webhook told."""
    return db.scalar(select(SweepRow.finished_at).where(SweepRow.name == "jira"))


def _checked_at(db: Session, found: Ticket) -> datetime | None:
    """The sweep vouches for a ticket that rests; one that still waits was checked at its last good look."""
    if found.jira_key is None:
        return None
    rests = found.generation == found.observed_generation and not found.parked
    known = [at for at in (found.reconciled_at, swept_at(db) if rests else None) if at]
    return max(known, default=None)


def actions(db: Session, ticket_id: int) -> list[PartnerActionRow]:
    """What partners wrote on a ticket that has been found to be theirs, oldest first."""
    query = select(PartnerActionRow).where(PartnerActionRow.ticket_id == ticket_id)
    return list(db.scalars(query.order_by(PartnerActionRow.id)))


def _sent(db: Session, ticket_id: int) -> dict[str, int]:
    query = (
        select(Mail.cause, func.count())
        .where(Mail.ticket_id == ticket_id, Mail.state == "sent")
        .group_by(Mail.cause)
    )
    return {row[0]: row[1] for row in db.execute(query)}
