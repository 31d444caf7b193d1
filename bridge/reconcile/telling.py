"""Tell: the timeline's lines and their e-mails, what corrects them, and asking for what they lack."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bridge.actions import Ask, Correct, Gathered, Tell
from bridge.clients.jira import Heading, Paragraph
from bridge.reconcile.letters import Happening, letter, send, send_to_all
from bridge.reconcile.speech import say_once
from bridge.rules import Holds
from bridge.services import Services
from bridge.store import followers, mails
from bridge.store.claims import Claim, writing
from bridge.store.tables import Event, Ticket
from bridge.store.tickets import journal, ring


def holds(services: Services, ticket: Ticket) -> Holds:
    """How long changes wait before they are told: longer where somebody is changing many tickets at once."""
    config = services.config
    # What was changed within a hold of the last change in bulk is told within the second.
    bulk_until = ticket.bulk_at and ticket.bulk_at + timedelta(seconds=2 * config.bulk_hold)
    bulk_hold = config.bulk_hold if bulk_until and services.clock() < bulk_until else 0
    return Holds(
        status=timedelta(seconds=max(config.mail_hold, bulk_hold)),
        comment=timedelta(seconds=max(config.comment_hold, bulk_hold)),
        reason=timedelta(seconds=config.reason_hold),
        idle=timedelta(seconds=config.gather_idle),
        longest=timedelta(seconds=config.gather_longest),
    )


def tell(services: Services, claimed: Claim, ticket: Ticket, action: Tell) -> str:
    """The timeline's line and its e-mails, in one transaction."""
    with writing(services.store, claimed) as db:
        return write_telling(db, services, ticket, action)


def write_telling(db: Session, services: Services, ticket: Ticket, action: Tell) -> str:
    """Add a fact to the timeline with its e-mails; told once, whatever happens."""
    if _event(db, ticket, action.source) is not None:
        return f"{action.source} was told before"
    outcome = send_to_all(db, services, ticket, _happening(action)) if action.email else action.outcome
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
            news=action.news,
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
        follower = followers.find(db, ticket, mail.recipient)
        if action.email and follower is not None:
            message = letter(db, services, ticket, follower, _happening(action))
            mails.rewrite(db, mail, message, quotes=action.quotes, now=now)
        else:
            mails.withdraw(db, mail, outcome="its comment is not public any more", now=now)
    recalled = _recall_news(db, ticket, action, now=now)
    return (
        f"{len(waiting) + recalled} e-mails {'corrected' if action.email and not recalled else 'withdrawn'}"
    )


def _recall_news(db: Session, ticket: Ticket, action: Correct, *, now: datetime) -> int:
    """Withdraw the news that quote what is said no longer; the next look gathers what is left of them."""
    stale = mails.queued_news(db, ticket_id=ticket.id, quoting=action.quotes)
    for mail in stale:
        mails.withdraw(db, mail, outcome="a comment that it quotes says something else now", now=now)
        ring(db, ticket.id, kind="outbox", subject=mail.cause, now=now)
    return len(stale)


def ask(services: Services, claimed: Claim, ticket: Ticket, action: Ask) -> str:
    """Ask inside Jira for the comment that a status wants; once, whatever breaks."""
    now, marker = services.clock(), services.mappings.workflow.comment_marker
    number = say_once(
        services,
        claimed,
        ticket.jira_id or "",
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


def gather(services: Services, claimed: Claim, ticket: Ticket, action: Gathered) -> str:
    """The e-mails of the news that have come together."""
    cause = f"{mails.NEWS}{action.through}"
    what = Happening(
        kind=action.email, cause=cause, context=action.context, quotes=action.quotes, at=action.since
    )
    with writing(services.store, claimed) as db:
        chosen = [one for one in followers.of_ticket(db, ticket) if one.email in action.recipients]
        count = sum(send(db, services, ticket, one, what) for one in chosen)
        outcome = f"e-mail {action.email} to {count}"
        journal(db, ticket.id, act="tell", cause=cause, outcome=outcome, now=services.clock())
    return outcome


def _happening(action: Tell | Correct) -> Happening:
    return Happening(
        kind=action.email or "",
        cause=action.source,
        context=action.context,
        status=action.status,
        quotes=action.quotes,
        caused_by=action.caused_by if isinstance(action, Tell) else "",
        at=action.at if isinstance(action, Tell) else None,
    )
