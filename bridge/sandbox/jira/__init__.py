"""A stateful Jira."""

from collections.abc import Callable
from datetime import UTC, datetime

from flask import Flask
from werkzeug.exceptions import HTTPException

from bridge.sandbox.jira import (
    routes_files,
    routes_issue,
    routes_links,
    routes_meta,
    routes_search,
    routes_talk,
)
from bridge.sandbox.jira.call import Desk, answer_http_error, answer_refusal
from bridge.sandbox.jira.errors import Refusal
from bridge.sandbox.jira.hooks import Hooks
from bridge.sandbox.jira.limits import WriteLimits
from bridge.sandbox.jira.model import Json
from bridge.sandbox.jira.render import View
from bridge.sandbox.jira.site import Site
from bridge.sandbox.settings import SandboxSettings


class JiraSandbox:
    def __init__(self, settings: SandboxSettings, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._site = Site(settings, clock, settings.jira_deployment, lambda event: self._hooks.tell(event))
        self._hooks = Hooks(self._site, lambda: f"{settings.url}/jira")
        self._hooks.clear()
        self._limits = WriteLimits()
        self.app = Flask("sandbox-jira")
        desk = Desk(app=self.app, site=self._site, limits=self._limits)
        for routes in (routes_files, routes_issue, routes_links, routes_meta, routes_search, routes_talk):
            desk.mount(routes.ROUTES)
        desk.mount(self._hooks.routes(), "/rest/webhooks/1.0/")
        self.app.register_error_handler(Refusal, answer_refusal)
        self.app.register_error_handler(HTTPException, answer_http_error)

    @property
    def index_lag(self) -> float:
        return self._site.index_lag

    @index_lag.setter
    def index_lag(self, seconds: float) -> None:
        self._site.index_lag = seconds

    def reset(self) -> None:
        with self._site.lock:
            self._site.clear()
            self._hooks.clear()

    def close(self) -> None:
        self._hooks.postman.clear()

    def deliveries(self) -> list[Json]:
        return [one.shown() for one in self._hooks.postman.log]

    def issues(self) -> list[Json]:
        with self._site.lock:
            return [self._shown(issue) for issue in self._site.by_id.values()]

    def _shown(self, issue):
        view = View(self._site, f"{self._site.settings.url}/jira", "2")
        shown = view.issue(issue, fields=["*all"], expand=["changelog"], properties=[])
        fields = shown["fields"]
        def plain(v):
            return v.get("value") if isinstance(v, dict) and "value" in v else v
        return {
            "key": shown["key"], "id": shown["id"], "summary": fields["summary"],
            "status": fields["status"]["name"], "labels": fields["labels"], "fields": fields,
            "custom": {f.name: plain(fields.get(f.id)) for f in self._site.fields.values() if f.id.startswith("customfield")},
            "comments": fields["comment"]["comments"],
            "attachments": [{"filename": a.filename, "size": len(a.content), "sha256": a.sha256} for a in issue.attachments],
            "remotelinks": [view.remote_link(issue, l) for l in issue.remote_links],
            "history": [
                {"id": h["id"], "created": h["created"], "author": h["author"]["displayName"], "from": i["fromString"], "to": i["toString"]}
                for h in shown["changelog"]["histories"] for i in h["items"] if i["field"] == "status"
            ],
        }
