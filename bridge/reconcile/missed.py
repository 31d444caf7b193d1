"""What no webhook told: changes found by asking, and failed deliveries asked for again.

GitHub never sends a failed delivery again by itself (G2), Jira gives up after five tries (J1), Data Center
tries once (J11). Here only tickets are rung; what has changed is for `reconcile` to see.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select

from bridge.clients.errors import Refused, Unavailable
from bridge.clients.github import FailedDelivery
from bridge.reconcile.duplicates import RING, suspects
from bridge.reconcile.findings import Doorbell, Failure, Findings, told
from bridge.reconcile.missed_github import look_at_github
from bridge.services import Services
from bridge.store import pulls, sweeps
from bridge.store.tables import Ticket
from bridge.store.tickets import ring

STALE = timedelta(hours=6)
"""An open ticket that nobody has rung for so long is read directly, whatever the search says."""
STALE_LIMIT = 50
AFTER_FAILURE = timedelta(minutes=1)
CUT_SHORT = "cut short: "
"""Begins what is said of a sweep that has failed."""

log = structlog.get_logger()

Sweep = Callable[[Services, datetime], Findings]


def heal(services: Services) -> dict[str, str]:
    """Run the sweeps that are due; what came of each. A remote that is away is asked again in a minute.

    Where a part of the outside did not answer, what was found elsewhere is rung all the same, and the next
    turn looks from the same moment again. For what is not for us to see nobody waits.
    """
    outcomes = {}
    for name, (every, _) in SWEEPS.items():
        began = services.clock()
        since = sweeps.take(services.store, name, now=began, every=every)
        if since is not None:
            outcomes[name] = _run(services, name, since=since, began=began)
    return outcomes


def foresee_sweep(services: Services, name: str) -> Findings:
    """What a sweep would ring and ask for now; nothing is written.

    Raises:
        Unavailable, Refused: from the clients.
    """
    since = sweeps.watermark(services.store, name) or services.clock() - sweeps.FIRST_LOOK_BACK
    _, sweep = SWEEPS[name]
    return sweep(services, since - sweeps.OVERLAP)


def _run(services: Services, name: str, *, since: datetime, began: datetime) -> str:
    again_in, sweep = SWEEPS[name]
    try:
        outcome, is_whole = _carry_out(services, sweep(services, since - sweeps.OVERLAP))
    except (Unavailable, Refused) as error:
        outcome, is_whole, again_in = str(error), False, AFTER_FAILURE
    except Exception as error:
        # A fault of ours in one sweep: the others are none the worse for it.
        log.exception("bug: a sweep", sweep=name)
        outcome, is_whole = f"bug: {type(error).__name__}: {error}", False
    now = services.clock()
    if is_whole:
        sweeps.finished(services.store, name, since=since, began=began, now=now, outcome=outcome)
    else:
        outcome = f"{CUT_SHORT}{outcome}"
        sweeps.failed(services.store, name, again_at=now + again_in, outcome=outcome)
    log.info("swept", sweep=name, outcome=outcome)
    return outcome


def _carry_out(services: Services, found: Findings) -> tuple[str, bool]:
    """What came of it, and whether everything was seen to."""
    with services.store.begin() as db:
        for place in found.repositories:
            pulls.remember_repository(db, place.id, name=place.name, mapped_as=place.mapped_as)
    rung = _ring(services, found.bells)
    asked, failures = _ask_again(services, found.lost)
    again = f", {asked} failed deliveries asked for again" if asked else ""
    failures = (*found.failures, *failures)
    outcome = "; ".join([f"{found.said}; {rung} doorbells rung{again}", *told(failures)])
    return outcome, all(one.is_for_good for one in failures)


def _ask_again(
    services: Services, lost: Iterable[tuple[str, FailedDelivery]]
) -> tuple[int, tuple[Failure, ...]]:
    """How many failed deliveries GitHub will send again, and why it does not do so with the others."""
    asked, failures = 0, []
    for repository, one in lost:
        try:
            services.github.redeliver(repository, one)
        except (Unavailable, Refused) as error:
            failures.append(Failure(f"a delivery of {repository}", error))
        else:
            asked += 1
    return asked, tuple(failures)


# --- Jira


def _jira(services: Services, since: datetime) -> Findings:
    minutes = int((services.clock() - since).total_seconds() // 60) + 1
    changed = services.jira.updated_within(minutes=minutes)
    bells = [*_unseen(services, changed), *_stale(services), *_moved_away(services)]
    said = f"{len(changed)} issues changed since {since:%Y-%m-%d %H:%M}"
    return Findings(said=said, bells=tuple(bells))


def _unseen(services: Services, changed: dict[str, datetime]) -> list[Doorbell]:
    """The tickets whose issue has changed since it was last read."""
    with services.store.read() as db:
        rows = db.execute(
            select(Ticket.id, Ticket.jira_id, Ticket.jira_updated_at).where(Ticket.jira_id.is_not(None))
        ).all()
    return [
        (ticket_id, "issue", issue_id)
        for ticket_id, issue_id, seen in rows
        if issue_id in changed and (seen is None or changed[issue_id] > seen)
    ]


def _stale(services: Services) -> list[Doorbell]:
    with services.store.read() as db:
        rows = db.execute(
            select(Ticket.id, Ticket.jira_id)
            .where(
                Ticket.status.not_in(services.mappings.workflow.done),
                Ticket.jira_id.is_not(None),
                Ticket.parked == "",
                Ticket.reconciled_at < services.clock() - STALE,
            )
            .order_by(Ticket.reconciled_at)
            .limit(STALE_LIMIT)
        )
        return [(ticket_id, "issue", issue_id or "") for ticket_id, issue_id in rows]


def _moved_away(services: Services) -> list[Doorbell]:
    """The open tickets whose issues are in another project now: neither search nor webhooks tell of those."""
    here = f"{services.config.jira.project}-"
    with services.store.read() as db:
        rows = db.execute(
            select(Ticket.id, Ticket.jira_id)
            .where(
                Ticket.status.not_in(services.mappings.workflow.done),
                Ticket.jira_key.is_not(None),
                ~Ticket.jira_key.startswith(here, autoescape=True),
                Ticket.parked == "",
            )
            .order_by(Ticket.reconciled_at)
            .limit(STALE_LIMIT)
        )
        return [(ticket_id, "issue", issue_id or "") for ticket_id, issue_id in rows]


def _ring(services: Services, bells: Iterable[Doorbell]) -> int:
    bells = sorted(dict.fromkeys(bells), key=lambda bell: bell[0])
    with services.store.begin() as db:
        for ticket_id, kind, subject in bells:
            ring(db, ticket_id, kind=kind, subject=subject, now=services.clock())
    return len(bells)


def _duplicates(services: Services, since: datetime) -> Findings:
    watched = suspects(services)
    bells = [(one.id, RING, one.marker) for one in watched if len(services.jira.copies(one.marker)) > 1]
    return Findings(said=f"{len(watched)} repeated creations watched", bells=tuple(bells))


SWEEPS: dict[str, tuple[timedelta, Sweep]] = {
    "jira": (timedelta(minutes=5), _jira),
    "github": (timedelta(minutes=10), look_at_github),
    "duplicates": (timedelta(minutes=10), _duplicates),
}
"""Name to how often and what. GitHub's share of its limit: about seven calls a repository and turn."""
