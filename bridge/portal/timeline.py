"""A ticket's story as the partner reads it: one list, oldest first, in plain words."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bridge.domain import PartnerVerb, Stage
from bridge.store.panel import Story
from bridge.store.tables import Event, PartnerActionRow, Ticket, Upload
from mappings.model import Trigger, Workflow

SAID = {
    PartnerVerb.ANSWERED: "respondeu",
    PartnerVerb.CONFIRMED: "confirmou que funcionou",
    PartnerVerb.STILL_FAILING: "avisou que ainda ocorre",
    PartnerVerb.COMMENTED: "escreveu",
}
BECAUSE = {
    Trigger.ANSWERED: "A resposta chegou à triagem.",
    Trigger.ASSIGNED: "Um desenvolvedor ficou responsável.",
    Trigger.WORK_STARTED: "Um desenvolvedor começou a trabalhar na correção.",
    Trigger.REVIEW_PENDING: "A correção foi entregue, e outro desenvolvedor vai revisá-la.",
    Trigger.CHANGES_REQUESTED: "Quem revisou pediu ajustes na correção.",
    Trigger.FIX_PUSHED: "Os ajustes pedidos estão sendo feitos.",
    Trigger.APPROVED: "Outro desenvolvedor revisou a correção e a aprovou.",
    Trigger.BACK_TO_DRAFT: "A correção voltou a ser trabalhada antes da revisão.",
    Trigger.DEPLOYED_STAGING: "A correção está na base de homologação, pronta para testar.",
    Trigger.DEPLOYED_PRODUCTION: "A correção chegou à base do seu cliente e a todas as outras.",
    Trigger.CONFIRMED: "O parceiro confirmou que funcionou.",
    Trigger.STILL_FAILING: "O parceiro avisou que o problema ainda ocorre.",
}
"""Why a ticket comes to a status, where the board's own rules lead there."""
_BY_PARTNER = {verb.trigger for verb in PartnerVerb if verb.trigger}
"""People in Jira make these moves too, for reasons of their own."""
FAILED = "No teste o problema ainda apareceu."


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One entry of the story."""

    at: datetime
    headline: str
    because: str = ""
    """Why, in plain words."""
    text: str = ""
    """Somebody's own words."""
    edited_at: datetime | None = None
    """When the team last changed the text."""
    mails: int = 0
    """E-mails that were sent for it."""
    mine: bool = False
    pending: bool = False
    """True while what the partner said is on its way to the team."""
    uploads: tuple[Upload, ...] = ()


def told(ticket: Ticket, story: Story, workflow: Workflow, *, reader: int | None = None) -> list[Moment]:
    """The whole story of a ticket. `reader`: the partner who is called "você"."""
    moments = [*_filed(ticket, story, reader), *_events(story, workflow), *_said(story, reader)]
    return sorted(moments, key=lambda moment: moment.at)


def _filed(ticket: Ticket, story: Story, reader: int | None) -> Iterator[Moment]:
    """The first entry, whether the engine has told of it or not."""
    filed = next((event for event in story.events if event.kind == "filed"), None)
    opener = "Você" if ticket.partner_id == reader else story.opener
    yield Moment(
        at=filed.at if filed else ticket.created_at,
        headline="Chamado recebido",
        because=f"{opener} abriu o chamado.",
        mails=story.sent.get("filed", 0),
        mine=True,
    )


def _events(story: Story, workflow: Workflow) -> Iterator[Moment]:
    quoted = {number for event in story.events if event.kind == "status" for number in _shown(event)}
    before, since = workflow.initial.name, None
    for event in story.events:
        # The reason of a move is a comment of its own too; it is read once, at the move.
        if event.kind == "filed" or (event.kind == "comment" and event.quotes.keys() & quoted):
            continue
        yield Moment(
            at=event.at,
            headline=_headline(event, workflow),
            because=_because(event, before, _said_since(since, event, story), story, workflow),
            text="" if event.kind == "due_date" else event.text,
            edited_at=event.edited_at,
            mails=story.sent.get(event.source, 0),
        )
        if event.kind == "status":
            before, since = event.status, event.at


def _shown(event: Event) -> list[str]:
    return [number for number, text in event.quotes.items() if text]


def _headline(event: Event, workflow: Workflow) -> str:
    if event.kind == "status":
        return workflow.plain(event.status)
    if event.kind == "due_date":
        return f"Prazo de entrega: {event.text}" if event.text else "Prazo de entrega em revisão"
    return _HEADLINES.get(event.kind, "Andamento")


_HEADLINES = {
    "comment": "Mensagem da equipe",
    "gone": "Chamado encerrado",
    "redeployed": "A base de homologação mudou de endereço",
}


def _because(event: Event, before: str, said: str, story: Story, workflow: Workflow) -> str:
    """The milestone behind a change of status: what the rules have lead from one status to the other."""
    if event.kind != "status" or event.status == before:
        return ""
    leading = [
        trigger
        for trigger, rule in workflow.rules.items()
        if rule.to == event.status and before in rule.moves_from
    ]
    trigger = leading[0] if leading else None
    if trigger in _BY_PARTNER and said != trigger:
        return FAILED if trigger is Trigger.STILL_FAILING else ""
    because = BECAUSE.get(trigger, "") if trigger else ""
    return (
        f"{because} {_version(event, story)}".strip() if trigger is Trigger.DEPLOYED_PRODUCTION else because
    )


def _said_since(since: datetime | None, event: Event, story: Story) -> str:
    """What the partner said last in the status that the event ends, if anything."""
    said = (one.verb for one in reversed(story.actions) if one.at <= event.at and not _is_before(one, since))
    return next((verb for verb in said if verb != PartnerVerb.COMMENTED), "")


def _is_before(action: PartnerActionRow, since: datetime | None) -> bool:
    return since is not None and action.at < since


def _version(event: Event, story: Story) -> str:
    published = [
        one.version
        for one in story.publications
        if one.stage == Stage.PRODUCTION and one.version and one.at <= event.at
    ]
    return f"Versão {published[-1]}." if published else ""


def _said(story: Story, reader: int | None) -> Iterator[Moment]:
    times = 0
    for action in story.actions:
        verb = PartnerVerb(action.verb)
        times += verb is PartnerVerb.STILL_FAILING
        again = f" ({times}ª vez)" if verb is PartnerVerb.STILL_FAILING and times > 1 else ""
        who = "Você" if reader is not None and action.partner_id == reader else action.author
        yield Moment(
            at=action.at,
            headline=f"{who} {SAID[verb]}{again}",
            text=action.text,
            mine=True,
            pending=action.comment_id is None,
            uploads=_uploads(action, story),
        )


def _uploads(action: PartnerActionRow, story: Story) -> tuple[Upload, ...]:
    return tuple(upload for upload in story.uploads if upload.action_id == action.id)
