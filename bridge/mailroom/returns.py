"""E-mails of ours that came back, and complaints about them: what is sent again, and what never more.

A report counts only where it comes to an envelope address of ours, which only the e-mail it is about bore:
else anybody could silence anybody.
"""

from datetime import datetime, timedelta
from email.message import Message

from sqlalchemy.orm import Session

from bridge import proofs
from bridge.inbound import kinds, reports
from bridge.inbound.letter import brought_to, header, letter, sender_of
from bridge.inbound.reports import Bounce, Complaint, Severity
from bridge.mailroom.standing import standing
from bridge.services import Services
from bridge.store import incoming, mails, suppressed
from bridge.store.incoming import Place
from bridge.store.tables import Mail

SOFT_WAITS = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
"""Before an e-mail that came back for a passing reason is sent again; after these it has failed."""


def take_bounce(services: Services, place: Place, message: Message) -> str:
    """Act on a report of non-delivery; empty when this is none of an e-mail of ours.

    Raises:
        IntegrityError: another process has taken it.
    """
    mail_id = _mail_of(services, brought_to(message))
    found = reports.bounce(message)
    if found is None and mail_id and kinds.automatic(message):
        found = reports.plain_bounce(letter(message).text)
    if found is None:
        return ""
    now = services.clock()
    with services.store.begin() as db:
        mail = db.get(Mail, mail_id) if mail_id else None
        if mail is None:
            return _note(db, place, message, outcome="a report on no e-mail of ours", now=now)
        outcome = _came_back(db, mail, found, now=now)
        return _note(db, place, message, outcome=outcome, now=now, ticket_id=mail.ticket_id)


def take_complaint(services: Services, place: Place, message: Message, found: Complaint) -> str:
    """Send nothing more to who called an e-mail of ours spam.

    Raises:
        IntegrityError: another process has taken it.
    """
    now = services.clock()
    with services.store.begin() as db:
        recipient = _complainer(db, services, message, found)
        if not recipient or found.kind == "not-spam":
            outcome = (
                f"feedback ({found.kind}) that stops nothing"
                if recipient
                else "feedback on no e-mail of ours"
            )
            return _note(db, place, message, outcome=outcome, now=now)
        reason = f"feedback report: {found.kind}"
        suppressed.suppress(db, recipient, kind=suppressed.COMPLAINT, reason=reason, now=now)
        return _note(db, place, message, outcome=f"{recipient} called it {found.kind}: suppressed", now=now)


def _came_back(db: Session, mail: Mail, found: Bounce, *, now: datetime) -> str:
    said = f"came back: {found.reason or found.status}"
    if found.severity in {Severity.DELAYED, Severity.DELIVERED}:
        return f"{mail.kind} to {mail.recipient} is {found.severity}: {found.reason}"
    if found.severity is Severity.SOFT and mail.bounces < len(SOFT_WAITS) and mail.raw:
        again_at = now + SOFT_WAITS[mail.bounces]
        mails.came_back(db, mail, outcome=f"{said}; sent again", again_at=again_at, now=now)
        return f"{mail.kind} to {mail.recipient} {said}; sent again at {again_at:%Y-%m-%d %H:%M} UTC"
    mails.came_back(db, mail, outcome=said, again_at=None, now=now)
    if found.severity is not Severity.HARD:
        return f"{mail.kind} to {mail.recipient} {said}"
    suppressed.suppress(
        db, mail.recipient, kind=suppressed.BOUNCE, reason=found.reason or found.status, now=now
    )
    return f"{mail.kind} to {mail.recipient} {said}; the address is suppressed"


def _mail_of(services: Services, addresses: tuple[str, ...]) -> int | None:
    secret = services.config.secret_key
    found = (proofs.read_bounce_address(secret, address) for address in addresses)
    return next((one for one in found if one is not None), None)


def _complainer(db: Session, services: Services, message: Message, found: Complaint) -> str:
    """Whose e-mail it was: by its envelope, or by the reply address in what was sent back with the report."""
    mail_id = _mail_of(services, (found.envelope_sender,))
    mail = db.get(Mail, mail_id) if mail_id else None
    if mail is not None:
        return mail.recipient
    inner = reports.returned(message)
    if inner is None:
        return ""
    _, address = sender_of(header(inner, "Reply-To"))
    where = standing(db, services.config.secret_key, (address,))
    return where.holder if where else ""


def _note(
    db: Session, place: Place, message: Message, *, outcome: str, now: datetime, ticket_id: int | None = None
) -> str:
    _, sender = sender_of(header(message, "From"))
    incoming.note(db, place, sender=sender, result="reported", outcome=outcome, now=now, ticket_id=ticket_id)
    return outcome
