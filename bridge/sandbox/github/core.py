"""The application's frame: who calls, what is refused, and events with the right face."""

import hashlib
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, g, jsonify, request

from bridge.sandbox.github import render
from bridge.sandbox.github.access import Access, Denied
from bridge.sandbox.github.hooks import Deliverer
from bridge.sandbox.github.model import Hook, Pull, Repo, World
from bridge.sandbox.settings import TEMPLATES, SandboxSettings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Json = dict[str, Any]
OPEN_PATHS = ("/ui",)


class Answer(Exception):
    """Ends a request with GitHub's error shape."""

    def __init__(
        self,
        status: int,
        message: str,
        errors: list[Json] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.status = status
        self.headers = headers or {}
        self.body = {
            "message": message,
            "documentation_url": "https://docs.github.com/rest",
            "status": str(status),
            **({"errors": errors} if errors else {}),
        }
        super().__init__(message)


class Moved(Exception):
    """The repository has another name now; `path` leads to it by its id."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(path)


class _App(Flask):
    """Flask with endpoints named by method and path, so that functions may share plain names."""

    def add_url_rule(self, rule: str, endpoint: str | None = None, *args: Any, **options: Any) -> None:
        methods = ",".join(options.get("methods") or ["GET"])
        super().add_url_rule(rule, endpoint or f"{methods} {rule}".replace(".", "_"), *args, **options)


class Core:
    """State and helpers that the route modules share."""

    def __init__(self, settings: SandboxSettings, clock: Callable[[], datetime]) -> None:
        self.settings = settings
        self.base = f"{settings.url}/github"
        self._clock = clock
        self.app = _App("sandbox-github", template_folder=TEMPLATES)
        self.app.url_map.strict_slashes = False
        self.app.before_request(self._enter)
        self.app.teardown_request(self._leave)
        self.app.after_request(_etag)
        self.app.register_error_handler(Answer, _refusal)
        self.app.register_error_handler(Moved, self._redirect)
        self.app.wsgi_app = self._by_id(self.app.wsgi_app)  # type: ignore[method-assign, assignment]
        self.world = World(clock)
        self.access = Access(settings, clock)
        self.deliverer = Deliverer(self.world)
        self.seed()

    def seed(self) -> None:
        repo = self.world.add_repo(self.settings.github_repository)
        url = f"{self.settings.bridge_url}/webhooks/github"
        if self.settings.github_app_key:
            self.world.app_hook.url, self.world.app_hook.content_type = url, "json"
            self.world.app_hook.secret = self.settings.github_webhook_secret
            return
        hook = Hook(
            id=self.world.next_id(),
            url=url,
            secret=self.settings.github_webhook_secret,
            events=["*"],
        )
        repo.hooks[hook.id] = hook

    def reset(self) -> None:
        with self.world.lock:
            self.world.repos.clear()
            self.world.app_hook.forget()
            self.access.reset()
            self.seed()

    # --- one request

    def _enter(self) -> None:
        self.world.lock.acquire()
        g.locked = True
        path = request.path
        if path == "/" or path.startswith(OPEN_PATHS) or "/pull/" in path:
            g.login = "visitante"
            return
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() not in {"token", "bearer"}:
            raise Answer(401, "Requires authentication")
        try:
            caller = self.access.caller(scheme.lower(), token)
            self.access.permit(caller, request.method, path)
        except Denied as denied:
            # docs.github.com/rest/using-the-rest-api/troubleshooting: sets split by semicolons, any will do
            needed = {"X-Accepted-GitHub-Permissions": "; ".join(denied.needed)} if denied.needed else None
            raise Answer(denied.status, denied.message, headers=needed) from denied
        g.login = caller.login

    def _leave(self, error: BaseException | None) -> None:
        if g.pop("locked", False):
            self.world.lock.release()

    def repo(self, owner: str, name: str) -> Repo:
        found = self.world.named(f"{owner}/{name}")
        if found is None:
            raise Answer(404, "Not Found")
        if found.full_name.lower() != f"{owner}/{name}".lower():
            raise Moved(request.full_path.replace(f"/repos/{owner}/{name}", f"/repositories/{found.id}", 1))
        return found

    def pull(self, repo: Repo, number: int) -> Pull:
        if number not in repo.pulls:
            raise Answer(404, "Not Found")
        return repo.pulls[number]

    def body(self) -> Json:
        found = request.get_json(silent=True) if request.data else {}
        if not isinstance(found, dict):
            raise Answer(400, "Problems parsing JSON")
        return found

    def _redirect(self, moved: Moved) -> Response:
        """docs.github.com/rest/using-the-rest-api/best-practices: 301, and 307 where the method must stay."""
        response = jsonify(message="Moved Permanently", url=f"{self.base}{moved.path}")
        response.status_code = 301 if request.method == "GET" else 307
        response.headers["Location"] = f"{self.base}{moved.path.rstrip('?')}"
        return response

    def _by_id(self, application: "WSGIApplication") -> "WSGIApplication":
        """`/repositories/7/…` is the repository whose id is 7, whatever its name."""

        def renamed(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
            found = re.match(r"/repositories/(\d+)", environ["PATH_INFO"])
            repo = self.world.by_id(int(found[1])) if found else None
            if found and repo:
                environ["PATH_INFO"] = f"/repos/{repo.full_name}{environ['PATH_INFO'][found.end() :]}"
            return application(environ, start)

        return renamed

    # --- events

    def fire(self, repo: Repo, event: str, *, login: str = "", **payload: Any) -> None:
        self.deliverer.fire(
            repo,
            event,
            {
                **payload,
                "repository": render.repository(repo, self.base),
                "sender": render.user(login or g.login, self.base),
            },
        )

    def fire_pull(self, repo: Repo, one: Pull, action: str, **extra: Any) -> None:
        one.updated_at = self.world.now()
        shown = render.pull(repo, one, self.base)
        self.fire(repo, "pull_request", action=action, number=one.number, pull_request=shown, **extra)

    def moved(self, repo: Repo, branch: str, before: str, after: str) -> None:
        """A branch points elsewhere now: push, and synchronize of the pull requests that it heads."""
        zero = "0" * 40
        commits = [] if after == zero else [render.commit(repo, repo.commits[after], self.base)["commit"]]
        self.fire(
            repo,
            "push",
            ref=f"refs/heads/{branch}",
            before=before,
            after=after,
            created=before == zero,
            deleted=after == zero,
            forced=False,
            commits=[{"id": after, "message": one["message"]} for one in commits],
        )
        for target in list(self.world.repos.values()):
            for one in target.pulls.values():
                if (one.source, one.head, one.state) == (repo, branch, "open") and after != zero:
                    one.head_sha = after
                    target.commits |= repo.commits
                    self.fire_pull(target, one, "synchronize", before=before, after=after)


def _refusal(error: Answer) -> Response:
    response = jsonify(error.body)
    response.status_code = error.status
    response.headers.update(error.headers)
    return response


def _etag(response: Response) -> Response:
    if request.method == "GET" and response.status_code == 200 and not response.is_streamed:
        response.set_etag(hashlib.sha256(response.get_data()).hexdigest())
        response.make_conditional(request)
    response.headers["X-RateLimit-Limit"] = "5000"
    response.headers["X-RateLimit-Remaining"] = "4999"
    response.headers["X-RateLimit-Reset"] = str(int(datetime.now(UTC).timestamp()) + 3600)
    return response
