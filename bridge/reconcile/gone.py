"""An issue that is not there any more: the partner reads that the ticket is closed, and nobody asks again."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bridge.actions import Tell
from bridge.clients.errors import Refused, Unavailable
from bridge.reconcile.telling import write_telling
from bridge.services import Services
from bridge.store.claims import Claim, writing
from bridge.store.tables import Ticket
from bridge.store.tickets import journal, last_entry
from mappings.model import Category, Trigger, Workflow

TOLD = "O registro deste chamado foi removido pela equipe. Se o problema continuar, abra um novo chamado."
KIND = "gone"
DELETED = "deleted"
"""The doorbell by which Jira itself says so."""
SURE_AFTER = timedelta(minutes=5)
"""Cloud has been seen to answer 404 for a moment of issues that are there
(konflux-ci/release-service-catalog, pull request 2165)."""


def close_gone(services: Services, claimed: Claim, ticket: Ticket, error: Refused) -> str:
    """Close a ticket whose issue Jira does not show. Should it show it again, the next look reads it as ever.

    Raises:
        Refused: the project is not shown either, so it is the account that lacks a permission.
        Unavailable: from the client; and while Jira has neither said so itself nor hidden it for long.
    """
    if (DELETED, ticket.jira_id) not in claimed.rings and not _is_known(services, ticket, error):
        raise Unavailable(error.service, error.reason)
    if not services.jira.shows_project():
        raise error
    workflow, now = services.mappings.workflow, services.clock()
    with writing(services.store, claimed) as db:
        row = db.get_one(Ticket, ticket.id)
        if row.status not in workflow.done:
            _close(db, row, _last(workflow), now=now)
        fact = Tell(
            source=f"{KIND}:{ticket.jira_id}",
            at=now,
            kind=KIND,
            author="",
            status="",
            text=TOLD,
            visible=True,
            email=None,
            outcome="no e-mail: the issue was deleted",
            context={},
        )
        write_telling(db, services, ticket, fact)
    return _closed(ticket)


def _closed(ticket: Ticket) -> str:
    return (
        f"{ticket.jira_key} was deleted in Jira, or is hidden from the bridge's account: the ticket is closed"
    )


def _is_known(services: Services, ticket: Ticket, error: Refused) -> bool:
    """The journal's last line tells: the ticket was closed, and what rang is a search that lags; or Jira has
    given the same answer for long.
    """
    with services.store.read() as db:
        last = last_entry(db, ticket.id)
    if last is None:
        return False
    if last.act == "look":
        return last.outcome.endswith(_closed(ticket))
    return (last.act, last.outcome) == ("retry", str(error)) and services.clock() - last.at >= SURE_AFTER


def _close(db: Session, row: Ticket, status: str, *, now: datetime) -> None:
    outcome = (
        f"moved from {row.status} to {status} by the bridge alone: {row.jira_key} is not in Jira any more"
    )
    journal(db, row.id, act=KIND, cause=str(row.jira_id), outcome=outcome, now=now)
    row.status, row.status_since = status, now


def _last(workflow: Workflow) -> str:
    """Where a ticket ends when all goes well."""
    confirmed = workflow.rules.get(Trigger.CONFIRMED)
    if confirmed:
        return confirmed.to
    return next(one.name for one in workflow.statuses.values() if one.category is Category.DONE)
