"""Act: each step idempotent, each journalled; what a step causes is written in its transaction."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from bridge.actions import (
    Action,
    Ask,
    Assign,
    Comment,
    Correct,
    Gathered,
    Link,
    Move,
    Recede,
    SetField,
    Tell,
    Unlink,
    Wait,
)
from bridge.clients.errors import Refused, Unavailable
from bridge.clients.jira import Block, Heading, Paragraph
from bridge.domain import PartnerVerb, reference
from bridge.reconcile.remarks import ring_about, ring_for_partner
from bridge.reconcile.speech import say_once
from bridge.reconcile.telling import ask, correct, gather, tell
from bridge.rules.links import fingerprint
from bridge.services import Services
from bridge.store import pulls
from bridge.store.claims import Claim, hold, writing
from bridge.store.tables import LaneRow, PartnerActionRow, Ticket
from bridge.store.tickets import journal
from bridge.verdicts import Verdict

COMMENT_TITLES = {
    PartnerVerb.ANSWERED: "Resposta do parceiro",
    PartnerVerb.CONFIRMED: "O parceiro confirmou que funcionou",
    PartnerVerb.STILL_FAILING: "O parceiro diz que ainda ocorre",
    PartnerVerb.COMMENTED: "Mensagem do parceiro",
}


def act(
    services: Services,
    claimed: Claim,
    ticket: Ticket,
    action: Action,
    *,
    offered: Mapping[str, str],
) -> str:
    """Carry out one action; the sentence that says what was done. `offered`: the transitions seen.

    Raises:
        LeaseLost: another worker has the ticket; nothing was done.
    """
    hold(services.store, claimed, now=services.clock())
    if isinstance(action, Move):
        return _move(services, claimed, ticket, action, offered)
    step: Callable[..., str] = _STEPS[type(action)]
    return step(services, claimed, ticket, action)


def _link(services: Services, claimed: Claim, ticket: Ticket, action: Link) -> str:
    one = action.pull_request
    # Until the answer is here the link may say this or what it said before.
    with writing(services.store, claimed) as db:
        pulls.remember_link(db, ticket.id, one, linked_as="")
    services.jira.link(ticket.jira_id or "", action)
    outcome = f"linked {action.title}"
    with writing(services.store, claimed) as db:
        pulls.remember_link(db, ticket.id, one, linked_as=fingerprint(action))
        journal(db, ticket.id, act="link", cause=one.url, outcome=outcome, now=services.clock())
    return outcome


def _assign(services: Services, claimed: Claim, ticket: Ticket, action: Assign) -> str:
    """A convenience: where Jira does not let us, that is noted and nothing stops."""
    with writing(services.store, claimed) as db:
        db.get_one(Ticket, ticket.id).assigning = action.account
    outcome = f"assigned {action.login}, who wrote {action.pull_request}"
    try:
        services.jira.assign(ticket.jira_id or "", action.account)
    except (Refused, Unavailable) as error:
        if isinstance(error, Unavailable) and not error.denied:
            raise
        outcome = f"did not assign {action.login}: {error}"
    with writing(services.store, claimed) as db:
        db.get_one(Ticket, ticket.id).assigned = action.account
        journal(db, ticket.id, act="assign", cause=action.pull_request, outcome=outcome, now=services.clock())
    return outcome


def _unlink(services: Services, claimed: Claim, ticket: Ticket, action: Unlink) -> str:
    one = action.pull_request
    services.jira.unlink(ticket.jira_id or "", one)
    outcome = f"unlinked {one.name}: {action.reason}"
    with writing(services.store, claimed) as db:
        pulls.forget_link(db, ticket.id, one)
        ring_about(services, db, one)
        journal(db, ticket.id, act="unlink", cause=one.url, outcome=outcome, now=services.clock())
    return outcome


def _set_field(services: Services, claimed: Claim, ticket: Ticket, action: SetField) -> str:
    services.jira.set_field(ticket.jira_id or "", action.field, action.value)
    outcome = f"set {action.field} to {action.value}"
    with writing(services.store, claimed) as db:
        row = db.get_one(Ticket, ticket.id)
        setattr(row, action.field, action.value)
        journal(db, ticket.id, act="field", cause=action.cause, outcome=outcome, now=services.clock())
    return outcome


def _move(
    services: Services, claimed: Claim, ticket: Ticket, action: Move, offered: Mapping[str, str]
) -> str:
    """Walk the path hop by hop; every hop is journalled before the next is tried."""
    issue_id = ticket.jira_id or ""
    verdict = action.verdict
    if not action.path:
        return _spend(services, claimed, verdict, f"{action.trigger} has led there already")
    with services.store.read() as db:
        here = db.get_one(Ticket, ticket.id).status
    for number, status in enumerate(action.path):
        transitions = offered if number == 0 and status in offered else services.jira.transitions(issue_id)
        if status not in transitions:
            raise Refused("Jira", _no_transition(here, status, transitions, action))
        _about_to_move(services, claimed, action, status)
        services.jira.move(issue_id, transitions[status])
        _moved(services, claimed, action, from_status=here, to_status=status)
        here = status
    return _spend(services, claimed, verdict, f"moved to {action.path[-1]} by {action.trigger}")


def _no_transition(here: str, status: str, offered: Mapping[str, str], action: Move) -> str:
    return (
        f"offers no transition from {here} to {status} (only to {', '.join(offered) or 'nowhere'}); "
        f"{action.trigger} needs one: {action.verdict.reason}"
    )


def _about_to_move(services: Services, claimed: Claim, action: Move, status: str) -> None:
    """Say so before Jira is asked: where its answer is lost, the changelog tells of the move all the same."""
    with writing(services.store, claimed) as db:
        db.get_one(Ticket, claimed.ticket_id).moving_to = status
        row = _lane(db, claimed.ticket_id, action.verdict)
        row.spent_at, row.at = None, services.clock()
        row.moving_after = row.moving_after or action.after


def _moved(services: Services, claimed: Claim, action: Move, *, from_status: str, to_status: str) -> None:
    now, verdict = services.clock(), action.verdict
    with writing(services.store, claimed) as db:
        row = db.get_one(Ticket, claimed.ticket_id)
        row.status, row.status_since = to_status, now
        outcome = f"moved from {from_status} to {to_status} by {action.trigger}: {verdict.reason}"
        journal(db, row.id, act="move", cause=verdict.identity, outcome=outcome, now=now)


def _spend(services: Services, claimed: Claim, verdict: Verdict, outcome: str) -> str:
    with writing(services.store, claimed) as db:
        row = _lane(db, claimed.ticket_id, verdict)
        row.spent_at, row.refusal, row.at = services.clock(), "", services.clock()
    return outcome


def _wait(services: Services, claimed: Claim, ticket: Ticket, action: Wait) -> str:
    now = services.clock()
    with writing(services.store, claimed) as db:
        row = _lane(db, ticket.id, action.verdict)
        if row.refusal != action.reason:
            outcome = f"waits: {action.verdict.reason}, but {action.reason}"
            journal(db, ticket.id, act="wait", cause=action.verdict.identity, outcome=outcome, now=now)
        row.spent_at, row.refusal, row.at = None, action.reason, now
    return f"{action.verdict.lane} waits: {action.reason}"


def _recede(services: Services, claimed: Claim, ticket: Ticket, action: Recede) -> str:
    with writing(services.store, claimed) as db:
        if action.verdict:
            _lane(db, ticket.id, action.verdict)
            return f"{action.lane} says nothing new: {action.verdict.reason}"
        db.delete(db.get_one(LaneRow, (ticket.id, action.lane.value)))
    return f"{action.lane} says nothing any more"


def _lane(db: Session, ticket_id: int, verdict: Verdict) -> LaneRow:
    row = db.get(LaneRow, (ticket_id, verdict.lane.value))
    if row is None:
        row = LaneRow(ticket_id=ticket_id, lane=verdict.lane.value)
        db.add(row)
    if row.identity != verdict.identity:
        row.moving_after = ""
    row.identity, row.reason = verdict.identity, verdict.reason
    row.refusal = row.refusal or ""
    return row


def _comment(services: Services, claimed: Claim, ticket: Ticket, action: Comment) -> str:
    marker = f"action-{action.action.id}"
    words = _words(ticket, action)
    comment_id = say_once(services, claimed, ticket.jira_id or "", words, marker=marker)
    outcome = f"wrote comment {comment_id}: {action.action.verb}"
    with writing(services.store, claimed) as db:
        db.get_one(PartnerActionRow, action.action.id).comment_id = comment_id
        if action.action.verb is PartnerVerb.STILL_FAILING:
            ring_for_partner(services, db, ticket.id, action.action.id)
        journal(db, ticket.id, act="comment", cause=marker, outcome=outcome, now=services.clock())
    return outcome


def _words(ticket: Ticket, action: Comment) -> list[Block]:
    said = action.action
    title = f"{COMMENT_TITLES[said.verb]} ({said.author}, {reference(ticket.id)})"
    return [Heading(title), *([Paragraph(said.text)] if said.text else [])]


_STEPS: dict[type[Any], Callable[..., str]] = {
    Link: _link,
    Unlink: _unlink,
    SetField: _set_field,
    Recede: _recede,
    Wait: _wait,
    Comment: _comment,
    Ask: ask,
    Assign: _assign,
    Correct: correct,
    Tell: tell,
    Gathered: gather,
}
