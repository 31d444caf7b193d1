"""GitHub in our verbs, over PyGithub without its own pauses and retries."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

import requests
from github import Auth, Github, GithubException
from github.PullRequest import PullRequest as GithubPullRequest
from github.Repository import Repository

from bridge.clients.errors import Refused, Unavailable
from bridge.config import GitHubSettings
from bridge.domain import Publication, PullRequest, Review, ReviewState, Stage
from bridge.store import refuse_in_transaction

SERVICE = "GitHub"
TIMEOUT = 15
TOKEN_WAIT = 300.0

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


class GitHub:
    """One GitHub, by token."""

    def __init__(self, settings: GitHubSettings, *, connections: int) -> None:
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
        return _asked(lambda: self._github.get_user().login)

    def repository_id(self, name: str) -> int:
        """The repository's id; refused, with `missing`, when the token cannot see it."""
        return _asked(lambda: self._repository(name).id)

    def pull_request(self, repository: str, number: int) -> PullRequest:
        """A pull request with its reviews: two calls."""

        def ask() -> PullRequest:
            found = self._repository(repository).get_pull(number)
            # The lazy repository has no fields yet; the pull request's base has them all.
            return _pull_request(found)

        return _asked(ask)

    def branch_exists(self, repository: str, name: str) -> bool:
        try:
            _asked(lambda: self._repository(repository).get_branch(name).commit.sha)
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

        return _asked(ask)

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

        return _asked(ask)

    def contains(self, repository: str, *, head: str, commit: str) -> bool:
        """True when `head`'s history has `commit`: by GitHub's comparison, not by commit messages."""
        if head == commit:
            return True
        try:
            status = _asked(lambda: self._repository(repository).compare(commit, head).status)
        except Refused as error:
            if error.missing:
                return False  # a commit that was rebased away cannot be compared
            raise
        return status in {"ahead", "identical"}

    def _repository(self, name: str) -> Repository:
        return self._github.get_repo(name)


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


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _asked(ask: Callable[[], Result]) -> Result:
    refuse_in_transaction()
    try:
        return ask()
    except GithubException as error:
        raise _failure(error) from error
    except requests.RequestException as error:
        raise Unavailable(SERVICE, "could not be reached", unknown_outcome=True) from error


def _failure(error: GithubException) -> Unavailable | Refused:
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    wait = headers.get("retry-after", "")
    if error.status == 429 or (error.status == 403 and (wait or headers.get("x-ratelimit-remaining") == "0")):
        return Unavailable(SERVICE, "asked us to wait", retry_after=float(wait) if wait.isdigit() else 60)
    if error.status == 404:
        return Refused(SERVICE, "does not show it (404)", missing=True)
    if error.status in {401, 403}:
        return Unavailable(SERVICE, f"does not accept our token ({error.status})", retry_after=TOKEN_WAIT)
    if 400 <= error.status < 500:
        return Refused(SERVICE, f"{(error.data or {}).get('message', 'refused')} ({error.status})")
    return Unavailable(SERVICE, f"failed ({error.status})")
