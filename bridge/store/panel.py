"""What a partner may read of tickets. Every query takes the partner and finds only the organisation's own."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from bridge.rules.following import Follower
from bridge.store import followers, suppressed
from bridge.store.tables import (
    Event,
    Mail,
    Partner,
    PartnerActionRow,
    PublicationRow,
    SweepRow,
    Ticket,
    Upload,
)


@dataclass(frozen=True, kw_only=True)
class Story:
    """All that is shown of one ticket besides its own row."""

    events: tuple[Event, ...]
    """Only those that the partner may read."""
    actions: tuple[PartnerActionRow, ...]
    uploads: tuple[Upload, ...]
    recipients: tuple[Follower, ...]
    """The opener first."""
    sent: dict[str, int]
    """Cause to the number of e-mails sent for it."""
    stopped: dict[str, str] = field(default_factory=dict)
    """Of the recipients those who get no e-mail any more: `bounce` or `complaint`."""
    opener: str = ""
    """Who opened the ticket."""
    publications: tuple[PublicationRow, ...] = ()
    """Oldest first."""
    continued_by: tuple[int, ...] = ()
    """Tickets that were opened because the problem came back."""
    checked_at: datetime | None = None
    """Up to when nothing that Jira had to tell is missing."""


def own(partner: Partner) -> Select[Ticket]:
    """The tickets of the partner's organisation, and nothing else."""
    if partner.organisation_id is None:
        raise ValueError("a partner without an organisation has no tickets to ask for")
    return select(Ticket).where(Ticket.organisation_id == partner.organisation_id)


def ticket(db: Session, partner: Partner, ticket_id: int | None) -> Ticket | None:
    """One of the organisation's tickets."""
    return None if ticket_id is None else db.scalar(own(partner).where(Ticket.id == ticket_id))


def status_of(db: Session, ticket_id: int, *, lock: bool = False) -> str:
    """The status of a ticket that has been found to be theirs. `lock` holds it until the transaction ends."""
    query = select(Ticket.status).where(Ticket.id == ticket_id)
    return db.scalars(query.with_for_update() if lock else query).one()


def link_used(db: Session, link_hash: str) -> bool:
    """Whether something was said by this e-mail's link before."""
    used = select(PartnerActionRow.id).where(PartnerActionRow.link_hash == link_hash)
    return db.scalar(used) is not None


def story(db: Session, partner: Partner, ticket_id: int) -> Story:
    """What happened to one of the partner's tickets, oldest first; empty for any other."""
    found = ticket(db, partner, ticket_id)
    if found is None:
        return Story(events=(), actions=(), uploads=(), recipients=(), sent={})
    events = select(Event).where(Event.ticket_id == ticket_id, Event.visible).order_by(Event.at, Event.id)
    uploads = select(Upload).where(Upload.ticket_id == ticket_id, ~Upload.ours).order_by(Upload.id)
    recipients = tuple(followers.of_ticket(db, found))
    stopped = suppressed.of(db, [one.email for one in recipients])
    publications = select(PublicationRow).where(PublicationRow.ticket_id == ticket_id)
    continued_by = own(partner).with_only_columns(Ticket.id).where(Ticket.continues_id == ticket_id)
    return Story(
        events=tuple(db.scalars(events)),
        actions=tuple(actions(db, ticket_id)),
        uploads=tuple(db.scalars(uploads)),
        recipients=recipients,
        stopped={email: row.kind for email, row in stopped.items()},
        sent=_sent(db, ticket_id),
        opener=db.get_one(Partner, found.partner_id).name,
        publications=tuple(db.scalars(publications.order_by(PublicationRow.at))),
        continued_by=tuple(db.scalars(continued_by.order_by(Ticket.id))),
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
