"""Workflow runs, for those who publish by GitHub Actions alone."""

from flask import Response, jsonify, request

from bridge.sandbox.github.core import Answer, Core, Json
from bridge.sandbox.github.model import Repo

REPO = "/repos/<owner>/<name>"


def register(core: Core) -> None:
    app = core.app

    @app.get(f"{REPO}/actions/runs")
    def listed(owner: str, name: str) -> Response:
        status = request.args.get("status")
        runs = list(core.repo(owner, name).runs.values())[::-1]
        found = [one for one in runs if status in {None, one["status"], one["conclusion"]}]
        return jsonify(total_count=len(found), workflow_runs=found)

    @app.get(f"{REPO}/actions/runs/<int:number>")
    def one(owner: str, name: str, number: int) -> Response:
        repo = core.repo(owner, name)
        if number not in repo.runs:
            raise Answer(404, "Not Found")
        return jsonify(repo.runs[number])


def run(core: Core, repo: Repo, *, name: str, ref: str, conclusion: str) -> Json:
    """A workflow that has ended; here whoever scripts says so."""
    sha = repo.resolve(ref)
    assert sha is not None
    number = core.world.next_id()
    now = core.world.now()
    made: Json = {
        "id": number,
        "node_id": f"WFR_{number}",
        "name": name,
        "head_branch": ref,
        "head_sha": sha,
        "event": "push",
        "status": "completed",
        "conclusion": conclusion,
        "workflow_id": 1,
        "run_number": len(repo.runs) + 1,
        "run_attempt": 1,
        "created_at": now,
        "updated_at": now,
        "run_started_at": now,
        "html_url": f"{core.base}/{repo.full_name}/actions/runs/{number}",
        "url": f"{core.base}/repos/{repo.full_name}/actions/runs/{number}",
        "pull_requests": [],
    }
    repo.runs[number] = made
    core.fire(repo, "workflow_run", action="completed", workflow_run=made, workflow={"name": name})
    return made
