"""What deployments, releases and workflow runs say of a ticket: by GitHub's comparison of commits."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from bridge.clients.github import Deployment, RecentPublication
from bridge.domain import Fact, Overdue, PullRequest, Stage
from bridge.rules.stages import ENDED, stage_of, stage_of_workflow
from bridge.services import Services
from bridge.store import facts, pulls
from bridge.store.sweeps import FIRST_LOOK_BACK, OVERLAP
from bridge.store.tables import Ticket


def deployment(services: Services, ticket: Ticket, subject: str, found: list[Fact]) -> list[Fact]:
    """`subject` is `owner/name#7@19`: deployment 7, of which status 19 was told."""
    repository, _, rest = subject.rpartition("#")
    number, _, status = rest.partition("@")
    seen = services.github.deployment(repository, int(number), at_least=int(status or 0))
    stage = stage_of(seen.environment, services.mappings.workflow.environments)
    if stage is None:
        return []
    if seen.state in ENDED:
        return _ended(services, ticket, seen.identity)
    version = _version(services, repository, seen) if stage is Stage.PRODUCTION else ""
    return _published(services, ticket, found, repository, seen, stage=stage, version=version)


def release(services: Services, ticket: Ticket, subject: str, found: list[Fact]) -> list[Fact]:
    if not services.mappings.workflow.environments.release_is_production:
        return []
    repository, _, tag = subject.partition("#")
    seen = services.github.release(repository, tag)
    return _published(services, ticket, found, repository, seen, stage=Stage.PRODUCTION, version=seen.ref)


def run(services: Services, ticket: Ticket, subject: str, found: list[Fact]) -> list[Fact]:
    environments = services.mappings.workflow.environments
    repository, _, number = subject.rpartition("#")

    def is_staging(environment: str) -> bool:
        return stage_of(environment, environments) is Stage.STAGING

    seen = services.github.run(repository, int(number), is_ours=is_staging)
    stage = stage_of_workflow(seen.environment, environments)
    if stage is None:
        return []
    version = _version(services, repository, seen) if stage is Stage.PRODUCTION else ""
    return _published(services, ticket, found, repository, seen, stage=stage, version=version)


def recent_publications(services: Services, repository: str, since: datetime) -> list[RecentPublication]:
    """What has been deployed, released or run since where it means something to us."""
    environments = services.mappings.workflow.environments

    def is_ours(environment: str) -> bool:
        return stage_of(environment, environments) is not None

    def is_our_workflow(name: str) -> bool:
        return stage_of_workflow(name, environments) is not None

    mapped = environments.staging_workflows or environments.production_workflows
    return services.github.recent_publications(
        repository, since=since, is_ours=is_ours, is_our_workflow=is_our_workflow if mapped else None
    )


def overdue(services: Services, ticket: Ticket, naming: Iterable[PullRequest]) -> list[Fact]:
    """What was published of pull requests before they named the ticket, and rang others then, or nobody."""
    now = services.clock()
    opened = [(one, datetime.fromisoformat(one.created_at)) for one in naming if one.created_at]
    # What was published of a younger one is found by the sweeps, which look at so much twice.
    late = [(one, at) for one, at in opened if at < now - OVERLAP]
    if not late:
        return []
    with services.store.read() as db:
        known = {one.key for one, _ in pulls.pull_requests(db, ticket.id)}
    found: list[Fact] = []
    for one, opened_at in late:
        if one.key not in known:
            recent = recent_publications(services, one.repository, max(opened_at, now - FIRST_LOOK_BACK))
            found += [Overdue(kind=each.kind, subject=each.subject) for each in recent]
    return found


def _version(services: Services, repository: str, seen: Deployment) -> str:
    """The tag that was deployed. A branch is no version: of one, the commit is named."""
    return seen.ref if services.github.is_tag(repository, seen.ref) else seen.sha[:7]


def _ended(services: Services, ticket: Ticket, identity: str) -> list[Fact]:
    """A deployment that this ticket counts on holds its fix no more."""
    with services.store.read() as db:
        known = [one for one in facts.publications(db, ticket.id) if one.identity == identity]
    return [replace(one, active=False) for one in known]


def _published(
    services: Services,
    ticket: Ticket,
    found: list[Fact],
    repository: str,
    deployment: Deployment,
    *,
    stage: Stage,
    version: str,
) -> list[Fact]:
    """A publication, when it succeeded and contains commits of the ticket's."""
    if deployment.state != "success":
        return []
    with services.store.read() as db:
        known = {one.name: one for one, _ in pulls.pull_requests(db, ticket.id)}
    known |= {one.name: one for one in found if isinstance(one, PullRequest)}
    contains = frozenset(
        one.pin for one in known.values() if _contained(services, repository, deployment, one)
    )
    return [deployment.publication(stage=stage, version=version, contains=contains)] if contains else []


def _contained(services: Services, repository: str, deployment: Deployment, one: PullRequest) -> bool:
    if one.repository.lower() != repository.lower() or not (one.is_open or one.merged):
        return False
    commit = one.merge_commit if one.merged and one.merge_commit else one.head
    return services.github.contains(repository, head=deployment.sha, commit=commit)
