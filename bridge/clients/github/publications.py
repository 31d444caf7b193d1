"""Deployments and releases as GitHub shows them, and what they contain."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, takewhile

from github.Deployment import Deployment as GithubDeployment

from bridge.clients.errors import Refused
from bridge.clients.github.transport import Transport, utc
from bridge.domain import Publication, Stage

LONGEST_DEPLOYMENT = timedelta(days=3)
"""Between a deployment's creation and its success; approvals by people take days."""
NEWEST_RELEASES = 30


class Deployment:
    """A deployment and its newest status."""

    def __init__(
        self, *, identity: str, sha: str, ref: str, environment: str, state: str, url: str, at: datetime
    ) -> None:
        self.identity = identity
        self.sha = sha
        self.ref = ref
        self.environment = environment
        self.state = state
        self.url = url
        self.at = at

    def publication(self, *, stage: Stage, contains: frozenset[str]) -> Publication:
        return Publication(
            identity=self.identity,
            stage=stage,
            environment=self.environment,
            url=self.url,
            version=self.ref,
            contains=contains,
            at=self.at,
        )


@dataclass(frozen=True, kw_only=True)
class RecentPublication:
    """A deployment that succeeded, or a release: as a doorbell's kind and subject name it."""

    identity: str
    kind: str
    subject: str


class Publications(Transport):
    """What was published, and where."""

    def deployment(self, repository: str, number: int) -> Deployment:
        """A deployment and its newest status: two calls."""

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
                url=(status.environment_url if status else "") or "",
                at=utc(status.created_at if status else created),
            )

        return self.asked(ask)

    def release(self, repository: str, tag: str) -> Deployment:
        """A release as what it means to us: that its tag's commit is published."""

        def ask() -> Deployment:
            found = self.repository(repository).get_release(tag)
            return Deployment(
                identity=f"release:{found.id}",
                sha=found.tag_name,
                ref=found.tag_name,
                environment="release",
                state="pending" if found.draft or found.prerelease else "success",
                url=found.html_url,
                at=utc(found.published_at or found.created_at),
            )

        return self.asked(ask)

    def contains(self, repository: str, *, head: str, commit: str) -> bool:
        """True when `head`'s history has `commit`: by GitHub's comparison, not by commit messages."""
        if head == commit:
            return True
        try:
            status = self.asked(lambda: self.repository(repository).compare(commit, head).status)
        except Refused as error:
            if error.missing:
                return False  # a commit that was rebased away cannot be compared
            raise
        return status in {"ahead", "identical"}

    def recent_publications(
        self, repository: str, *, since: datetime, is_ours: Callable[[str], bool]
    ) -> list[RecentPublication]:
        """Deployments of our environments that succeeded since, and releases published since."""

        def ask() -> list[RecentPublication]:
            found = self.repository(repository)
            young = takewhile(
                lambda one: utc(one.created_at) >= since - LONGEST_DEPLOYMENT, found.get_deployments()
            )
            deployments = [
                RecentPublication(
                    identity=f"deployment:{one.id}", kind="deployment", subject=f"{repository}#{one.id}"
                )
                for one in young
                if is_ours(one.environment) and _succeeded(one, since)
            ]
            releases = [
                RecentPublication(
                    identity=f"release:{one.id}", kind="release", subject=f"{repository}#{one.tag_name}"
                )
                for one in islice(found.get_releases(), NEWEST_RELEASES)
                if one.published_at and utc(one.published_at) >= since
            ]
            return [*deployments, *releases]

        return self.asked(ask)


def _succeeded(deployment: GithubDeployment, since: datetime) -> bool:
    newest = next(iter(deployment.get_statuses()), None)
    return newest is not None and newest.state == "success" and utc(newest.created_at) >= since
