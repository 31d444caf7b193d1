"""Tell: the timeline's lines and their e-mails, what corrects them, and asking for what they lack."""

from datetime import datetime, timedelta
from email.message import EmailMessage

from sqlalchemy import select
from sqlalchemy.orm import Session

from bridge import emails
from bridge.actions import Ask, Correct, Tell
from bridge.clients.jira import Heading, Paragraph
from bridge.domain import reference
from bridge.rules import Holds
from bridge.services import Services
from bridge.store import mails
from bridge.store.tables import Event, Partner, Recipient, Ticket
from bridge.store.tickets import Claim, journal, writing


def holds(services: Services, ticket: Ticket) -> Holds:
    """How long changes wait before they are told: longer where somebody is changing many tickets at once."""
    config, apart = services.config, _apart(services, ticket)
    return Holds(
        status=timedelta(seconds=max(config.mail_hold, apart)),
        comment=timedelta(seconds=max(config.comment_hold, apart)),
        reason=timedelta(seconds=config.reason_hold),
    )


def _apart(services: Services, ticket: Ticket) -> int:
    """Seconds between two e-mails about a ticket."""
    seconds = services.config.bulk_hold
    # What was changed in the first hold is told in the second.
    while_told = timedelta(seconds=2 * seconds)
    in_bulk = ticket.bulk_at is not None and services.clock() < ticket.bulk_at + while_told
    return seconds if in_bulk else 0


def tell(services: Services, claimed: Claim, ticket: Ticket, action: Tell) -> str:
    """The timeline's line and its e-mails, in one transaction."""
    with writing(services.store, claimed) as db:
        return write_telling(db, services, ticket, action)


def write_telling(db: Session, services: Services, ticket: Ticket, action: Tell) -> str:
    """Add a fact to the timeline with its e-mails; told once, whatever happens."""
    if _event(db, ticket, action.source) is not None:
        return f"{action.source} was told before"
    count = _queue_mails(db, services, ticket, action) if action.email else 0
    outcome = f"e-mail {action.email} to {count}" if action.email else action.outcome
    db.add(
        Event(
            ticket_id=ticket.id,
            source=action.source,
            at=action.at,
            kind=action.kind,
            author=action.author,
            status=action.status,
            text=action.text,
            quotes=dict(action.quotes),
            visible=action.visible,
            outcome=outcome,
        )
    )
    journal(db, ticket.id, act="tell", cause=action.source, outcome=outcome, now=services.clock())
    return outcome


def correct(services: Services, claimed: Claim, ticket: Ticket, action: Correct) -> str:
    """Bring a timeline's line up to date with its comments, and the e-mails about it that have not gone."""
    now = services.clock()
    with writing(services.store, claimed) as db:
        event = _event(db, ticket, action.source)
        if event is None:
            return f"{action.source} is not on the timeline"
        said = "says what its comment says now" if action.text else "shows its comment no more"
        outcome = f"{action.source} {said}; {_correct_mails(db, services, ticket, action)}"
        event.text, event.quotes, event.visible = action.text, dict(action.quotes), action.visible
        event.edited_at = now if action.text else None
        journal(db, ticket.id, act="correct", cause=action.source, outcome=outcome, now=now)
    return outcome


def _correct_mails(db: Session, services: Services, ticket: Ticket, action: Correct) -> str:
    """Who has been told before is not written to again: the e-mail leads to the page, which is right."""
    waiting = mails.unsent(db, ticket_id=ticket.id, cause=action.source)
    now = services.clock()
    for mail in waiting:
        if action.email:
            message = _letter(db, services, ticket, action, recipient=mail.recipient)
            mails.rewrite(db, mail, message, quotes=action.quotes, now=now)
        else:
            mails.withdraw(db, mail, outcome="its comment is not public any more", now=now)
    return f"{len(waiting)} e-mails {'corrected' if action.email else 'withdrawn'}"


def ask(services: Services, claimed: Claim, ticket: Ticket, action: Ask) -> str:
    """Ask inside Jira for the comment that a status wants; once, whatever breaks."""
    issue_id, now = ticket.jira_id or "", services.clock()
    marker = services.mappings.workflow.comment_marker
    already = services.jira.find_comment(issue_id, action.source)
    number = already or services.jira.comment(
        issue_id,
        [
            Heading("Falta o comentário para o parceiro"),
            Paragraph(
                f"O chamado está em {action.status} sem um comentário público, e o parceiro ainda não foi "
                f"avisado. Escreva um comentário que comece com {marker}: ele segue no e-mail. "
                f"Sem ele, o e-mail sai {_in_words(action.until - now)}, sem o motivo."
            ),
        ],
        marker=action.source,
    )
    outcome = f"asked for a public comment in comment {number}"
    with writing(services.store, claimed) as db:
        db.add(_unseen(ticket, action, outcome))
        journal(db, ticket.id, act="ask", cause=action.source, outcome=outcome, now=now)
    return outcome


def _unseen(ticket: Ticket, action: Ask, outcome: str) -> Event:
    """The line that remembers it, which no partner reads."""
    return Event(
        ticket_id=ticket.id,
        source=action.source,
        at=action.at,
        kind="asked",
        author="",
        status=action.status,
        text="",
        visible=False,
        outcome=outcome,
    )


def _in_words(span: timedelta) -> str:
    minutes = max(1, round(span.total_seconds() / 60))
    if minutes < 120:
        return f"em {minutes} min"
    return f"em {round(minutes / 60)} horas"


def _event(db: Session, ticket: Ticket, source: str) -> Event | None:
    return db.scalar(select(Event).where(Event.ticket_id == ticket.id, Event.source == source))


# --- its e-mails


def _queue_mails(db: Session, services: Services, ticket: Ticket, action: Tell) -> int:
    count, now, apart = 0, services.clock(), _apart(services, ticket)
    for recipient in db.scalars(select(Recipient).where(Recipient.ticket_id == ticket.id)).all():
        message = _letter(db, services, ticket, action, recipient=recipient.email)
        due_at = _spaced(db, ticket, recipient, seconds=apart, now=now) if apart else now
        count += mails.queue(
            db,
            ticket_id=ticket.id,
            cause=action.source,
            kind=action.email or "",
            recipient=recipient.email,
            message=message,
            now=now,
            due_at=due_at,
            quotes=action.quotes,
        )
    return count


def _letter(
    db: Session, services: Services, ticket: Ticket, action: Tell | Correct, *, recipient: str
) -> EmailMessage:
    config = services.config
    told = emails.TicketFacts(
        reference=reference(ticket.id),
        title=ticket.title,
        opener=db.get_one(Partner, ticket.partner_id).name,
        url=f"{config.public_url}/chamados/{reference(ticket.id)}",
        status=_plain(services, action.status or ticket.status),
    )
    row = db.get_one(Recipient, (ticket.id, recipient))
    return emails.compose(
        action.email or "",
        mappings=services.mappings,
        ticket=told,
        addressee=emails.Addressee(email=row.email, is_opener=row.is_opener),
        context=action.context,
        cause=action.source,
        sender=config.mail.sender,
        now=services.clock(),
    )


def _spaced(db: Session, ticket: Ticket, recipient: Recipient, *, seconds: int, now: datetime) -> datetime:
    apart = timedelta(seconds=seconds)
    return mails.not_before(db, ticket_id=ticket.id, recipient=recipient.email, apart=apart, now=now)


def _plain(services: Services, status: str) -> str:
    known = services.mappings.workflow.statuses.get(status)
    return known.plain if known else status
