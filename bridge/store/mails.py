"""The outbox: one row for each e-mail and recipient, written in the transaction of its cause."""

from collections.abc import Collection
from datetime import datetime, timedelta
from email.message import EmailMessage

from sqlalchemy import ColumnElement, and_, bindparam, case, func, or_, select, update
from sqlalchemy.orm import Session

from bridge.domain import Quotes
from bridge.emails import wire
from bridge.store.bells import bells
from bridge.store.engine import Store
from bridge.store.tables import Event, Mail
from bridge.store.tickets import journal, ring

NEWS = "news:"
"""Begins the cause of an e-mail of gathered news; the last line of the timeline that it tells follows."""
SENDING_LIMIT = timedelta(minutes=10)
"""A mail that has been `sending` for longer was cut off by a crash."""


def queue(
    db: Session,
    *,
    ticket_id: int | None,
    cause: str,
    kind: str,
    recipient: str,
    message: EmailMessage,
    now: datetime,
    due_at: datetime | None = None,
    quotes: Quotes | None = None,
) -> bool:
    """Write an e-mail to be sent; at once, unless `due_at` says later. The commit has the outbox looked at.

    False when this cause has written to this recipient before.
    """
    message_id = str(message["Message-ID"])
    if db.scalar(select(Mail.id).where(Mail.message_id == message_id)) is not None:
        return False
    bells(db).outbox = True
    db.add(
        Mail(
            ticket_id=ticket_id,
            cause=cause,
            kind=kind,
            recipient=recipient,
            message_id=message_id,
            raw=wire(message),
            quotes=dict(quotes or {}),
            due_at=due_at or now,
            created_at=now,
        )
    )
    return True


def unsent(db: Session, *, ticket_id: int, cause: str) -> list[Mail]:
    """The e-mails of a cause that have not gone and that nobody is sending now."""
    waiting = Mail.state.in_(["queued", "withdrawn"])
    mine = select(Mail).where(Mail.ticket_id == ticket_id, Mail.cause == cause, waiting)
    return list(db.scalars(mine.order_by(Mail.id).with_for_update()))


def queued_news(db: Session, *, ticket_id: int, quoting: Collection[str]) -> list[Mail]:
    """The e-mails of gathered news that quote any of these comments and have not gone."""
    mine = (Mail.ticket_id == ticket_id, Mail.cause.startswith(NEWS), Mail.state == "queued")
    waiting = db.scalars(select(Mail).where(*mine).order_by(Mail.id).with_for_update())
    return [mail for mail in waiting if mail.quotes.keys() & set(quoting)]


def rewrite(db: Session, mail: Mail, message: EmailMessage, *, quotes: Quotes, now: datetime) -> None:
    """Put other words into an e-mail that has not gone yet, and let it go."""
    bells(db).outbox = True
    mail.raw, mail.quotes = wire(message), dict(quotes)
    mail.state, mail.due_at, mail.outcome = "queued", now, ""


def withhold(store: Store, mail: Mail, *, outcome: str, now: datetime) -> None:
    """Neither send nor show what Jira says no longer, and have the ticket looked at for what it says."""
    with store.begin() as db:
        if mail.ticket_id is None or not withdraw(db, mail, outcome=outcome, now=now):
            return
        for event in db.scalars(select(Event).where(Event.ticket_id == mail.ticket_id)):
            if event.quotes.keys() & mail.quotes.keys():
                event.quotes, event.text = dict.fromkeys(event.quotes), ""
                event.visible = event.visible and event.kind == "status"
        ring(db, mail.ticket_id, kind="outbox", subject=mail.cause, now=now)


def withdraw(db: Session, mail: Mail, *, outcome: str, now: datetime) -> bool:
    """Do not send it as it is; False when another attempt has decided already."""
    mine = update(Mail).where(Mail.id == mail.id, Mail.attempts == mail.attempts, Mail.state == mail.state)
    values = {"state": "withdrawn", "due_at": None, "outcome": outcome}
    if db.scalar(mine.values(**values).returning(Mail.id)) is None:
        return False
    if mail.ticket_id is not None:
        told = f"{mail.kind} to {mail.recipient}: {outcome}"
        journal(db, mail.ticket_id, act="mail", cause=mail.cause, outcome=told, now=now)
    return True


_CAUSES = select(Mail.cause).where(Mail.ticket_id == bindparam("ticket")).distinct()


def causes(db: Session, ticket_id: int) -> frozenset[str]:
    """What this ticket has sent e-mails about."""
    return frozenset(db.scalars(_CAUSES, {"ticket": ticket_id}))


def not_before(db: Session, *, ticket_id: int, recipient: str, apart: timedelta, now: datetime) -> datetime:
    """When the next e-mail about the ticket may go, so that two are so far apart."""
    # What is being sent goes now: `due_at` says when it will have been cut off.
    planned = case((Mail.state == "sending", now), else_=Mail.due_at)
    last = db.scalar(
        select(func.max(func.coalesce(Mail.sent_at, planned))).where(
            Mail.ticket_id == ticket_id, Mail.recipient == recipient, Mail.state != "failed"
        )
    )
    return max(now, last + apart) if last else now


def due(store: Store, *, now: datetime, limit: int) -> list[int]:
    """The e-mails to send now, oldest first."""
    with store.read() as db:
        return list(db.scalars(select(Mail.id).where(_sendable(now)).order_by(Mail.id).limit(limit)))


def take(db: Session, mail_id: int, *, now: datetime) -> Mail | None:
    """Journal the attempt before it is made; None when another worker has the mail."""
    return db.scalar(
        update(Mail)
        .where(Mail.id == mail_id, _sendable(now))
        .values(state="sending", attempts=Mail.attempts + 1, due_at=now + SENDING_LIMIT)
        .returning(Mail)
    )


def sent(store: Store, mail: Mail, *, outcome: str, now: datetime) -> None:
    values: dict[str, object] = {"state": "sent", "sent_at": now, "due_at": None, "outcome": outcome}
    if mail.kind == "entrar":
        values["raw"] = b""  # it holds a way in; the database keeps only the link's hash
    _write(store, mail, values)


def retry(store: Store, mail: Mail, *, outcome: str, at: datetime, now: datetime) -> None:
    _write(store, mail, {"state": "queued", "due_at": at, "outcome": outcome}, trouble=outcome, now=now)


def late(db: Session, mail: Mail) -> bool:
    """Note that the operator is to be warned of this e-mail; False when that was done before."""
    marked = db.scalar(
        update(Mail).where(Mail.id == mail.id, Mail.late.is_(False)).values(late=True).returning(Mail.id)
    )
    return marked is not None


def failed(store: Store, mail: Mail, *, outcome: str, now: datetime) -> None:
    _write(store, mail, {"state": "failed", "due_at": None, "outcome": outcome}, trouble=outcome, now=now)


def unsent_for_good(db: Session) -> list[Mail]:
    """The e-mails that were given up or refused, oldest first; not those that are worth nothing now."""
    query = select(Mail).where(Mail.state == "failed", func.length(Mail.raw) > 0, Mail.kind != "entrar")
    return list(db.scalars(query.order_by(Mail.id)))


def send_again(db: Session, mail: Mail, *, now: datetime) -> None:
    """Try one that has failed anew, for as long as any other."""
    mail.state, mail.due_at, mail.created_at, mail.late = "queued", now, now, False
    mail.attempts += 1  # whoever is still at its last attempt writes nothing more
    mail.outcome = "the operator lets it be tried again"
    if mail.ticket_id is not None:
        said = f"{mail.kind} to {mail.recipient}: {mail.outcome}"
        journal(db, mail.ticket_id, act="mail", cause=mail.cause, outcome=said, now=now)


def came_back(db: Session, mail: Mail, *, outcome: str, again_at: datetime | None, now: datetime) -> None:
    """An e-mail that was handed over has come back: sent again then, or failed where no time is given."""
    mail.state, mail.due_at, mail.outcome = ("queued" if again_at else "failed"), again_at, outcome
    mail.bounces += 1
    if mail.ticket_id is not None:
        said = f"{mail.kind} to {mail.recipient}: {outcome}"
        journal(db, mail.ticket_id, act="mail", cause=mail.cause, outcome=said, now=now)


def _write(
    store: Store, mail: Mail, values: dict[str, object], *, trouble: str = "", now: datetime | None = None
) -> None:
    with store.begin() as db:
        db.execute(update(Mail).where(Mail.id == mail.id, Mail.attempts == mail.attempts).values(**values))
        # The row keeps the last answer only; the journal keeps each new one.
        if trouble != mail.outcome and now and mail.ticket_id is not None:
            outcome = f"{mail.kind} to {mail.recipient}: {trouble}"
            journal(db, mail.ticket_id, act="mail", cause=mail.cause, outcome=outcome, now=now)


def _sendable(now: datetime) -> ColumnElement[bool]:
    return and_(or_(Mail.state == "queued", Mail.state == "sending"), Mail.due_at <= now)
