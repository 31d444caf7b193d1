"""Reconcile: observe, decide, act, one ticket at a time; for webhooks, sweeps and the CLI alike."""

import random
import traceback
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from structlog.contextvars import bound_contextvars

from bridge.actions import Assign, Move, Plan, Tell
from bridge.clients.errors import MAXIMUM_WAIT, Refused, Unavailable
from bridge.domain import Fact, Issue, reference
from bridge.reconcile import drift
from bridge.reconcile.act import act
from bridge.reconcile.create import InDoubt, ensure_issue
from bridge.reconcile.duplicates import settle_duplicates
from bridge.reconcile.files import attach_files, waiting_files
from bridge.reconcile.gone import close_gone
from bridge.reconcile.observe import observation, read_github
from bridge.reconcile.remarks import ring_for
from bridge.reconcile.telling import holds, write_telling
from bridge.rules import plan
from bridge.services import Services
from bridge.store import facts
from bridge.store.claims import (
    Claim,
    LeaseLost,
    claim,
    hold,
    park,
    postpone,
    settle,
    waiting_attempts,
    writing,
)
from bridge.store.engine import TROUBLE
from bridge.store.tables import Ticket
from mappings.model import Moment

LEASE = timedelta(minutes=1)
"""Half of it is longer than the longest call to the outside (25 s); `hold` lengthens it between calls."""
FIRST_WAIT = 1.0
LONGEST_WAIT = 300.0
"""Seconds between tries while the outside is unavailable."""

log = structlog.get_logger()

NOTHING = "nothing to do"


def reconcile(services: Services, ticket_id: int, *, owner: str) -> str | None:
    """Look at one ticket until it is as it should be. None when it deserves no look or another has it."""
    outcome = None
    with services.store.turn(), bound_contextvars(ticket=reference(ticket_id)):
        while claimed := claim(services.store, ticket_id, owner=owner, now=services.clock(), lease=LEASE):
            outcome, again = _one_look(services, claimed)
            log.info("reconciled", outcome=outcome, rung_by="; ".join(claimed.causes))
            if not again:
                break
    return outcome


def _one_look(services: Services, claimed: Claim) -> tuple[str, bool]:
    """One claim from beginning to end: what came of it, and whether the ticket was rung meanwhile."""
    try:
        return _closed_look(services, claimed)
    except LeaseLost as lost:
        return str(lost), False
    except TROUBLE as error:
        # Nothing could be written down: the next look comes when the lease ends.
        log.warning("the database does not answer", reason=type(error).__name__)
        return "the database does not answer; again when the lease ends", False


def _closed_look(services: Services, claimed: Claim) -> tuple[str, bool]:
    """A look, closed as its failure asks. The lease can be lost in the closing too.

    Raises:
        LeaseLost: another worker has the ticket.
    """
    try:
        return _look(services, claimed)
    except InDoubt as doubt:
        again = settle(
            services.store,
            claimed,
            outcome=str(doubt),
            due_at=doubt.look_again_at,
            now=services.clock(),
        )
        return str(doubt), again
    except Unavailable as error:
        return _postpone(services, claimed, error), False
    except Refused as error:
        return _refused(services, claimed, error)
    except TROUBLE as error:
        log.warning("the database does not answer", reason=type(error).__name__)
        return _postpone(services, claimed, Unavailable("database", type(error).__name__)), False
    except LeaseLost:
        raise
    except Exception:
        log.exception("bug")
        return _park(services, claimed, f"bug: {traceback.format_exc(limit=-8)}")


def _refused(services: Services, claimed: Claim, error: Refused) -> tuple[str, bool]:
    """Park the ticket; but where Jira's names have changed, try once more with the new ones."""
    if error.service != "Jira" or error.missing:
        return _park(services, claimed, str(error))
    hold(services.store, claimed, now=services.clock())
    if drift.names_changed(services):
        stale = Unavailable("Jira", f"{error.reason}; its names have changed and were asked anew")
        return _postpone(services, claimed, stale), False
    return _park(services, claimed, drift.explained(services, error))


def _look(services: Services, claimed: Claim) -> tuple[str, bool]:
    ticket = _ticket(services, claimed.ticket_id)
    done = _tell_filed(services, claimed, ticket)
    ticket, is_new = ensure_issue(services, claimed, ticket), not ticket.jira_id
    if is_new and _only_filed(services, claimed):
        # There is nothing to see yet that was not just written; what people do to it rings.
        outcome = "; ".join([*done, f"filed as {ticket.jira_key}"])
        return outcome, settle(services.store, claimed, outcome=outcome, due_at=None, now=services.clock())
    ticket, closed = settle_duplicates(services, claimed, ticket)
    done += closed
    read = read_github(services, ticket, claimed.rings, between=lambda: _hold(services, claimed))
    done += read.silent
    _hold(services, claimed)
    try:
        issue = services.jira.observe(ticket.jira_id or "")
    except Refused as error:
        if not error.missing:
            raise
        outcome = "; ".join([*done, close_gone(services, claimed, ticket, error)])
        return outcome, settle(services.store, claimed, outcome=outcome, due_at=None, now=services.clock())
    _remember(services, claimed, issue, read.facts)
    seen = observation(services, ticket, issue, read)
    waits = holds(services, ticket)
    decided = plan(seen, services.mappings, now=services.clock(), holds=waits)
    done += [act(services, claimed, ticket, action, offered=issue.transitions) for action in decided.actions]
    done += attach_files(services, claimed, ticket, issue)
    if seen.pull_requests and (done or claimed.rings):
        _tell_developers(services, claimed)
    outcome = "; ".join(done) or NOTHING
    now = services.clock()
    due_at = _look_again_at(services, decided, now + waits.status)
    if read.trouble:
        return _cut_short(services, claimed, read.trouble, due_at=due_at)
    return outcome, settle(services.store, claimed, outcome=outcome, due_at=due_at, now=now)


def _hold(services: Services, claimed: Claim) -> None:
    hold(services.store, claimed, now=services.clock())


def _cut_short(
    services: Services, claimed: Claim, trouble: Unavailable | Refused, *, due_at: datetime | None
) -> tuple[str, bool]:
    """All is done but what GitHub would not tell: its doorbells stay. Parking waits for what is on hold."""
    if isinstance(trouble, Refused):
        if due_at is None:
            return _refused(services, claimed, trouble)
        trouble = Unavailable(trouble.service, trouble.reason)
    return _postpone(services, claimed, trouble, soonest=due_at, longest=LONGEST_WAIT), False


def _only_filed(services: Services, claimed: Claim) -> bool:
    """Whether nothing but the form asked for this look, and the form came without files."""
    return {kind for kind, _ in claimed.rings} == {"filed"} and not waiting_files(services, claimed.ticket_id)


def _tell_developers(services: Services, claimed: Claim) -> None:
    """After everything else: what they read on pull requests is written by itself, and may fail by itself."""
    with writing(services.store, claimed) as db:
        ring_for(services, db, claimed.ticket_id)


def _look_again_at(services: Services, decided: Plan, ripe_at: datetime) -> datetime | None:
    """When something on hold is ripe, or what we did ourselves is to be weighed: its echo rings nothing."""
    statuses = services.mappings.workflow.statuses
    moved = [action for action in decided.actions if isinstance(action, Move) and action.path]
    ours = [ripe_at for action in moved if statuses[action.path[-1]].email]
    held = [decided.look_again_at] if decided.look_again_at else []
    assigned = [services.clock() for action in decided.actions if isinstance(action, Assign)]
    return min([*held, *ours, *assigned], default=None)


def _ticket(services: Services, ticket_id: int) -> Ticket:
    with services.store.read() as db:
        return db.get_one(Ticket, ticket_id)


def _tell_filed(services: Services, claimed: Claim, ticket: Ticket) -> list[str]:
    """The receipt does not wait for Jira."""
    if not any(kind == "filed" for kind, _ in claimed.rings):
        return []
    kind = services.mappings.workflow.moments.get(Moment.FILED)
    with writing(services.store, claimed) as db:
        fact = Tell(
            source="filed",
            at=ticket.created_at,
            kind="filed",
            author="",
            status=services.mappings.workflow.initial.name,
            text="",
            visible=True,
            email=kind,
            outcome="" if kind else "no e-mail: workflow.yaml names none for filed",
            context={},
        )
        outcome = write_telling(db, services, ticket, fact)
    return [outcome]


def _remember(services: Services, claimed: Claim, issue: Issue, fresh: Sequence[Fact]) -> None:
    now = services.clock()
    with writing(services.store, claimed) as db:
        for fact in fresh:
            facts.remember(db, claimed.ticket_id, fact, now=now)
        row = db.get_one(Ticket, claimed.ticket_id)
        if row.status != issue.status:
            row.status, row.status_since = issue.status, _since(issue) or now
        facts.remember_key(db, row, issue.key)
        row.due_date, row.jira_updated_at = issue.due_date, issue.updated_at
        row.staging_url, row.version = issue.staging_url, issue.version


def _since(issue: Issue) -> datetime | None:
    return issue.status_changes[-1].at if issue.status_changes else None


def _postpone(
    services: Services,
    claimed: Claim,
    error: Unavailable,
    *,
    soonest: datetime | None = None,
    longest: float = MAXIMUM_WAIT,
) -> str:
    """Try again when the other side says; but within `longest` seconds, and when something is due."""
    attempts = waiting_attempts(services.store, claimed.ticket_id)
    wait = error.retry_after or min(FIRST_WAIT * 2**attempts, LONGEST_WAIT)
    wait *= 1 + random.random() / 4  # noqa: S311  (spreads the crowd when a remote returns)
    now = services.clock()
    retry_at = now + timedelta(seconds=min(wait, longest))
    retry_at = min(retry_at, soonest) if soonest else retry_at
    postpone(services.store, claimed, outcome=str(error), retry_at=retry_at, now=now)
    return f"{error}; again in {(retry_at - now).total_seconds():.0f} s"


def _park(services: Services, claimed: Claim, reason: str) -> tuple[str, bool]:
    return reason, park(services.store, claimed, reason=reason, now=services.clock())
