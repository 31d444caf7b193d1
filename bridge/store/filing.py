"""How a form becomes a ticket: one transaction that leaves the ticket rung."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from ulid import ULID

from bridge.store.bells import bells
from bridge.store.searching import search_text
from bridge.store.tables import Partner, Recipient, Ring, Ticket, Upload


@dataclass(frozen=True, kw_only=True)
class Submission:
    """A form whose answers have been checked."""

    partner: Partner
    answers: dict[str, Any]
    """By field name; `notificar` and `fluxo` are lists."""
    original: str = ""
    """The partner's own description, when an AI proposal stands in its place."""
    upload_ids: tuple[int, ...] = ()
    idempotency_key: str | None = None
    request_hash: str = ""
    continues_id: int | None = None
    """The closed ticket whose problem is back; it has been found to be the partner's to read."""


def file_ticket(db: Session, submission: Submission, *, status: str, now: datetime) -> Ticket:
    """Write the ticket, its recipients and files, and ring it. Jira learns of it in the next reconcile."""
    ticket = Ticket(
        partner_id=submission.partner.id,
        organisation_id=submission.partner.organisation_id,
        continues_id=submission.continues_id,
        idempotency_key=submission.idempotency_key,
        request_hash=submission.request_hash,
        answers=submission.answers,
        original=submission.original,
        title=submission.answers["titulo"],
        created_at=now,
        marker=f"br-{ULID.from_datetime(now)}".lower(),
        status=status,
        status_since=now,
        generation=1,
    )
    db.add(ticket)
    db.flush()
    ticket.search_text = search_text(ticket.id, submission.answers)
    bells(db).tickets.add(ticket.id)
    db.add_all(_recipients(ticket.id, submission))
    db.add(Ring(ticket_id=ticket.id, generation=1, kind="filed", subject="form", at=now))
    _hand_over_files(db, ticket.id, submission)
    return ticket


def filed_before(db: Session, *, partner_id: int, idempotency_key: str) -> Ticket | None:
    """The ticket that an earlier request with this key made."""
    return db.scalar(
        select(Ticket).where(Ticket.partner_id == partner_id, Ticket.idempotency_key == idempotency_key)
    )


def _recipients(ticket_id: int, submission: Submission) -> list[Recipient]:
    opener = submission.partner.email
    others = dict.fromkeys(email.lower() for email in submission.answers.get("notificar") or [])
    others.pop(opener, None)
    return [
        Recipient(ticket_id=ticket_id, email=opener, is_opener=True),
        *(Recipient(ticket_id=ticket_id, email=email, is_opener=False) for email in others),
    ]


def _hand_over_files(db: Session, ticket_id: int, submission: Submission) -> None:
    if submission.upload_ids:
        db.execute(
            update(Upload)
            .where(Upload.id.in_(submission.upload_ids), Upload.partner_id == submission.partner.id)
            .values(ticket_id=ticket_id, draft_id=None)
        )
