"""The partner's own page: who one is to us, one's colleagues, and where one is signed in."""

from flask import redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from bridge.portal import access
from bridge.portal.access import requires_partner, services
from bridge.portal.pages import pages
from bridge.store import organisations, people


@pages.get("/conta")
@requires_partner
def account() -> ResponseReturnValue:
    """Who one is and where one is signed in."""
    partner, now = access.partner(), services().clock()
    with services().store.read() as db:
        return render_template(
            "portal/account.html",
            partner=partner,
            organisation=organisations.name_of(db, partner),
            colleagues=organisations.colleagues(db, partner),
            sessions=people.sessions(db, partner.id, now=now),
            current=people.hashed(access.read_cookie(access.SESSION_COOKIE)),
        )


@pages.post("/conta/sair-de-todos")
@requires_partner
def sign_out_everywhere() -> ResponseReturnValue:
    """End every session of the partner's, this one too."""
    with services().store.begin() as db:
        people.close_sessions(db, access.partner().id)
    session.clear()
    response = redirect(url_for("portal.sign_in", saiu="todos"), 303)
    access.drop_cookie(response, access.SESSION_COOKIE)
    return response
