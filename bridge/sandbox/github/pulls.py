"""Pull requests, their reviews and their review requests."""

import re

from flask import Response, g, jsonify, request

from bridge.sandbox.github import render
from bridge.sandbox.github.core import Answer, Core, Json
from bridge.sandbox.github.model import Pull, Repo, Review

VERDICTS = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}
PULLS = "/repos/<owner>/<name>/pulls"


def register(core: Core) -> None:
    _register_pulls(core)
    _register_changes(core)
    _register_reviews(core)
    _register_requests(core)
    _register_graphql(core)


def open_pull(core: Core, repo: Repo, asked: Json) -> Pull:
    """A new pull request, refused as GitHub refuses it."""
    head, base = str(asked.get("head", "")).rpartition(":")[2], str(asked.get("base", ""))
    if head not in repo.branches or base not in repo.branches:
        wrong = "head" if head not in repo.branches else "base"
        raise Answer(
            422, "Validation Failed", [{"resource": "PullRequest", "field": wrong, "code": "invalid"}]
        )
    if any(one.head == head and one.base == base and one.state == "open" for one in repo.pulls.values()):
        raise _invalid(f"A pull request already exists for {repo.owner}:{head}.")
    if repo.branches[head] in repo.history(repo.branches[base]):
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
        head_sha=repo.branches[head],
        draft=bool(asked.get("draft")),
        created_at=now,
        updated_at=now,
    )
    repo.pulls[one.number] = one
    core.fire_pull(repo, one, "opened")
    return one


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


def _register_changes(core: Core) -> None:
    app, base = core.app, core.base

    @app.patch(f"{PULLS}/<int:number>")
    def edit(owner: str, name: str, number: int) -> Response:
        repo = core.repo(owner, name)
        one, asked = core.pull(repo, number), core.body()
        changes = {
            field: {"from": getattr(one, field)}
            for field in ("title", "body")
            if field in asked and asked[field] != getattr(one, field)
        }
        for field in changes:
            setattr(one, field, str(asked[field] or ""))
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
    one.state, one.merged, one.merge_commit_sha = "closed", True, made.sha
    core.fire_pull(repo, one, "closed")
    core.moved(repo, one.base, before, made.sha)
    return made.sha


def _register_reviews(core: Core) -> None:
    app, base = core.app, core.base

    @app.get(f"{PULLS}/<int:number>/reviews")
    def listed(owner: str, name: str, number: int) -> Response:
        repo = core.repo(owner, name)
        one = core.pull(repo, number)
        return jsonify([render.review(repo, one, found, base) for found in one.reviews])

    @app.post(f"{PULLS}/<int:number>/reviews")
    def submit(owner: str, name: str, number: int) -> Response:
        repo = core.repo(owner, name)
        one = core.pull(repo, number)
        made = review_pull(core, repo, one, core.body())
        return jsonify(render.review(repo, one, made, base))

    @app.put(f"{PULLS}/<int:number>/reviews/<int:review_id>/dismissals")
    def dismiss(owner: str, name: str, number: int, review_id: int) -> Response:
        repo = core.repo(owner, name)
        one = core.pull(repo, number)
        found = next((review for review in one.reviews if review.id == review_id), None)
        if found is None:
            raise Answer(404, "Not Found")
        if found.state not in {"APPROVED", "CHANGES_REQUESTED"} or not core.body().get("message"):
            raise Answer(422, "Can not dismiss this review")
        found.state = "DISMISSED"
        _fire_review(core, repo, one, found, "dismissed")
        return jsonify(render.review(repo, one, found, base))


def review_pull(core: Core, repo: Repo, one: Pull, asked: Json) -> Review:
    """A submitted review; whoever reviews is no longer asked to."""
    event = str(asked.get("event", ""))
    if event not in VERDICTS:
        raise Answer(422, "event must be APPROVE, REQUEST_CHANGES or COMMENT")
    if g.login == one.user and event != "COMMENT":
        verb = "approve" if event == "APPROVE" else "request changes on"
        raise Answer(422, f"Can not {verb} your own pull request")
    if event != "APPROVE" and not asked.get("body"):
        raise Answer(422, "body is required for this event")
    made = Review(
        id=core.world.next_id(),
        user=g.login,
        state=VERDICTS[event],
        body=str(asked.get("body") or ""),
        commit_id=one.head_sha,
        submitted_at=core.world.now(),
    )
    one.reviews.append(made)
    if g.login in one.requested:
        one.requested.remove(g.login)
    _fire_review(core, repo, one, made, "submitted")
    return made


def _fire_review(core: Core, repo: Repo, one: Pull, found: Review, action: str) -> None:
    shown = render.review(repo, one, found, core.base)
    shown["state"] = shown["state"].lower()  # the payload says it in small letters, the API in capitals
    core.fire(
        repo,
        "pull_request_review",
        action=action,
        review=shown,
        pull_request=render.pull(repo, one, core.base),
    )


def _register_requests(core: Core) -> None:
    app, base = core.app, core.base

    @app.post(f"{PULLS}/<int:number>/requested_reviewers")
    def ask(owner: str, name: str, number: int) -> tuple[Response, int]:
        repo = core.repo(owner, name)
        one = core.pull(repo, number)
        for login in core.body().get("reviewers", []):
            if login == one.user:
                raise Answer(422, "Review cannot be requested from pull request author.")
            if login not in one.requested:
                one.requested.append(login)
                core.fire_pull(repo, one, "review_requested", requested_reviewer=render.user(login, base))
        return jsonify(render.pull(repo, one, base)), 201

    @app.delete(f"{PULLS}/<int:number>/requested_reviewers")
    def forget(owner: str, name: str, number: int) -> Response:
        repo = core.repo(owner, name)
        one = core.pull(repo, number)
        for login in core.body().get("reviewers", []):
            if login in one.requested:
                one.requested.remove(login)
                core.fire_pull(
                    repo, one, "review_request_removed", requested_reviewer=render.user(login, base)
                )
        return jsonify(render.pull(repo, one, base))


def set_draft(core: Core, repo: Repo, one: Pull, draft: bool) -> None:
    if one.draft != draft:
        one.draft = draft
        core.fire_pull(repo, one, "converted_to_draft" if draft else "ready_for_review")


def _register_graphql(core: Core) -> None:
    # REST cannot change `draft`; GraphQL's two mutations can.
    @core.app.post("/graphql")
    @core.app.post("/api/graphql")
    def graphql() -> Response:
        asked = core.body()
        query, text = str(asked.get("query", "")), str(asked)
        node = re.search(r"PR_(\d+)", text)
        found = [
            (repo, one)
            for repo in core.world.repos.values()
            for one in repo.pulls.values()
            if node and one.id == int(node[1])
        ]
        if not found or not re.search("markPullRequestReadyForReview|convertPullRequestToDraft", query):
            return jsonify(
                data=None, errors=[{"type": "NOT_FOUND", "message": "Could not resolve to a node"}]
            )
        repo, one = found[0]
        draft = "convertPullRequestToDraft" in query
        set_draft(core, repo, one, draft)
        name = "convertPullRequestToDraft" if draft else "markPullRequestReadyForReview"
        return jsonify(data={name: {"clientMutationId": None, "pullRequest": {"isDraft": one.draft}}})
