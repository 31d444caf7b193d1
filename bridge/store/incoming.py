"""E-mails that came in, each taken once: known by their place in the mailbox, replies by their words too."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bridge.store.engine import Store
from bridge.store.tables import IncomingMail


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where an e-mail lies; for as long as the mailbox lives no other lies there (RFC 9051 2.3.1.1)."""

    mailbox: str
    uid_validity: int
    uid: int


def handled(store: Store, *, mailbox: str, uid_validity: int, uids: list[int]) -> dict[int, str]:
    """Those of `uids` that were taken already, each with its result."""
    here = select(IncomingMail.uid, IncomingMail.result).where(
        IncomingMail.mailbox == mailbox,
        IncomingMail.uid_validity == uid_validity,
        IncomingMail.uid.in_(uids),
    )
    with store.read() as db:
        return {row.uid: row.result for row in db.execute(here)}


def came_before(db: Session, fingerprint: str) -> int | None:
    """The number under which a copy of this e-mail was taken."""
    return db.scalar(select(IncomingMail.id).where(IncomingMail.fingerprint == fingerprint))


def note(
    db: Session,
    place: Place,
    *,
    sender: str,
    result: str,
    outcome: str,
    now: datetime,
    ticket_id: int | None = None,
    fingerprint: str | None = None,
) -> None:
    """Write down what became of an e-mail. The flush fails where another process has taken it.

    Raises:
        IntegrityError: it is taken already; nothing of this transaction stands.
    """
    db.add(
        IncomingMail(
            mailbox=place.mailbox,
            uid_validity=place.uid_validity,
            uid=place.uid,
            fingerprint=fingerprint,
            ticket_id=ticket_id,
            sender=sender[:320],
            result=result,
            outcome=outcome,
            at=now,
        )
    )
    db.flush()


def taken_since(db: Session, *, ticket_id: int, sender: str, since: datetime) -> int:
    """How many e-mails about a ticket one address has sent since."""
    mine = select(func.count()).where(
        IncomingMail.ticket_id == ticket_id, IncomingMail.sender == sender, IncomingMail.at > since
    )
    return db.scalar(mine) or 0


def newest(db: Session, *, limit: int) -> list[IncomingMail]:
    return list(db.scalars(select(IncomingMail).order_by(IncomingMail.id.desc()).limit(limit)))
