"""The AI's proposal: asked for by the partner, shown beside the own text, taken or left."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bridge.clients.errors import Refused, Unavailable
from bridge.clients.openai import Proposal
from bridge.portal import access, form_page, limits, schemas
from bridge.portal.access import requires_partner, services
from bridge.portal.form_page import Typed
from bridge.portal.pages import pages
from bridge.portal.words import compared
from bridge.store import drafts
from bridge.store.tables import Draft

TITLE, DESCRIPTION = "titulo", "descricao"
REWRITTEN = (TITLE, DESCRIPTION)
TOO_LITTLE = "Escreva primeiro o que acontece; a IA só reorganiza o que você escreveu."
NO_ANSWER = "IA indisponível, seu texto foi mantido."


def ask(typed: Typed) -> ResponseReturnValue:
    """Ask for a proposal. Whatever goes wrong, the partner's text stays as it is."""
    if not services().assistant.available:
        return redirect(form_page.address(typed.draft_id, aviso="ia-indisponivel"), 303)
    if not typed.answers.get(DESCRIPTION, "").strip():
        return form_page.render(replace(typed, errors={DESCRIPTION: [TOO_LITTLE]})), 422
    try:
        proposal = _proposed(typed.answers)
    except (Unavailable, Refused):
        return redirect(form_page.address(typed.draft_id, aviso="ia-indisponivel"), 303)
    _remember(typed, proposal)
    return redirect(url_for("portal.proposal", draft_id=typed.draft_id), 303)


@pages.get("/chamados/novo/<draft_id>/ia")
@requires_partner
def proposal(draft_id: str) -> ResponseReturnValue:
    """The partner's text and the proposal side by side, word by word."""
    typed = form_page.load(draft_id) or abort(404)
    if (typed.proposal or {}).get("decision") != "open":
        return redirect(form_page.address(draft_id), 303)
    assert typed.proposal is not None
    before, after = typed.proposal["from"], typed.proposal
    return render_template(
        "portal/proposal.html",
        draft_id=draft_id,
        title=compared(before[TITLE], after[TITLE]),
        description=compared(before[DESCRIPTION], after[DESCRIPTION]),
        questions=after["perguntas"],
    )


@pages.post("/chamados/novo/<draft_id>/ia")
@requires_partner
def decide(draft_id: str) -> ResponseReturnValue:
    """Take the proposal, or leave it."""
    accepted = request.form.get("decisao") == "aceitar"
    with services().store.begin() as db:
        draft = drafts.find(db, access.partner(), draft_id, lock=True) or abort(404)
        if draft.ticket_id is None and draft.proposal.get("decision") == "open":
            _settle(draft, accepted=accepted)
    return redirect(form_page.address(draft_id, aviso="ia-aceita" if accepted else "ia-recusada"), 303)


def undo(typed: Typed) -> ResponseReturnValue:
    """Bring back the partner's own words, to the last byte."""
    with services().store.begin() as db:
        draft = drafts.find(db, access.partner(), typed.draft_id, lock=True) or abort(404)
        if draft.ticket_id is None and draft.proposal.get("decision") == "accepted":
            own, proposed = draft.proposal["from"], draft.proposal
            kept_title = draft.answers.get(TITLE) != proposed[TITLE]
            title = draft.answers[TITLE] if kept_title else own[TITLE]
            draft.answers = {**draft.answers, TITLE: title, DESCRIPTION: own[DESCRIPTION]}
            draft.proposal = {**draft.proposal, "decision": "undone"}
    return redirect(form_page.address(typed.draft_id, aviso="ia-desfeita"), 303)


def own_description(draft: Draft, sent: str) -> str:
    """The partner's own description where the AI's stands in its place; else empty."""
    if draft.proposal.get("decision") != "accepted":
        return ""
    own = str(draft.proposal["from"][DESCRIPTION])
    return own if own != sent else ""


def _proposed(answers: Mapping[str, str]) -> Proposal:
    if not limits.may_ask_ai(access.partner()):
        raise Unavailable("OpenAI", "this partner has asked often enough for now")
    flow = [step.strip() for step in answers.get("fluxo", "").split(";") if step.strip()]
    found = services().assistant.propose(
        title=answers.get(TITLE, ""),
        description=answers[DESCRIPTION],
        flow=flow,
        tool=answers.get("ferramenta", ""),
    )
    form = services().mappings.form
    given = {TITLE: found.title, DESCRIPTION: found.description}
    _, errors = schemas.check(form, given)
    too_much = [name for name in REWRITTEN if name in errors]
    if too_much:
        raise Refused("OpenAI", f"the proposal does not fit the form: {', '.join(too_much)}")
    return found


def _remember(typed: Typed, proposal: Proposal) -> None:
    own = {name: typed.answers.get(name, "") for name in REWRITTEN}
    found: dict[str, Any] = {
        TITLE: proposal.title,
        DESCRIPTION: proposal.description,
        "perguntas": list(proposal.questions),
        "from": own,
        "decision": "open",
    }
    with services().store.begin() as db:
        draft = drafts.find(db, access.partner(), typed.draft_id, lock=True)
        if draft is not None and draft.ticket_id is None:
            draft.proposal = found


def _settle(draft: Draft, *, accepted: bool) -> None:
    if accepted:
        draft.answers = {**draft.answers, **{name: draft.proposal[name] for name in REWRITTEN}}
    draft.proposal = {**draft.proposal, "decision": "accepted" if accepted else "refused"}
