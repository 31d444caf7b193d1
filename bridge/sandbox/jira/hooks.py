"""Admin webhooks: registered over REST, told of events."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import flask
from flask import Response

from bridge.sandbox.jira import catalogue, jql
from bridge.sandbox.jira.call import Call, Route, created, empty
from bridge.sandbox.jira.delivery import Delivery, Postman
from bridge.sandbox.jira.errors import Refusal, not_found
from bridge.sandbox.jira.model import Json, User, milliseconds
from bridge.sandbox.jira.payloads import payload
from bridge.sandbox.jira.render import View
from bridge.sandbox.jira.site import Event, Site, permitted

_SECTION = "issue-related-events-section"


@dataclass(kw_only=True)
class Hook:
    id: str
    name: str
    url: str
    events: list[str]
    updated: datetime
    updated_by: User
    jql: str = ""
    secret: str | None = None
    enabled: bool = True
    exclude_body: bool = False


@dataclass
class Hooks:
    """The registered webhooks and their deliveries."""

    site: Site
    base: Callable[[], str]
    retry_delays: tuple[float, ...] = (0.5, 1, 2, 4, 8)
    copies: int = 1
    postman: Postman = field(default_factory=Postman)
    known: dict[str, Hook] = field(default_factory=dict)

    def clear(self) -> None:
        self.postman.clear()
        self.known.clear()
        settings = self.site.settings
        if settings.jira_empty:
            return
        self.known["1"] = Hook(
            id="1",
            name="Ponte de Chamados",
            url=f"{settings.bridge_url}/webhooks/jira",
            events=list(catalogue.BRIDGE_EVENTS),
            jql=f'project = "{settings.jira_project}"',
            secret=settings.jira_webhook_secret,
            updated=self.site.clock(),
            updated_by=self.site.bridge,
        )

    def tell(self, event: Event) -> None:
        hooks = [hook for hook in self.known.values() if self._concerns(hook, event)]
        if not hooks:
            return
        body = json.dumps(payload(event, View(self.site, self.base(), "2")), ensure_ascii=False).encode()
        for hook in hooks:
            self.postman.send(
                self._delivery(hook, event, b"{}" if hook.exclude_body else body), copies=self.copies
            )

    def _concerns(self, hook: Hook, event: Event) -> bool:
        if not hook.enabled or event.name not in hook.events:
            return False
        try:
            return not hook.jql.strip() or jql.parse(hook.jql, self.site).test(event.issue)
        except Refusal:  # the filter names an issue deleted meanwhile
            return False

    def _delivery(self, hook: Hook, event: Event, body: bytes) -> Delivery:
        return Delivery(
            id=uuid.uuid4().hex,  # J3: unique per event and webhook
            hook=hook.name,
            event=event.name,
            url=hook.url,
            body=body,
            secret=hook.secret,
            flow="Secondary" if event.bulk else "Primary",
            delays=() if self.site.server else self.retry_delays,  # J11: Server never tries again
        )

    def routes(self) -> list[Route]:
        one = "webhook/<hook_id>"
        return [
            ("GET", "webhook", self._list),
            ("POST", "webhook", self._create),
            ("GET", one, lambda call, hook_id: self._shown(call, self._hook(call, hook_id))),
            ("PUT", one, self._edit),
            ("DELETE", one, self._delete),
        ]

    def _list(self, call: Call) -> Any:
        permitted(call.user)
        return flask.jsonify([self._shown(call, hook) for hook in self.known.values()])

    def _create(self, call: Call) -> Response:
        permitted(call.user)
        values = self._read(call.body, creating=True)
        number = str(max(map(int, self.known), default=0) + 1)
        hook = Hook(id=number, updated=self.site.clock(), updated_by=call.user, **values)
        self.known[number] = hook
        return created(self._shown(call, hook))

    def _edit(self, call: Call, hook_id: str) -> Json:
        hook = self._hook(call, hook_id)
        for name, value in self._read(call.body, creating=False).items():
            setattr(hook, name, value)
        hook.updated, hook.updated_by = self.site.clock(), call.user
        return self._shown(call, hook)

    def _delete(self, call: Call, hook_id: str) -> Response:
        del self.known[self._hook(call, hook_id).id]
        return empty()

    def _hook(self, call: Call, hook_id: str) -> Hook:
        permitted(call.user)
        if hook_id not in self.known:
            raise not_found(f"Webhook with id {hook_id} doesn't exist.")
        return self.known[hook_id]

    def _read(self, body: Json, *, creating: bool) -> Json:
        """Only what was sent: a webhook saved again without its secret keeps it."""
        values: Json = {"events": []} if creating else {}
        names = {"name": "name", "url": "url", "events": "events", "secret": "secret", "enabled": "enabled"}
        for sent, kept in (names | {"excludeBody": "exclude_body"}).items():
            if sent in body:
                values[kept] = body[sent]
        if "filters" in body:
            values["jql"] = (body["filters"] or {}).get(_SECTION) or ""
        if creating and not (values.get("name") and values.get("url")):
            raise _bad("The webhook needs a name and a URL.")
        self._check(values)
        return values

    def _check(self, values: Json) -> None:
        parts = urlsplit(values.get("url", "http://unchanged"))
        # Real Cloud sites take https alone; here the bridge listens on loopback
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise _bad("The URL is not valid.")
        unknown = [event for event in values.get("events", []) if event not in catalogue.EVENTS]
        if unknown:
            raise _bad(f"Unknown webhook event: {unknown[0]}")
        if values.get("jql"):
            jql.parse(values["jql"], self.site)

    def _shown(self, call: Call, hook: Hook) -> Json:
        """J8: the secret itself is never read back."""
        return {
            "name": hook.name,
            "url": hook.url,
            "excludeBody": hook.exclude_body,
            "filters": {_SECTION: hook.jql},
            "events": hook.events,
            "enabled": hook.enabled,
            "isSigned": bool(hook.secret),
            "self": f"{call.view.base}/rest/webhooks/1.0/webhook/{hook.id}",
            "lastUpdatedUser": hook.updated_by.account_id,
            "lastUpdatedDisplayName": hook.updated_by.name,
            "lastUpdated": milliseconds(hook.updated),
        }


def _bad(why: str) -> Refusal:
    return Refusal(400, body={"messages": [{"key": why, "arguments": []}]})
