"""The bridge as a GitHub App: itself, its installation, its tokens and its one webhook."""

from flask import Response, jsonify, request

from bridge.sandbox.github import render
from bridge.sandbox.github.access import INSTALLATION
from bridge.sandbox.github.core import Answer, Core, Json


def register(core: Core) -> None:
    app = core.app

    @app.get("/app")
    def whoami() -> Response:
        return jsonify(
            id=int(core.settings.github_app_id),
            slug="chamados",
            node_id="A_1",
            name="Chamados",
            owner=render.user("softhouse", core.base),
            html_url=f"{core.base}/apps/chamados",
            permissions=core.access.granted,
            events=core.world.app_hook.events,
        )

    @app.get("/app/installations")
    def installations() -> Response:
        return jsonify([_installation(core)])

    @app.get("/app/installations/<int:number>")
    def installation(number: int) -> Response:
        if number != INSTALLATION:
            raise Answer(404, "Not Found")
        return jsonify(_installation(core))

    @app.get("/repos/<owner>/<name>/installation")
    def of_repository(owner: str, name: str) -> Response:
        core.repo(owner, name)
        return jsonify(_installation(core))

    @app.post("/app/installations/<int:number>/access_tokens")
    def token(number: int) -> tuple[Response, int]:
        if number != INSTALLATION:
            raise Answer(404, "Not Found")
        made, ends = core.access.new_token()
        body = {"token": made, "expires_at": f"{ends:%Y-%m-%dT%H:%M:%SZ}", "permissions": core.access.granted}
        return jsonify(body | {"repository_selection": "all"}), 201

    _register_hook(core)


def _installation(core: Core) -> Json:
    return {
        "id": INSTALLATION,
        "app_id": int(core.settings.github_app_id),
        "app_slug": "chamados",
        "account": render.user("softhouse", core.base),
        "target_type": "Organization",
        "repository_selection": "all",
        "permissions": core.access.granted,
        "events": core.world.app_hook.events,
        "suspended_at": None,
    }


def _register_hook(core: Core) -> None:
    app, hook = core.app, core.world.app_hook

    @app.get("/app/hook/config")
    def config() -> Response:
        return jsonify(render.hook_config(hook))

    @app.patch("/app/hook/config")
    def configure() -> Response:
        asked = core.body()
        hook.url = str(asked.get("url", hook.url))
        hook.content_type = str(asked.get("content_type", hook.content_type))
        hook.secret = str(asked.get("secret", hook.secret))
        return jsonify(render.hook_config(hook))

    @app.get("/app/hook/deliveries")
    def deliveries() -> Response:
        shown = [
            {k: v for k, v in one.items() if k not in {"request", "response"}} for one in hook.deliveries
        ]
        return jsonify(shown[: request.args.get("per_page", 30, type=int)])

    @app.post("/app/hook/deliveries/<int:number>/attempts")
    def again(number: int) -> tuple[Response, int]:
        found = next((one for one in hook.deliveries if one["id"] == number), None)
        if found is None:
            raise Answer(404, "Not Found")
        core.deliverer.again(hook, found)
        return jsonify({}), 202
