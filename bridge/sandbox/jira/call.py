"""One request: who calls, in which version, and how handlers are mounted."""

import functools
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import flask
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from bridge.sandbox.jira.errors import Refusal, not_found
from bridge.sandbox.jira.fields import Reader
from bridge.sandbox.jira.limits import WriteLimits
from bridge.sandbox.jira.model import Issue, Json, User
from bridge.sandbox.jira.render import View
from bridge.sandbox.jira.site import Site, permitted

HUMAN_PASSWORD = "human"  # noqa: S105


@dataclass(frozen=True, kw_only=True)
class Call:
    site: Site
    user: User
    view: View

    @property
    def reader(self) -> Reader:
        return Reader(self.site, documents=self.view.version == "3")

    @property
    def body(self) -> Json:
        """The request's JSON object."""
        value = self.value
        if not isinstance(value, dict):
            raise Refusal(400, "Invalid request payload. Refer to the REST API documentation and try again.")
        return value

    @property
    def value(self) -> Any:
        if request.mimetype != "application/json":
            raise Refusal(415, body={"errorMessages": ["Unsupported Media Type"], "errors": {}})
        try:
            return json.loads(request.get_data())
        except ValueError:
            raise Refusal(400, _UNPARSED) from None

    def issue(self, key: str) -> Issue:
        return self.site.issue(key)

    def page(self, default: int = 50, most: int = 100) -> tuple[int, int]:
        """startAt and maxResults."""
        return _number("startAt", 0), min(_number("maxResults", default), most)


_UNPARSED = "There was an error parsing JSON. Check that your request body is valid."
Handler = Callable[..., Any]  # (call, **path parts) -> what Flask answers
Route = tuple[str, str, Handler]


def _number(name: str, default: int) -> int:
    try:
        return max(0, int(request.args.get(name, default)))
    except ValueError:
        raise not_found(f"'{name}' is not a number") from None


def words(name: str) -> list[str]:
    """A list parameter: comma separated, repeated, or both."""
    return [word.strip() for given in request.args.getlist(name) for word in given.split(",") if word.strip()]


def paged(values: list[Any], start: int, size: int, name: str = "values") -> Json:
    taken = values[start : start + size]
    last = start + size >= len(values)
    return {"startAt": start, "maxResults": size, "total": len(values), "isLast": last, name: taken}


def cloud_only(handler: Handler) -> Handler:
    """For what Server's REST API v2 does not have (docs.atlassian.com/software/jira/docs/api/REST)."""

    @functools.wraps(handler)
    def served(call: Call, **parts: Any) -> Any:
        if call.site.server:
            raise not_found("null for uri: " + request.url)
        return handler(call, **parts)

    return served


def administration(handler: Handler) -> Handler:
    """For what needs the global permission Administer Jira, by the published description."""

    @functools.wraps(handler)
    def served(call: Call, **parts: Any) -> Any:
        permitted(call.user)
        return handler(call, **parts)

    return served


def created(body: Json) -> Response:
    return flask.make_response(flask.jsonify(body), 201)


def empty(status: int = 204) -> Response:
    return Response(status=status)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Where requests are received: authenticated, counted, and served one at a time."""

    app: Flask
    site: Site
    limits: WriteLimits

    def mount(self, routes: Iterable[Route], prefix: str = "/rest/api/<version>/") -> None:
        for method, path, handler in routes:
            self.app.add_url_rule(
                prefix + path, f"{method} {prefix}{path}", self._served(handler), methods=[method]
            )

    def _served(self, handler: Handler) -> Callable[..., Any]:
        def serve(version: str = "2", **parts: Any) -> Any:
            self._check_version(version)
            request.get_data() if request.mimetype != "multipart/form-data" else request.files
            with self.site.lock:
                user = self._user(anonymous=bool(getattr(handler, "open_to_all", False)))
                if request.method != "GET" and "key" in parts:
                    self._count(parts["key"])
                return handler(Call(site=self.site, user=user, view=self.view(version)), **parts)

        return serve

    def view(self, version: str) -> View:
        return View(self.site, request.url_root.rstrip("/"), "3" if version == "3" else "2")

    def _check_version(self, version: str) -> None:
        if version not in (("2", "latest") if self.site.server else ("2", "3", "latest")):
            raise not_found("null for uri: " + request.url)  # Server has no v3

    def _count(self, key: str) -> None:
        issue = self.site.find(key)
        if issue and not self.site.server:
            self.limits.count(issue.id, self.site.clock())

    def _user(self, *, anonymous: bool) -> User:
        settings, given = self.site.settings, request.authorization
        if given is None and anonymous:
            return User("anonymous", "Anonymous")
        if given and given.type == "basic":
            login, password = given.username or "", given.password or ""
            if (login, password) == (settings.jira_user, settings.jira_token):
                return self.site.bridge
            if login and password == HUMAN_PASSWORD:
                return self.site.human(login)
        # A personal access token is Server's; Cloud wants Basic with an API token
        if given and given.type == "bearer" and self.site.server and given.token == settings.jira_token:
            return self.site.bridge
        raise _unauthenticated(self.site)


def _unauthenticated(site: Site) -> Refusal:
    headers = {"WWW-Authenticate": 'OAuth realm="sandbox"'}
    if site.server:
        why = "You are not authenticated. Authentication required to perform this operation."
        return Refusal(401, why, headers=headers)
    body = {"message": "Client must be authenticated to access this resource.", "status-code": 401}
    return Refusal(401, headers=headers, body=body)


def answer_refusal(refusal: Refusal) -> Response:
    text = refusal.body if isinstance(refusal.body, str) else json.dumps(refusal.body)
    kind = "text/html" if isinstance(refusal.body, str) else "application/json"
    return Response(text, refusal.status, refusal.headers, content_type=f"{kind};charset=UTF-8")


def answer_http_error(error: HTTPException) -> Response:
    """Unknown paths and wrong methods, as JSON."""
    status = error.code or 500
    return answer_refusal(Refusal(status, f"null for uri: {request.url}" if status == 404 else error.name))
