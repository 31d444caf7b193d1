"""What can be said about a ticket (an answer, a verdict, a message), and the one way to say it.

Who says it has been found out before: by a session, or by the token of an e-mail's link.
"""

from dataclasses import dataclass
from datetime import datetime

from flask import render_template, request
from sqlalchemy.orm import Session

from bridge.domain import PartnerVerb, reference
from bridge.portal import schemas, words
from bridge.portal.access import services
from bridge.portal.files import take_in
from bridge.portal.terms import MAXIMUM_FILES, terms
from bridge.store import drafts, organisations, panel
from bridge.store.panel import Story
from bridge.store.tables import Partner, PartnerActionRow, Ticket, Upload
from bridge.store.tickets import ring
from mappings.model import Workflow

VERBS = {
    "responder": PartnerVerb.ANSWERED,
    "funcionou": PartnerVerb.CONFIRMED,
    "ainda-ocorre": PartnerVerb.STILL_FAILING,
    "escrever": PartnerVerb.COMMENTED,
}
"""By the last part of the address."""
VERDICTS = {PartnerVerb.CONFIRMED, PartnerVerb.STILL_FAILING}
NAMES = {verb: deed for deed, verb in VERBS.items()}
MINIMUM = {
    PartnerVerb.ANSWERED: 1,
    PartnerVerb.CONFIRMED: 0,
    PartnerVerb.STILL_FAILING: 10,
    PartnerVerb.COMMENTED: 1,
}
"""Characters."""
ASK = {
    PartnerVerb.ANSWERED: "Escreva a sua resposta.",
    PartnerVerb.CONFIRMED: "",
    PartnerVerb.STILL_FAILING: "Conte em pelo menos 10 caracteres o que ainda ocorre.",
    PartnerVerb.COMMENTED: "Escreva a sua mensagem.",
}
CHOOSE_AGAIN = "Não sabemos de quem são os arquivos. Depois de entrar, escolha-os de novo."
PROVE = "Anexe um print ou vídeo do que ainda ocorre, ou cole no texto um link (https://…) para ele."
CHANGED = "Este chamado mudou de situação enquanto você escrevia. Nada foi enviado."
ON_ITS_WAY = "O que você disse já está a caminho da equipe."


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who says it."""

    name: str
    """As the team and the colleagues read it."""
    owner: Partner
    """In whose name files are kept: the partner, or the ticket's opener where nobody has signed in."""
    partner: Partner | None = None
    """Whose session it is, or whose answer by e-mail; none for an e-mail's link."""
    email: str = ""
    """Nobody is written to about their own doing."""
    link: str = ""
    """The hash of the e-mail's link, which serves once; empty where there is none."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a request says, and what is wrong with it."""

    text: str
    uploads: tuple[Upload, ...] = ()
    errors: tuple[tuple[str, str], ...] = ()
    """(field, sentence)."""


def by_session(db: Session, partner: Partner) -> Actor:
    """The actor behind a session: the partner, of an organisation if it has a name."""
    organisation = organisations.name_of(db, partner)
    name = f"{partner.name} ({organisation})" if organisation else partner.name
    return Actor(name=name, owner=partner, partner=partner, email=partner.email)


def offered(ticket: Ticket, story: Story, workflow: Workflow) -> frozenset[PartnerVerb]:
    """What may be said now. While a verdict is on its way, no second one is asked for."""
    verbs = sayable(workflow, ticket.status)
    waiting = any(
        action.comment_id is None and action.verb in VERDICTS and action.at >= ticket.status_since
        for action in story.actions
    )
    return verbs - VERDICTS if waiting else verbs


def sayable(workflow: Workflow, status: str) -> frozenset[PartnerVerb]:
    """What may be said in a status: what the rules ask for, and a message for as long as the ticket lives."""
    verbs = words.possible(workflow, status)
    is_asked = PartnerVerb.ANSWERED in verbs
    return verbs if is_asked or status in workflow.done else verbs | {PartnerVerb.COMMENTED}


def why_not(ticket: Ticket, verb: PartnerVerb, workflow: Workflow) -> str:
    """Why something cannot be said that is not offered."""
    if verb in sayable(workflow, ticket.status):
        return ON_ITS_WAY
    return f"Este chamado já passou dessa etapa: agora está em “{workflow.plain(ticket.status)}”."


def read(actor: Actor, verb: PartnerVerb) -> Said:
    """What the request says. Its files are kept, and so is a text that must be corrected."""
    uploads, refusals = _files(actor.owner)
    typed = request.form.get("texto", "")
    text, faults = schemas.check_reply({"texto": typed}, minimum=MINIMUM[verb], ask=ASK[verb])
    errors = [("texto", fault) for fault in faults] + [("arquivos", refusal) for refusal in refusals]
    if not (uploads or refusals) and _must_prove(verb, typed):
        errors.append(("arquivos", PROVE))
    return Said(text=typed if errors else text, uploads=uploads, errors=tuple(errors))


def brought(owner: Partner | None) -> Said:
    """What a request without a session brings: its text, and its files where we know whose they are."""
    uploads, refusals = _files(owner) if owner else ((), ())
    errors = [("arquivos", refusal) for refusal in refusals]
    if owner is None and any(file.filename for file in request.files.getlist("arquivos")):
        errors.append(("arquivos", CHOOSE_AGAIN))
    return Said(text=request.form.get("texto", ""), uploads=uploads, errors=tuple(errors))


def perform(actor: Actor, ticket_id: int, verb: PartnerVerb, said: Said) -> bool:
    """Write down what was said and ring the ticket; False when its present status does not allow it.

    Said twice in a row, it counts once. The actor has been found to be allowed to speak of the ticket.
    """
    now = services().clock()
    with services().store.begin() as db:
        status = panel.status_of(db, ticket_id, lock=True)
        if verb not in sayable(services().mappings.workflow, status):
            return False
        if actor.link and panel.link_used(db, actor.link):
            return False
        if any(
            one.comment_id is None and one.verb == verb and one.text == said.text
            for one in panel.actions(db, ticket_id)
        ):
            return True
        write_down(db, actor, ticket_id, verb, said, now=now)
        return True


def write_down(
    db: Session, actor: Actor, ticket_id: int, verb: PartnerVerb, said: Said, *, now: datetime
) -> None:
    """Keep what was said with its files, and ring the ticket."""
    row = PartnerActionRow(
        ticket_id=ticket_id,
        verb=verb.value,
        author=actor.name,
        partner_id=actor.partner.id if actor.partner else None,
        text=said.text,
        at=now,
        email=actor.email,
        link_hash=actor.link or None,
    )
    db.add(row)
    db.flush()
    ids = [upload.id for upload in said.uploads]
    drafts.hand_to_action(db, actor.owner, ids, ticket_id=ticket_id, action_id=row.id)
    ring(db, ticket_id, kind="partner", subject=f"action:{row.id}", now=now)


def page(
    ticket: Ticket,
    story: Story,
    verb: PartnerVerb,
    *,
    action: str,
    back: str,
    said: Said | None = None,
    changed: str = "",
) -> str:
    """The page on which it is said: a click to get here, a click to send. `action`: where it is sent to.

    `changed`: why it cannot be said.
    """
    return render_template(
        "portal/deed.html",
        ticket=ticket,
        ref=reference(ticket.id),
        deed=NAMES[verb],
        action=action,
        back=back,
        said=said,
        changed=changed,
        earlier=[one for one in story.actions if one.verb == PartnerVerb.STILL_FAILING],
        question=asked_last(story),
        terms=terms(services()),
    )


def asked_last(story: Story) -> str:
    """What the team asked or said last, since the ticket is where it is."""
    for event in reversed(story.events):
        if event.kind == "status" or (event.text and event.kind == "comment"):
            return event.text
    return ""


def _must_prove(verb: PartnerVerb, text: str) -> bool:
    """Who says that it still happens shows it, where files are taken at all."""
    failing = verb is PartnerVerb.STILL_FAILING
    return failing and "https://" not in text and terms(services()).limit > 0


def _files(owner: Partner) -> tuple[tuple[Upload, ...], tuple[str, ...]]:
    """The files of this reply: those kept from its last attempt, and those that came now."""
    store = services().store
    given = request.form.getlist("arquivo")[:100]
    ids = [int(text) for text in given if text.isascii() and text.isdigit() and len(text) < 19]
    with store.read() as db:
        kept = drafts.loose_uploads(db, owner, ids)
    received = request.files.getlist("arquivos")
    intake = take_in(services(), received, owner, room=MAXIMUM_FILES - len(kept))
    with store.begin() as db:
        now = services().clock()
        fresh = [drafts.add_upload(db, owner, stored, draft_id=None, now=now) for stored in intake.stored]
    return (*kept, *fresh), intake.refusals
