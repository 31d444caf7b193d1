"""A stateful Jira that speaks the real REST paths below /jira and refuses what the real one refuses."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from flask import Flask
from werkzeug.exceptions import HTTPException

from bridge.sandbox.jira import (
    pages,
    routes_bulk,
    routes_fields,
    routes_files,
    routes_issue,
    routes_links,
    routes_meta,
    routes_project,
    routes_screens,
    routes_search,
    routes_statuses,
    routes_talk,
    routes_types,
    routes_workflows,
)
from bridge.sandbox.jira.call import Desk, answer_http_error, answer_refusal
from bridge.sandbox.jira.errors import Refusal
from bridge.sandbox.jira.hooks import Hooks
from bridge.sandbox.jira.inspection import shown
from bridge.sandbox.jira.limits import WriteLimits
from bridge.sandbox.jira.model import Json
from bridge.sandbox.jira.site import Event, Site
from bridge.sandbox.settings import TEMPLATES, SandboxSettings

ROUTES = (
    routes_bulk,
    routes_fields,
    routes_files,
    routes_issue,
    routes_links,
    routes_meta,
    routes_project,
    routes_screens,
    routes_search,
    routes_statuses,
    routes_talk,
    routes_types,
    routes_workflows,
)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class JiraSandbox:
    """One site. People of scripts sign in as any `<login>` with the password `human`."""

    def __init__(self, settings: SandboxSettings, *, clock: Callable[[], datetime] = _utc_now) -> None:
        self._base = f"{settings.url}/jira"
        self.site = Site(settings, clock, settings.jira_deployment, self._tell)
        self.hooks = Hooks(self.site, lambda: self._base)
        self.hooks.clear()
        self.limits = WriteLimits()
        self.app = Flask("sandbox-jira", template_folder=TEMPLATES)
        desk = Desk(app=self.app, site=self.site, limits=self.limits)
        for routes in ROUTES:
            desk.mount(routes.ROUTES)
        desk.mount(self.hooks.routes(), "/rest/webhooks/1.0/")
        desk.mount(routes_files.MEDIA, "/")
        pages.register(self.app, self.site, self._base)
        self.app.register_error_handler(Refusal, answer_refusal)
        self.app.register_error_handler(HTTPException, answer_http_error)

    def _tell(self, event: Event) -> None:
        self.hooks.tell(event)

    @property
    def index_lag(self) -> float:
        """Seconds that search lags behind writes (R6)."""
        return self.site.index_lag

    @index_lag.setter
    def index_lag(self, seconds: float) -> None:
        self.site.index_lag = seconds

    def reset(self, *, empty: bool | None = None) -> None:
        """As on the first day; `empty` chooses the fresh site or the vendor's own."""
        with self.site.lock:
            if empty is not None:
                self.site.settings = replace(self.site.settings, jira_empty=empty)
            self.site.clear()
            self.hooks.clear()
            self.limits.clear()

    def close(self) -> None:
        self.hooks.postman.close()

    def deliveries(self) -> list[Json]:
        """What the webhooks carried out, and how it went."""
        return [one.shown() for one in self.hooks.postman.log]

    def issues(self) -> list[Json]:
        """Every issue, for scripts to look at."""
        with self.site.lock:
            return [shown(self.site, issue, self._base) for issue in self.site.by_id.values()]
