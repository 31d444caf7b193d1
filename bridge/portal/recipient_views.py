"""Who is told of a ticket, added and removed from its page, and muted by who is signed in."""

from collections.abc import Iterable
from dataclasses import dataclass

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError
from sqlalchemy.orm import Session

from bridge.domain import reference, ticket_id
from bridge.portal import access, answers
from bridge.portal.access import requires_partner, services
from bridge.portal.pages import pages
from bridge.reconcile.letters import was_invited, welcome
from bridge.rules.following import Follower
from bridge.store import followers, panel
from bridge.store.tables import Ticket
from bridge.store.tickets import journal

MOST = 50
"""Recipients of one ticket."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One recipient, as the ticket's page shows them."""

    email: str
    state: str
    is_me: bool
    muted: bool
    removable: bool


def shown(recipients: Iterable[Follower]) -> list[Shown]:
    """Everybody who is told of a ticket."""
    me = access.partner().email
    return [
        Shown(
            email=one.email,
            state=_state(one),
            is_me=one.email == me,
            muted=one.muted,
            removable=not one.is_opener,
        )
        for one in recipients
    ]


@pages.post("/chamados/<ref>/avisados")
@requires_partner
def add_recipient(ref: str) -> ResponseReturnValue:
    """Let somebody be told from now on; they get one e-mail that says who asked for it."""
    try:
        email = answers.address(answers.one_line(request.form.get("email", "")))
    except ValidationError:
        return _back(ref, "endereco")
    with services().store.begin() as db:
        ticket = _own(db, ref)
        if len(followers.of_ticket(db, ticket)) >= MOST:
            return _back(ref, "avisados-demais")
        if followers.add(db, ticket.id, email, added_by=access.partner().name):
            _note(db, ticket, f"{email} was added")
            db.flush()
            welcome(db, services(), ticket, email)
        notice = _outcome(db, ticket, email)
    return _back(ref, notice)


@pages.post("/chamados/<ref>/avisados/tirar")
@requires_partner
def remove_recipient(ref: str) -> ResponseReturnValue:
    with services().store.begin() as db:
        ticket, email = _own(db, ref), request.form.get("email", "").strip().lower()
        if followers.remove(db, ticket.id, email, now=services().clock()):
            _note(db, ticket, f"{email} was removed")
    return _back(ref, "tirado")


@pages.post("/chamados/<ref>/avisados/silenciar")
@requires_partner
def mute(ref: str) -> ResponseReturnValue:
    """Stop this ticket's e-mails to the visitor, or let them go on."""
    stop = request.form.get("silenciar") == "sim"
    with services().store.begin() as db:
        ticket = _own(db, ref)
        followers.mute(db, ticket.id, access.partner().email, now=services().clock() if stop else None)
    return _back(ref, "silenciado" if stop else "religado")


def _outcome(db: Session, ticket: Ticket, email: str) -> str:
    """What the visitor is told of an address that was just added, by the name of the notice."""
    found = followers.find(db, ticket, email)
    if found is None or found.proved:
        return "avisado"
    if found.refused or found.muted:
        return "recusou"
    return "convidado" if was_invited(db, ticket, found.email) else "convite-depois"


def _own(db: Session, ref: str) -> Ticket:
    return panel.ticket(db, access.partner(), ticket_id(ref)) or abort(404)


def _note(db: Session, ticket: Ticket, outcome: str) -> None:
    cause = followers.at_the_page(access.partner())
    journal(db, ticket.id, act="mail", cause=cause, outcome=outcome, now=services().clock())


def _back(ref: str, notice: str) -> ResponseReturnValue:
    number = ticket_id(ref)
    name = reference(number) if number else ref
    return redirect(url_for("portal.show", ref=name, aviso=notice), 303)


def _state(one: Follower) -> str:
    """In plain words; empty where there is nothing to say."""
    if not one.proved:
        return "não quis receber" if one.refused or one.muted else "aguardando a confirmação da pessoa"
    if one.muted:
        return "só o que depende de quem abriu" if one.is_opener else "parou de receber"
    return "abriu o chamado" if one.is_opener else ""
