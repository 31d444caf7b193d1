"""Pull requests and branches that no webhook told of."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bridge.clients.github import RecentPullRequest
from bridge.reconcile.findings import Doorbell, Whereabouts
from bridge.rules.keys import keys_in_any_case
from bridge.rules.naming import Naming, named
from bridge.services import Services
from bridge.store import facts, pulls
from mappings.model import Linking, Mention

CLOCK_SKEW = timedelta(minutes=1)


def unseen_pull_requests(services: Services, repository: str, since: datetime) -> list[Doorbell]:
    """Those that changed after they were last looked at, for the tickets that they name or named."""
    bells: list[Doorbell] = []
    for one in services.github.recent_pull_requests(repository, since=since):
        with services.store.read() as db:
            tickets = _unseen_by(db, one, services.mappings.workflow.links)
        tickets = _named_in_commits(services, repository, one) if tickets is None else tickets
        bells += [(ticket_id, "pull_request", f"{repository}#{one.number}") for ticket_id in tickets]
    return bells


def _unseen_by(db: Session, one: RecentPullRequest, policy: Linking) -> set[int] | None:
    """The tickets that have not seen it as it is now; None when only its commits could tell."""
    where = {"repository_id": one.repository_id, "number": one.number}
    linked = pulls.tickets_of_pull_request(db, **where)
    found = _named(db, one.naming, policy)
    if not found and not linked and policy.reads(Mention.COMMITS):
        return None
    aware = {
        ticket for ticket, seen_at in linked.items() if seen_at and seen_at > one.updated_at + CLOCK_SKEW
    }
    return (found | linked.keys()) - aware


def _named_in_commits(services: Services, repository: str, one: RecentPullRequest) -> set[int]:
    keys = services.github.commit_keys(repository, one.number)
    with services.store.read() as db:
        naming = replace(one.naming, commit_keys=tuple(keys))
        return _named(db, naming, services.mappings.workflow.links)


def _named(db: Session, naming: Naming, policy: Linking) -> set[int]:
    ours = facts.tickets_by_key(db, naming.candidates)
    return {ours[key] for key in named(naming, policy, ours.keys())}


def unseen_branches(services: Services, repository: Whereabouts) -> list[Doorbell]:
    """Branches whose tickets do not know them, and those that are awaited though they are gone."""
    names = services.github.branches(repository.name)
    reads = services.mappings.workflow.links.reads(Mention.BRANCH)
    with services.store.read() as db:
        found = [(ticket, name) for name in names for ticket in _unaware(db, repository.id, name) if reads]
        waiting = pulls.awaited_branches(db, repository_id=repository.id)
    found += [(ticket, name) for ticket, name in waiting if name not in names]
    return [(ticket, "branch", f"{repository.name} {repository.id} {name}") for ticket, name in found]


def _unaware(db: Session, repository_id: int, name: str) -> set[int]:
    tickets = set(facts.tickets_by_key(db, keys_in_any_case(name)).values())
    return tickets and tickets - pulls.tickets_of_branch(db, repository_id=repository_id, name=name)
