"""A problem that came back after its ticket was closed, or a refused ticket put right, in a new ticket.

The board has no arrow out of its last column: a ticket that ended keeps its published version and its date,
and what happens after that is a new occurrence, which is triaged anew with the old one at hand.
"""

from collections.abc import Iterator
from typing import Any

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from bridge.domain import reference
from bridge.portal import access, form_page, schemas, words
from bridge.portal.access import requires_partner, services
from bridge.portal.files import copied
from bridge.portal.pages import pages
from bridge.portal.panel_views import owned
from bridge.store import drafts
from bridge.store.drafts import StoredFile
from bridge.store.panel import Story
from bridge.store.tables import Ticket
from mappings.form import FieldType


@pages.post("/chamados/<ref>/continuar")
@requires_partner
def take_up(ref: str) -> ResponseReturnValue:
    """Begin a form with the closed ticket's answers; begun before, the same one is opened again.

    What was sent back comes whole, to be put right. Where a problem is back, what happens is asked anew.
    """
    ticket, story = owned(ref)
    if not _may_continue(ticket):
        return redirect(url_for("portal.show", ref=reference(ticket.id)), 303)
    partner, now = access.partner(), services().clock()
    whole = words.is_sent_back(services().mappings.workflow, ticket.status)
    with services().store.begin() as db:
        draft = drafts.continuing(db, partner, ticket.id)
        if draft is None:
            draft = drafts.save(db, partner, drafts.new_id(), answers=_answers(ticket, whole=whole), now=now)
            draft.continues_id = ticket.id
            for stored in _copies(story) if whole else ():
                drafts.add_upload(db, partner, stored, draft_id=draft.id, now=now)
        draft_id = draft.id
    return redirect(form_page.address(draft_id, aviso="corrigir" if whole else "continua"), 303)


def _may_continue(ticket: Ticket) -> bool:
    return words.may_continue(
        services().mappings.workflow,
        ticket.status,
        since=ticket.status_since,
        now=services().clock(),
        days=services().config.reopen_days,
    )


def _answers(ticket: Ticket, *, whole: bool) -> dict[str, Any]:
    """The old answers as they are typed."""
    typed = {
        field.name: _typed(ticket.answers.get(field.name))
        for field in schemas.questions(services().mappings.form)
        if (whole or field.type is not FieldType.LONG_TEXT) and ticket.answers.get(field.name)
    }
    links = ticket.answers.get(schemas.LINKS) if whole else None
    return {**typed, schemas.LINKS: "\n".join(links)} if links else typed


def _copies(story: Story) -> Iterator[StoredFile]:
    """The form's files, each under a name of its own."""
    for upload in story.uploads:
        stored_as = copied(services().config.files, upload.stored_as) if upload.action_id is None else None
        if stored_as:
            yield StoredFile(
                filename=upload.filename,
                content_type=upload.content_type,
                size=upload.size,
                sha256=upload.sha256,
                stored_as=stored_as,
            )


def _typed(answer: Any) -> str:
    return "; ".join(answer) if isinstance(answer, list) else str(answer)
