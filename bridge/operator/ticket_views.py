"""Tickets that wait for somebody, and the whole story of any."""

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select, text
from sqlalchemy.orm import load_only

from bridge.domain import reference, ticket_id
from bridge.operator.pages import pages, requires_operator
from bridge.portal.access import services
from bridge.store.tables import UNSETTLED, Ticket
from bridge.store.tickets import park_by_hand, release
from bridge.story import story

NOTICES = {
    "tentar": "O chamado será olhado agora.",
    "parar": "O chamado está parado até que alguém mande tentar de novo.",
    "motivo": "Diga por que o chamado fica parado.",
    "ausente": "Não há chamado com esta referência.",
}
LINE = (Ticket.id, Ticket.title, Ticket.status, Ticket.jira_key, Ticket.parked, Ticket.outcome, Ticket.held)


@pages.get("/parados")
@requires_operator
def parked() -> ResponseReturnValue:
    """What waits for somebody to act; the rest of what is not settled below it."""
    found = {}
    with services().store.read() as db:
        for name in ("parked", "in_doubt", "retrying"):
            query = select(Ticket).options(load_only(*LINE)).where(text(UNSETTLED[name]))
            found[name] = db.scalars(query.order_by(Ticket.id).limit(200)).all()
    return render_template("operator/parked.html", found=found, notice=_notice())


@pages.get("/chamados")
@requires_operator
def find() -> ResponseReturnValue:
    """On to the ticket whose reference was typed."""
    number = ticket_id(request.args.get("referencia", "").strip())
    if number is None:
        return redirect(url_for("operator.parked", aviso="ausente"), 303)
    return redirect(url_for("operator.explain", ref=reference(number)), 303)


@pages.get("/chamados/<ref>")
@requires_operator
def explain(ref: str) -> ResponseReturnValue:
    """Where a ticket stands and why, then every cause and effect."""
    ticket = _ticket(ref)
    told = story(services(), ticket)
    return render_template("operator/explain.html", ticket=ticket, story=told, notice=_notice())


@pages.post("/chamados/<ref>/tentar")
@requires_operator
def retry(ref: str) -> ResponseReturnValue:
    """Look at a ticket again now."""
    ticket = _ticket(ref)
    with services().store.begin() as db:
        release(db, ticket.id, now=services().clock())
    return redirect(url_for("operator.explain", ref=reference(ticket.id), aviso="tentar"), 303)


@pages.post("/chamados/<ref>/parar")
@requires_operator
def park(ref: str) -> ResponseReturnValue:
    """Leave a ticket alone; what happens meanwhile is kept and done then."""
    ticket, reason = _ticket(ref), " ".join(request.form.get("motivo", "").split())[:500]
    if not reason:
        return redirect(url_for("operator.explain", ref=reference(ticket.id), aviso="motivo"), 303)
    with services().store.begin() as db:
        park_by_hand(db, ticket.id, reason=f"parked by the operator: {reason}", now=services().clock())
    return redirect(url_for("operator.explain", ref=reference(ticket.id), aviso="parar"), 303)


def _ticket(ref: str) -> Ticket:
    number = ticket_id(ref)
    with services().store.read() as db:
        return (db.get(Ticket, number) if number is not None else None) or abort(404)


def _notice() -> str:
    return NOTICES.get(request.args.get("aviso", ""), "")
