"""Deployments, releases and workflow runs that no webhook told of."""

from datetime import datetime

from bridge.reconcile.findings import Doorbell
from bridge.rules.stages import stage_of, stage_of_workflow
from bridge.services import Services
from bridge.store import facts, pulls


def unseen_publications(
    services: Services, repository: str, since: datetime, *, rung: set[int]
) -> list[Doorbell]:
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
