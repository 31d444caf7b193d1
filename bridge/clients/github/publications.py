"""Deployments, releases and workflow runs as GitHub shows them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from urllib.parse import urlsplit

from github.Deployment import Deployment as GithubDeployment
from github.Repository import Repository

from bridge.clients.errors import Refused
from bridge.clients.github.conditional import Conditional
from bridge.clients.github.containment import Containment
from bridge.clients.github.transport import utc
from bridge.domain import Publication, Stage

LONGEST_DEPLOYMENT = timedelta(days=3)
"""Between a deployment's creation and its success; approvals by people take days."""
NEWEST_RELEASES = 30
DEPLOYMENTS_OF_A_COMMIT = 10
IsOurs = Callable[[str], bool]


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A deployment as its newest status has it; a release or a workflow run as what it means to us."""

    identity: str
    sha: str
    """Of the commit; a release's tag, which GitHub compares as well."""
    ref: str
    environment: str
    state: str
    """`success`, `inactive`, `failure`, `error`, or on its way."""
    url: str
    """Where to test; empty unless it is an http address."""
    at: datetime
    seen: int = 0
    """The id of that newest status."""

    def publication(self, *, stage: Stage, version: str, contains: frozenset[str]) -> Publication:
        return Publication(
            identity=self.identity,
            stage=stage,
            environment=self.environment,
            url=self.url,
            version=version,
            contains=contains,
            at=self.at,
        )


Named = Iterator[tuple[str, str, str]]
"""(a doorbell's kind, the publication's identity, the end of the doorbell's subject)."""


@dataclass(frozen=True, kw_only=True)
class RecentPublication:
    """A deployment that succeeded, or a release: as a doorbell's kind and subject name it."""

    identity: str
    kind: str
    subject: str


class Publications(Containment, Conditional):
    """What was published, and where. Each is read once for all the tickets that it rings."""

    def deployment(self, repository: str, number: int, *, at_least: int = 0) -> Deployment:
        """A deployment and its newest status: two calls; none where status `at_least` is known."""

        def ask() -> Deployment:
            found = self.repository(repository).get_deployment(number)
            environment, sha, ref, created = found.environment, found.sha, found.ref, found.created_at
            status = next(iter(found.get_statuses()), None)
            return Deployment(
                identity=f"deployment:{number}",
                sha=sha,
                ref=ref,
                environment=environment,
                state=status.state if status else "pending",
                url=_address(status.environment_url if status else ""),
                at=utc(status.created_at if status else created),
                seen=status.id if status else 0,
            )

        key = f"{repository}/deployments/{number}"
        return self.memory.once(key, lambda: self.asked(ask), good=lambda known: 0 < at_least <= known.seen)

    def release(self, repository: str, tag: str) -> Deployment:
        """A release as what it means to us, that its tag is published: one call for all."""

        def ask() -> Deployment:
            found = self.repository(repository).get_release(tag)
            published = not (found.draft or found.prerelease)
            return Deployment(
                identity=f"release:{found.id}",
                sha=found.tag_name,
                ref=found.tag_name,
                environment="release",
                state="success" if published else "pending",
                url="",
                at=utc(found.published_at or found.created_at),
            )

        key = f"{repository}/releases/{tag}"
        return self.memory.once(key, lambda: self.asked(ask), good=lambda known: known.state == "success")

    def run(self, repository: str, number: int, *, is_ours: IsOurs) -> Deployment:
        """A workflow run as what it means to us: at most three calls for all.

        Its address is that of the same commit's deployment to one of our environments.
        """

        def ask() -> Deployment:
            found = self.repository(repository).get_workflow_run(number)
            return Deployment(
                identity=f"run:{number}",
                sha=found.head_sha,
                ref=found.head_branch or found.head_sha,
                environment=found.name,
                state=found.conclusion or "pending",
                url=_address(_url_of(self.repository(repository), found.head_sha, is_ours)),
                at=utc(found.updated_at),
            )

        key = f"{repository}/runs/{number}"
        return self.memory.once(key, lambda: self.asked(ask), good=lambda known: known.state == "success")

    def is_tag(self, repository: str, ref: str) -> bool:
        """Whether a deployment's ref is a version's name and no branch or commit: one call for all."""

        def ask() -> bool:
            try:
                self.asked(lambda: self.repository(repository).get_git_ref(f"tags/{ref}").object.sha)
            except Refused as error:
                if error.missing:
                    return False
                raise
            return True

        return self.memory.once(f"{repository}/tags/{ref}", ask, good=lambda known: known)

    def recent_publications(
        self, repository: str, *, since: datetime, is_ours: IsOurs, is_our_workflow: IsOurs | None
    ) -> list[RecentPublication]:
        """Deployments of our environments and runs of our workflows that succeeded since, and releases."""

        runs = self._recent_runs(repository, since, is_our_workflow) if is_our_workflow else ()
        deployments = self._recent_deployments(repository, since, is_ours)
        named = [*deployments, *self._recent_releases(repository, since), *runs]
        return [
            RecentPublication(identity=identity, kind=kind, subject=f"{repository}#{subject}")
            for kind, identity, subject in named
        ]

    def _recent_deployments(self, repository: str, since: datetime, is_ours: IsOurs) -> Named:
        path = f"/repos/{repository}/deployments"
        oldest = since - LONGEST_DEPLOYMENT
        for one in takewhile(lambda one: _moment(one["created_at"]) >= oldest, self.rows(path)):
            if not is_ours(one["environment"]):
                continue
            newest = next(self.rows(f"{path}/{one['id']}/statuses", per_page=1), None)
            if newest and newest["state"] == "success" and _moment(newest["created_at"]) >= since:
                yield "deployment", f"deployment:{one['id']}", f"{one['id']}@{newest['id']}"

    def _recent_releases(self, repository: str, since: datetime) -> Named:
        newest = self.rows(f"/repos/{repository}/releases", per_page=NEWEST_RELEASES)
        for one in islice(newest, NEWEST_RELEASES):
            if one["published_at"] and _moment(one["published_at"]) >= since:
                yield "release", f"release:{one['id']}", one["tag_name"]

    def _recent_runs(self, repository: str, since: datetime, is_ours: IsOurs) -> Named:
        # By the day: a question that names the second is another one each time, and none of those is free.
        created = f">={since - LONGEST_DEPLOYMENT:%Y-%m-%d}"
        path = f"/repos/{repository}/actions/runs"
        for one in self.rows(path, within="workflow_runs", status="success", created=created):
            if is_ours(one["name"] or "") and _moment(one["updated_at"]) >= since:
                yield "run", f"run:{one['id']}", str(one["id"])


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _url_of(repository: Repository, sha: str, is_ours: IsOurs) -> str:
    """Where an Actions job with an `environment` was published: GitHub keeps that as a deployment."""
    found: Iterable[GithubDeployment] = islice(repository.get_deployments(sha=sha), DEPLOYMENTS_OF_A_COMMIT)
    ours = next((one for one in found if is_ours(one.environment)), None)
    status = next(iter(ours.get_statuses()), None) if ours else None
    return (status.environment_url if status else "") or ""


def _address(url: str | None) -> str:
    """A deployment's environment_url may be any text; only an address of the web is shown to anybody."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return ""
    return url or "" if parts.scheme in {"http", "https"} and parts.hostname else ""
