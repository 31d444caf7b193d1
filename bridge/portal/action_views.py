"""What a signed-in partner does to a ticket: answers, confirms, says that it still happens, writes."""

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bridge.domain import PartnerVerb, reference, ticket_id
from bridge.portal import access, deeds
from bridge.portal.access import requires_partner, services
from bridge.portal.deeds import Said
from bridge.portal.pages import pages
from bridge.portal.panel_views import owned
from bridge.portal.terms import terms
from bridge.store import panel

NOTICE = {
    "responder": "resposta",
    "funcionou": "funcionou",
    "ainda-ocorre": "ainda-ocorre",
    "escrever": "mensagem",
}
DEED = "<any('responder', 'funcionou', 'ainda-ocorre', 'escrever'):deed>"


@pages.get(f"/chamados/<ref>/{DEED}")
@requires_partner
def ask(ref: str, deed: str) -> ResponseReturnValue:
    """The page on which it is said; nothing changes by looking at it."""
    ticket, story = owned(ref)
    if deeds.VERBS[deed] not in deeds.offered(ticket, story, services().mappings.workflow):
        return redirect(url_for("portal.show", ref=reference(ticket.id)), 303)
    return _page(ref, deed)


@pages.post(f"/chamados/<ref>/{DEED}")
@access.sends_to_sign_in
def act(ref: str, deed: str) -> ResponseReturnValue:
    """Write down what the partner says and ring the ticket; what cannot be taken is kept to be corrected."""
    if access.visitor() is None:
        return _signed_out(ref, deed), 401
    with services().store.read() as db:
        ticket = panel.ticket(db, access.partner(), ticket_id(ref)) or abort(404)
        actor = deeds.by_session(db, access.partner())
    verb: PartnerVerb = deeds.VERBS[deed]
    said = deeds.read(actor, verb)
    if said.errors:
        return _page(ref, deed, said=said), 422
    if not deeds.perform(actor, ticket.id, verb, said):
        return _page(ref, deed, said=said, changed=deeds.CHANGED), 409
    return redirect(url_for("portal.show", ref=reference(ticket.id), aviso=NOTICE[deed]), 303)


def _signed_out(ref: str, deed: str) -> str:
    """What was written comes back, to be sent once they have signed in on another tab."""
    return render_template(
        "portal/deed_signed_out.html",
        deed=deed,
        action=request.path,
        back=url_for("portal.show", ref=ref),
        said=deeds.brought(access.former_visitor()),
        terms=terms(services()),
    )


def _page(ref: str, deed: str, *, said: Said | None = None, changed: str = "") -> str:
    ticket, story = owned(ref)
    name = reference(ticket.id)
    return deeds.page(
        ticket,
        story,
        deeds.VERBS[deed],
        action=url_for("portal.act", ref=name, deed=deed),
        back=url_for("portal.show", ref=name),
        said=said,
        changed=changed,
    )
