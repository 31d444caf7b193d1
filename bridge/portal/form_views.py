"""Opening a ticket: the notice, the form and its draft. What was typed is kept before it is judged."""

import re
from collections.abc import Callable
from dataclasses import replace

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from bridge.domain import reference
from bridge.portal import access, form_page, proposal_views, schemas
from bridge.portal.access import requires_partner, services
from bridge.portal.files import MAXIMUM_FILES, Intake, forget, take_in, terms
from bridge.portal.form_page import Typed
from bridge.portal.pages import pages
from bridge.store import drafts, people
from bridge.store.tables import Draft

DRAFT_NAME = re.compile(r"[A-Za-z0-9_-]{43}")
NOTICES = {
    "salvo": "Rascunho salvo. Você pode continuar depois.",
    "continua": "Trouxemos as respostas do chamado encerrado. Conte na descrição o que voltou a acontecer.",
    "removido": "Arquivo removido.",
    "ia-indisponivel": "IA indisponível, seu texto foi mantido.",
    "ia-aceita": "Proposta aceita. Confira o texto e ajuste o que quiser.",
    "ia-recusada": "Proposta recusada. Seu texto foi mantido.",
    "ia-desfeita": "Seu texto original está de volta.",
    "mudou": "O rascunho mudou em outra janela. Confira antes de enviar.",
}


@pages.get("/chamados/novo")
@requires_partner
def new_ticket() -> ResponseReturnValue:
    """The notice first; once read, an empty form beside the drafts already begun."""
    form, partner = services().mappings.form, access.partner()
    if partner.notice_version != form.notice_version:
        return render_template("portal/notice.html", notice=form.notice)
    with services().store.read() as db:
        begun = drafts.unsent(db, partner)
    if begun and "vazio" not in request.args:
        return render_template("portal/drafts.html", drafts=begun)
    return form_page.render(Typed(draft_id=drafts.new_id(), answers={}))


@pages.post("/chamados/novo/aviso")
@requires_partner
def accept_notice() -> ResponseReturnValue:
    """ "Entendi": remembered until the notice changes."""
    with services().store.begin() as db:
        people.read_notice(db, access.partner().id, version=services().mappings.form.notice_version)
    return redirect(url_for("portal.new_ticket"), 303)


@pages.get("/chamados/novo/<draft_id>")
@requires_partner
def open_draft(draft_id: str) -> ResponseReturnValue:
    """The form as it was left; with `conferir`, what is wrong with it is shown."""
    typed = form_page.load(draft_id) or abort(404)
    sent = _sent(draft_id)
    if sent is not None:
        return sent
    if "conferir" in request.args:
        return judged(typed)
    return form_page.render(replace(typed, notice=NOTICES.get(request.args.get("aviso", ""), "")))


@pages.post("/chamados/novo/<draft_id>")
@requires_partner
def save_draft(draft_id: str) -> ResponseReturnValue:
    """Keep all that was typed and sent, then do what the pressed button says."""
    if not DRAFT_NAME.fullmatch(draft_id):
        abort(404)
    sent = _sent(draft_id)
    if sent is not None:
        return sent
    intake = _keep(draft_id)
    typed = form_page.load(draft_id) or abort(404)
    button, _, argument = request.form.get("acao", "").partition("-")
    if intake.refusals:
        return judged(typed, refusals=intake.refusals, all_fields=button == "revisar")
    return _BUTTONS.get(button, _saved)(typed, argument)


@pages.post("/chamados/novo/<draft_id>/descartar")
@requires_partner
def discard_draft(draft_id: str) -> ResponseReturnValue:
    """Forget a draft and its files."""
    with services().store.begin() as db:
        names = drafts.discard(db, access.partner(), draft_id)
    forget(services().config.files, names)
    return redirect(url_for("portal.new_ticket"), 303)


def judged(typed: Typed, *, refusals: tuple[str, ...] = (), all_fields: bool = True) -> ResponseReturnValue:
    """The form with what is wrong with it, or the review when nothing is."""
    _, errors = schemas.check(services().mappings.form, typed.answers) if all_fields else ({}, {})
    files = schemas.files_field(services().mappings.form)
    if refusals and files:
        errors = {**errors, files.name: list(refusals)}
    if errors:
        return form_page.render(replace(typed, errors=errors)), 422
    return redirect(url_for("portal.review", draft_id=typed.draft_id), 303)


def _keep(draft_id: str) -> Intake:
    partner, store = access.partner(), services().store
    with store.read() as db:
        if drafts.taken(db, partner, draft_id):
            abort(404)
        room = MAXIMUM_FILES - drafts.count_uploads(db, partner, draft_id=draft_id)
    files = schemas.files_field(services().mappings.form)
    received = request.files.getlist(files.name) if files else []
    intake = take_in(received, folder=services().config.files, room=room, terms=terms(store))
    with store.begin() as db:
        draft = _write(db, draft_id)
        for stored in intake.stored:
            drafts.add_upload(db, partner, stored, draft_id=draft.id, now=services().clock())
    return intake


def _write(db: Session, draft_id: str) -> Draft:
    names = [*(field.name for field in schemas.questions(services().mappings.form)), schemas.LINKS]
    answers = {name: request.form[name] for name in names if name in request.form}
    return drafts.save(db, access.partner(), draft_id, answers=answers, now=services().clock())


def _sent(draft_id: str) -> ResponseReturnValue | None:
    """The way to the ticket that the draft has become."""
    with services().store.read() as db:
        draft = drafts.find(db, access.partner(), draft_id)
    if draft is None or draft.ticket_id is None:
        return None
    return redirect(url_for("portal.received", ref=reference(draft.ticket_id)), 303)


def _saved(typed: Typed, _: str) -> ResponseReturnValue:
    return redirect(form_page.address(typed.draft_id, aviso="salvo"), 303)


def _review(typed: Typed, _: str) -> ResponseReturnValue:
    return judged(typed)


def _remove(typed: Typed, upload_id: str) -> ResponseReturnValue:
    name = None
    if upload_id.isascii() and upload_id.isdigit() and len(upload_id) < 19:
        with services().store.begin() as db:
            name = drafts.remove_upload(db, access.partner(), int(upload_id), draft_id=typed.draft_id)
    forget(services().config.files, [name] if name else [])
    return redirect(form_page.address(typed.draft_id, aviso="removido") + "#arquivos", 303)


_BUTTONS: dict[str, Callable[[Typed, str], ResponseReturnValue]] = {
    "salvar": _saved,
    "revisar": _review,
    "remover": _remove,
    "ia": lambda typed, _: proposal_views.ask(typed),
    "original": lambda typed, _: proposal_views.undo(typed),
}
