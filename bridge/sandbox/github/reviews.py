"""Reviews and review requests."""

from flask import Response, g, jsonify

from bridge.sandbox.github import render
from bridge.sandbox.github.core import Answer, Core, Json
from bridge.sandbox.github.model import Pull, Repo, Review
from bridge.sandbox.github.pulls import PULLS

VERDICTS = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}


def register(core: Core) -> None:
    _register_reviews(core)
    _register_requests(core)


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
    one.timeline.append({"__typename": "PullRequestReview", "review": made.id, "at": made.submitted_at})
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
                _note_request(core, one, "ReviewRequestedEvent", login)
                core.fire_pull(repo, one, "review_requested", requested_reviewer=render.user(login, base))
        return jsonify(render.pull(repo, one, base)), 201

    @app.delete(f"{PULLS}/<int:number>/requested_reviewers")
    def forget(owner: str, name: str, number: int) -> Response:
        repo = core.repo(owner, name)
        one = core.pull(repo, number)
        for login in core.body().get("reviewers", []):
            if login in one.requested:
                one.requested.remove(login)
                _note_request(core, one, "ReviewRequestRemovedEvent", login)
                core.fire_pull(
                    repo, one, "review_request_removed", requested_reviewer=render.user(login, base)
                )
        return jsonify(render.pull(repo, one, base))


def _note_request(core: Core, one: Pull, kind: str, login: str) -> None:
    one.timeline.append({"__typename": kind, "reviewer": login, "at": core.world.now()})
