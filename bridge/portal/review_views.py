"""The last look before sending, the sending itself, and the page that says it arrived."""

from dataclasses import dataclass
from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bridge.clients.licences import LicenceState
from bridge.domain import reference, ticket_id
from bridge.portal import access, form_page, schemas
from bridge.portal.access import requires_partner, services
from bridge.portal.form_page import Typed
from bridge.portal.pages import pages
from bridge.portal.proposal_views import is_offered, own_description
from bridge.portal.similar_views import found
from bridge.store import drafts, panel
from bridge.store.filing import Submission, file_ticket

CHANGED = "O rascunho mudou em outra janela. Confira antes de enviar."
CONFIRM_LICENCE = "Confirme que o e-mail do cliente está certo, ou volte e corrija."


@dataclass(frozen=True, kw_only=True)
class Reviewed:
    """A draft whose answers have been checked."""

    typed: Typed
    answers: dict[str, Any]
    licence: LicenceState

    @property
    def version(self) -> str:
        """What tells one state of the draft from another, its files included."""
        files = [upload.id for upload in self.typed.uploads]
        return drafts.version({"answers": self.typed.answers, "files": files})


@pages.get("/chamados/novo/<draft_id>/revisar")
@requires_partner
def review(draft_id: str) -> ResponseReturnValue:
    """All answers, the files and the licence's state."""
    reviewed = _reviewed(draft_id)
    return _page(reviewed) if isinstance(reviewed, Reviewed) else reviewed


@pages.post("/chamados/novo/<draft_id>/enviar")
@requires_partner
def send(draft_id: str) -> ResponseReturnValue:
    """File the ticket; pressed twice, it is still one."""
    reviewed = _reviewed(draft_id)
    if not isinstance(reviewed, Reviewed):
        return reviewed
    if request.form.get("versao", reviewed.version) != reviewed.version:
        return _page(reviewed, notice=CHANGED), 409
    if reviewed.licence is LicenceState.UNKNOWN and "confirmo_licenca" not in request.form:
        return _page(reviewed, error=CONFIRM_LICENCE), 422
    filed = _file(reviewed)
    if filed is None:
        return redirect(form_page.address(draft_id, aviso="mudou"), 303)
    return redirect(url_for("portal.received", ref=reference(filed)), 303)


@pages.get("/chamados/<ref>/recebido")
@requires_partner
def received(ref: str) -> ResponseReturnValue:
    """The reference, large, and what happens now."""
    with services().store.read() as db:
        ticket = panel.ticket(db, access.partner(), ticket_id(ref)) or abort(404)
        told = panel.story(db, access.partner(), ticket.id).recipients
    return render_template("portal/received.html", ref=reference(ticket.id), ticket=ticket, told=told)


def _reviewed(draft_id: str) -> Reviewed | ResponseReturnValue:
    """The draft, fit to be sent; else the page to go to instead."""
    with services().store.read() as db:
        draft = drafts.find(db, access.partner(), draft_id) or abort(404)
    if draft.ticket_id is not None:
        return redirect(url_for("portal.received", ref=reference(draft.ticket_id)), 303)
    typed = form_page.load(draft_id) or abort(404)
    answers, errors = schemas.check(services().mappings.form, typed.answers)
    if errors:
        return redirect(form_page.address(draft_id, conferir="1"), 303)
    licence = services().licences.check(answers.get(form_page.CUSTOMER, ""))
    return Reviewed(typed=typed, answers=answers, licence=licence)


def _page(reviewed: Reviewed, *, error: str = "", notice: str = "") -> str:
    return render_template(
        "portal/review.html",
        draft_id=reviewed.typed.draft_id,
        shown=form_page.shown_answers(services().mappings.form, reviewed.answers),
        links=reviewed.answers[schemas.LINKS],
        repetitions=schemas.repetitions(services().mappings.form, reviewed.typed.answers),
        uploads=reviewed.typed.uploads,
        licence=reviewed.licence,
        customer=reviewed.answers.get(form_page.CUSTOMER, ""),
        version=reviewed.version,
        error=error,
        notice=notice,
        ai_offered=is_offered(reviewed.typed),
        similar=found(reviewed.answers["titulo"], reviewed.answers["descricao"]),
        workflow=services().mappings.workflow,
    )


def _file(reviewed: Reviewed) -> int | None:
    """The ticket's number; None when the draft was changed since it was checked."""
    partner, now = access.partner(), services().clock()
    draft_id = reviewed.typed.draft_id
    with services().store.begin() as db:
        draft = drafts.find(db, partner, draft_id, lock=True)
        if draft is None or (draft.ticket_id is None and draft.answers != reviewed.typed.answers):
            return None
        if draft.ticket_id is not None:
            return draft.ticket_id
        submission = Submission(
            partner=partner,
            answers=reviewed.answers,
            continues_id=draft.continues_id,
            original=own_description(draft, reviewed.answers["descricao"]),
            upload_ids=tuple(upload.id for upload in drafts.uploads(db, partner, draft_id=draft_id)),
        )
        initial = services().mappings.workflow.initial.name
        draft.ticket_id = file_ticket(db, submission, status=initial, now=now).id
        return draft.ticket_id
