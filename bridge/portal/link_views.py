"""An e-mail's link by which the opener says something without signing in. Opening it does nothing."""

from dataclasses import dataclass

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from bridge import proofs
from bridge.domain import PartnerVerb, reference
from bridge.portal import deeds
from bridge.portal.access import services
from bridge.portal.deeds import Actor, Said
from bridge.portal.pages import pages
from bridge.store import panel, people
from bridge.store.panel import Story
from bridge.store.tables import Partner, Ticket


@dataclass(frozen=True, kw_only=True)
class Opened:
    """What a link that still serves is for."""

    token: str
    ticket: Ticket
    story: Story
    verb: PartnerVerb
    actor: Actor
    used: bool
    """It has served."""


@pages.get("/agir/<token>")
def look(token: str) -> ResponseReturnValue:
    """The page on which it is said. Mail scanners come here, too: nothing changes."""
    found, workflow = opened(token), services().mappings.workflow
    if found is None or found.used:
        return _spent(found), 410
    if found.verb not in deeds.offered(found.ticket, found.story, workflow):
        return _page(found, changed=deeds.why_not(found.ticket, found.verb, workflow)), 409
    return _page(found)


@pages.post("/agir/<token>")
def act_by_link(token: str) -> ResponseReturnValue:
    """Write down what is said, once, and ring the ticket."""
    found = opened(token)
    if found is None or found.used:
        return _spent(found), 410
    said = deeds.read(found.actor, found.verb)
    if said.errors:
        return _page(found, said=said), 422
    if not deeds.perform(found.actor, found.ticket.id, found.verb, said):
        return _page(found, said=said, changed=deeds.CHANGED), 409
    return render_template("portal/deed_done.html", ref=reference(found.ticket.id), verb=found.verb.value)


def opened(token: str) -> Opened | None:
    """What the token is for; None for one that is not ours, has expired or has lost its ticket."""
    link = proofs.read_deed_token(token)
    if link is None or link.until <= services().clock():
        return None
    with services().store.read() as db:
        ticket = db.get(Ticket, link.ticket_id)
        opener = db.get_one(Partner, ticket.partner_id) if ticket else None
        if ticket is None or opener is None or not opener.active:
            return None
        ours = proofs.is_deed_of(services().config.secret_key, link, recipient=opener.email)
        if not ours or panel.ticket(db, opener, ticket.id) is None:
            return None
        actor = Actor(
            name=f"{deeds.by_session(db, opener).name} pelo link do e-mail",
            owner=opener,
            email=opener.email,
            link=people.hashed(token),
        )
        story = panel.story(db, opener, ticket.id)
        used = panel.link_used(db, actor.link)
    return Opened(token=token, ticket=ticket, story=story, verb=link.verb, actor=actor, used=used)


def _spent(found: Opened | None) -> str:
    return render_template("portal/deed_link_spent.html", ref=reference(found.ticket.id) if found else "")


def _page(found: Opened, *, said: Said | None = None, changed: str = "") -> str:
    return deeds.page(
        found.ticket,
        found.story,
        found.verb,
        action=url_for("portal.act_by_link", token=found.token),
        back=url_for("portal.show", ref=reference(found.ticket.id)),
        said=said,
        changed=changed,
    )
