"""A ticket's e-mails: what each follower gets of what happened, queued with its cause."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bridge import emails, proofs
from bridge.domain import PartnerVerb, Quotes, reference
from bridge.rules.following import Follower, silence
from bridge.services import Services
from bridge.store import followers, mails
from bridge.store.people import hashed
from bridge.store.tables import Mail, Partner, Ticket
from bridge.store.tickets import journal
from mappings.model import Moment

DEED_LIFE = timedelta(days=30)
"""How long a link serves to answer, confirm or complain without signing in."""
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FIRST_MAILS_TO_ADDRESS = 3
"""A day: so many first e-mails one stranger may get, whoever asks."""
FIRST_MAILS_OF_PARTNER = 20
FIRST_MAILS = 200
"""An hour: first e-mails to strangers, by one partner's tickets and by all."""


@dataclass(frozen=True, kw_only=True)
class Happening:
    """What happened, as e-mails tell it."""

    kind: str
    cause: str
    context: Mapping[str, str] = field(default_factory=dict)
    status: str = ""
    """The board's name of the status it is about; empty: the ticket's own."""
    quotes: Quotes = field(default_factory=dict)
    caused_by: str = ""
    """The address of the person whose doing it was, where it was one of the partner's."""
    at: datetime | None = None
    """When it happened; None: now."""


def send_to_all(db: Session, services: Services, ticket: Ticket, what: Happening) -> str:
    """Queue the e-mails about it; how many, and who gets none and why."""
    silent = []
    count = 0
    for follower in followers.of_ticket(db, ticket):
        reason = _silence(services, follower, what)
        if not reason:
            count += send(db, services, ticket, follower, what)
        else:
            silent.append(f"not to {follower.email}: {reason}")
        if not follower.proved:
            silent += invite(db, services, ticket, follower)
    return "; ".join([f"e-mail {what.kind} to {count}", *silent])


def send(db: Session, services: Services, ticket: Ticket, follower: Follower, what: Happening) -> bool:
    """Queue one follower's e-mail, or put these words into one that has not gone; False when it has."""
    now = services.clock()
    message = letter(db, services, ticket, follower, what)
    queued = mails.queue(
        db,
        ticket_id=ticket.id,
        cause=what.cause,
        kind=what.kind,
        recipient=follower.email,
        message=message,
        now=now,
        due_at=_due_at(db, services, ticket, follower, what),
        quotes=what.quotes,
    )
    waiting = [] if queued else mails.unsent(db, ticket_id=ticket.id, cause=what.cause)
    mine = next((mail for mail in waiting if mail.recipient == follower.email), None)
    if mine:
        mails.rewrite(db, mine, message, quotes=what.quotes, now=now)
    return queued or mine is not None


def invite(db: Session, services: Services, ticket: Ticket, follower: Follower) -> list[str]:
    """Queue the one e-mail that a stranger gets unasked; what came of it, if anything did."""
    kind = services.mappings.workflow.moments.get(Moment.ADDED)
    if kind is None or follower.muted or follower.refused or was_invited(db, ticket, follower.email):
        return []
    excess = _excess(db, ticket, follower, kind=kind, now=services.clock())
    if excess:
        return [f"no first e-mail to {follower.email}: {excess}"]
    send(db, services, ticket, follower, Happening(kind=kind, cause=_added(follower.email)))
    return [f"first e-mail to {follower.email}"]


def was_invited(db: Session, ticket: Ticket, email: str) -> bool:
    """Whether the one e-mail that a stranger gets unasked has been queued."""
    asked = select(Mail.id).where(Mail.ticket_id == ticket.id, Mail.cause == _added(email))
    return db.scalar(asked) is not None


def welcome(db: Session, services: Services, ticket: Ticket, email: str) -> str:
    """Tell somebody who was just added; what came of it."""
    follower = followers.find(db, ticket, email)
    kind = services.mappings.workflow.moments.get(Moment.ADDED)
    if follower is None or kind is None:
        return "no e-mail: nobody is told of being added"
    if not follower.proved:
        return "; ".join(invite(db, services, ticket, follower)) or "no e-mail: it has been asked before"
    cause = _added(follower.email)
    what = Happening(kind=kind, cause=cause)
    reason = _silence(services, follower, what)
    sent = not reason and send(db, services, ticket, follower, what)
    outcome = f"e-mail {kind} to 1" if sent else f"no e-mail: {reason or 'it was told before'}"
    journal(db, ticket.id, act="mail", cause=cause, outcome=outcome, now=services.clock())
    return outcome


def letter(
    db: Session, services: Services, ticket: Ticket, follower: Follower, what: Happening
) -> EmailMessage:
    """The e-mail of what happened to one follower."""
    config = services.config
    return emails.compose(
        what.kind,
        mappings=services.mappings,
        ticket=emails.TicketFacts(
            reference=reference(ticket.id),
            title=ticket.title,
            opener=db.get_one(Partner, ticket.partner_id).name,
            status=services.mappings.workflow.plain(what.status or ticket.status),
            withheld=str(ticket.answers.get("email_cliente") or ""),
        ),
        addressee=emails.Addressee(
            email=follower.email,
            is_opener=follower.is_opener,
            proved=follower.proved,
            can_enter=follower.can_enter,
            muted=follower.muted,
            added_by=follower.added_by,
        ),
        links=_links(services, ticket, follower, what),
        context=what.context,
        cause=what.cause,
        house=emails.House(sender=config.mail.sender, now=services.clock()),
    )


def _added(email: str) -> str:
    """The cause of the first e-mail to somebody who was added."""
    return f"added:{hashed(email)[:16]}"


def _silence(services: Services, follower: Follower, what: Happening) -> str:
    text, policy = services.mappings.emails[what.kind], services.mappings.workflow.mails
    return silence(text, follower, policy, caused_by=what.caused_by)


def _links(services: Services, ticket: Ticket, follower: Follower, what: Happening) -> emails.Links:
    config, secret = services.config, services.config.secret_key
    number, person = ticket.id, follower.email
    domain = config.mail.replies if follower.proved else ""
    token = proofs.following_token(secret, ticket_id=number, recipient=person)
    answers = proofs.reply_address(secret, ticket_id=number, recipient=person, domain=domain)
    return emails.Links(
        ticket=f"{config.public_url}/chamados/{reference(ticket.id)}",
        following=f"{config.public_url}/avisos/{token}",
        deeds=_deeds(services, ticket, follower, what),
        reply_to=answers if domain else "",
    )


def _deeds(services: Services, ticket: Ticket, follower: Follower, what: Happening) -> dict[str, str]:
    """What the opener may do from the e-mail: that which the status it tells of allows."""
    config, status = services.config, what.status or ticket.status
    until = services.clock().replace(microsecond=0) + DEED_LIFE
    rules = services.mappings.workflow.rules
    return {
        verb.value: f"{config.public_url}/agir/"
        + proofs.deed_token(
            config.secret_key,
            ticket_id=ticket.id,
            recipient=follower.email,
            verb=verb,
            cause=what.cause,
            until=until,
        )
        for verb in PartnerVerb
        if follower.is_opener and verb.trigger and status in rules[verb.trigger].moves_from
    }


def _due_at(db: Session, services: Services, ticket: Ticket, follower: Follower, what: Happening) -> datetime:
    """Now; but where many tickets were changed at once, at a distance from the last e-mail about this one.

    However late it is told: Jira, or the bridge, may have been down meanwhile.
    """
    now, distance = services.clock(), timedelta(seconds=services.config.bulk_hold)
    if ticket.bulk_at is None or (what.at or now) >= ticket.bulk_at + distance:
        return now
    return mails.not_before(db, ticket_id=ticket.id, recipient=follower.email, apart=distance, now=now)


def _excess(db: Session, ticket: Ticket, follower: Follower, *, kind: str, now: datetime) -> str:
    """Which limit one more first e-mail would break; empty when none."""
    counted = select(func.count()).select_from(Mail).where(Mail.kind == kind)
    to_address = counted.where(Mail.recipient == follower.email, Mail.created_at > now - DAY)
    lately = counted.where(Mail.created_at > now - HOUR)
    of_partner = lately.join(Ticket, Ticket.id == Mail.ticket_id).where(
        Ticket.partner_id == ticket.partner_id
    )
    for query, limit, words in (
        (to_address, FIRST_MAILS_TO_ADDRESS, "the address has had enough of them today"),
        (of_partner, FIRST_MAILS_OF_PARTNER, "the partner has asked for enough of them this hour"),
        (lately, FIRST_MAILS, "enough of them were sent this hour"),
    ):
        if (db.scalar(query) or 0) >= limit:
            return words
    return ""
