"""Forgetting the person behind an address.

Tickets are the reseller's business with the software house and stay; who the person was goes from them.
"""

import json
import re
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Delete, Update, delete, func, or_, select, update
from sqlalchemy.orm import Session

from bridge.domain import reference
from bridge.store import followers, people, privacy
from bridge.store.searching import search_text
from bridge.store.tables import (
    ArrivingFile,
    Delivery,
    Draft,
    Entry,
    Event,
    Identity,
    IncomingMail,
    LaneRow,
    Mail,
    Partner,
    PartnerActionRow,
    Reader,
    Recipient,
    SuppressedAddress,
    Ticket,
    Upload,
)

NOBODY = "Pessoa removida"
"""The name that stands where the person's stood."""
OUTCOME = "erased: somebody asked to be forgotten"
BATCH = 100
"""Webhooks read at a time."""


@dataclass(kw_only=True)
class Erased:
    """What an erasure takes, and where the address may still stand."""

    counts: dict[str, int] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    """Names in the files folder, whose bytes nothing refers to any more."""
    open_tickets: list[str] = field(default_factory=list)
    """Tickets under way, of which the person is told nothing any more."""
    issues: list[str] = field(default_factory=list)
    """Jira's issues that had the address or the name from us: Jira keeps them, and their history."""


@dataclass(frozen=True, kw_only=True)
class _Person:
    """Whom to forget, and what stands in their place."""

    address: str
    """In small letters."""
    names: frozenset[str]
    """As a partner, and as they signed what they wrote."""
    alias: str

    def hidden(self, value: Any) -> Any:
        """A form's answers, or any text of them, with another address in place of theirs."""
        if isinstance(value, str):
            return privacy.standing(self.address).sub(self.alias, value)
        if isinstance(value, list):
            return [self.hidden(one) for one in value]
        if isinstance(value, dict):
            return {name: self.hidden(one) for name, one in value.items()}
        return value

    def unnamed(self, text: str) -> str:
        """A text of ours or theirs without address and name."""
        for name in sorted(self.names, key=len, reverse=True):  # "Ana (Revenda)" before "Ana"
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", NOBODY, text)
        return str(self.hidden(text))

    def is_in(self, body: bytes) -> bool:
        """Whether a webhook's body holds the address, or the name as we write it into Jira."""
        text = body.decode(errors="replace")
        written = {*self.names, *(json.dumps(name)[1:-1] for name in self.names)}
        named = any(re.search(rf'["(]{re.escape(one)}["),]', text) for one in written)
        return named or privacy.standing(self.address).search(text) is not None


def erase(db: Session, email: str, *, closed: frozenset[str], texts: frozenset[str], now: datetime) -> Erased:
    """Forget the person, in the caller's transaction.

    `closed`: the statuses of tickets that have ended. `texts`: the form's fields that are written freely.
    """
    address = email.strip().lower()
    partner = people.by_email(db, address)
    messages = privacy.written(db, address, partner)
    person = _Person(
        address=address,
        names=frozenset({partner.name if partner else "", *(one.author for one in messages)} - {""}),
        # Random, for a hash can be found by trying addresses; one for all, as what one person wrote stays so.
        alias=f"removido-{secrets.token_hex(6)}@invalid",
    )
    opened = privacy.opened(db, partner)
    forms = dict.fromkeys([*opened, *privacy.naming(db, address)])
    in_jira = {one.id for one in forms} | {one.ticket_id for one in messages}
    concerned = in_jira | (followers.changed_by(db, partner) if partner else set())
    erased = Erased(
        open_tickets=[reference(one.id) for one in opened if one.status not in closed],
        issues=_issues(db, in_jira),
    )
    from_there = update(IncomingMail).where(IncomingMail.sender == address).values(sender=person.alias)
    stops = delete(SuppressedAddress).where(SuppressedAddress.email == address)
    erased.counts = {
        "messages": _hide_messages(db, person, messages),
        "forms": _hide_in_forms(forms, person, texts),
        "follows": _hide_follows(db, person, concerned, now=now),
        "e-mails": _forget_mails(db, person, concerned),
        "e-mails of theirs": _count(db, from_there),
        "preferences": _count(db, delete(Reader).where(Reader.email == address)),
        "stops": _count(db, stops),
        "lines of journals": _hide_in_journals(db, person, concerned),
        "webhooks": _forget_webhooks(db, person),
        "drafts": _forget_drafts(db, partner, erased.files) if partner else 0,
        "partners": _forget_partner(db, partner, person.alias) if partner else 0,
    }
    return erased


def _issues(db: Session, tickets: Collection[int]) -> list[str]:
    keys = db.scalars(select(Ticket.jira_key).where(Ticket.id.in_(tickets)).order_by(Ticket.id))
    return [key for key in keys if key]


def _hide_messages(db: Session, person: _Person, messages: Collection[PartnerActionRow]) -> int:
    """And who wrote them, in the timeline."""
    for one in messages:
        mine = update(Event).where(Event.ticket_id == one.ticket_id, Event.author == one.author)
        db.execute(mine.values(author=NOBODY))
        one.author, one.email, one.text = NOBODY, person.alias, person.unnamed(one.text)
    return len(messages)


def _hide_in_forms(tickets: Iterable[Ticket], person: _Person, texts: frozenset[str]) -> int:
    """A name may be a word of the form's own: it goes from what is written freely."""
    changed = 0
    for one in tickets:
        answers = {
            name: person.unnamed(value) if name in texts and isinstance(value, str) else person.hidden(value)
            for name, value in one.answers.items()
        }
        original = person.unnamed(one.original)
        changed += (answers, original) != (one.answers, one.original)
        one.answers, one.original = answers, original
        one.title, one.search_text = answers["titulo"], search_text(one.id, answers)
    return changed


def _hide_follows(db: Session, person: _Person, tickets: Collection[int], *, now: datetime) -> int:
    theirs = Recipient.ticket_id.in_(tickets) | (Recipient.email == person.address)
    added = update(Recipient).where(theirs, Recipient.added_by.in_(person.names))
    db.execute(added.values(added_by=NOBODY))
    removed = func.coalesce(Recipient.removed_at, now)
    mine = update(Recipient).where(Recipient.email == person.address)
    return _count(db, mine.values(email=person.alias, removed_at=removed))


def _forget_mails(db: Session, person: _Person, tickets: Collection[int]) -> int:
    """Those to them, and what others got of tickets that name them; what has not gone to others yet goes."""
    to_them = Mail.recipient == person.address
    # Who is sending one at this moment finds it decided, and writes nothing more of it.
    gone = {"state": "withdrawn", "due_at": None, "outcome": OUTCOME, "attempts": Mail.attempts + 1}
    db.execute(update(Mail).where(to_them, Mail.state.in_(["queued", "sending"])).values(**gone))
    told = Mail.ticket_id.in_(tickets) & Mail.state.in_(["sent", "failed", "withdrawn"])
    emptied = _count(db, update(Mail).where(or_(to_them, told)).values(raw=b"", quotes={}))
    db.execute(update(Mail).where(to_them).values(recipient=person.alias))
    return emptied


def _hide_in_journals(db: Session, person: _Person, tickets: Collection[int]) -> int:
    """The journal and the last verdicts: our own sentences, of which some name people."""
    addressed = func.lower(Entry.outcome).contains(person.address, autoescape=True)
    lines = db.scalars(select(Entry).where(or_(Entry.ticket_id.in_(tickets), addressed))).all()
    for line in lines:
        line.outcome = person.unnamed(line.outcome)
    verdicts = db.scalars(select(LaneRow).where(LaneRow.ticket_id.in_(tickets))).all()
    for verdict in verdicts:
        verdict.reason = person.unnamed(verdict.reason)
    return len(lines) + len(verdicts)


def _forget_webhooks(db: Session, person: _Person) -> int:
    """The bodies that name them, read in portions: a database keeps many."""
    found, last = 0, 0
    while True:
        portion = select(Delivery.id, Delivery.body).where(Delivery.id > last).order_by(Delivery.id)
        rows = db.execute(portion.limit(BATCH)).all()
        if not rows:
            return found
        last = rows[-1].id
        holding = [row.id for row in rows if person.is_in(row.body)]
        if holding:
            emptied = update(Delivery).where(Delivery.id.in_(holding))
            found += _count(db, emptied.values(body=b"", outcome=OUTCOME))


def _forget_drafts(db: Session, partner: Partner, files: list[str]) -> int:
    """With what was sent for them; a ticket's own files stay with the ticket."""
    unsent = (Upload.partner_id == partner.id, Upload.ticket_id.is_(None))
    arriving = delete(ArrivingFile).where(ArrivingFile.partner_id == partner.id)
    files += [f"{name}.part" for name in db.scalars(arriving.returning(ArrivingFile.id))]
    files += db.scalars(delete(Upload).where(*unsent).returning(Upload.stored_as)).all()
    return _count(db, delete(Draft).where(Draft.partner_id == partner.id))


def _forget_partner(db: Session, partner: Partner, alias: str) -> int:
    people.shut_out(db, partner)
    db.execute(delete(Identity).where(Identity.partner_id == partner.id))
    partner.name, partner.email, partner.notice_version, partner.ai = NOBODY, alias, "", None
    return 1


def _count(db: Session, statement: Update | Delete) -> int:
    return int(db.execute(statement).rowcount)  # type: ignore[attr-defined]
