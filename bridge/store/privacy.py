"""What is kept about the person behind an address, as the person may have it."""

import json
import re
from collections.abc import Sequence
from email import message_from_bytes, policy
from typing import Any

from sqlalchemy import String, cast, func, select
from sqlalchemy.orm import Session

from bridge.domain import reference
from bridge.store import people
from bridge.store.tables import (
    Draft,
    Event,
    Identity,
    IncomingMail,
    Mail,
    Organisation,
    Partner,
    PartnerActionRow,
    PortalSession,
    Reader,
    Recipient,
    SuppressedAddress,
    Ticket,
    Upload,
)

Json = dict[str, Any]


def export(db: Session, email: str) -> Json:
    """Everything kept about the person; of other people's tickets only what names them."""
    address = email.strip().lower()
    partner = people.by_email(db, address)
    return {
        "address": address,
        "partner": _partner(db, partner) if partner else None,
        "tickets": [_ticket(db, one) for one in opened(db, partner)],
        "named_in": [
            {"ticket": reference(one.id), "fields": fields}
            for one in naming(db, address)
            if (partner is None or one.partner_id != partner.id) and (fields := _fields(one, address))
        ],
        "messages": [
            {"ticket": reference(one.ticket_id), "at": one.at, "what": one.verb, "text": one.text}
            for one in written(db, address, partner)
        ],
        "drafts": [
            {"answers": one.answers, "updated_at": one.updated_at}
            for one in db.scalars(select(Draft).where(Draft.partner_id == (partner.id if partner else None)))
        ],
        "follows": [
            {"ticket": reference(one.ticket_id), "muted_at": one.muted_at, "removed_at": one.removed_at}
            for one in db.scalars(select(Recipient).where(Recipient.email == address))
        ],
        "preferences": [
            {"wants_emails": one.wants, "answered_at": one.answered_at, "pace": one.pace}
            for one in db.scalars(select(Reader).where(Reader.email == address))
        ],
        "emails_to": [_mail(one) for one in db.scalars(select(Mail).where(Mail.recipient == address))],
        "emails_from": [
            {"at": one.at, "result": one.result, "outcome": one.outcome}
            for one in db.scalars(select(IncomingMail).where(IncomingMail.sender == address))
        ],
        "stopped": [
            {"kind": one.kind, "reason": one.reason, "at": one.at}
            for one in db.scalars(select(SuppressedAddress).where(SuppressedAddress.email == address))
        ],
    }


def files_of(db: Session, email: str) -> list[Upload]:
    """The files that the person has sent."""
    partner = people.by_email(db, email)
    mine = select(Upload).where(Upload.partner_id == partner.id) if partner else None
    return list(db.scalars(mine.order_by(Upload.id))) if mine is not None else []


def _partner(db: Session, partner: Partner) -> Json:
    sessions = select(PortalSession).where(PortalSession.partner_id == partner.id)
    identities = select(Identity).where(Identity.partner_id == partner.id)
    return {
        "name": partner.name,
        "organisation": db.get_one(Organisation, partner.organisation_id).name,
        "created_at": partner.created_at,
        "read_notice": partner.notice_version,
        "ai": partner.ai,
        "active": partner.active,
        "signs_in_by": [{"issuer": one.issuer, "since": one.linked_at} for one in db.scalars(identities)],
        "sessions": [
            {"device": one.device, "since": one.created_at, "seen_at": one.seen_at}
            for one in db.scalars(sessions)
        ],
    }


def _ticket(db: Session, ticket: Ticket) -> Json:
    lines = select(Event).where(Event.ticket_id == ticket.id, Event.visible).order_by(Event.id)
    files = select(Upload).where(Upload.ticket_id == ticket.id).order_by(Upload.id)
    return {
        "ticket": reference(ticket.id),
        "issue": ticket.jira_key,
        "status": ticket.status,
        "created_at": ticket.created_at,
        "answers": ticket.answers,
        "original": ticket.original,
        "timeline": [
            {"at": one.at, "author": one.author, "status": one.status, "text": one.text}
            for one in db.scalars(lines)
        ],
        "files": [
            {"name": one.filename, "size": one.size, "sha256": one.sha256} for one in db.scalars(files)
        ],
    }


def opened(db: Session, partner: Partner | None) -> Sequence[Ticket]:
    """The tickets that a partner has opened."""
    mine = select(Ticket).where(Ticket.partner_id == (partner.id if partner else None))
    return db.scalars(mine.order_by(Ticket.id)).all()


def written(db: Session, address: str, partner: Partner | None) -> Sequence[PartnerActionRow]:
    """What the person has said of tickets; what is older than its column for addresses has none."""
    theirs = PartnerActionRow.email == address
    if partner is not None:
        theirs |= PartnerActionRow.partner_id == partner.id
    return db.scalars(select(PartnerActionRow).where(theirs).order_by(PartnerActionRow.id)).all()


def naming(db: Session, address: str) -> Sequence[Ticket]:
    """The tickets with the address, in small letters, anywhere in their form."""
    form = func.lower(cast(Ticket.answers, String) + Ticket.original)
    as_json = json.dumps(address)[1:-1]  # letters beyond ASCII are escaped in the column
    named = form.contains(address, autoescape=True) | form.contains(as_json, autoescape=True)
    found = db.scalars(select(Ticket).where(named).order_by(Ticket.id))
    return [one for one in found if standing(address).search(f"{one.answers} {one.original}")]


def standing(address: str) -> re.Pattern[str]:
    """Finds the address in any letters, and not as a part of a longer one."""
    return re.compile(rf"(?<![\w.%+-]){re.escape(address)}(?![\w-]|\.\w)", re.IGNORECASE)


def _fields(ticket: Ticket, address: str) -> list[str]:
    return [name for name, value in ticket.answers.items() if standing(address).search(str(value))]


def _mail(mail: Mail) -> Json:
    message = message_from_bytes(mail.raw, policy=policy.default) if mail.raw else None
    return {
        "ticket": reference(mail.ticket_id) if mail.ticket_id else None,
        "kind": mail.kind,
        "subject": str(message["Subject"]) if message else None,
        "state": mail.state,
        "at": mail.sent_at or mail.created_at,
    }
