"""The AI's proposal: asked for by the partner, shown beside the own text, taken or left piece by piece."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from bridge.clients.errors import Refused, Unavailable
from bridge.portal import access, form_page, limits, schemas
from bridge.portal.access import requires_partner, services
from bridge.portal.form_page import Typed
from bridge.portal.pages import pages
from bridge.portal.words import compared
from bridge.proposal import PARTS, Proposal, checked, composed, loses
from bridge.store import counters, drafts
from bridge.store.tables import Draft

TITLE, DESCRIPTION = "titulo", "descricao"
REWRITTEN = (TITLE, DESCRIPTION)
TOO_LITTLE = "Escreva primeiro o que acontece; a IA só reorganiza o que você escreveu."
THIN = 200
"""Characters below which a description is taken for thin, and the AI is offered at the review."""
DAILY_OF_ONE = 40
"""Proposals a day for one partner."""


def is_offered(typed: Typed) -> bool:
    """Whether the review offers the AI: little was written, and nothing proposed yet."""
    is_thin = len(typed.answers.get(DESCRIPTION, "").strip()) < THIN
    return is_thin and not typed.proposal and access.may_use_ai()


def ask(typed: Typed) -> ResponseReturnValue:
    """Ask for a proposal. Whatever goes wrong, the partner's text stays as it is."""
    if not access.may_use_ai():
        return _stepped_aside(typed)
    if not typed.answers.get(DESCRIPTION, "").strip():
        return form_page.render(replace(typed, errors={DESCRIPTION: [TOO_LITTLE]})), 422
    try:
        found = _proposed(typed.answers)
    except (Unavailable, Refused):
        return _stepped_aside(typed)
    _remember(typed, found)
    return redirect(url_for("portal.proposal", draft_id=typed.draft_id), 303)


@pages.post("/chamados/novo/<draft_id>/melhorar")
@requires_partner
def improve(draft_id: str) -> ResponseReturnValue:
    """The same, from the review."""
    typed = form_page.load(draft_id) or abort(404)
    return ask(typed)


@pages.get("/chamados/novo/<draft_id>/ia")
@requires_partner
def proposal(draft_id: str) -> ResponseReturnValue:
    """The partner's text and the proposal side by side, word by word."""
    typed = form_page.load(draft_id) or abort(404)
    if (typed.proposal or {}).get("decision") != "open":
        return redirect(form_page.address(draft_id), 303)
    assert typed.proposal is not None
    own, pieces = typed.proposal["from"], typed.proposal["pieces"]
    return render_template(
        "portal/proposal.html",
        draft_id=draft_id,
        own_title=own[TITLE],
        own_description=compared(own[DESCRIPTION], composed(_texts(pieces))).before,
        sections=_sections(pieces, own),
        doubtful=any(piece["doubts"] for piece in pieces),
        questions=typed.proposal["perguntas"],
    )


@pages.post("/chamados/novo/<draft_id>/ia")
@requires_partner
def decide(draft_id: str) -> ResponseReturnValue:
    """Take the proposal, some of its pieces, or none."""
    decision = request.form.get("decisao", "")
    with services().store.begin() as db:
        draft = drafts.find(db, access.partner(), draft_id, lock=True) or abort(404)
        if draft.ticket_id is None and draft.proposal.get("decision") == "open":
            _settle(draft, _taken(decision, draft.proposal["pieces"]))
        accepted = draft.proposal.get("decision") == "accepted"
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


def _stepped_aside(typed: Typed) -> ResponseReturnValue:
    return redirect(form_page.address(typed.draft_id, aviso="ia-indisponivel"), 303)


def _flow(answers: Mapping[str, str]) -> list[str]:
    return [step.strip() for step in answers.get("fluxo", "").split(";") if step.strip()]


def _proposed(answers: Mapping[str, str]) -> Proposal:
    with services().store.begin() as db:
        allowed = limits.may_ask_ai(access.partner()) and _within_budget(db)
    if not allowed:
        raise Unavailable("OpenAI", "enough has been asked for now")
    return services().assistant.propose(
        title=answers.get(TITLE, ""),
        description=answers[DESCRIPTION],
        flow=_flow(answers),
        tool=answers.get("ferramenta", ""),
    )


def _within_budget(db: Session) -> bool:
    now, partner = services().clock(), access.partner()
    return counters.spend(db, f"ai partner {partner.id}", limit=DAILY_OF_ONE, now=now) and counters.spend(
        db, "ai", limit=services().config.openai.daily, now=now
    )


def _remember(typed: Typed, found: Proposal) -> None:
    own = {name: typed.answers.get(name, "") for name in REWRITTEN}
    given = [*own.values(), *_flow(typed.answers), typed.answers.get("ferramenta", "")]
    pieces = checked(found, own=given)
    kept: dict[str, Any] = {
        "from": own,
        "pieces": [asdict(piece) for piece in pieces],
        "perguntas": list(found.asked(told={piece.part for piece in pieces})),
        "model": found.model,
        "at": services().clock().isoformat(),
        "decision": "open",
    }
    with services().store.begin() as db:
        draft = drafts.find(db, access.partner(), typed.draft_id, lock=True)
        if draft is not None and draft.ticket_id is None:
            draft.proposal = kept


def _taken(decision: str, pieces: list[dict[str, Any]]) -> list[int]:
    """The numbers of the pieces that the partner takes."""
    if decision == "tudo":
        return list(range(len(pieces)))
    if decision != "selecionados":
        return []
    chosen = set(request.form.getlist("trecho"))
    return [number for number in range(len(pieces)) if str(number) in chosen]


def _settle(draft: Draft, taken: list[int]) -> None:
    """Write what was taken into the form. What does not fit there is not taken."""
    pieces, own = draft.proposal["pieces"], draft.proposal["from"]
    chosen = _texts(pieces[number] for number in taken)
    told = [number for number in taken if pieces[number]["part"] != TITLE]
    # Where a sound piece was left out, or a doubtful one with words of the partner's in it, these stay below:
    # nothing is lost by choosing.
    left = [piece for piece in _left(pieces, taken) if piece["part"] != TITLE]
    sound = any(not piece["doubts"] for piece in left)
    keeps_own = sound or (left and loses(own[DESCRIPTION], composed(chosen)))
    description = composed(chosen, own=own[DESCRIPTION] if keeps_own else "") if told else own[DESCRIPTION]
    title = chosen[TITLE][0] if chosen.get(TITLE) else own[TITLE]
    given = {TITLE: title, DESCRIPTION: description}
    _, errors = schemas.check(services().mappings.form, given)
    if not taken or any(name in errors for name in REWRITTEN):
        draft.proposal = {**draft.proposal, "decision": "refused"}
        return
    draft.answers = {**draft.answers, **given}
    draft.proposal = {**draft.proposal, **given, "taken": taken, "decision": "accepted"}


def _left(pieces: list[dict[str, Any]], taken: list[int]) -> list[dict[str, Any]]:
    return [piece for number, piece in enumerate(pieces) if number not in taken]


def _texts(pieces: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    texts: dict[str, list[str]] = {}
    for piece in pieces:
        texts.setdefault(piece["part"], []).append(piece["text"])
    return texts


def _sections(pieces: list[dict[str, Any]], own: Mapping[str, str]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Each part's heading and its pieces, each compared with the partner's words."""
    sections: dict[str, list[dict[str, Any]]] = {}
    for number, piece in enumerate(pieces):
        before = own[TITLE] if piece["part"] == TITLE else own[DESCRIPTION]
        shown = {**piece, "number": number, "words": compared(before, piece["text"]).after}
        sections.setdefault(PARTS[piece["part"]], []).append(shown)
    return [(heading, sections[heading]) for heading in PARTS.values() if heading in sections]
