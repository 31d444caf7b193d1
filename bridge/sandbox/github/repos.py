"""Repositories, refs, contents and comparisons."""

import base64
import binascii

from flask import Response, g, jsonify, request

from bridge.sandbox.github import render
from bridge.sandbox.github.core import Answer, Core

ZERO = "0" * 40


def register(core: Core) -> None:
    app, world, base = core.app, core.world, core.base

    @app.get("/user")
    def user() -> Response:
        return jsonify(render.user(g.login, base))

    @app.get("/users/<login>")
    def person(login: str) -> Response:
        return jsonify(render.user(login, base))

    @app.post("/user/repos")
    def create() -> tuple[Response, int]:
        name = f"{g.login}/{core.body().get('name', '')}"
        if name.lower() in world.repos:
            raise Answer(422, "name already exists on this account")
        return jsonify(render.repository(world.add_repo(name), base)), 201

    @app.get("/repos/<owner>/<name>")
    def one(owner: str, name: str) -> Response:
        return jsonify(render.repository(core.repo(owner, name), base))

    @app.get("/repos/<owner>/<name>/branches")
    def branches(owner: str, name: str) -> Response:
        repo = core.repo(owner, name)
        return jsonify([render.branch(repo, branch, base) for branch in repo.branches])

    @app.get("/repos/<owner>/<name>/branches/<path:branch>")
    def branch(owner: str, name: str, branch: str) -> Response:
        repo = core.repo(owner, name)
        if branch not in repo.branches:
            raise Answer(404, "Branch not found")
        return jsonify(render.branch(repo, branch, base))

    @app.get("/repos/<owner>/<name>/git/ref/<path:ref>")
    def get_ref(owner: str, name: str, ref: str) -> Response:
        repo = core.repo(owner, name)
        kind, _, short = ref.partition("/")
        sha = {"heads": repo.branches, "tags": repo.tags}.get(kind, {}).get(short)
        if sha is None:
            raise Answer(404, "Not Found")
        return jsonify(render.ref(repo, f"refs/{ref}", sha, base))

    @app.get("/repos/<owner>/<name>/commits/<path:ref>")
    def commit(owner: str, name: str, ref: str) -> Response:
        repo = core.repo(owner, name)
        sha = repo.resolve(ref)
        if sha is None:
            raise Answer(422, f"No commit found for SHA: {ref}")
        return jsonify(render.commit(repo, repo.commits[sha], base))

    _register_writes(core)
    _register_compare(core)


def _register_writes(core: Core) -> None:
    app, world, base = core.app, core.world, core.base

    @app.post("/repos/<owner>/<name>/git/refs")
    def create_ref(owner: str, name: str) -> tuple[Response, int]:
        repo, asked = core.repo(owner, name), core.body()
        ref, sha = str(asked.get("ref", "")), str(asked.get("sha", ""))
        if not ref.startswith("refs/heads/"):
            raise Answer(422, "Reference name must start with 'refs/'")
        if sha not in repo.commits:
            raise Answer(422, "Object does not exist")
        branch = ref.removeprefix("refs/heads/")
        if branch in repo.branches:
            raise Answer(422, "Reference already exists")
        repo.branches[branch] = sha
        core.fire(repo, "create", ref=branch, ref_type="branch", master_branch="main", pusher_type="user")
        core.moved(repo, branch, ZERO, sha)
        return jsonify(render.ref(repo, ref, sha, base)), 201

    @app.delete("/repos/<owner>/<name>/git/refs/heads/<path:branch>")
    def delete_ref(owner: str, name: str, branch: str) -> tuple[str, int]:
        repo = core.repo(owner, name)
        if branch not in repo.branches:
            raise Answer(422, "Reference does not exist")
        before = repo.branches.pop(branch)
        core.fire(repo, "delete", ref=branch, ref_type="branch", pusher_type="user")
        core.moved(repo, branch, before, ZERO)
        return "", 204

    @app.put("/repos/<owner>/<name>/contents/<path:path>")
    def put_contents(owner: str, name: str, path: str) -> tuple[Response, int]:
        repo, asked = core.repo(owner, name), core.body()
        branch = str(asked.get("branch") or "main")
        if branch not in repo.branches:
            raise Answer(404, f"Branch {branch} not found")
        try:
            content = base64.b64decode(str(asked["content"]), validate=True)
            message = str(asked["message"])
        except (KeyError, binascii.Error) as error:
            raise Answer(422, "Invalid request. message and Base64 content are needed") from error
        before = repo.branches[branch]
        made = world.commit(repo, parents=[before], message=message, author=g.login)
        repo.branches[branch] = made.sha
        repo.files[path] = content.decode("utf-8", "replace")
        core.moved(repo, branch, before, made.sha)
        return jsonify(content={"path": path, "sha": made.sha}, commit=render.commit(repo, made, base)), 201


def _register_compare(core: Core) -> None:
    @core.app.get("/repos/<owner>/<name>/compare/<path:basehead>")
    def compare(owner: str, name: str, basehead: str) -> Response:
        repo = core.repo(owner, name)
        first, dots, second = basehead.partition("...")
        base_sha, head_sha = repo.resolve(first), repo.resolve(second)
        if not dots or base_sha is None or head_sha is None:
            raise Answer(404, "Not Found")
        ours, theirs = repo.history(head_sha), repo.history(base_sha)
        ahead = [sha for sha in ours if sha not in theirs]
        behind = [sha for sha in theirs if sha not in ours]
        merge_base = next(sha for sha in ours if sha in theirs)
        status = {(False, False): "identical", (True, False): "ahead", (False, True): "behind"}.get(
            (bool(ahead), bool(behind)), "diverged"
        )
        url = f"{core.base}/repos/{repo.full_name}/compare/{basehead}"
        return jsonify(
            url=url,
            status=status,
            ahead_by=len(ahead),
            behind_by=len(behind),
            total_commits=len(ahead),
            base_commit=render.commit(repo, repo.commits[base_sha], core.base),
            merge_base_commit=render.commit(repo, repo.commits[merge_base], core.base),
            commits=[render.commit(repo, repo.commits[sha], core.base) for sha in ahead[::-1]],
            files=[],
            page=request.args.get("page", 1, type=int),
        )
