"""The sandbox's GitHub in GitHub's JSON."""

import hashlib
from typing import Any

from bridge.sandbox.github.model import Commit, Hook, Pull, Repo, Review

Json = dict[str, Any]


def user(login: str, base: str) -> Json:
    number = int(hashlib.sha256(login.encode()).hexdigest()[:6], 16)
    return {
        "login": login,
        "id": number,
        "node_id": f"U_{number}",
        "type": "User",
        "url": f"{base}/users/{login}",
        "html_url": f"{base}/{login}",
        "site_admin": False,
    }


def repository(repo: Repo, base: str) -> Json:
    url = f"{base}/repos/{repo.full_name}"
    return {
        "id": repo.id,
        "node_id": f"R_{repo.id}",
        "name": repo.name,
        "full_name": repo.full_name,
        "private": repo.private,
        "owner": user(repo.owner, base),
        "html_url": f"{base}/{repo.full_name}",
        "url": url,
        "default_branch": "main",
        "fork": bool(repo.fork_of),
        "permissions": {"admin": True, "push": True, "pull": True},
    }


def pull(repo: Repo, one: Pull, base: str) -> Json:
    url = f"{base}/repos/{repo.full_name}/pulls/{one.number}"
    return {
        "id": one.id,
        "node_id": f"PR_{one.id}",
        "number": one.number,
        "url": url,
        "html_url": f"{base}/{repo.full_name}/pull/{one.number}",
        "issue_url": f"{base}/repos/{repo.full_name}/issues/{one.number}",
        "state": one.state,
        "title": one.title,
        "body": one.body or None,
        "user": user(one.user, base),
        "draft": one.draft,
        "merged": one.merged,
        "mergeable": None if one.merged else True,
        "merge_commit_sha": one.merge_commit_sha,
        "created_at": one.created_at,
        "updated_at": one.updated_at,
        "closed_at": one.updated_at if one.state == "closed" else None,
        "merged_at": one.updated_at if one.merged else None,
        "requested_reviewers": [user(login, base) for login in one.requested],
        "requested_teams": [],
        "author_association": association(repo, one),
        "head": _end(one.source, one.head, one.head_sha, base),
        "base": _end(repo, one.base, repo.branches.get(one.base, ""), base),
        "labels": [],
        "assignees": [],
        "commits": 1,
        "comments": len(one.comments),
    }


def association(repo: Repo, one: Pull) -> str:
    if one.user == repo.owner:
        return "OWNER"
    if one.source is repo:
        return "MEMBER"
    before = any(other.user == one.user and other.merged for other in repo.pulls.values())
    return "CONTRIBUTOR" if before else "FIRST_TIME_CONTRIBUTOR"


def _end(repo: Repo | None, ref: str, sha: str, base: str) -> Json:
    """A head keeps its name when its repository is deleted."""
    return {
        "label": f"{repo.owner}:{ref}" if repo else f"unknown:{ref}",
        "ref": ref,
        "sha": sha,
        "user": user(repo.owner, base) if repo else None,
        "repo": repository(repo, base) if repo else None,
    }


def review(repo: Repo, one: Pull, found: Review, base: str) -> Json:
    return {
        "id": found.id,
        "node_id": f"PRR_{found.id}",
        "user": user(found.user, base),
        "body": found.body,
        "state": found.state,
        "commit_id": found.commit_id,
        "submitted_at": found.submitted_at,
        "html_url": f"{base}/{repo.full_name}/pull/{one.number}#pullrequestreview-{found.id}",
        "pull_request_url": f"{base}/repos/{repo.full_name}/pulls/{one.number}",
        "author_association": "MEMBER",
    }


def commit(repo: Repo, one: Commit, base: str) -> Json:
    person = {"name": one.author, "email": f"{one.author}@softhouse.example", "date": one.at}
    url = f"{base}/repos/{repo.full_name}/commits/{one.sha}"
    return {
        "sha": one.sha,
        "node_id": f"C_{one.sha[:8]}",
        "url": url,
        "html_url": f"{base}/{repo.full_name}/commit/{one.sha}",
        "commit": {
            "message": one.message,
            "author": person,
            "committer": person,
            "tree": {"sha": one.sha, "url": url},
        },
        "author": user(one.author, base),
        "committer": user(one.author, base),
        "parents": [
            {"sha": sha, "url": f"{base}/repos/{repo.full_name}/commits/{sha}"} for sha in one.parents
        ],
    }


def branch(repo: Repo, name: str, base: str) -> Json:
    return {"name": name, "commit": commit(repo, repo.commits[repo.branches[name]], base), "protected": False}


def ref(repo: Repo, name: str, sha: str, base: str) -> Json:
    url = f"{base}/repos/{repo.full_name}/git/{name}"
    return {"ref": name, "node_id": "REF", "url": url, "object": {"type": "commit", "sha": sha, "url": url}}


def hook(repo: Repo, one: Hook, base: str) -> Json:
    return {
        "type": "Repository",
        "id": one.id,
        "name": "web",
        "active": one.active,
        "events": one.events,
        "config": hook_config(one),
        "url": f"{base}/repos/{repo.full_name}/hooks/{one.id}",
        "deliveries_url": f"{base}/repos/{repo.full_name}/hooks/{one.id}/deliveries",
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
    }


def hook_config(one: Hook) -> Json:
    """The secret is never read back."""
    shown = {"url": one.url, "content_type": one.content_type, "insecure_ssl": "0"}
    return {**shown, **({"secret": "********"} if one.secret else {})}
