"""What the sandbox's GitHub remembers: repositories, commits, pull requests, deployments, releases, hooks."""

import hashlib
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Json = dict[str, Any]
APP_EVENTS = (
    "create",
    "delete",
    "deployment_status",
    "pull_request",
    "pull_request_review",
    "push",
    "release",
    "repository",
    "workflow_run",
)


@dataclass(kw_only=True)
class Commit:
    sha: str
    parents: list[str]
    message: str
    author: str
    at: str


@dataclass(kw_only=True)
class Review:
    id: int
    user: str
    state: str
    body: str
    commit_id: str
    submitted_at: str


@dataclass(kw_only=True, eq=False)
class Pull:
    id: int
    number: int
    title: str
    body: str
    user: str
    head: str
    base: str
    head_sha: str
    draft: bool
    created_at: str
    updated_at: str
    state: str = "open"
    merged: bool = False
    source: "Repo | None" = None
    """The repository that the head is in; None once that is deleted."""
    base_sha: str = ""
    """Where the base was when the head left it."""
    queued: bool = False
    merge_commit_sha: str | None = None
    timeline: list[Json] = field(default_factory=list)
    """What was said in order: `__typename` of GraphQL, `at`, and the review's id or the reviewer."""
    reviews: list[Review] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)
    comments: list[Json] = field(default_factory=list)


@dataclass(kw_only=True)
class Hook:
    id: int
    url: str
    secret: str
    events: list[str]
    content_type: str = "json"
    active: bool = True
    deliveries: list[Json] = field(default_factory=list)

    def forget(self) -> None:
        """As on the first day, when nobody has set it."""
        self.url, self.secret, self.content_type = "", "", "form"
        self.deliveries.clear()


@dataclass(kw_only=True, eq=False)
class Repo:
    id: int
    owner: str
    name: str
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    commits: dict[str, Commit] = field(default_factory=dict)
    pulls: dict[int, Pull] = field(default_factory=dict)
    deployments: dict[int, Json] = field(default_factory=dict)
    statuses: dict[int, list[Json]] = field(default_factory=dict)
    releases: dict[int, Json] = field(default_factory=dict)
    hooks: dict[int, Hook] = field(default_factory=dict)
    commit_statuses: dict[str, list[Json]] = field(default_factory=dict)
    check_runs: list[Json] = field(default_factory=list)
    runs: dict[int, Json] = field(default_factory=dict)
    private: bool = True
    protection: dict[str, Json] = field(default_factory=dict)
    """Branch to the reviews that it asks for."""
    files: dict[str, str] = field(default_factory=dict)
    fork_of: int = 0

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"

    def resolve(self, ref: str) -> str | None:
        """A branch, tag or sha (also abbreviated) to a sha."""
        name = ref.removeprefix("refs/heads/").removeprefix("refs/tags/")
        if name in self.branches:
            return self.branches[name]
        if name in self.tags:
            return self.tags[name]
        if len(name) >= 7:
            return next((sha for sha in self.commits if sha.startswith(name)), None)
        return None

    def history(self, sha: str) -> list[str]:
        """The commit and all its ancestors, nearest first."""
        seen: list[str] = []
        queue = [sha]
        while queue:
            one = queue.pop(0)
            if one not in seen:
                seen.append(one)
                queue += self.commits[one].parents
        return seen


@dataclass
class World:
    """All of it, behind one lock."""

    clock: Callable[[], datetime]
    repos: dict[str, Repo] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    renamed: dict[str, int] = field(default_factory=dict)
    """Former names, in small letters, to the ids of whom they lead to."""
    ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1001))
    app_hook: Hook = field(
        default_factory=lambda: Hook(id=0, url="", secret="", content_type="form", events=list(APP_EVENTS))
    )
    """The webhook of the bridge's own App; its events are chosen on GitHub's pages only."""

    def now(self) -> str:
        return self.clock().strftime("%Y-%m-%dT%H:%M:%SZ")

    def next_id(self) -> int:
        return next(self.ids)

    def named(self, full_name: str, *, follow: bool = True) -> Repo | None:
        """By its name, or by one that it had before (docs.github.com: renaming a repository)."""
        former = self.renamed.get(full_name.lower()) if follow else None
        return self.repos.get(full_name.lower()) or (self.by_id(former) if former else None)

    def by_id(self, number: int) -> Repo | None:
        return next((repo for repo in self.repos.values() if repo.id == number), None)

    def rename(self, repo: Repo, *, owner: str, name: str) -> None:
        del self.repos[repo.full_name.lower()]
        self.renamed[repo.full_name.lower()] = repo.id
        repo.owner, repo.name = owner, name
        self.repos[repo.full_name.lower()] = repo

    def add_repo(self, full_name: str) -> Repo:
        owner, _, name = full_name.partition("/")
        repo = Repo(id=self.next_id(), owner=owner, name=name)
        self.repos[full_name.lower()] = repo
        repo.branches["main"] = self.commit(repo, parents=[], message="First commit", author=owner).sha
        return repo

    def commit(self, repo: Repo, *, parents: list[str], message: str, author: str) -> Commit:
        seed = f"{repo.full_name}{parents}{message}{self.next_id()}"
        sha = hashlib.sha1(seed.encode(), usedforsecurity=False).hexdigest()
        made = Commit(sha=sha, parents=parents, message=message, author=author, at=self.now())
        repo.commits[sha] = made
        return made
