"""The whole sandbox on one port: Jira, GitHub and OpenAI over HTTP, and an SMTP inbox beside them."""

import shlex
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, jsonify, render_template, request
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from bridge.sandbox.control import Controls, Fault, NotAFault, Watched, a_number, a_text
from bridge.sandbox.github import GitHubSandbox
from bridge.sandbox.jira import JiraSandbox
from bridge.sandbox.jira.site import INDEX_LAG
from bridge.sandbox.mail import Inbox, views
from bridge.sandbox.openai import OpenAISandbox
from bridge.sandbox.settings import TEMPLATES, SandboxSettings

POLL_SECONDS = 0.05
"""How soon the server notices that it is to stop."""


def utc_now() -> datetime:
    return datetime.now(UTC)


class Sandbox:
    """Stand-ins for everything outside. `start()` binds the ports; port 0 takes a free one."""

    def __init__(self, settings: SandboxSettings, *, clock: Callable[[], datetime] = utc_now) -> None:
        self.settings = settings
        self._clock = clock
        self.controls = Controls()
        self._server: BaseWSGIServer | None = None

    @property
    def url(self) -> str:
        return self.settings.url

    def start(self) -> None:
        self.mail = Inbox(self.controls)
        smtp_port = self.mail.start(self.settings.host, self.settings.smtp_port)
        server = make_server(
            self.settings.host, self.settings.port, _not_ready, threaded=True, request_handler=_Quiet
        )
        # What is below addresses itself by URL, so the port must be known before it is made.
        self.settings = replace(self.settings, port=server.server_port, smtp_port=smtp_port)
        self.jira = JiraSandbox(self.settings, clock=self._clock)
        self.github = GitHubSandbox(self.settings, clock=self._clock)
        self.openai = OpenAISandbox(self.settings)
        self.controls.set_index_lag = self._set_index_lag
        mounts: Any = {
            "/jira": self.jira.app,
            "/github": self.github.app,
            "/openai": self.openai.app,
            "/_sandbox": self._control_app(),
        }
        server.app = Watched(DispatcherMiddleware(_index(), mounts), self.controls)
        self._server = server
        threading.Thread(
            target=server.serve_forever, args=(POLL_SECONDS,), daemon=True, name="sandbox"
        ).start()

    def stop(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
        self.mail.stop()
        self.jira.close()
        self.github.close()

    def reset(self, *, empty: bool | None = None) -> None:
        """As on the first day; `empty` chooses the fresh Jira or the vendor's own."""
        self.controls.clear()
        self.mail.clear()
        self.jira.reset(empty=empty)
        self.github.reset()
        self.openai.reset()

    def _set_index_lag(self, seconds: float | None) -> None:
        self.jira.index_lag = INDEX_LAG if seconds is None else seconds

    def _control_app(self) -> Flask:
        app = Flask("sandbox-control", template_folder=TEMPLATES)
        app.register_blueprint(views(lambda: self.mail))
        _fault_routes(app, self.controls)
        _look_routes(app, self)
        return app


def _look_routes(app: Flask, sandbox: Sandbox) -> None:
    @app.get("/jira/issues")
    def issues() -> Response:
        return jsonify(sandbox.jira.issues())

    @app.get("/jira/deliveries")
    def deliveries() -> Response:
        return jsonify(sandbox.jira.deliveries())

    @app.post("/reset")
    def reset() -> tuple[str, int]:
        sandbox.reset(empty=(request.get_json(silent=True) or {}).get("empty"))
        return "", 204

    @app.post("/openai/answers")
    def answers() -> tuple[str, int]:
        sandbox.openai.answers.extend((request.get_json(silent=True) or {}).get("answers", []))
        return "", 204

    @app.get("/openai/requests")
    def asked() -> Response:
        return jsonify(sandbox.openai.requests)


def _fault_routes(app: Flask, controls: Controls) -> None:
    @app.get("/calls")
    def calls() -> Response:
        return jsonify(controls.calls(request.args.get("since", 0, type=int)))

    @app.post("/faults")
    def add() -> tuple[Response, int]:
        found = request.get_json(silent=True)
        try:
            faults = [Fault.read(one) for one in (found if isinstance(found, list) else [found or {}])]
        except (NotAFault, TypeError) as error:
            return jsonify(error=str(error)), 400
        for fault in faults:
            controls.add(fault)
        return jsonify(added=len(faults)), 201

    @app.get("/faults")
    def left() -> Response:
        return jsonify([vars(fault) for fault in controls.faults])

    @app.delete("/faults")
    def forget() -> tuple[str, int]:
        controls.forget_faults()
        return "", 204

    @app.post("/latency")
    def latency() -> tuple[Response, int]:
        found = request.get_json(silent=True)
        try:
            if not isinstance(found, dict):
                raise NotAFault('a latency is an object: {"ms": 100}')
            match, milliseconds = found.get("match", "*"), found.get("ms", 0)
            a_text("match", match)
            a_number("ms", milliseconds)
        except NotAFault as error:
            return jsonify(error=str(error)), 400
        controls.latencies[:] = [(match, milliseconds / 1000)]
        return jsonify(ms=milliseconds), 200


def _index() -> Flask:
    app = Flask("sandbox-index", template_folder=TEMPLATES)

    @app.get("/")
    def index() -> str:
        return render_template("index.html")

    return app


def _not_ready(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    start_response("503 Starting", [("Content-Length", "0")])
    return []


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        """The call log is the log."""


def env_lines(settings: SandboxSettings) -> list[str]:
    """The `export` lines that connect a bridge to this sandbox."""
    values = {
        "PUBLIC_URL": settings.bridge_url,
        "SECRET_KEY": "sandbox-secret-key-that-is-no-secret",
        "JIRA_URL": f"{settings.url}/jira",
        "JIRA_USER": settings.jira_user,
        "JIRA_TOKEN": settings.jira_token,
        "JIRA_PROJECT": settings.jira_project,
        "JIRA_WEBHOOK_SECRET": settings.jira_webhook_secret,
        "GITHUB_URL": f"{settings.url}/github",
        **_github_credentials(settings),
        "GITHUB_WEBHOOK_SECRET": settings.github_webhook_secret,
        "GITHUB_REPOSITORIES": settings.github_repository,
        "SMTP_URL": f"smtp://{settings.host}:{settings.smtp_port}",
        "MAIL_FROM": "Chamados <chamados@softhouse.example>",
        "OPENAI_API_KEY": settings.openai_key,
        "OPENAI_BASE_URL": f"{settings.url}/openai/v1",
        "OPENAI_MODEL": "gpt-5-mini",
        "OPENAI_PARTNERS": "all",
        "PARTNERS": settings.partner,
        "METRICS_TOKEN": "sandbox-metrics-token",
    }
    return [f"export CHAMADOS_{name}={shlex.quote(value)}" for name, value in values.items()]


def _github_credentials(settings: SandboxSettings) -> dict[str, str]:
    if settings.github_app_key:
        return {"GITHUB_APP_ID": settings.github_app_id, "GITHUB_APP_PRIVATE_KEY": settings.github_app_key}
    return {"GITHUB_TOKEN": settings.github_token}
