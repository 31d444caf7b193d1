"""Repositories renamed, transferred, forked and deleted, and what their branches ask for."""

from flask import Response, g, jsonify

from bridge.sandbox.github import render
from bridge.sandbox.github.core import Answer, Core
from bridge.sandbox.github.model import Repo

ONE = "/repos/<owner>/<name>"


def register(core: Core) -> None:
    app, world, base = core.app, core.world, core.base

    @app.patch(ONE)
    def edit(owner: str, name: str) -> Response:
        repo, former = core.repo(owner, name), name
        world.rename(repo, owner=repo.owner, name=str(core.body().get("name") or repo.name))
        if repo.name != former:
            changes = {"repository": {"name": {"from": former}}}
            core.fire(repo, "repository", action="renamed", changes=changes)
        return jsonify(render.repository(repo, base))

    @app.post(f"{ONE}/transfer")
    def transfer(owner: str, name: str) -> tuple[Response, int]:
        repo, former = core.repo(owner, name), render.user(owner, base)
        world.rename(repo, owner=str(core.body()["new_owner"]), name=repo.name)
        changes = {"owner": {"from": {"user": former}}}
        core.fire(repo, "repository", action="transferred", changes=changes)
        return jsonify(render.repository(repo, base)), 202

    @app.post(f"{ONE}/forks")
    def fork(owner: str, name: str) -> tuple[Response, int]:
        repo = core.repo(owner, name)
        if repo.owner == g.login:
            raise Answer(403, "You cannot fork your own repository into your own account")
        made = Repo(id=world.next_id(), owner=g.login, name=repo.name, fork_of=repo.id)
        made.branches, made.commits = dict(repo.branches), dict(repo.commits)
        world.repos[made.full_name.lower()] = made
        return jsonify(render.repository(made, base)), 202

    @app.delete(ONE)
    def delete(owner: str, name: str) -> tuple[str, int]:
        repo = core.repo(owner, name)
        del world.repos[repo.full_name.lower()]
        for one in (one for other in world.repos.values() for one in other.pulls.values()):
            if one.source is repo:
                one.source = None
        return "", 204

    @app.put(f"{ONE}/branches/<path:branch>/protection")
    def protect(owner: str, name: str, branch: str) -> Response:
        repo, wanted = core.repo(owner, name), core.body().get("required_pull_request_reviews")
        if branch not in repo.branches:
            raise Answer(404, "Branch not found")
        repo.protection.pop(branch, None)
        if wanted is not None:
            repo.protection[branch] = {
                "required_approving_review_count": int(wanted.get("required_approving_review_count", 1)),
                "dismiss_stale_reviews": bool(wanted.get("dismiss_stale_reviews")),
                "require_code_owner_reviews": bool(wanted.get("require_code_owner_reviews")),
            }
        return jsonify(url=f"{base}/repos/{repo.full_name}/branches/{branch}/protection")
