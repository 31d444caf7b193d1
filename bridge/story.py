"""A ticket's whole story as `explain` tells it: where it stands and why, then every cause and effect."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bridge.domain import reference
from bridge.rules.publications import counts
from bridge.rules.standing import standing
from bridge.services import Services
from bridge.store import facts, pulls
from bridge.store.claims import LONGEST_LEASE
from bridge.store.tables import Entry, Event, LaneRow, Mail, Ring, Ticket, Upload

CLOCK_SKEW = timedelta(seconds=5)
"""Jira's clock may lead ours by so much; a person's move right after ours is told apart by more."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """Something that happened, with the id of its cause."""

    at: datetime
    act: str
    outcome: str
    cause: str


@dataclass(frozen=True, kw_only=True)
class Story:
    reference: str
    issue: str
    status: str
    title: str
    headline: str
    """The present state and its reason, in one sentence."""
    journal: tuple[Line, ...]
    verdicts: tuple[str, ...]
    """What each lane says now, and whether it has moved the ticket or waits, and for what."""
    pull_requests: tuple[str, ...]
    files: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """For scripts."""
        lines = [asdict(line) | {"at": line.at.isoformat(timespec="seconds")} for line in self.journal]
        return asdict(self) | {"journal": lines}


def story(services: Services, ticket: Ticket) -> Story:
    with services.store.read() as db:
        lanes = db.scalars(select(LaneRow).where(LaneRow.ticket_id == ticket.id).order_by(LaneRow.at)).all()
        mails = db.scalars(select(Mail).where(Mail.ticket_id == ticket.id).order_by(Mail.id)).all()
        return Story(
            reference=reference(ticket.id),
            issue=ticket.jira_key or "(no issue yet)",
            status=ticket.status,
            title=ticket.title,
            headline=_headline(db, ticket, now=services.clock()) + _mail_trouble(mails),
            journal=tuple(_lines(db, ticket, mails)),
            verdicts=tuple(_lane(one) for one in lanes),
            pull_requests=tuple(_pull_requests(db, services, ticket.id)),
            files=tuple(_files(db, ticket.id)),
        )


# --- where it stands


def _headline(db: Session, ticket: Ticket, *, now: datetime) -> str:
    name, rung = reference(ticket.id), ticket.generation > ticket.observed_generation
    if ticket.held:
        return f"{name} is {ticket.parked}; doorbells wait until `chamados tickets retry {name}`"
    if ticket.retry_at and ticket.retry_at > now and ticket.attempts:
        tries = "1 try" if ticket.attempts == 1 else f"{ticket.attempts} tries"
        service, _, reason = ticket.outcome.partition(": ")
        return f"{name} waits for {service} ({reason}; {tries}, again in {_span(ticket.retry_at - now)})"
    if ticket.lease_until and now < ticket.lease_until <= now + LONGEST_LEASE:
        return f"{name} is being looked at by {ticket.lease_owner}"
    if rung:
        since = _since_rung(db, ticket, now)
        return f"{name} waits for a worker{since}: is `chamados serve` or `worker` running?"
    if ticket.parked:
        return (
            f"{name} is parked: {one_line(ticket.parked)}; "
            f"it goes on when somebody changes something, or by `chamados tickets retry {name}`"
        )
    if ticket.create_state == "in_doubt":
        return f"{name} is in doubt: {ticket.outcome}"
    return f"{name} rests in {ticket.status}{_hold(ticket, now)}: {_why_here(db, ticket)}"


def _since_rung(db: Session, ticket: Ticket, now: datetime) -> str:
    rung_at = db.scalar(select(Ring.at).where(Ring.ticket_id == ticket.id).order_by(Ring.id).limit(1))
    return f" since {_span(now - rung_at)} ago" if rung_at else ""


def _hold(ticket: Ticket, now: datetime) -> str:
    if not ticket.due_at:
        return ""
    return f", what is on hold is looked at again in {_span(max(ticket.due_at - now, timedelta()))}"


def _why_here(db: Session, ticket: Ticket) -> str:
    """The wait that keeps it there, else what brought it there."""
    waiting = db.scalar(
        select(LaneRow).where(LaneRow.ticket_id == ticket.id, LaneRow.spent_at.is_(None)).limit(1)
    )
    if waiting:
        return f"{waiting.reason}, but {waiting.refusal}"
    ours = db.scalar(
        select(Entry)
        .where(Entry.ticket_id == ticket.id, Entry.act.in_(["move", "gone"]))
        .order_by(Entry.id.desc())
        .limit(1)
    )
    seen = db.scalar(
        select(Event)
        .where(Event.ticket_id == ticket.id, Event.status == ticket.status, Event.kind == "status")
        .order_by(Event.at.desc())
        .limit(1)
    )
    if ours and f" to {ticket.status} by " in ours.outcome and not (seen and seen.at > ours.at + CLOCK_SKEW):
        return ours.outcome
    if seen is None:
        return "nothing has moved it since it was filed"
    return f"{seen.author} moved it there ({seen.source})"


def _mail_trouble(mails: Any) -> str:
    """Said beside the state: e-mails fail by themselves."""
    failed = [one for one in mails if one.state == "failed"]
    tried = [one for one in mails if one.state == "queued" and one.attempts]
    parts = [f"{one.kind} to {one.recipient} failed: {one.outcome}" for one in failed]
    parts += [f"{one.kind} to {one.recipient} is tried again: {one.outcome}" for one in tried]
    return f"; e-mail {'; '.join(parts)}" if parts else ""


def _span(span: timedelta) -> str:
    seconds = round(span.total_seconds())
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def one_line(text: str) -> str:
    """A sentence as it is; of a traceback its last line, which says what is wrong."""
    lines = text.strip().splitlines()
    if len(lines) < 2:
        return text
    return f"bug: {lines[-1]}" if text.startswith("bug: ") else " ".join(lines)


# --- what happened


def _lines(db: Session, ticket: Ticket, mails: Any) -> list[Line]:
    entries = db.scalars(select(Entry).where(Entry.ticket_id == ticket.id).order_by(Entry.id)).all()
    events = {one.source: one for one in db.scalars(select(Event).where(Event.ticket_id == ticket.id))}
    lines = [_entry(one, events.get(one.cause)) for one in entries]
    lines += [
        Line(at=one.sent_at or one.created_at, act="mail", outcome=_mail(one), cause=one.cause)
        for one in mails
    ]
    return sorted(lines, key=lambda line: line.at)


def _entry(entry: Entry, event: Event | None) -> Line:
    outcome = entry.outcome
    if entry.act == "tell" and event is not None:
        who = event.author or "the bridge"
        what = f"{event.kind} {event.status}".strip()
        outcome = f"{who}: {what} at {event.at:%Y-%m-%d %H:%M:%S}; {event.outcome or 'nobody is told'}"
    return Line(at=entry.at, act=entry.act, outcome=outcome, cause=entry.cause)


def _mail(one: Mail) -> str:
    tries = f" after {one.attempts} tries" if one.attempts > 1 else ""
    again = f", again at {one.due_at:%H:%M:%S}" if one.state == "queued" and one.due_at else ""
    return f"{one.kind} to {one.recipient}: {one.state}{tries}{again} {one.outcome}".strip()


# --- what is known now


def _lane(one: LaneRow) -> str:
    if one.spent_at is None:
        return f"{one.lane} waits: {one.reason}, but {one.refusal} [{one.identity}]"
    at = f"{one.spent_at:%Y-%m-%d %H:%M:%S}"
    return (
        f"{one.lane} has moved it ({at}) and does not again until it changes: {one.reason} [{one.identity}]"
    )


def _files(db: Session, ticket_id: int) -> Iterator[str]:
    for one in db.scalars(select(Upload).where(Upload.ticket_id == ticket_id).order_by(Upload.id)):
        there = "in Jira" if one.jira_id else f"refused: {one.refusal}" if one.refusal else "not in Jira yet"
        yield f"file {one.id}, {one.filename}, {one.size} bytes: {there}"


def _pull_requests(db: Session, services: Services, ticket_id: int) -> Iterator[str]:
    found = [one for one, _ in pulls.pull_requests(db, ticket_id)]
    for one in found:
        yield from standing(one, services.mappings.workflow.reviews)
    for published in facts.publications(db, ticket_id):
        yield f"{published.identity} in {published.environment}: {counts(published, found)}"
