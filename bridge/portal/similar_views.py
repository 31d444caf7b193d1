"""While a ticket is written: open ones that may be about the same. They are never in the way."""

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bridge.domain import reference, ticket_id
from bridge.portal import access, limits
from bridge.portal.access import requires_partner, services
from bridge.portal.pages import pages
from bridge.store import panel
from bridge.store.similar import Similar, follow, similar

TITLE, DESCRIPTION = 8, 100
"""Characters of each from which a comparison means something."""


@pages.post("/chamados/novo/semelhantes")
@requires_partner
def look_alikes() -> ResponseReturnValue:
    """What the form shows below the description; a POST, so that no address holds what is typed."""
    title, description = request.form.get("titulo", ""), request.form.get("descricao", "")
    workflow = services().mappings.workflow
    return render_template("portal/similar.html", similar=found(title, description), workflow=workflow)


@pages.post("/chamados/<ref>/acompanhar")
@requires_partner
def watch(ref: str) -> ResponseReturnValue:
    """E-mails about this ticket come to the visitor, too."""
    with services().store.begin() as db:
        ticket = panel.ticket(db, access.partner(), ticket_id(ref)) or abort(404)
        follow(db, access.partner(), ticket.id)
    if request.headers.get("HX-Request"):
        return render_template("portal/followed.html", ref=reference(ticket.id))
    return redirect(url_for("portal.show", ref=reference(ticket.id)), 303)


def found(title: str, description: str) -> list[Similar]:
    """Open tickets like this one; none while too little is written."""
    if len(title.strip()) < TITLE or len(description.strip()) < DESCRIPTION:
        return []
    closed = services().mappings.workflow.done
    with services().store.read() as db:
        alike = similar(db, access.partner(), title=title, description=description, except_statuses=closed)
    if all(one.id for one in alike) or limits.may_hear_of_others(access.partner()):
        return alike
    return [one for one in alike if one.id]
