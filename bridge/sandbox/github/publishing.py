"""Deployments and releases."""

from typing import Any

from flask import Response, g, jsonify

from bridge.sandbox.github import render
from bridge.sandbox.github.core import Answer, Core, Json
from bridge.sandbox.github.model import Repo

STATES = {"error", "failure", "inactive", "in_progress", "queued", "pending", "success"}
REPO = "/repos/<owner>/<name>"


def register(core: Core) -> None:
    _register_deployments(core)
    _register_releases(core)


def deploy(core: Core, repo: Repo, *, ref: str, environment: str) -> Json:
    sha = repo.resolve(ref)
    if sha is None:
        raise Answer(422, f"No ref found for: {ref}")
    made: Json = {
        "id": core.world.next_id(),
        "node_id": "DE",
        "sha": sha,
        "ref": ref,
        "task": "deploy",
        "payload": {},
        "environment": environment,
        "original_environment": environment,
        "description": None,
        "creator": render.user(g.login, core.base),
        "created_at": core.world.now(),
        "updated_at": core.world.now(),
    }
    made["url"] = f"{core.base}/repos/{repo.full_name}/deployments/{made['id']}"
    made["statuses_url"] = f"{made['url']}/statuses"
    repo.deployments[made["id"]] = made
    repo.statuses[made["id"]] = []
    core.fire(repo, "deployment", action="created", deployment=made)
    return made


def set_status(core: Core, repo: Repo, deployment: Json, *, state: str, url: str) -> Json:
    if state not in STATES:
        raise Answer(422, f"state must be one of {', '.join(sorted(STATES))}")
    made = {
        "id": core.world.next_id(),
        "node_id": "DES",
        "state": state,
        "environment": deployment["environment"],
        "environment_url": url,
        "target_url": "",
        "log_url": "",
        "description": "",
        "creator": render.user(g.login, core.base),
        "created_at": core.world.now(),
        "updated_at": core.world.now(),
        "deployment_url": deployment["url"],
        "url": f"{deployment['statuses_url']}/0",
    }
    repo.statuses[deployment["id"]].insert(0, made)  # the newest comes first
    core.fire(repo, "deployment_status", action="created", deployment=deployment, deployment_status=made)
    return made


def _register_deployments(core: Core) -> None:
    app = core.app

    def chosen(owner: str, name: str, number: int) -> tuple[Repo, Json]:
        repo = core.repo(owner, name)
        if number not in repo.deployments:
            raise Answer(404, "Not Found")
        return repo, repo.deployments[number]

    @app.post(f"{REPO}/deployments")
    def create(owner: str, name: str) -> tuple[Response, int]:
        asked = core.body()
        environment = str(asked.get("environment") or "production")
        made = deploy(core, core.repo(owner, name), ref=str(asked.get("ref", "")), environment=environment)
        return jsonify(made), 201

    @app.get(f"{REPO}/deployments")
    def listed(owner: str, name: str) -> Response:
        return jsonify(list(core.repo(owner, name).deployments.values())[::-1])

    @app.get(f"{REPO}/deployments/<int:number>")
    def one(owner: str, name: str, number: int) -> Response:
        return jsonify(chosen(owner, name, number)[1])

    @app.get(f"{REPO}/deployments/<int:number>/statuses")
    def statuses(owner: str, name: str, number: int) -> Response:
        repo, _ = chosen(owner, name, number)
        return jsonify(repo.statuses[number])

    @app.post(f"{REPO}/deployments/<int:number>/statuses")
    def status(owner: str, name: str, number: int) -> tuple[Response, int]:
        repo, deployment = chosen(owner, name, number)
        asked = core.body()
        url = str(asked.get("environment_url") or "")
        return jsonify(set_status(core, repo, deployment, state=str(asked.get("state", "")), url=url)), 201


def release(core: Core, repo: Repo, asked: Json) -> Json:
    tag = str(asked.get("tag_name") or "")
    if not tag:
        raise Answer(422, "Validation Failed", [{"field": "tag_name", "code": "missing_field"}])
    if any(one["tag_name"] == tag for one in repo.releases.values()):
        raise Answer(422, "Validation Failed", [{"field": "tag_name", "code": "already_exists"}])
    sha = repo.resolve(str(asked.get("target_commitish") or "main"))
    if sha is None:
        raise Answer(422, "Validation Failed", [{"field": "target_commitish", "code": "invalid"}])
    repo.tags.setdefault(tag, sha)
    number = core.world.next_id()
    made: dict[str, Any] = {
        "id": number,
        "node_id": f"RE_{number}",
        "tag_name": tag,
        "target_commitish": asked.get("target_commitish") or "main",
        "name": asked.get("name") or tag,
        "body": asked.get("body") or "",
        "draft": bool(asked.get("draft")),
        "prerelease": bool(asked.get("prerelease")),
        "created_at": core.world.now(),
        "published_at": None if asked.get("draft") else core.world.now(),
        "author": render.user(g.login, core.base),
        "html_url": f"{core.base}/{repo.full_name}/releases/tag/{tag}",
        "url": f"{core.base}/repos/{repo.full_name}/releases/{number}",
        "assets": [],
    }
    repo.releases[number] = made
    if not made["draft"]:
        core.fire(repo, "release", action="published", release=made)
        if not made["prerelease"]:
            core.fire(repo, "release", action="released", release=made)
    return made


def _register_releases(core: Core) -> None:
    app = core.app

    @app.post(f"{REPO}/releases")
    def create(owner: str, name: str) -> tuple[Response, int]:
        return jsonify(release(core, core.repo(owner, name), core.body())), 201

    @app.get(f"{REPO}/releases")
    def listed(owner: str, name: str) -> Response:
        return jsonify(list(core.repo(owner, name).releases.values())[::-1])

    @app.get(f"{REPO}/releases/tags/<path:tag>")
    def by_tag(owner: str, name: str, tag: str) -> Response:
        found = [one for one in core.repo(owner, name).releases.values() if one["tag_name"] == tag]
        if not found or found[0]["draft"]:
            raise Answer(404, "Not Found")
        return jsonify(found[0])
