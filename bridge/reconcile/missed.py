"""What no webhook told: changes found by asking, and failed deliveries asked for again.

GitHub never sends a failed delivery again by itself (G2), Jira gives up after five tries (J1), Data Center
tries once (J11). Here only tickets are rung; what has changed is for `reconcile` to see.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select

from bridge.clients.errors import Refused, Unavailable
from bridge.clients.github import FailedDelivery
from bridge.reconcile.duplicates import RING, suspects
from bridge.reconcile.missed_pulls import Doorbell, Whereabouts, unseen_branches, unseen_pull_requests
from bridge.rules.stages import stage_of, stage_of_workflow
from bridge.services import Services
from bridge.store import facts, pulls, sweeps
from bridge.store.tables import Delivery, Ticket
from bridge.store.tickets import ring

OVERLAP = timedelta(minutes=10)
"""Looked at twice: clocks differ, and Jira's search lags by minutes (R6)."""
STALE = timedelta(hours=6)
"""An open ticket that nobody has rung for so long is read directly, whatever the search says."""
STALE_LIMIT = 50
AFTER_FAILURE = timedelta(minutes=1)

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What a sweep found out; nothing is rung and nothing asked for again until somebody does it."""

    said: str
    """Where it looked, as a sentence."""
    bells: tuple[Doorbell, ...]
    lost: tuple[tuple[str, FailedDelivery], ...] = ()
    """(repository, webhook that GitHub failed to deliver)."""
    repositories: tuple[Whereabouts, ...] = ()


Sweep = Callable[[Services, datetime], Findings]


def heal(services: Services) -> dict[str, str]:
    """Run the sweeps that are due; what came of each. A remote that is away is asked again in a minute."""
    outcomes = {}
    for name, (every, sweep) in SWEEPS.items():
        began = services.clock()
        since = sweeps.take(services.store, name, now=began, every=every)
        if since is not None:
            outcomes[name] = _run(services, name, sweep, since=since, began=began)
    return outcomes


def foresee_sweep(services: Services, name: str) -> Findings:
    """What a sweep would ring and ask for now; nothing is written.

    Raises:
        Unavailable, Refused: from the clients.
    """
    since = sweeps.watermark(services.store, name) or services.clock() - sweeps.FIRST_LOOK_BACK
    _, sweep = SWEEPS[name]
    return sweep(services, since - OVERLAP)


def _run(services: Services, name: str, sweep: Sweep, *, since: datetime, began: datetime) -> str:
    try:
        outcome = _carry_out(services, sweep(services, since - OVERLAP))
    except (Unavailable, Refused) as error:
        outcome = str(error)
        sweeps.failed(
            services.store, name, again_at=services.clock() + AFTER_FAILURE, outcome=f"cut short: {outcome}"
        )
    else:
        sweeps.finished(services.store, name, since=since, began=began, now=services.clock(), outcome=outcome)
    log.info("swept", sweep=name, outcome=outcome)
    return outcome


def _carry_out(services: Services, found: Findings) -> str:
    for repository, one in found.lost:
        services.github.redeliver(repository, one)
    with services.store.begin() as db:
        for place in found.repositories:
            pulls.remember_repository(db, place.id, name=place.name, mapped_as=place.mapped_as)
    rung = _ring(services, found.bells)
    again = f", {len(found.lost)} failed deliveries asked for again" if found.lost else ""
    return f"{found.said}; {rung} doorbells rung{again}"


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


# --- GitHub


def _github(services: Services, since: datetime) -> Findings:
    bells: list[Doorbell] = []
    lost: list[tuple[str, FailedDelivery]] = []
    repositories = _repositories(services)
    for repository in repositories:
        lost += _lost(services, repository.name, since)
        found = unseen_pull_requests(services, repository.name, since)
        bells += [*found, *unseen_branches(services, repository)]
        bells += _publications(
            services, repository.name, since, rung={ticket_id for ticket_id, _, _ in found}
        )
    said = f"{len(repositories)} repositories read since {since:%Y-%m-%d %H:%M}"
    return Findings(said=said, bells=tuple(bells), lost=tuple(lost), repositories=tuple(repositories))


def _repositories(services: Services) -> list[Whereabouts]:
    """Those of the settings, as they are called now; without any, those whose pull requests we know."""
    names = sorted(services.config.github.repositories)
    if not names:
        with services.store.read() as db:
            names = pulls.known_repositories(db)
    return [Whereabouts(*services.github.whereabouts(name), mapped_as=name) for name in names]


def _lost(services: Services, repository: str, since: datetime) -> list[tuple[str, FailedDelivery]]:
    """What GitHub failed to deliver and we have not got; nothing where the token may not see the webhook."""
    url = f"{services.config.public_url}/webhooks/github"
    failed = services.github.failed_deliveries(repository, url=url, since=since)
    with services.store.read() as db:
        query = select(Delivery.delivery_id).where(
            Delivery.source == "github", Delivery.delivery_id.in_([one.guid for one in failed])
        )
        known = set(db.scalars(query))
    return [(repository, one) for one in failed if one.guid not in known]


def _publications(services: Services, repository: str, since: datetime, *, rung: set[int]) -> list[Doorbell]:
    """For the tickets that have not weighed a publication, or not against their pull requests as they are.

    `rung`: those that learn of a pull request in this same sweep.
    """
    environments = services.mappings.workflow.environments

    def is_ours(environment: str) -> bool:
        return stage_of(environment, environments) is not None

    def is_our_workflow(name: str) -> bool:
        return stage_of_workflow(name, environments) is not None

    mapped = environments.staging_workflows or environments.production_workflows
    found = services.github.recent_publications(
        repository, since=since, is_ours=is_ours, is_our_workflow=is_our_workflow if mapped else None
    )
    if not found:
        return []
    repository_id = services.github.repository_id(repository)
    with services.store.read() as db:
        tickets = pulls.tickets_of_repository(
            db, repository_id=repository_id, except_statuses=services.mappings.workflow.done
        )
        return [
            (ticket_id, one.kind, one.subject)
            for one in found
            for ticket_id in sorted(rung.union(tickets))
            if ticket_id in rung or not facts.holds_in_publication(db, ticket_id, identity=one.identity)
        ]


def _ring(services: Services, bells: Iterable[Doorbell]) -> int:
    bells = list(dict.fromkeys(bells))
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
    "github": (timedelta(minutes=10), _github),
    "duplicates": (timedelta(minutes=10), _duplicates),
}
"""Name to how often and what. GitHub's share of its limit: about seven calls a repository and turn."""
