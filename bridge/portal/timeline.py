"""A ticket's story as the partner reads it: one list, oldest first, in plain words."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bridge.domain import PartnerVerb
from bridge.portal.words import plain
from bridge.store.panel import Story
from bridge.store.tables import Event, PartnerActionRow, Ticket, Upload
from mappings.model import Workflow

SAID = {
    PartnerVerb.ANSWERED: "Você respondeu",
    PartnerVerb.CONFIRMED: "Você confirmou que funcionou",
    PartnerVerb.STILL_FAILING: "Você avisou que ainda ocorre",
}


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One entry of the story."""

    at: datetime
    headline: str
    text: str = ""
    edited_at: datetime | None = None
    """When the team last changed the text."""
    mails: int = 0
    """E-mails that were sent for it."""
    mine: bool = False
    pending: bool = False
    """True while what the partner said is on its way to the team."""
    uploads: tuple[Upload, ...] = ()


def told(ticket: Ticket, story: Story, workflow: Workflow) -> list[Moment]:
    """The whole story of a ticket."""
    moments = [*_filed(ticket, story), *_events(story, workflow), *_said(story)]
    return sorted(moments, key=lambda moment: moment.at)


def _filed(ticket: Ticket, story: Story) -> Iterator[Moment]:
    if not any(event.kind == "filed" for event in story.events):
        yield Moment(at=ticket.created_at, headline="Chamado recebido", mails=story.sent.get("filed", 0))


def _events(story: Story, workflow: Workflow) -> Iterator[Moment]:
    quoted = {number for event in story.events if event.kind == "status" for number in _shown(event)}
    for event in story.events:
        # The reason of a move is a comment of its own too; it is read once, at the move.
        if event.kind == "comment" and event.quotes.keys() & quoted:
            continue
        yield Moment(
            at=event.at,
            headline=_headline(event, workflow),
            text="" if event.kind == "due_date" else event.text,
            edited_at=event.edited_at,
            mails=story.sent.get(event.source, 0),
        )


def _shown(event: Event) -> list[str]:
    return [number for number, text in event.quotes.items() if text]


def _headline(event: Event, workflow: Workflow) -> str:
    if event.kind == "status":
        return plain(workflow, event.status)
    if event.kind == "due_date":
        return f"Prazo de entrega: {event.text}" if event.text else "Prazo de entrega em revisão"
    return {"filed": "Chamado recebido", "comment": "Mensagem da equipe"}.get(event.kind, "Andamento")


def _said(story: Story) -> Iterator[Moment]:
    for action in story.actions:
        yield Moment(
            at=action.at,
            headline=SAID.get(PartnerVerb(action.verb), "Você escreveu"),
            text=action.text,
            mine=True,
            pending=action.comment_id is None,
            uploads=_uploads(action, story),
        )


def _uploads(action: PartnerActionRow, story: Story) -> tuple[Upload, ...]:
    return tuple(upload for upload in story.uploads if upload.action_id == action.id)
