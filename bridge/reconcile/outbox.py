"""The outbox: queued e-mails handed to the relay, one attempt at a time."""

from datetime import timedelta

import structlog

from bridge.clients.errors import Refused, Unavailable
from bridge.services import Services
from bridge.store import mails
from bridge.store.tables import Mail

RETRIES = (5, 15, 30, 60)
"""Minutes between tries; the last one repeats (RFC 5321 4.5.4.1 asks for half an hour and 4 to 5 days)."""
GIVE_UP = timedelta(days=5)
BATCH = 100

log = structlog.get_logger()


def send_due(services: Services) -> int:
    """Send what is due; how many were tried."""
    tried = 0
    for mail_id in mails.due(services.store, now=services.clock(), limit=BATCH):
        mail = mails.take(services.store, mail_id, now=services.clock())
        if mail is not None:
            tried += 1
            log.info("mail", mail=mail.id, kind=mail.kind, outcome=_send(services, mail))
    return tried


def _send(services: Services, mail: Mail) -> str:
    now = services.clock()
    try:
        outcome = services.mailer.send(mail.raw, recipient=mail.recipient)
    except Unavailable as error:
        return _later(services, mail, str(error))
    except Refused as error:
        mails.failed(services.store, mail, outcome=str(error))
        return str(error)
    mails.sent(services.store, mail, outcome=outcome, now=now)
    return outcome


def _later(services: Services, mail: Mail, reason: str) -> str:
    now = services.clock()
    if now - mail.created_at >= GIVE_UP:
        outcome = f"{reason}; given up after {GIVE_UP.days} days"
        mails.failed(services.store, mail, outcome=outcome)
        return outcome
    minutes = RETRIES[min(mail.attempts, len(RETRIES)) - 1]
    mails.retry(services.store, mail, outcome=reason, at=now + timedelta(minutes=minutes))
    return f"{reason}; again in {minutes} min"
