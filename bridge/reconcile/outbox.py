"""The outbox: queued e-mails handed to the relay, one attempt at a time."""

from datetime import timedelta

import structlog
from sqlalchemy.orm import Session
from structlog.contextvars import bound_contextvars

from bridge import proofs
from bridge.clients.errors import Refused, Unavailable
from bridge.clients.mail import Relay
from bridge.domain import reference
from bridge.emails import House, operator_notice, wire_address
from bridge.inbound import reports
from bridge.rules import public_text
from bridge.services import Services
from bridge.store import mails, suppressed
from bridge.store.tables import Mail, Ticket

RETRIES = (5, 15, 30, 60)
"""Minutes between tries; the last one repeats (RFC 5321 4.5.4.1 asks for half an hour and 4 to 5 days)."""
GIVE_UP = timedelta(days=5)
WARN = timedelta(hours=4)
"""An e-mail that waits for so long is told to the operator, in one message for all of four hours."""
JIRA_WAIT = 60.0
"""Seconds between tries while Jira cannot be asked whether a comment is still public."""
BATCH = 100
ASKED_FOR = {"entrar"}
"""Kinds that go to a suppressed address too: whoever cannot get in cannot let it again either."""

log = structlog.get_logger()


def send_due(services: Services) -> int:
    """Send what is due; how many were tried."""
    tried = 0
    with services.mailer.open() as relay:
        for mail_id in mails.due(services.store, now=services.clock(), limit=BATCH):
            with services.store.begin() as db:
                mail = mails.take(db, mail_id, now=services.clock())
                stopped = _stopped(db, mail) if mail else ""
            if mail is not None:
                tried += 1
                concerned = {"ticket": reference(mail.ticket_id)} if mail.ticket_id else {}
                with bound_contextvars(mail=mail.id, **concerned):
                    log.info("mail", kind=mail.kind, outcome=_send(services, relay, mail, stopped))
    return tried


def _send(services: Services, relay: Relay, mail: Mail, stopped: str) -> str:
    now = services.clock()
    if stopped:
        mails.failed(services.store, mail, outcome=stopped, now=now)
        return stopped
    try:
        if mail.quotes and not _still_said(services, mail):
            outcome = "not sent: what it quotes is not what Jira says in public now"
            mails.withhold(services.store, mail, outcome=outcome, now=now)
            return outcome
    except Unavailable as error:
        return _later(services, mail, str(error), wait=timedelta(seconds=error.retry_after or JIRA_WAIT))
    return _hand_over(services, relay, mail)


def _stopped(db: Session, mail: Mail) -> str:
    """Why nothing is sent to the address; empty when all is well, and for what its owner asked for."""
    if mail.kind in ASKED_FOR:
        return ""
    found = suppressed.of(db, [mail.recipient]).get(mail.recipient.lower())
    return f"not sent: the address is suppressed ({found.kind}: {found.reason})" if found else ""


def _still_said(services: Services, mail: Mail) -> bool:
    """True when each comment that the e-mail quotes says just that in public at this moment.

    Raises:
        Unavailable: nobody can tell now.
    """
    with services.store.read() as db:
        issue_id = db.get_one(Ticket, mail.ticket_id).jira_id or ""
    try:
        comments = services.jira.comments(issue_id)
    except Refused as error:
        if not error.missing:
            raise Unavailable(error.service, error.reason) from error
        comments = ()
    marker = services.mappings.workflow.comment_marker
    says = {one.id: public_text(one, marker) or "" for one in comments}
    return all(says.get(number, "") == text for number, text in mail.quotes.items())


def _hand_over(services: Services, relay: Relay, mail: Mail) -> str:
    now = services.clock()
    try:
        outcome = relay.send(
            mail.raw,
            recipient=wire_address(mail.recipient),
            key=mail.message_id,
            envelope=_envelope(services, mail),
        )
    except Unavailable as error:
        if error.denied:
            log.warning("the relay does not let us send", reason=error.reason)
        # RFC 1047: the relay may have it. Losing it would be worse than its coming twice, and mailboxes
        # know the two by their Message-ID.
        doubt = "; it may have been taken, and will be sent again" if error.unknown_outcome else ""
        return _later(services, mail, f"{error}{doubt}")
    except Refused as error:
        mails.failed(services.store, mail, outcome=str(error), now=now)
        if reports.names_no_mailbox(error.reason):
            with services.store.begin() as db:
                kind, reason = suppressed.BOUNCE, error.reason
                suppressed.suppress(db, mail.recipient, kind=kind, reason=reason, now=now)
        _warn(services, mail, f"was refused: {error}")
        return str(error)
    mails.sent(services.store, mail, outcome=outcome, now=now)
    return outcome


def _envelope(services: Services, mail: Mail) -> str:
    """Where a bounce of this e-mail goes, so that it names it (VERP); empty where nobody reads them."""
    config = services.config
    domain = config.mail.replies
    return proofs.bounce_address(config.secret_key, mail_id=mail.id, domain=domain) if domain else ""


def _later(services: Services, mail: Mail, reason: str, *, wait: timedelta | None = None) -> str:
    now = services.clock()
    if now - mail.created_at >= GIVE_UP:
        outcome = f"{reason}; given up after {GIVE_UP.days} days"
        mails.failed(services.store, mail, outcome=outcome, now=now)
        return outcome
    if now - mail.created_at >= WARN:
        _warn(services, mail, f"has waited since {mail.created_at:%Y-%m-%d %H:%M} UTC: {reason}")
    wait = wait or timedelta(minutes=RETRIES[min(mail.attempts, len(RETRIES)) - 1])
    mails.retry(services.store, mail, outcome=reason, at=now + wait, now=now)
    return f"{reason}; again in {wait.total_seconds() / 60:.0f} min"


def _warn(services: Services, mail: Mail, what: str) -> None:
    """Tell the operator, once for each e-mail and in one message for all of the same four hours."""
    sentence = f"The e-mail {mail.kind} to {mail.recipient} (number {mail.id}) {what}"
    config, now = services.config.mail, services.clock()
    cause = f"late:{int(now.timestamp() // WARN.total_seconds())}"
    with services.store.begin() as db:
        if not mails.late(db, mail):
            return
        log.warning("an e-mail does not get through", kind=mail.kind, reason=what)
        if config.operator and mail.recipient != config.operator:
            message = operator_notice(
                subject="Chamados: e-mails do not get through",
                lines=[sentence, "", "`chamados explain CT-n` tells of each; the log names the others."],
                cause=cause,
                recipient=config.operator,
                house=House(sender=config.sender, now=now),
            )
            mails.queue(
                db,
                ticket_id=None,
                cause=cause,
                kind="operator",
                recipient=config.operator,
                message=message,
                now=now,
            )
