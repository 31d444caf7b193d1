"""One ticket: what is happening, what the partner has to do, its story and all that was sent."""

import hashlib

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bridge.domain import PartnerVerb, reference, ticket_id
from bridge.portal import access, deeds, form_page, schemas, words
from bridge.portal.access import requires_partner, services
from bridge.portal.pages import pages
from bridge.portal.recipients import Refused, shown
from bridge.portal.terms import terms
from bridge.portal.timeline import told
from bridge.store import panel
from bridge.store.panel import Story
from bridge.store.tables import Ticket

NOTICES = {
    "avisado": "Pronto: essa pessoa está na lista de quem é avisado.",
    "convidado": "Convite enviado. Essa pessoa passa a ser avisada quando aceitar.",
    "convite-depois": "Já saíram convites demais por agora: o dessa pessoa vai com a próxima notícia.",
    "recusou": "Essa pessoa já disse que não quer receber. Ela fica na lista, mas não é avisada.",
    "tirado": "Pronto: esse endereço não é mais avisado.",
    "silenciado": "Pronto: você não recebe mais as notícias deste chamado; só o que depender de você.",
    "religado": "Pronto: você volta a receber as notícias deste chamado.",
    "resposta": "Recebemos sua resposta. Ela já está a caminho da equipe.",
    "mensagem": "Recebemos sua mensagem. Ela já está a caminho da equipe.",
    "funcionou": "Recebemos sua confirmação. Obrigado por validar com o seu cliente!",
    "liberado": "Voltamos a enviar mensagens para esse endereço.",
    "ainda-ocorre": "Recebemos seu aviso. O chamado volta para o Desenvolvimento.",
}


@pages.get("/chamados/<ref>")
@requires_partner
def show(ref: str) -> ResponseReturnValue:
    """One ticket. Another organisation's looks exactly like none."""
    ticket, story = owned(ref)
    if ref != reference(ticket.id):
        return redirect(url_for("portal.show", ref=reference(ticket.id)), 303)
    if request.args.get("visto") == _state(ticket, story):
        return "", 204
    return page(ticket, story)


def owned(ref: str) -> tuple[Ticket, Story]:
    """The visitor's own ticket and its story, or 404."""
    with services().store.read() as db:
        ticket = panel.ticket(db, access.partner(), ticket_id(ref)) or abort(404)
        return ticket, panel.story(db, access.partner(), ticket.id)


def page(ticket: Ticket, story: Story, *, refused: Refused | None = None) -> str:
    """The ticket's page; to one that asks by itself, only the parts that change."""
    workflow, form = services().mappings.workflow, services().mappings.form
    verbs, asked = deeds.offered(ticket, story, workflow), words.possible(workflow, ticket.status)
    return render_template(
        "portal/ticket_part.html" if access.is_poll() else "portal/ticket.html",
        ticket=ticket,
        ref=reference(ticket.id),
        state=_state(ticket, story),
        step=words.next_step(workflow, ticket.status),
        opener=story.opener,
        checked_at=story.checked_at,
        moments=told(ticket, story, workflow, reader=access.partner().id),
        uploads=[upload for upload in story.uploads if upload.action_id is None],
        recipients=shown(story.recipients),
        refused=refused,
        stopped=story.stopped,
        me=access.partner().email,
        continued_by=[reference(number) for number in story.continued_by],
        shown=form_page.shown_answers(form, ticket.answers),
        links=ticket.answers.get(schemas.LINKS, []),
        verbs=verbs,
        question=deeds.asked_last(story),
        for_you=bool(asked & verbs),
        on_its_way=bool(asked - verbs),
        testable=PartnerVerb.STILL_FAILING in verbs and PartnerVerb.CONFIRMED not in verbs,
        sent_back=words.is_sent_back(workflow, ticket.status),
        may_continue=words.may_continue(
            workflow,
            ticket.status,
            since=ticket.status_since,
            now=services().clock(),
            days=services().config.reopen_days,
        ),
        workflow=workflow,
        notice=NOTICES.get(request.args.get("aviso", ""), ""),
        terms=terms(services()),
    )


def _state(ticket: Ticket, story: Story) -> str:
    """Differs when the page has something new to show."""
    checked = words.ago(story.checked_at, now=services().clock()) if story.checked_at else ""
    seen = (
        (ticket.status, ticket.status_since, ticket.due_date, ticket.version, ticket.staging_url, checked),
        [(event.id, event.edited_at) for event in story.events],
        [(action.id, action.comment_id) for action in story.actions],
        [(upload.id, upload.refusal) for upload in story.uploads],
        (story.sent, story.recipients, story.stopped, story.continued_by, len(story.publications)),
    )
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]
