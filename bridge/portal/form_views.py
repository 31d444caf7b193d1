"""Opening a ticket: the notice, the form and its draft. What was typed is kept before it is judged."""

from collections.abc import Callable
from dataclasses import replace

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from bridge.domain import reference
from bridge.portal import access, form_page, proposal_views, schemas
from bridge.portal.access import requires_partner, services
from bridge.portal.files import Intake, forget, take_in
from bridge.portal.form_page import Typed
from bridge.portal.pages import pages
from bridge.portal.terms import MAXIMUM_FILES
from bridge.store import drafts, people
from bridge.store.drafts import StoredFile
from bridge.store.tables import Partner

NOTICES = {
    "sessao": "Sua sessão tinha terminado. O que você enviou foi guardado: confira e continue.",
    "salvo": "Rascunho salvo. Você pode continuar depois.",
    "continua": "Trouxemos as respostas do chamado encerrado. Conte na descrição o que voltou a acontecer.",
    "corrigir": "Trouxemos tudo do chamado reprovado. Corrija o que o motivo aponta e envie de novo.",
    "removido": "Arquivo removido.",
    "descartado": "Rascunho descartado.",
    "ia-indisponivel": "A IA não está disponível agora. Seu texto foi mantido.",
    "ia-aceita": "Proposta aceita. Confira o texto e ajuste o que quiser.",
    "ia-recusada": "Proposta recusada. Seu texto foi mantido.",
    "ia-desfeita": "Seu texto original está de volta.",
    "mudou": "O rascunho mudou em outra janela. Confira antes de enviar.",
}


@pages.get("/chamados/novo")
@requires_partner
def new_ticket() -> ResponseReturnValue:
    """The notice first; once read, the drafts already begun, or an empty form at an address of its own.

    The back button finds that address again, with what was typed in it.
    """
    form, partner = services().mappings.form, access.partner()
    if partner.notice_version != form.notice_version:
        return render_template("portal/notice.html", notice=form.notice)
    with services().store.read() as db:
        begun = drafts.unsent(db, partner)
    if begun and "vazio" not in request.args:
        return render_template("portal/drafts.html", drafts=begun, notice=_notice())
    return redirect(form_page.address(drafts.new_id(), novo="1", aviso=request.args.get("aviso")), 303)


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
    """The form as it was left; with `conferir`, its faults are shown; with `novo`, it may be empty yet."""
    typed = form_page.load(draft_id) or _empty(draft_id)
    sent = _sent(draft_id)
    if sent is not None:
        return sent
    if "conferir" in request.args:
        return judged(typed)
    return form_page.render(replace(typed, notice=_notice()))


@pages.post("/chamados/novo/<draft_id>")
@access.sends_to_sign_in
def save_draft(draft_id: str) -> ResponseReturnValue:
    """Keep all that was typed and sent, then do what the pressed button says.

    Where the session has ended meanwhile, keep it for whose session it was, and ask them to sign in.
    """
    form_page.draft_name(draft_id)
    if access.visitor() is None:
        return _left_behind(draft_id)
    sent = _sent(draft_id)
    if sent is not None:
        return sent
    intake = _keep(access.partner(), draft_id)
    typed = form_page.load(draft_id) or abort(404)
    button, _, argument = request.form.get("acao", "").partition("-")
    if intake.refusals:
        return judged(typed, refusals=intake.refusals, all_fields=button == "revisar")
    return _BUTTONS.get(button, _saved)(typed, argument)


@pages.get("/chamados/novo/<draft_id>/descartar")
@requires_partner
def ask_to_discard(draft_id: str) -> ResponseReturnValue:
    """Nothing brings a draft back: ask first."""
    sent = _sent(draft_id)
    if sent is not None:
        return sent
    typed = form_page.load(draft_id) or abort(404)
    return render_template("portal/discard.html", typed=typed)


@pages.post("/chamados/novo/<draft_id>/descartar")
@requires_partner
def discard_draft(draft_id: str) -> ResponseReturnValue:
    """Forget a draft and its files."""
    with services().store.begin() as db:
        names = drafts.discard(db, access.partner(), draft_id)
    forget(services().config.files, names)
    return redirect(url_for("portal.new_ticket", aviso="descartado"), 303)


def judged(typed: Typed, *, refusals: tuple[str, ...] = (), all_fields: bool = True) -> ResponseReturnValue:
    """The form with what is wrong with it, or the review when nothing is."""
    _, errors = schemas.check(services().mappings.form, typed.answers) if all_fields else ({}, {})
    files = schemas.files_field(services().mappings.form)
    if refusals and files:
        errors = {**errors, files.name: list(refusals)}
    if errors:
        return form_page.render(replace(typed, errors=errors)), 422
    return redirect(url_for("portal.review", draft_id=typed.draft_id), 303)


def _notice() -> str:
    return NOTICES.get(request.args.get("aviso", ""), "")


def _empty(draft_id: str) -> Typed:
    """A form that nothing has been typed in yet; 404 unless it was just begun."""
    if "novo" not in request.args:
        abort(404)
    with services().store.read() as db:
        if drafts.taken(db, access.partner(), form_page.draft_name(draft_id)):
            abort(404)
    return Typed(draft_id=draft_id, answers={})


def _left_behind(draft_id: str) -> ResponseReturnValue:
    partner = access.former_visitor()
    if partner is not None:
        _keep(partner, draft_id)
    kept = "sessao" if partner is not None else None
    page = form_page.address(draft_id, aviso=kept, novo="1")
    return redirect(url_for("portal.sign_in", next=page), 303)


def _keep(partner: Partner, draft_id: str) -> Intake:
    store, now = services().store, services().clock()
    with store.read() as db:
        if drafts.taken(db, partner, draft_id):
            abort(404)
        room = MAXIMUM_FILES - drafts.count_uploads(db, partner, draft_id=draft_id)
    files = schemas.files_field(services().mappings.form)
    received = request.files.getlist(files.name) if files else []
    intake = take_in(services(), received, partner, room=room)
    with store.begin() as db:
        draft = drafts.save(db, partner, draft_id, answers=form_page.typed_answers(), now=now)
        spare = intake.stored if draft.ticket_id else _add(db, partner, intake.stored, draft_id=draft_id)
    forget(services().config.files, [stored.stored_as for stored in spare])
    return intake


def _add(
    db: Session, partner: Partner, received: tuple[StoredFile, ...], *, draft_id: str
) -> tuple[StoredFile, ...]:
    """Write the files down; those that the draft has already (the form was sent again) are left over."""
    spare = tuple(one for one in received if drafts.same_upload(db, partner, one, draft_id=draft_id))
    for stored in received:
        if stored not in spare:
            drafts.add_upload(db, partner, stored, draft_id=draft_id, now=services().clock())
    return spare


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
