"""Pull requests: opened, edited, queued, merged, closed."""

from flask import Response, g, jsonify, request

from bridge.sandbox.github import render
from bridge.sandbox.github.core import Answer, Core, Json
from bridge.sandbox.github.model import Pull, Repo

PULLS = "/repos/<owner>/<name>/pulls"


def register(core: Core) -> None:
    _register_pulls(core)
    _register_changes(core)


def open_pull(core: Core, repo: Repo, asked: Json) -> Pull:
    """A new pull request, refused as GitHub refuses it."""
    owner, _, head = str(asked.get("head", "")).rpartition(":")
    base, source = str(asked.get("base", "")), _head_repo(core, repo, owner)
    if source is None or head not in source.branches or base not in repo.branches:
        wrong = "base" if source and head in source.branches else "head"
        raise Answer(
            422, "Validation Failed", [{"resource": "PullRequest", "field": wrong, "code": "invalid"}]
        )
    rivals = [one for one in repo.pulls.values() if (one.head, one.source, one.base) == (head, source, base)]
    if any(one.state == "open" for one in rivals):
        raise _invalid(f"A pull request already exists for {source.owner}:{head}.")
    if source.branches[head] in repo.history(repo.branches[base]):
        raise _invalid(f"No commits between {base} and {head}")
    if not asked.get("title"):
        raise Answer(422, "Validation Failed", [{"field": "title", "code": "missing_field"}])
    now = core.world.now()
    one = Pull(
        id=core.world.next_id(),
        number=len(repo.pulls) + 1,
        title=str(asked["title"]),
        body=str(asked.get("body") or ""),
        user=g.login,
        head=head,
        base=base,
        head_sha=source.branches[head],
        source=source,
        base_sha=repo.branches[base],
        draft=bool(asked.get("draft")),
        created_at=now,
        updated_at=now,
    )
    # A fork's commits are to be had from the repository it came from, also when the fork is gone.
    repo.commits |= source.commits
    repo.pulls[one.number] = one
    core.fire_pull(repo, one, "opened")
    return one


def _head_repo(core: Core, repo: Repo, owner: str) -> Repo | None:
    """The repository itself, or the fork that `owner:branch` means."""
    if owner.lower() in {"", repo.owner.lower()}:
        return repo
    forks = (one for one in core.world.repos.values() if one.fork_of == repo.id)
    return next((one for one in forks if one.owner.lower() == owner.lower()), None)


def _invalid(message: str) -> Answer:
    return Answer(
        422, "Validation Failed", [{"resource": "PullRequest", "code": "custom", "message": message}]
    )


def _register_pulls(core: Core) -> None:
    app, base = core.app, core.base

    @app.post(PULLS)
    def create(owner: str, name: str) -> tuple[Response, int]:
        repo = core.repo(owner, name)
        return jsonify(render.pull(repo, open_pull(core, repo, core.body()), base)), 201

    @app.get(PULLS)
    def listed(owner: str, name: str) -> Response:
        repo, state = core.repo(owner, name), request.args.get("state", "open")
        found = [one for one in repo.pulls.values() if state in {"all", one.state}]
        return jsonify([render.pull(repo, one, base) for one in found[::-1]])

    @app.get(f"{PULLS}/<int:number>")
    def get(owner: str, name: str, number: int) -> Response:
        repo = core.repo(owner, name)
        return jsonify(render.pull(repo, core.pull(repo, number), base))

    @app.get(f"{PULLS}/<int:number>/commits")
    def commits(owner: str, name: str, number: int) -> Response:
        repo = core.repo(owner, name)
        ahead = commits_of(repo, core.pull(repo, number))
        return jsonify([render.commit(repo, repo.commits[sha], base) for sha in ahead])


def commits_of(repo: Repo, one: Pull) -> list[str]:
    """The shas between base and head, the oldest first."""
    before = repo.history(one.base_sha) if one.base_sha else []
    return [sha for sha in repo.history(one.head_sha) if sha not in before][::-1]


def _register_changes(core: Core) -> None:
    app, base = core.app, core.base

    @app.patch(f"{PULLS}/<int:number>")
    def edit(owner: str, name: str, number: int) -> Response:
        repo = core.repo(owner, name)
        one, asked = core.pull(repo, number), core.body()
        changes: Json = {
            field: {"from": getattr(one, field)}
            for field in ("title", "body")
            if field in asked and asked[field] != getattr(one, field)
        }
        for field in changes:
            setattr(one, field, str(asked[field] or ""))
        if asked.get("base") not in {None, one.base}:
            changes |= _rebase(core, repo, one, str(asked["base"]))
        if changes:
            core.fire_pull(repo, one, "edited", changes=changes)
        if asked.get("state") in {"open", "closed"} and asked["state"] != one.state:
            if one.merged:
                raise _invalid("a merged pull request cannot be reopened")
            one.state = asked["state"]
            core.fire_pull(repo, one, "closed" if one.state == "closed" else "reopened")
        return jsonify(render.pull(repo, one, base))

    @app.put(f"{PULLS}/<int:number>/merge")
    def merge(owner: str, name: str, number: int) -> Response:
        repo = core.repo(owner, name)
        made = merge_pull(core, repo, core.pull(repo, number), core.body().get("sha"))
        return jsonify(sha=made, merged=True, message="Pull Request successfully merged")


def _rebase(core: Core, repo: Repo, one: Pull, base: str) -> Json:
    """Aim it at another branch."""
    if base not in repo.branches or one.state != "open":
        raise _invalid(f"Proposed base branch '{base}' was not found")
    before, one.base = one.base, base
    one.base_sha = repo.branches[base]
    at = core.world.now()
    event = {"__typename": "BaseRefChangedEvent", "previousRefName": before, "currentRefName": base, "at": at}
    one.timeline.append(event)
    return {"base": {"ref": {"from": before}, "sha": {"from": repo.branches.get(before, "")}}}


def merge_pull(core: Core, repo: Repo, one: Pull, sha: object = None) -> str:
    """The merge commit's sha."""
    if one.state != "open" or one.draft:
        raise Answer(405, "Pull Request is not mergeable")
    if sha and sha != one.head_sha:
        raise Answer(409, "Head branch was modified. Review and try the merge again.")
    before = repo.branches[one.base]
    message = f"Merge pull request #{one.number} from {repo.owner}/{one.head}"
    made = core.world.commit(repo, parents=[before, one.head_sha], message=message, author=g.login)
    repo.branches[one.base] = made.sha
    one.state, one.merged, one.merge_commit_sha, one.queued = "closed", True, made.sha, False
    core.fire_pull(repo, one, "closed")
    core.moved(repo, one.base, before, made.sha)
    return made.sha


def set_draft(core: Core, repo: Repo, one: Pull, draft: bool) -> None:
    if one.draft != draft:
        one.draft = draft
        core.fire_pull(repo, one, "converted_to_draft" if draft else "ready_for_review")


def set_queued(core: Core, repo: Repo, one: Pull, queued: bool) -> None:
    if one.state != "open" or one.draft or one.queued == queued:
        raise Answer(422, "The pull request cannot be added to or taken off the merge queue")
    one.queued = queued
    core.fire_pull(
        repo, one, "enqueued" if queued else "dequeued", **({} if queued else {"reason": "MANUAL"})
    )
