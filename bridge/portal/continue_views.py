"""A problem that came back after its ticket was closed: a new ticket that continues the old one.

The board has no arrow out of its last column: a ticket that ended keeps its published version and its date,
and what happens after that is a new occurrence, which is triaged anew with the old one at hand.
"""

from typing import Any

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from bridge.domain import reference
from bridge.portal import access, form_page, schemas, words
from bridge.portal.access import requires_partner, services
from bridge.portal.pages import pages
from bridge.portal.panel_views import owned
from bridge.store import drafts
from bridge.store.tables import Ticket
from mappings.model import FieldType


@pages.post("/chamados/<ref>/continuar")
@requires_partner
def take_up(ref: str) -> ResponseReturnValue:
    """Begin a form with the closed ticket's answers; begun before, the same one is opened again."""
    ticket, _ = owned(ref)
    if not _may_continue(ticket):
        return redirect(url_for("portal.show", ref=reference(ticket.id)), 303)
    partner, now = access.partner(), services().clock()
    with services().store.begin() as db:
        draft = drafts.continuing(db, partner, ticket.id)
        if draft is None:
            draft = drafts.save(db, partner, drafts.new_id(), answers=_answers(ticket), now=now)
            draft.continues_id = ticket.id
        draft_id = draft.id
    return redirect(form_page.address(draft_id, aviso="continua"), 303)


def _may_continue(ticket: Ticket) -> bool:
    return words.may_continue(
        services().mappings.workflow,
        ticket.status,
        since=ticket.status_since,
        now=services().clock(),
        days=services().config.reopen_days,
    )


def _answers(ticket: Ticket) -> dict[str, Any]:
    """The old answers as they are typed; what happens is asked anew, for it is what has changed."""
    fields = schemas.questions(services().mappings.form)
    return {
        field.name: _typed(ticket.answers.get(field.name))
        for field in fields
        if field.type is not FieldType.LONG_TEXT and ticket.answers.get(field.name)
    }


def _typed(answer: Any) -> str:
    return "; ".join(answer) if isinstance(answer, list) else str(answer)
