"""What is said about a pull request from outside: comments, commit statuses and check runs."""

import re

from flask import Response, g, jsonify, request

from bridge.sandbox.github import render
from bridge.sandbox.github.core import Answer, Core, Json
from bridge.sandbox.github.model import Repo

REPO = "/repos/<owner>/<name>"
STATES = {"error", "failure", "pending", "success"}
CONCLUSIONS = {
    "action_required",
    "cancelled",
    "failure",
    "neutral",
    "success",
    "skipped",
    "stale",
    "timed_out",
}
LONGEST_COMMENT = 65_536
"""Issue comments, by GitHub's own refusal: "body is too long (maximum is 65536 characters)"."""
LONGEST_DESCRIPTION = 140
LONGEST_OUTPUT = 65_535
"""docs.github.com/rest/checks/runs: the maximum of `output.summary` and of `output.text`."""


def register(core: Core) -> None:
    _register_comments(core)
    _register_statuses(core)
    _register_checks(core)


def _register_comments(core: Core) -> None:
    app, world = core.app, core.world

    def body() -> str:
        text = core.body().get("body")
        if not isinstance(text, str) or not text.strip():
            raise Answer(422, "Validation Failed", [{"field": "body", "code": "missing_field"}])
        if len(text) > LONGEST_COMMENT:
            raise Answer(
                422, "Validation Failed", [{"message": "body is too long (maximum is 65536 characters)"}]
            )
        return text

    @app.get(f"{REPO}/issues/<int:number>/comments")
    def listed(owner: str, name: str, number: int) -> Response:
        return jsonify(core.pull(core.repo(owner, name), number).comments)

    @app.post(f"{REPO}/issues/<int:number>/comments")
    def create(owner: str, name: str, number: int) -> tuple[Response, int]:
        repo = core.repo(owner, name)
        one = core.pull(repo, number)
        text, now = body(), world.now()
        made = {"id": world.next_id(), "body": text, "created_at": now, "updated_at": now}
        made |= {"node_id": f"IC_{made['id']}", "user": render.user(g.login, core.base)}
        made["html_url"] = f"{core.base}/{repo.full_name}/pull/{number}#issuecomment-{made['id']}"
        one.comments.append(made)
        core.fire(repo, "issue_comment", action="created", comment=made, issue={"number": number})
        return jsonify(made), 201

    @app.patch(f"{REPO}/issues/comments/<int:comment>")
    def edit(owner: str, name: str, comment: int) -> Response:
        repo = core.repo(owner, name)
        found = next((c for one in repo.pulls.values() for c in one.comments if c["id"] == comment), None)
        if found is None:
            raise Answer(404, "Not Found")
        found |= {"body": body(), "updated_at": world.now()}
        return jsonify(found)


def _register_statuses(core: Core) -> None:
    app, world = core.app, core.world

    @app.post(f"{REPO}/statuses/<sha>")
    def create(owner: str, name: str, sha: str) -> tuple[Response, int]:
        repo, asked = core.repo(owner, name), core.body()
        if asked.get("state") not in STATES:
            raise Answer(422, "Validation Failed", [{"field": "state", "code": "invalid"}])
        if len(str(asked.get("description") or "")) > LONGEST_DESCRIPTION:
            raise Answer(422, "Validation Failed", [{"field": "description", "code": "too_long"}])
        if sha not in repo.commits:
            raise Answer(422, f"No commit found for SHA: {sha}")
        made = {
            "id": world.next_id(),
            "state": asked["state"],
            "description": asked.get("description"),
            "target_url": asked.get("target_url"),
            "context": asked.get("context") or "default",
            "creator": render.user(g.login, core.base),
            "created_at": world.now(),
            "updated_at": world.now(),
        }
        repo.commit_statuses.setdefault(sha, []).insert(0, made)
        core.fire(repo, "status", sha=sha, state=made["state"], context=made["context"])
        return jsonify(made), 201

    @app.get(f"{REPO}/commits/<sha>/statuses")
    def listed(owner: str, name: str, sha: str) -> Response:
        return jsonify(core.repo(owner, name).commit_statuses.get(sha, []))


def _register_checks(core: Core) -> None:
    app, world = core.app, core.world

    def checked(asked: Json) -> Json:
        output = asked.get("output") or {}
        if asked.get("status") == "completed" and asked.get("conclusion") not in CONCLUSIONS:
            raise Answer(422, "Invalid request. conclusion is needed")
        if output and not (output.get("title") and output.get("summary")):
            raise Answer(422, "Invalid request. output needs title and summary")
        if any(len(str(output.get(part) or "")) > LONGEST_OUTPUT for part in ("summary", "text")):
            raise Answer(422, "Invalid request. Only 65535 characters are allowed")
        return asked

    @app.post(f"{REPO}/check-runs")
    def create(owner: str, name: str) -> tuple[Response, int]:
        repo, asked = core.repo(owner, name), checked(core.body())
        sha = str(asked.get("head_sha", ""))
        if not asked.get("name") or not re.fullmatch("[0-9a-f]{40}", sha) or sha not in repo.commits:
            raise Answer(422, f"No commit found for SHA: {sha}")
        made = {"id": world.next_id(), "app": {"id": int(core.settings.github_app_id), "slug": "chamados"}}
        made |= {key: asked.get(key) for key in _SHOWN}
        repo.check_runs.append(made)
        return jsonify(made), 201

    @app.patch(f"{REPO}/check-runs/<int:number>")
    def update(owner: str, name: str, number: int) -> Response:
        found = next((one for one in core.repo(owner, name).check_runs if one["id"] == number), None)
        if found is None:
            raise Answer(404, "Not Found")
        asked = checked(core.body())
        found |= {key: asked[key] for key in _SHOWN if key in asked}
        return jsonify(found)

    @app.get(f"{REPO}/commits/<sha>/check-runs")
    def listed(owner: str, name: str, sha: str) -> Response:
        wanted = request.args.get("check_name")
        found = [one for one in _runs(core.repo(owner, name), sha) if wanted in {None, one["name"]}]
        return jsonify(total_count=len(found), check_runs=found)


_SHOWN = ("name", "head_sha", "status", "conclusion", "details_url", "output", "external_id")


def _runs(repo: Repo, sha: str) -> list[Json]:
    return [one for one in repo.check_runs[::-1] if one["head_sha"] == sha]
