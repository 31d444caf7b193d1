"""GitHub in our verbs, over PyGithub without its own pauses and retries."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from typing import TypeVar

import requests
from github import Auth, Github, GithubException
from github.Deployment import Deployment as GithubDeployment
from github.PullRequest import PullRequest as GithubPullRequest
from github.Repository import Repository

from bridge.clients.errors import Refused, Unavailable, retry_after
from bridge.clients.limits import Limiter, Scope
from bridge.config import GitHubSettings
from bridge.domain import Publication, PullRequest, Review, ReviewState, Stage
from bridge.store import refuse_in_transaction

SERVICE = "GitHub"
TIMEOUT = 15
TOKEN_WAIT = 300.0
LONGEST_DEPLOYMENT = timedelta(days=3)
"""Between a deployment's creation and its success; approvals by people take days."""
NEWEST_RELEASES = 30
DEFAULT_REST = 60.0
"""Seconds; GitHub asks for a minute at least where it names no time (secondary limits)."""
WHOLE = Scope(name="github", rate=7.5, capacity=300)
"""Half of 900 points a minute (G10), a burst of which may come at once. A verb takes one or two calls."""

Result = TypeVar("Result")


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
class RecentPullRequest:
    """A pull request as a list shows it: enough to know whom it concerns."""

    repository_id: int
    number: int
    branch: str
    title: str
    body: str
    updated_at: datetime


@dataclass(frozen=True, kw_only=True)
class RecentPublication:
    """A deployment that succeeded, or a release: as a doorbell's kind and subject name it."""

    identity: str
    kind: str
    subject: str


@dataclass(frozen=True, kw_only=True)
class FailedDelivery:
    """A webhook that never arrived. `guid` is X-GitHub-Delivery, the same for each attempt (G5)."""

    guid: str
    hook_id: int
    delivery_id: int


class GitHub:
    """One GitHub, by token."""

    def __init__(self, settings: GitHubSettings, *, connections: int, limiter: Limiter | None = None) -> None:
        self._limiter = limiter
        self._github = Github(
            base_url=settings.url,
            auth=Auth.Token(settings.token.reveal()),
            timeout=TIMEOUT,
            per_page=100,
            pool_size=connections,
            # PyGithub would pause between requests and retry ten times; when to try again is ours to say.
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
            lazy=True,
        )

    def login(self) -> str:
        """Who the token is."""
        return self._asked(lambda: self._github.get_user().login)

    def repository_id(self, name: str) -> int:
        """The repository's id; refused, with `missing`, when the token cannot see it."""
        return self._asked(lambda: self._repository(name).id)

    def pull_request(self, repository: str, number: int) -> PullRequest:
        """A pull request with its reviews: two calls."""

        def ask() -> PullRequest:
            found = self._repository(repository).get_pull(number)
            # The lazy repository has no fields yet; the pull request's base has them all.
            return _pull_request(found)

        return self._asked(ask)

    def branch_exists(self, repository: str, name: str) -> bool:
        try:
            self._asked(lambda: self._repository(repository).get_branch(name).commit.sha)
        except Refused as error:
            if error.missing:
                return False
            raise
        return True

    def deployment(self, repository: str, number: int) -> Deployment:
        """A deployment and its newest status: two calls."""

        def ask() -> Deployment:
            found = self._repository(repository).get_deployment(number)
            environment, sha, ref, created = found.environment, found.sha, found.ref, found.created_at
            status = next(iter(found.get_statuses()), None)
            return Deployment(
                identity=f"deployment:{number}",
                sha=sha,
                ref=ref,
                environment=environment,
                state=status.state if status else "pending",
                url=(status.environment_url if status else "") or "",
                at=_utc(status.created_at if status else created),
            )

        return self._asked(ask)

    def release(self, repository: str, tag: str) -> Deployment:
        """A release as what it means to us: that its tag's commit is published."""

        def ask() -> Deployment:
            found = self._repository(repository).get_release(tag)
            return Deployment(
                identity=f"release:{found.id}",
                sha=found.tag_name,
                ref=found.tag_name,
                environment="release",
                state="pending" if found.draft or found.prerelease else "success",
                url=found.html_url,
                at=_utc(found.published_at or found.created_at),
            )

        return self._asked(ask)

    def contains(self, repository: str, *, head: str, commit: str) -> bool:
        """True when `head`'s history has `commit`: by GitHub's comparison, not by commit messages."""
        if head == commit:
            return True
        try:
            status = self._asked(lambda: self._repository(repository).compare(commit, head).status)
        except Refused as error:
            if error.missing:
                return False  # a commit that was rebased away cannot be compared
            raise
        return status in {"ahead", "identical"}

    # --- what no webhook told

    def recent_pull_requests(self, repository: str, *, since: datetime) -> list[RecentPullRequest]:
        """The pull requests that changed since, whatever their state."""

        def ask() -> list[RecentPullRequest]:
            newest = self._repository(repository).get_pulls(state="all", sort="updated", direction="desc")
            return [
                RecentPullRequest(
                    repository_id=one.base.repo.id,
                    number=one.number,
                    branch=one.head.ref,
                    title=one.title,
                    body=one.body or "",
                    updated_at=_utc(one.updated_at),
                )
                for one in takewhile(lambda one: _utc(one.updated_at) >= since, newest)
            ]

        return self._asked(ask)

    def branches(self, repository: str) -> tuple[int, list[str]]:
        """The repository's id and the names of its branches."""

        def ask() -> tuple[int, list[str]]:
            found = self._repository(repository)
            return found.id, [branch.name for branch in found.get_branches()]

        return self._asked(ask)

    def recent_publications(
        self, repository: str, *, since: datetime, is_ours: Callable[[str], bool]
    ) -> list[RecentPublication]:
        """Deployments of our environments that succeeded since, and releases published since."""

        def ask() -> list[RecentPublication]:
            found = self._repository(repository)
            young = takewhile(
                lambda one: _utc(one.created_at) >= since - LONGEST_DEPLOYMENT, found.get_deployments()
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
                if one.published_at and _utc(one.published_at) >= since
            ]
            return [*deployments, *releases]

        return self._asked(ask)

    def failed_deliveries(self, repository: str, *, url: str, since: datetime) -> list[FailedDelivery]:
        """What this repository's webhook to `url` failed to bring, once each; none where the token may not
        administer webhooks (G4).
        """

        def ask() -> list[FailedDelivery]:
            found = self._repository(repository)
            hooks = [hook for hook in found.get_hooks() if hook.config.get("url") == url]
            return [one for hook in hooks for one in _failed(found, hook.id, since)]

        try:
            return self._asked(ask)
        except Unavailable as error:
            if error.denied:
                return []
            raise
        except Refused as error:
            if error.missing:
                return []
            raise

    def redeliver(self, repository: str, failed: FailedDelivery) -> None:
        """Ask GitHub to send it again. PyGithub has no verb for it."""
        path = f"/repos/{repository}/hooks/{failed.hook_id}/deliveries/{failed.delivery_id}/attempts"
        self._asked(lambda: self._github.requester.requestJsonAndCheck("POST", path))

    def _asked(self, ask: Callable[[], Result]) -> Result:
        refuse_in_transaction()
        if self._limiter:
            self._limiter.take(SERVICE, [WHOLE])
        try:
            return ask()
        except GithubException as error:
            failure = _failure(error)
            if self._limiter and isinstance(failure, Unavailable) and failure.limited:
                seconds = failure.retry_after or DEFAULT_REST
                self._limiter.pause(WHOLE.name, seconds=seconds, reason=f"GitHub said {error.status}")
            raise failure from error
        except requests.RequestException as error:
            raise Unavailable(SERVICE, "could not be reached", unknown_outcome=True) from error

    def _repository(self, name: str) -> Repository:
        return self._github.get_repo(name)


def _succeeded(deployment: GithubDeployment, since: datetime) -> bool:
    newest = next(iter(deployment.get_statuses()), None)
    return newest is not None and newest.state == "success" and _utc(newest.created_at) >= since


def _failed(repository: Repository, hook_id: int, since: datetime) -> list[FailedDelivery]:
    """The deliveries of which no attempt went well, newest attempt of each."""
    attempts = list(
        takewhile(lambda one: _utc(one.delivered_at) >= since, repository.get_hook_deliveries(hook_id))
    )
    arrived = {one.guid for one in attempts if one.status == "OK"}
    newest = {one.guid: one.id for one in reversed(attempts) if one.guid not in arrived}
    return [
        FailedDelivery(guid=guid, hook_id=hook_id, delivery_id=number)
        for guid, number in newest.items()
        if guid and number
    ]


def _pull_request(found: GithubPullRequest) -> PullRequest:
    base = found.base.repo
    return PullRequest(
        repository_id=base.id,
        repository=base.full_name,
        number=found.number,
        title=found.title,
        body=found.body or "",
        url=found.html_url,
        author=found.user.login if found.user else "ghost",
        branch=found.head.ref,
        head=found.head.sha,
        is_open=found.state == "open",
        draft=bool(found.draft),
        merged=bool(found.merged),
        merge_commit=found.merge_commit_sha or "",
        reviews=tuple(
            Review(
                id=review.id,
                # The account of a review can be gone, and its user null with it.
                reviewer=review.user.login if review.user else "ghost",
                state=ReviewState(review.state),
                commit=review.commit_id or "",
                at=_utc(review.submitted_at) if review.submitted_at else None,
            )
            for review in found.get_reviews()
        ),
        requested_reviewers=tuple(user.login for user in found.requested_reviewers),
    )


def _utc(moment: datetime | None) -> datetime:
    if moment is None:
        return datetime.min.replace(tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _failure(error: GithubException) -> Unavailable | Refused:
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    wait = headers.get("retry-after", "")
    if error.status == 429 or (error.status == 403 and (wait or headers.get("x-ratelimit-remaining") == "0")):
        reset = headers.get("x-ratelimit-reset", "")
        seconds = retry_after(wait) or (float(reset) - time.time() if reset.isdigit() else DEFAULT_REST)
        return Unavailable(SERVICE, f"asked us to wait ({error.status})", retry_after=seconds, limited=True)
    if error.status == 404:
        return Refused(SERVICE, "does not show it (404)", missing=True)
    if error.status in {401, 403}:
        reason = f"does not accept our token ({error.status})"
        return Unavailable(SERVICE, reason, retry_after=TOKEN_WAIT, denied=True)
    if 400 <= error.status < 500:
        return Refused(SERVICE, f"{(error.data or {}).get('message', 'refused')} ({error.status})")
    return Unavailable(SERVICE, f"failed ({error.status})")
