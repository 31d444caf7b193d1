"""Pages for people who try the demo: pull requests with the buttons that a team would press."""

from flask import g, redirect, render_template, request
from werkzeug.wrappers import Response

from bridge.sandbox.github.core import Core
from bridge.sandbox.github.model import Pull, Repo
from bridge.sandbox.github.publishing import deploy, release, set_status
from bridge.sandbox.github.pulls import merge_pull, open_pull, set_draft
from bridge.sandbox.github.reviews import review_pull

REVIEWER = "bruno"
AUTHOR = "ana"


def register(core: Core) -> None:
    app = core.app

    @app.get("/")
    def repositories() -> str:
        return render_template("github.html", repos=list(core.world.repos.values()), repo=None, pull=None)

    @app.get("/<owner>/<name>/pull/<int:number>")
    def page(owner: str, name: str, number: int) -> str:
        repo = core.repo(owner, name)
        return render_template("github.html", repos=[], repo=repo, pull=core.pull(repo, number))

    @app.post("/ui/<owner>/<name>/open")
    def begin(owner: str, name: str) -> Response:
        g.login = AUTHOR
        repo = core.repo(owner, name)
        branch = request.form["branch"].strip().replace(" ", "-")
        if branch not in repo.branches:
            repo.branches[branch] = repo.branches["main"]
        _push(core, repo, branch, f"Corrige {branch}")
        draft = "draft" in request.form
        one = open_pull(
            core, repo, {"head": branch, "base": "main", "title": request.form["title"], "draft": draft}
        )
        return redirect(f"{core.base}/{repo.full_name}/pull/{one.number}")

    @app.post("/ui/<owner>/<name>/<int:number>/<verb>")
    def press(owner: str, name: str, number: int, verb: str) -> Response:
        repo = core.repo(owner, name)
        one = core.pull(repo, number)
        _press(core, repo, one, verb)
        return redirect(f"{core.base}/{repo.full_name}/pull/{one.number}")


def _press(core: Core, repo: Repo, one: Pull, verb: str) -> None:
    g.login = REVIEWER if verb in {"approve", "changes"} else AUTHOR
    if verb in {"approve", "changes"}:
        event = "APPROVE" if verb == "approve" else "REQUEST_CHANGES"
        review_pull(core, repo, one, {"event": event, "body": "Pelo botão da página de demonstração"})
    elif verb == "push":
        _push(core, repo, one.head, "Ajusta o que a revisão pediu")
    elif verb in {"ready", "draft"}:
        set_draft(core, repo, one, verb == "draft")
    elif verb == "again" and REVIEWER not in one.requested:
        one.requested.append(REVIEWER)
        core.fire_pull(repo, one, "review_requested")
    elif verb == "merge":
        merge_pull(core, repo, one)
    elif verb == "staging":
        made = deploy(core, repo, ref="main", environment="homologacao")
        set_status(core, repo, made, state="success", url=f"https://hml-{one.number}.softhouse.example")
    elif verb == "release":
        release(core, repo, {"tag_name": f"v2026.{len(repo.releases) + 1}", "target_commitish": "main"})


def _push(core: Core, repo: Repo, branch: str, message: str) -> None:
    before = repo.branches[branch]
    made = core.world.commit(repo, parents=[before], message=message, author=g.login)
    repo.branches[branch] = made.sha
    core.moved(repo, branch, before, made.sha)
