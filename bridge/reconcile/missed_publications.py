"""Deployments, releases and workflow runs that no webhook told of."""

from datetime import datetime

from bridge.reconcile.findings import Doorbell
from bridge.reconcile.publications import recent_publications
from bridge.services import Services
from bridge.store import facts, pulls


def unseen_publications(
    services: Services, repository: str, since: datetime, *, rung: set[int]
) -> list[Doorbell]:
    """For the tickets that have not weighed a publication, or not against their pull requests as they are.

    `rung`: those that learn of a pull request in this same sweep.
    """
    found = recent_publications(services, repository, since)
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
