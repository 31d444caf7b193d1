"""What the form asks for while it is filled in: keep what was typed, look a licence up, show the files."""

from flask import abort, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from bridge.clients.licences import LicenceState
from bridge.domain import reference
from bridge.portal import access, form_page, words
from bridge.portal.access import answers_scripts, services
from bridge.portal.pages import pages
from bridge.store import drafts

LICENCE_SENTENCES = {
    LicenceState.VALID: "Licença válida.",
    LicenceState.UNKNOWN: "Não encontrada. Confira o e-mail; se estiver certo, confirme na revisão.",
    LicenceState.UNCHECKED: "Não foi possível verificar agora. Você pode enviar; a triagem confere.",
}


@pages.post("/chamados/novo/<draft_id>/guardar")
@answers_scripts
def keep_typed(draft_id: str) -> ResponseReturnValue:
    """Keep what is in the form so far, unless another window has kept something else in the meantime."""
    partner, now, answers = access.partner(), services().clock(), form_page.typed_answers()
    with services().store.begin() as db:
        draft = drafts.ensure(db, partner, form_page.draft_name(draft_id), now=now) or abort(404)
        if draft.ticket_id is not None:
            return jsonify(enviado=url_for("portal.received", ref=reference(draft.ticket_id))), 410
        kept = drafts.version(draft.answers)
        if kept not in {request.form.get("versao"), drafts.version(answers)}:
            return jsonify(versao=kept), 409
        drafts.save(db, partner, draft_id, answers=answers, now=now)
    return jsonify(versao=drafts.version(answers), quando=words.clock_time(now))


@pages.get("/chamados/novo/<draft_id>/arquivos")
@answers_scripts
def list_files(draft_id: str) -> ResponseReturnValue:
    """The draft's files, as the form shows them."""
    typed = form_page.load(draft_id) or abort(404)
    return render_template("portal/kept_files.html", uploads=typed.uploads, draft_id=draft_id)


@pages.post("/chamados/novo/licenca")
@answers_scripts
def look_up_licence() -> ResponseReturnValue:
    """What is known of a customer's licence. By POST: an address has no place in a URL."""
    state = services().licences.check(request.form.get("email", "")[:320])
    return jsonify(estado=state.value, texto=LICENCE_SENTENCES[state])


@pages.get("/chamados/novo/token")
@answers_scripts
def fresh_token() -> ResponseReturnValue:
    """A token for a page that was open when its session ended and another began."""
    return jsonify(token=generate_csrf())
