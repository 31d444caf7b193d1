"""A repository's webhooks and their deliveries."""

from flask import Response, jsonify

from bridge.sandbox.github import render
from bridge.sandbox.github.core import Answer, Core, Json
from bridge.sandbox.github.model import Hook, Repo

REPO = "/repos/<owner>/<name>"


def register(core: Core) -> None:
    _register_hooks(core)
    _register_deliveries(core)


def _register_hooks(core: Core) -> None:
    app, base = core.app, core.base

    @app.get(f"{REPO}/hooks")
    def listed(owner: str, name: str) -> Response:
        repo = core.repo(owner, name)
        return jsonify([render.hook(repo, one, base) for one in repo.hooks.values()])

    @app.post(f"{REPO}/hooks")
    def create(owner: str, name: str) -> tuple[Response, int]:
        repo, asked = core.repo(owner, name), core.body()
        config = asked.get("config") or {}
        if not str(config.get("url", "")).startswith("http"):
            raise Answer(422, "Validation Failed", [{"field": "url", "code": "missing_field"}])
        if any(one.url == config["url"] for one in repo.hooks.values()):
            raise Answer(422, "Validation Failed", [{"message": "Hook already exists on this repository"}])
        hook = Hook(
            id=core.world.next_id(),
            url=config["url"],
            secret=str(config.get("secret") or ""),
            events=asked.get("events") or ["push"],
            content_type=str(config.get("content_type") or "form"),
        )
        repo.hooks[hook.id] = hook
        core.deliverer.ping(hook)
        return jsonify(render.hook(repo, hook, base)), 201

    @app.patch(f"{REPO}/hooks/<int:number>")
    def edit(owner: str, name: str, number: int) -> Response:
        repo, hook = _chosen(core, owner, name, number)
        asked = core.body()
        # docs.github.com/rest/repos/webhooks: a config replaces the whole, the secret included.
        if "config" in asked:
            hook.url = str(asked["config"].get("url", ""))
            hook.content_type = str(asked["config"].get("content_type") or "form")
            hook.secret = str(asked["config"].get("secret") or "")
        hook.events = asked.get("events", hook.events)
        hook.active = bool(asked.get("active", hook.active))
        return jsonify(render.hook(repo, hook, base))

    @app.delete(f"{REPO}/hooks/<int:number>")
    def delete(owner: str, name: str, number: int) -> tuple[str, int]:
        repo, hook = _chosen(core, owner, name, number)
        del repo.hooks[hook.id]
        return "", 204


def _register_deliveries(core: Core) -> None:
    app = core.app

    @app.get(f"{REPO}/hooks/<int:number>/deliveries")
    def deliveries(owner: str, name: str, number: int) -> Response:
        _, hook = _chosen(core, owner, name, number)
        shown = [
            {k: v for k, v in one.items() if k not in {"request", "response"}} for one in hook.deliveries
        ]
        return jsonify(shown[:100])

    @app.get(f"{REPO}/hooks/<int:number>/deliveries/<int:delivery>")
    def delivery(owner: str, name: str, number: int, delivery: int) -> Response:
        return jsonify(_delivery(_chosen(core, owner, name, number)[1], delivery))

    @app.post(f"{REPO}/hooks/<int:number>/deliveries/<int:delivery>/attempts")
    def again(owner: str, name: str, number: int, delivery: int) -> tuple[Response, int]:
        _, hook = _chosen(core, owner, name, number)
        core.deliverer.again(hook, _delivery(hook, delivery))
        return jsonify({}), 202


def _chosen(core: Core, owner: str, name: str, number: int) -> tuple[Repo, Hook]:
    repo = core.repo(owner, name)
    if number not in repo.hooks:
        raise Answer(404, "Not Found")
    return repo, repo.hooks[number]


def _delivery(hook: Hook, number: int) -> Json:
    found = next((one for one in hook.deliveries if one["id"] == number), None)
    if found is None:
        raise Answer(404, "Not Found")
    return found
