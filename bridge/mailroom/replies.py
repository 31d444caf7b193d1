"""A partner's answer by e-mail: taken as a comment, or refused with the reason. From is never an identity."""

import io
from dataclasses import dataclass
from datetime import timedelta
from email.message import Message
from email.utils import parseaddr

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from bridge.domain import reference
from bridge.inbound.letter import (
    Enclosure,
    Letter,
    brought_to,
    header,
    letter,
    sender_of,
    shown_pictures,
    without_pictures,
)
from bridge.inbound.notice import KIND, Reason, notice
from bridge.inbound.reply import Thread, own_words
from bridge.mailroom.standing import Standing, standing, thread_texts
from bridge.portal import schemas
from bridge.portal.deeds import Said, write_down
from bridge.portal.files import Intake, forget, take_in
from bridge.portal.terms import MAXIMUM_FILES
from bridge.services import Services
from bridge.store import drafts, incoming, mails, people
from bridge.store.incoming import Place
from bridge.store.tables import Mail

AT_ONCE = 20
WITHIN = timedelta(hours=1)
"""More replies than that from one address are a machine's."""
NOTICES_A_DAY = 5
"""To one recipient: where two programs answer each other, one of them has to stop."""
ONLY_FILES = "(somente arquivos)"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An e-mail to a ticket, with what can be taken of it."""

    place: Place
    letter: Letter
    where: Standing
    text: str
    files: Intake
    reason: Reason | None
    """Why nothing of it is taken."""


def take_reply(services: Services, place: Place, message: Message, *, whole: bool) -> str:
    """Write the comment with its files and ring the ticket, or refuse; the sentence that says which.

    Raises:
        IntegrityError: another process has taken it.
    """
    with services.store.read() as db:
        where = standing(db, services.config.secret_key, brought_to(message))
        known = tuple(thread_texts(db, where)) if where and where.holder else ()
    if where is None:
        return _ignore(services, place, message, "it is to no reply address of a ticket")
    came = letter(message)
    reason = _unknown(came, where)
    text, wanted = ("", []) if reason else _said(services, came, known)
    reason = reason or _refusal(services, came, where, text=text, wanted=wanted, whole=whole)
    files = Intake(stored=(), refusals=())
    if reason is None:
        files = take_in(services, map(_as_upload, wanted), where.opener, room=MAXIMUM_FILES)
    reply = Reply(place=place, letter=came, where=where, text=text, files=files, reason=reason)
    try:
        kept, outcome = _write(services, reply)
    except BaseException:
        kept = False
        raise
    finally:
        if not kept:
            forget(services.config.files, [one.stored_as for one in files.stored])
    return outcome


def _said(services: Services, came: Letter, known: tuple[str, ...]) -> tuple[str, list[Enclosure]]:
    """The writer's own words, and the files that belong to them and not to a signature or a quotation."""
    name, address = parseaddr(services.config.mail.sender)
    domains = (address.rpartition("@")[2], services.config.mail.replies)
    thread = Thread(our_name=name, our_domains=domains, writer=came.sender_name, known=known)
    words = own_words(came.text, thread)
    mentioned, shown = shown_pictures(came.text), shown_pictures(words)

    def belongs(one: Enclosure) -> bool:
        names = {one.content_id, one.filename.lower()}
        return not one.content_id or bool(names & shown) or not names & mentioned

    return without_pictures(words), [one for one in came.enclosures if belongs(one)]


def _unknown(came: Letter, where: Standing) -> Reason | None:
    """Why the writer is nobody to us."""
    if not where.holder:
        return Reason.FORGED
    return Reason.STRANGER if came.sender not in where.members else None


def _refusal(
    services: Services,
    came: Letter,
    where: Standing,
    *,
    text: str,
    wanted: list[Enclosure],
    whole: bool,
) -> Reason | None:
    if not whole:
        return Reason.TOO_LARGE
    if not text and not wanted:
        return Reason.EMPTY
    if came.cut or schemas.check_reply({"texto": text}, minimum=0, ask="")[1]:
        return Reason.TOO_LONG
    with services.store.read() as db:
        since = services.clock() - WITHIN
        count = incoming.taken_since(db, ticket_id=where.ticket.id, sender=came.sender, since=since)
    return Reason.TOO_MANY if count >= AT_ONCE else None


def _as_upload(one: Enclosure) -> FileStorage:
    """As the form sends it: the same rules for the same files."""
    return FileStorage(stream=io.BytesIO(one.content), filename=one.filename)


def _write(services: Services, reply: Reply) -> tuple[bool, str]:
    """One transaction; whether the files belong to something now, and what came of the e-mail."""
    came, ticket = reply.letter, reply.where.ticket
    with services.store.begin() as db:
        earlier = incoming.came_before(db, came.fingerprint)
        if earlier is not None:
            outcome = f"a copy of number {earlier}, which was taken"
            _note(db, services, reply, result="ignored", outcome=outcome)
            return False, outcome
        if reply.reason is None:
            outcome = _comment(db, services, reply)
        else:
            outcome = f"refused: {reply.reason.name.lower()}"
        result = "refused" if reply.reason else "taken"
        _note(db, services, reply, result=result, outcome=outcome, fingerprint=came.fingerprint)
        if reply.reason or reply.files.refusals:
            _tell(db, services, reply)
    return reply.reason is None, f"{reference(ticket.id)}: {outcome}"


def _note(
    db: Session,
    services: Services,
    reply: Reply,
    *,
    result: str,
    outcome: str,
    fingerprint: str | None = None,
) -> None:
    incoming.note(
        db,
        reply.place,
        sender=reply.letter.sender,
        result=result,
        outcome=outcome,
        now=services.clock(),
        ticket_id=reply.where.ticket.id,
        fingerprint=fingerprint,
    )


def _comment(db: Session, services: Services, reply: Reply) -> str:
    """What the ticket page writes for an answer, written for an e-mail."""
    where, now = reply.where, services.clock()
    actor = where.actor(db, reply.letter.sender)
    verb = where.verb(services.mappings.workflow)
    uploads = tuple(
        drafts.add_upload(db, actor.owner, stored, draft_id=None, now=now) for stored in reply.files.stored
    )
    said = Said(text=reply.text or ONLY_FILES, uploads=uploads)
    write_down(db, actor, where.ticket.id, verb, said, now=now)
    return f"{verb.value} with {len(uploads)} files, {len(reply.files.refusals)} refused"


def _tell(db: Session, services: Services, reply: Reply) -> None:
    """Answer once with the reason, to an address that takes part for sure; to nobody else."""
    recipient = _addressee(db, reply)
    if not recipient or _told_today(db, services, recipient) >= NOTICES_A_DAY:
        return
    name = reference(reply.where.ticket.id)
    cause = f"incoming:{reply.letter.fingerprint}"
    message = notice(
        reference=name,
        url=f"{services.config.public_url}/chamados/{name}",
        reason=reply.reason or "",
        refused_files=reply.files.refusals,
        recipient=recipient,
        cause=cause,
        in_reply_to=reply.letter.message_id,
        sender=services.config.mail.sender,
        now=services.clock(),
    )
    mails.queue(
        db,
        ticket_id=reply.where.ticket.id,
        cause=cause,
        kind=KIND,
        recipient=recipient,
        message=message,
        now=services.clock(),
    )


def _addressee(db: Session, reply: Reply) -> str:
    """Who holds the address; where nobody does, the sender, but only if that is a member's or a partner's."""
    if reply.where.holder:
        return reply.where.holder
    sender = reply.letter.sender
    is_known = sender in reply.where.members or people.by_email(db, sender) is not None
    return sender if is_known else ""


def _told_today(db: Session, services: Services, recipient: str) -> int:
    since = services.clock() - timedelta(days=1)
    told = select(func.count()).where(Mail.kind == KIND, Mail.recipient == recipient, Mail.created_at > since)
    return db.scalar(told) or 0


def _ignore(services: Services, place: Place, message: Message, outcome: str) -> str:
    _, sender = sender_of(header(message, "From"))
    with services.store.begin() as db:
        now = services.clock()
        incoming.note(db, place, sender=sender, result="ignored", outcome=outcome, now=now)
    return outcome
