"""What a partner does to a ticket: answers, confirms, says that it still happens."""

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bridge.domain import PartnerVerb, reference
from bridge.portal import access, panel_views, schemas, words
from bridge.portal.access import requires_partner, services
from bridge.portal.files import MAXIMUM_FILES, take_in
from bridge.portal.pages import pages
from bridge.portal.panel_views import Attempt, owned, ticket_page
from bridge.store import drafts, panel
from bridge.store.tables import PartnerActionRow, Upload
from bridge.store.tickets import ring

VERBS = {
    "responder": PartnerVerb.ANSWERED,
    "funcionou": PartnerVerb.CONFIRMED,
    "ainda-ocorre": PartnerVerb.STILL_FAILING,
}
NOTICE = {"responder": "resposta", "funcionou": "funcionou", "ainda-ocorre": "ainda-ocorre"}
MINIMUM = {PartnerVerb.ANSWERED: 1, PartnerVerb.CONFIRMED: 0, PartnerVerb.STILL_FAILING: 10}
ASK = {
    PartnerVerb.ANSWERED: "Escreva a sua resposta.",
    PartnerVerb.CONFIRMED: "",
    PartnerVerb.STILL_FAILING: "Conte em pelo menos 10 caracteres o que ainda ocorre.",
}
CHANGED = "Este chamado mudou de situação enquanto você escrevia. Confira abaixo antes de enviar."


@pages.get("/chamados/<ref>/funcionou")
@requires_partner
def confirm(ref: str) -> ResponseReturnValue:
    """Ask once more before a ticket is confirmed."""
    ticket, story = owned(ref)
    if PartnerVerb.CONFIRMED not in panel_views.offered(ticket, story, services().mappings.workflow):
        return redirect(url_for("portal.show", ref=reference(ticket.id)), 303)
    return render_template("portal/confirm.html", ticket=ticket, ref=reference(ticket.id))


@pages.post("/chamados/<ref>/<any('responder', 'funcionou', 'ainda-ocorre'):deed>")
@requires_partner
def act(ref: str, deed: str) -> ResponseReturnValue:
    """Write down what the partner says and ring the ticket; what cannot be taken is kept to be corrected."""
    ticket, _ = owned(ref)
    verb = VERBS[deed]
    uploads, refusals = _kept_files()
    typed = request.form.get("texto", "")
    text, faults = schemas.check_reply({"texto": typed}, minimum=MINIMUM[verb], ask=ASK[verb])
    errors = [("texto", fault) for fault in faults] + [("arquivos", refusal) for refusal in refusals]
    if not errors and not _write(ticket.id, verb=verb, text=text, uploads=uploads):
        errors = [("texto", CHANGED)]
    if errors:
        attempt = Attempt(verb=verb, text=typed, uploads=uploads, errors=tuple(errors))
        return ticket_page(*owned(ref), attempt=attempt), 409 if errors[0][1] == CHANGED else 422
    return redirect(url_for("portal.show", ref=reference(ticket.id), aviso=NOTICE[deed]), 303)


def _kept_files() -> tuple[tuple[Upload, ...], tuple[str, ...]]:
    """The files of this reply: those kept from its last attempt, and those that came now."""
    partner, store = access.partner(), services().store
    ids = [int(text) for text in request.form.getlist("arquivo") if text.isascii() and text.isdigit()][:100]
    with store.read() as db:
        kept = drafts.loose_uploads(db, partner, [one for one in ids if one < 2**63])
    received = request.files.getlist("arquivos")
    intake = take_in(received, folder=services().config.files, room=MAXIMUM_FILES - len(kept))
    with store.begin() as db:
        now = services().clock()
        fresh = [drafts.add_upload(db, partner, stored, draft_id=None, now=now) for stored in intake.stored]
    return (*kept, *fresh), intake.refusals


def _write(ticket_id: int, *, verb: PartnerVerb, text: str, uploads: tuple[Upload, ...]) -> bool:
    """False when the ticket's present status does not allow it. Said twice in a row, it counts once."""
    partner, now = access.partner(), services().clock()
    with services().store.begin() as db:
        ticket = panel.ticket(db, partner, ticket_id, lock=True) or abort(404)
        if verb not in words.possible(services().mappings.workflow, ticket.status):
            return False
        earlier = panel.actions(db, ticket_id)
        if any(one.comment_id is None and one.verb == verb and one.text == text for one in earlier):
            return True
        row = PartnerActionRow(ticket_id=ticket_id, verb=verb.value, author=partner.name, text=text, at=now)
        db.add(row)
        db.flush()
        ids = [upload.id for upload in uploads]
        drafts.hand_to_action(db, partner, ids, ticket_id=ticket_id, action_id=row.id)
        ring(db, ticket_id, kind="partner", subject=f"action:{row.id}", now=now)
        return True
