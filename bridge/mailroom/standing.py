"""Whose reply an e-mail is: by the address it was brought to, given to one recipient of one ticket alone."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bridge import proofs
from bridge.config import Secret
from bridge.domain import PartnerVerb
from bridge.inbound.letter import header, letter
from bridge.inbound.parsing import parsed
from bridge.portal.deeds import Actor, by_session
from bridge.store.tables import Mail, Partner, PartnerActionRow, Recipient, Ticket
from mappings.model import Trigger, Workflow

THREAD_MAILS = 20
"""Of a ticket's e-mails to one recipient so many are known again when quoted."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A ticket, and who of those it is told to was given the address."""

    ticket: Ticket
    opener: Partner
    holder: str
    """The recipient's address; empty where the address is of nobody who takes part (any more)."""
    partner: Partner | None
    """The partner who holds the address; None for somebody who is only told."""
    members: frozenset[str]
    """Everybody who takes part, in lower case."""

    def verb(self, workflow: Workflow) -> PartnerVerb:
        """Who may see the ticket answers its question; all else is something said."""
        rule = workflow.rules.get(Trigger.ANSWERED)
        asked = rule is not None and self.ticket.status in rule.moves_from
        return PartnerVerb.ANSWERED if asked and self.partner else PartnerVerb.COMMENTED

    def actor(self, db: Session, sender: str) -> Actor:
        """As triage and panel read it. The address in From is only what the writer's program says."""
        name = by_session(db, self.partner).name if self.partner else self.holder
        by = "por e-mail" if sender == self.holder.lower() else f"por e-mail de {sender}"
        return Actor(name=f"{name}, {by}", owner=self.opener, partner=self.partner, email=self.holder)


def standing(db: Session, secret: Secret, addresses: Iterable[str]) -> Standing | None:
    """The first of the addresses that is somebody's; else one of a ticket that there is; else None."""
    nobodys = None
    for address in addresses:
        found = _standing(db, secret, address)
        if found and found.holder:
            return found
        nobodys = nobodys or found
    return nobodys


def _standing(db: Session, secret: Secret, address: str) -> Standing | None:
    read = proofs.read_reply_address(address)
    ticket = db.get(Ticket, read[0]) if read else None
    if read is None or ticket is None:
        return None
    told = list(
        db.scalars(
            select(Recipient.email).where(Recipient.ticket_id == ticket.id, Recipient.removed_at.is_(None))
        )
    )
    colleagues = select(Partner).where(Partner.organisation_id == ticket.organisation_id, Partner.active)
    partners = {one.email: one for one in db.scalars(colleagues)}
    shut_out = _shut_out(db, told)
    members = [one for one in (*told, *partners) if one.strip().lower() not in shut_out]
    holder = next((one for one in members if _is_whose(secret, ticket.id, one, read[1])), "")
    return Standing(
        ticket=ticket,
        opener=db.get_one(Partner, ticket.partner_id),
        holder=holder,
        partner=partners.get(holder.lower()),
        members=frozenset(one.lower() for one in members),
    )


def _is_whose(secret: Secret, ticket_id: int, recipient: str, tag: str) -> bool:
    return proofs.is_reply_of(secret, ticket_id=ticket_id, recipient=recipient, tag=tag)


def _shut_out(db: Session, emails: list[str]) -> set[str]:
    """Those of partners who may not come in any more, in lower case."""
    known = [one.strip().lower() for one in emails]
    return set(db.scalars(select(Partner.email).where(Partner.email.in_(known), Partner.active.is_(False))))


def thread_texts(db: Session, where: Standing) -> Iterator[str]:
    """What was said in the thread so far, to know it again when it is quoted."""
    ours = (
        select(Mail.raw)
        .where(Mail.ticket_id == where.ticket.id, Mail.recipient == where.holder)
        .order_by(Mail.id.desc())
        .limit(THREAD_MAILS)
    )
    for raw in db.scalars(ours):
        message = parsed(raw)
        yield header(message, "Subject")
        yield from (letter(part).text for part in message.walk() if not part.is_multipart())
    yield from db.scalars(select(PartnerActionRow.text).where(PartnerActionRow.ticket_id == where.ticket.id))
