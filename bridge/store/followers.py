"""Who follows a ticket: added and removed, muted, proved; and how each person wants to be written to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from bridge.rules.following import Follower, Pace, vouches
from bridge.store.inserting import insert_if_new
from bridge.store.mails import NEWS
from bridge.store.tables import Entry, Event, Mail, Partner, Reader, Recipient, Ticket

_FOLLOWERS = (
    select(Recipient, Reader, Partner)
    .outerjoin(Reader, Reader.email == Recipient.email)
    .outerjoin(Partner, Partner.email == Recipient.email)
    .where(Recipient.ticket_id == bindparam("ticket"), Recipient.removed_at.is_(None))
    .order_by(Recipient.is_opener.desc(), Recipient.email)
)


def of_ticket(db: Session, ticket: Ticket) -> list[Follower]:
    """The opener first, then the others by address; who was removed is not among them."""
    opener, told = db.get_one(Partner, ticket.partner_id), _told(db, ticket.id)
    return [
        _follower(row, ticket, opener, reader=reader, partner=partner, told=told.get(row.email, _Told()))
        for row, reader, partner in db.execute(_FOLLOWERS, {"ticket": ticket.id})
    ]


def removed(db: Session, ticket_id: int) -> Sequence[str]:
    """The addresses that followed a ticket once."""
    theirs = select(Recipient.email).where(Recipient.ticket_id == ticket_id)
    return db.scalars(theirs.where(Recipient.removed_at.is_not(None))).all()


def find(db: Session, ticket: Ticket, email: str) -> Follower | None:
    return next((one for one in of_ticket(db, ticket) if one.email == email.lower()), None)


def add(db: Session, ticket_id: int, email: str, *, added_by: str) -> bool:
    """Let an address follow the ticket; False when it does already. Who has muted it keeps it muted."""
    values = {"removed_at": None, "added_by": added_by, "news_after": _newest_line(db, ticket_id)}
    key = {"ticket_id": ticket_id, "email": email.strip().lower()}
    if insert_if_new(db, Recipient, {**key, "is_opener": False, **values}):
        return True
    returns = update(Recipient).filter_by(**key).where(Recipient.removed_at.is_not(None))
    return db.scalar(returns.values(**values).returning(Recipient.email)) is not None


def at_the_page(partner: Partner) -> str:
    """Who adds and removes on a ticket's page, as the journal's cause."""
    return f"partner {partner.id} on the ticket's page"


def changed_by(db: Session, partner: Partner) -> set[int]:
    """The tickets on whose page the partner has added or removed somebody."""
    theirs = select(Entry.ticket_id).where(Entry.cause == at_the_page(partner))
    return set(db.scalars(theirs.distinct()))


def remove(db: Session, ticket_id: int, email: str, *, now: datetime) -> bool:
    """Let an address follow no longer; the opener always does. What the person has chosen is remembered."""
    gone = (
        update(Recipient)
        .where(
            Recipient.ticket_id == ticket_id,
            Recipient.email == email.lower(),
            Recipient.is_opener.is_(False),
            Recipient.removed_at.is_(None),
        )
        .values(removed_at=now)
        .returning(Recipient.email)
    )
    return db.scalar(gone) is not None


def mute(db: Session, ticket_id: int, email: str, *, now: datetime | None) -> None:
    """Stop a ticket's e-mails to one address; without a moment, let them go on from here."""
    values = {"muted_at": now, "news_after": _newest_line(db, ticket_id)}
    theirs = (Recipient.ticket_id == ticket_id, Recipient.email == email.lower())
    db.execute(update(Recipient).where(*theirs).values(**values))


def answer(db: Session, email: str, *, wants: bool, now: datetime) -> None:
    """Note what the person behind an address says to being written to at all."""
    reader = _reader(db, email)
    reader.wants, reader.answered_at = wants, now
    _from_here(db, email)


def set_pace(db: Session, email: str, pace: Pace) -> None:
    _reader(db, email).pace = pace.value
    _from_here(db, email)


def pace_of(db: Session, email: str) -> Pace:
    reader = db.get(Reader, email.lower())
    return Pace(reader.pace) if reader else Pace.SOON


@dataclass(frozen=True, kw_only=True)
class _Told:
    """What a person's e-mails of news have told: see `Follower`."""

    through: int = 0
    recalled: tuple[tuple[int, int], ...] = ()


def _follower(
    row: Recipient,
    ticket: Ticket,
    opener: Partner,
    *,
    reader: Reader | None,
    partner: Partner | None,
    told: _Told,
) -> Follower:
    said = reader.wants if reader else None
    may_be_asked = partner is not None or vouches(opener.email, row.email)
    proved = row.is_opener or (said is not False and bool(said or may_be_asked))
    return Follower(
        email=row.email,
        is_opener=row.is_opener,
        proved=proved,
        refused=said is False,
        muted=row.muted_at is not None,
        can_enter=row.is_opener
        or (partner is not None and partner.organisation_id == ticket.organisation_id and partner.active),
        added_by=row.added_by or (opener.name if proved else opener.email),
        pace=Pace(reader.pace) if reader else Pace.SOON,
        told_through=max(told.through, row.news_after),
        recalled=tuple(
            (max(after, row.news_after), until) for after, until in told.recalled if until > row.news_after
        ),
    )


_NEWS = select(Mail.recipient, Mail.cause, Mail.state == "withdrawn").where(
    Mail.ticket_id == bindparam("ticket"), Mail.cause.startswith(NEWS)
)


def _told(db: Session, ticket_id: int) -> dict[str, _Told]:
    """By address, which lines of the timeline its e-mails of news have told."""
    lines: dict[str, list[tuple[int, bool]]] = {}
    for email, cause, withdrawn in db.execute(_NEWS, {"ticket": ticket_id}):
        lines.setdefault(email, []).append((int(cause.removeprefix(NEWS)), withdrawn))
    return {email: _told_of(sorted(found)) for email, found in lines.items()}


def _told_of(lines: list[tuple[int, bool]]) -> _Told:
    """Each e-mail tells from the line after the last one's on, up to its own."""
    through = max((number for number, withdrawn in lines if not withdrawn), default=0)
    begins = [0, *(number for number, _ in lines)]
    recalled = [
        (begin, number)
        for begin, (number, withdrawn) in zip(begins, lines, strict=False)
        if withdrawn and number < through
    ]
    return _Told(through=through, recalled=tuple(recalled))


def _newest_line(db: Session, ticket_id: int) -> int:
    return db.scalar(select(func.max(Event.id)).where(Event.ticket_id == ticket_id)) or 0


def _from_here(db: Session, email: str) -> None:
    """What was news before a choice is none after it."""
    newest = select(func.max(Event.id)).where(Event.ticket_id == Recipient.ticket_id).scalar_subquery()
    theirs = update(Recipient).where(Recipient.email == email.lower())
    db.execute(theirs.values(news_after=func.coalesce(newest, 0)))


def _reader(db: Session, email: str) -> Reader:
    insert_if_new(db, Reader, {"email": email.lower(), "pace": Pace.SOON.value})
    return db.get_one(Reader, email.lower())
