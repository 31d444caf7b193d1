"""What deployments and releases say of a ticket: by GitHub's comparison of commits."""

from fnmatch import fnmatch

from bridge.clients.github import Deployment
from bridge.domain import Fact, PullRequest, Stage
from bridge.services import Services
from bridge.store import facts
from bridge.store.tables import Ticket
from mappings.model import Environments


def deployment(services: Services, ticket: Ticket, subject: str, found: list[Fact]) -> list[Fact]:
    repository, _, number = subject.rpartition("#")
    seen = services.github.deployment(repository, int(number))
    stage = stage_of(seen.environment, services.mappings.workflow.environments)
    if stage is None:
        return []
    return _published(services, ticket, found, repository=repository, deployment=seen, stage=stage)


def release(services: Services, ticket: Ticket, subject: str, found: list[Fact]) -> list[Fact]:
    if not services.mappings.workflow.environments.release_is_production:
        return []
    repository, _, tag = subject.partition("#")
    seen = services.github.release(repository, tag)
    stage = Stage.PRODUCTION
    return _published(services, ticket, found, repository=repository, deployment=seen, stage=stage)


def _published(
    services: Services,
    ticket: Ticket,
    found: list[Fact],
    *,
    repository: str,
    deployment: Deployment,
    stage: Stage,
) -> list[Fact]:
    """A publication, when it succeeded and contains commits of the ticket's."""
    if deployment.state != "success":
        return []
    with services.store.read() as db:
        known = {one.name: one for one, _ in facts.pull_requests(db, ticket.id)}
    known |= {one.name: one for one in found if isinstance(one, PullRequest)}
    contains = frozenset(
        one.pin for one in known.values() if _contained(services, repository, deployment, one)
    )
    return [deployment.publication(stage=stage, contains=contains)] if contains else []


def _contained(services: Services, repository: str, deployment: Deployment, one: PullRequest) -> bool:
    if one.repository.lower() != repository.lower() or not (one.is_open or one.merged):
        return False
    commit = one.merge_commit if one.merged and one.merge_commit else one.head
    return services.github.contains(repository, head=deployment.sha, commit=commit)


def stage_of(environment: str, environments: Environments) -> Stage | None:
    """What an environment of GitHub's is to us: by the mapping's globs, whatever the case."""
    for stage, patterns in (
        (Stage.STAGING, environments.staging),
        (Stage.PRODUCTION, environments.production),
    ):
        if any(fnmatch(environment.lower(), pattern.lower()) for pattern in patterns):
            return stage
    return None
