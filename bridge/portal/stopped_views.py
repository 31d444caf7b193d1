"""Addresses of a ticket that get no e-mail any more, let again by those whose ticket it is."""

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from bridge.domain import reference
from bridge.portal import access
from bridge.portal.access import requires_partner, services
from bridge.portal.pages import pages
from bridge.portal.panel_views import owned
from bridge.store import suppressed


@pages.post("/chamados/<ref>/avisados/liberar")
@requires_partner
def release(ref: str) -> ResponseReturnValue:
    """Send to an address again that sent something back; who called it spam must want it in person."""
    ticket, story = owned(ref)
    email = request.form.get("email", "")
    if story.stopped.get(email) == suppressed.BOUNCE or email == access.partner().email:
        with services().store.begin() as db:
            suppressed.release(db, email)
    elif email not in {one.email for one in story.recipients}:
        abort(404)
    return redirect(url_for("portal.show", ref=reference(ticket.id), aviso="liberado"), 303)
