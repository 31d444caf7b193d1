"""Who is told of a ticket, added and removed from its page, and muted by who is signed in."""

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError
from sqlalchemy.orm import Session

from bridge.domain import reference, ticket_id
from bridge.portal import access, answers
from bridge.portal.access import requires_partner, services
from bridge.portal.pages import pages
from bridge.portal.panel_views import owned, page
from bridge.portal.recipients import Refused
from bridge.portal.sign_in import ASK_FOR_EMAIL
from bridge.reconcile.letters import was_invited, welcome
from bridge.store import followers, panel
from bridge.store.tables import Ticket
from bridge.store.tickets import journal

MOST = 50
"""Recipients of one ticket."""
TOO_MANY = "A lista de quem é avisado está cheia. Tire alguém antes de incluir outra pessoa."


@pages.post("/chamados/<ref>/avisados")
@requires_partner
def add_recipient(ref: str) -> ResponseReturnValue:
    """Let somebody be told from now on; they get one e-mail that says who asked for it."""
    typed = request.form.get("email", "").strip()
    try:
        email = answers.address(answers.one_line(typed))
    except ValidationError as error:
        return _refuse(ref, typed, error.messages[0] if typed else ASK_FOR_EMAIL)
    with services().store.begin() as db:
        notice = _add(db, _own(db, ref), email)
    return _back(ref, notice) if notice else _refuse(ref, typed, TOO_MANY)


@pages.get("/chamados/<ref>/avisados")
@requires_partner
def look_at_recipients(ref: str) -> ResponseReturnValue:
    """Where a browser asks again for the page of a form that was refused: the ticket's."""
    return redirect(url_for("portal.show", ref=ref, _anchor="avisados"), 303)


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


def _refuse(ref: str, typed: str, reason: str) -> ResponseReturnValue:
    """The ticket's page with what was typed, to be corrected there."""
    ticket, story = owned(ref)
    return page(ticket, story, refused=Refused(email=typed, reason=reason)), 422


def _add(db: Session, ticket: Ticket, email: str) -> str:
    """Add an address and write to it; the name of the notice, empty where the list is full."""
    if len(followers.of_ticket(db, ticket)) >= MOST:
        return ""
    if followers.add(db, ticket.id, email, added_by=access.partner().name):
        _note(db, ticket, f"{email} was added")
        db.flush()
        welcome(db, services(), ticket, email)
    return _outcome(db, ticket, email)


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
