"""The partner's panel: the list of tickets, and one ticket with its story and what can be done about it."""

from collections.abc import Collection
from dataclasses import dataclass

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bridge.domain import PartnerVerb, reference, ticket_id
from bridge.portal import access, form_page, schemas, words
from bridge.portal.access import requires_partner, services
from bridge.portal.files import ACCEPTED, ACCEPTED_SENTENCE
from bridge.portal.pages import pages
from bridge.portal.timeline import told
from bridge.store import drafts, panel
from bridge.store.panel import Story, TicketLine
from bridge.store.tables import Ticket, Upload
from mappings.model import Workflow

PAGE_SIZE = 50
FILTERS = {"abertos": "Abertos", "encerrados": "Encerrados", "todos": "Todos"}
NOTICES = {
    "resposta": "Recebemos sua resposta. Ela já está a caminho da equipe.",
    "funcionou": "Recebemos sua confirmação. Obrigado por validar com o seu cliente!",
    "ainda-ocorre": "Recebemos seu aviso. O chamado volta para o Desenvolvimento.",
}


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A reply that could not be taken as it was: kept, to be corrected."""

    verb: PartnerVerb
    text: str
    uploads: tuple[Upload, ...] = ()
    errors: tuple[tuple[str, str], ...] = ()
    """(field, sentence)."""


@pages.get("/")
def home() -> ResponseReturnValue:
    return redirect(url_for("portal.listing"), 303)


@pages.get("/chamados")
@requires_partner
def listing() -> ResponseReturnValue:
    """The partner's tickets, filtered and searched."""
    workflow = services().mappings.workflow
    chosen = request.args.get("situacao", "abertos")
    chosen = chosen if chosen in FILTERS else "abertos"
    search = request.args.get("busca", "").strip()[:200]
    with services().store.read() as db:
        lines = panel.lines(db, access.partner())
        checked_at = panel.swept_at(db)
        begun = len(drafts.unsent(db, access.partner()))
    found = matching(lines, workflow, chosen=chosen, search=search)
    page = _page_number(len(found))
    return render_template(
        "portal/list.html",
        lines=found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE],
        total=len(found),
        owned=len(lines),
        checked_at=checked_at,
        drafts=begun,
        page=page,
        pages=_page_count(len(found)),
        chosen=chosen,
        search=search,
        filters=FILTERS,
        workflow=workflow,
    )


@pages.get("/chamados/<ref>")
@requires_partner
def show(ref: str) -> ResponseReturnValue:
    """One ticket. Another partner's looks exactly like none."""
    ticket, story = owned(ref)
    if ref != reference(ticket.id):
        return redirect(url_for("portal.show", ref=reference(ticket.id)), 303)
    return ticket_page(ticket, story, notice=NOTICES.get(request.args.get("aviso", ""), ""))


def owned(ref: str) -> tuple[Ticket, Story]:
    """The visitor's own ticket and its story, or 404."""
    with services().store.read() as db:
        ticket = panel.ticket(db, access.partner(), ticket_id(ref)) or abort(404)
        return ticket, panel.story(db, access.partner(), ticket.id)


def ticket_page(ticket: Ticket, story: Story, *, notice: str = "", attempt: Attempt | None = None) -> str:
    """The ticket's page, with a reply to be corrected if there is one."""
    workflow, form = services().mappings.workflow, services().mappings.form
    return render_template(
        "portal/ticket.html",
        ticket=ticket,
        ref=reference(ticket.id),
        checked_at=story.checked_at,
        moments=told(ticket, story, workflow),
        uploads=[upload for upload in story.uploads if upload.action_id is None],
        recipients=story.recipients,
        shown=form_page.shown_answers(form, ticket.answers),
        links=ticket.answers.get(schemas.LINKS, []),
        verbs=offered(ticket, story, workflow),
        workflow=workflow,
        notice=notice,
        attempt=attempt,
        accepted=",".join(ACCEPTED),
        accepted_sentence=ACCEPTED_SENTENCE,
    )


def offered(ticket: Ticket, story: Story, workflow: Workflow) -> frozenset[PartnerVerb]:
    """What the partner may do now. While a verdict is on its way, no second one is asked for."""
    verbs = words.possible(workflow, ticket.status)
    waiting = any(
        action.comment_id is None and action.verb != PartnerVerb.ANSWERED and action.at >= ticket.status_since
        for action in story.actions
    )
    return verbs & {PartnerVerb.ANSWERED} if waiting else verbs


def matching(
    lines: Collection[TicketLine], workflow: Workflow, *, chosen: str, search: str
) -> list[TicketLine]:
    """The lines that the filter and every word of the search leave."""
    wanted = words.folded(search).split()
    return [
        line
        for line in lines
        if chosen == "todos" or words.is_closed(workflow, line.status) == (chosen == "encerrados")
        if all(word in _searched(line, workflow) for word in wanted)
    ]


def _searched(line: TicketLine, workflow: Workflow) -> str:
    return words.folded(f"{reference(line.id)} {line.title} {words.plain(workflow, line.status)}")


def _page_count(found: int) -> int:
    return max(1, -(-found // PAGE_SIZE))


def _page_number(found: int) -> int:
    given = request.args.get("pagina", "1")
    number = int(given) if given.isascii() and given.isdigit() and len(given) < 7 else 1
    return min(max(number, 1), _page_count(found))
