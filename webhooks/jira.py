"""Jira's webhooks: which ticket's issue changed."""

import hashlib
import re
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from bridge.clients.jira.site import Site
from bridge.domain import reference
from bridge.services import Services
from bridge.store.facts import Expected, tickets_of_issue
from webhooks.events import Payload, Ringing, Router, Shape, ignored, storable
from webhooks.inbox import Letter, receive

BEGINNING = 1024
# Within a text the quotation marks would be escaped.
_EVENT = re.compile(rb'"webhookEvent"\s*:\s*"([\w:-]{1,64})"')
SHAPE = Shape(words=(("webhookEvent",), ("issue", "key"), ("issue", "id")))

router = Router(SHAPE)


def blueprint(services: Services) -> Blueprint:
    views = Blueprint("webhooks_jira", __name__)

    @views.post("/webhooks/jira")
    def jira() -> Response:
        return receive(
            services,
            source="jira",
            signature_header="X-Hub-Signature",
            secrets=services.config.jira.webhook_secrets,
            letter=_letter,
            dispatch=dispatch,
        )

    return views


def _letter(body: bytes) -> Letter:
    # The same for each attempt at a delivery (J3); old Data Centers send none, so the body is its own name.
    delivery_id = request.headers.get("X-Atlassian-Webhook-Identifier", "")
    name = delivery_id[:128] or f"body:{hashlib.sha256(body).hexdigest()}"
    # Secondary: the fallout of a bulk change (J3).
    bulk = request.headers.get("X-Atlassian-Webhook-Flow", "").lower() == "secondary"
    return Letter(source="jira", delivery_id=name, event=_named(body), body=body, bulk=bulk)


def _named(body: bytes) -> str:
    """The event, to be shown in lists; empty where the body does not begin with it, as Jira's do."""
    found = _EVENT.search(body, 0, BEGINNING)
    return found[1].decode() if found else ""


def dispatch(event: str, services: Services, db: Session, payload: Payload) -> Ringing:
    # Jira names the event in the body, the oldest servers not at all.
    return router.dispatch(str(payload.get("webhookEvent") or "jira:issue_updated"), services, db, payload)


@router.on(
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "comment_created",
    "comment_updated",
    "comment_deleted",
    "issuelink_created",
    "attachment_created",
)
def issue_changed(services: Services, db: Session, payload: Payload) -> Ringing:
    issue = payload.get("issue")
    event = payload.get("webhookEvent", "jira:issue_updated")
    if not issue:
        # A comment event's issue is undocumented (J9), so it may be absent: the periodic look finds the rest.
        return ignored(f"{event} names no issue")
    key, issue_id = str(issue["key"]), str(issue["id"])
    labels = [storable(str(label)) for label in (issue.get("fields") or {}).get("labels") or []]
    tickets = tickets_of_issue(db, issue_id=issue_id, key=key, labels=labels)
    if not tickets:
        return ignored(f"{key} is not one of our tickets")
    if _echo(services, payload, tickets):
        return ignored(f"{event} {key} is the echo of our own change")
    names = ", ".join(reference(ticket.id) for ticket in tickets)
    kind = "deleted" if event == "jira:issue_deleted" else "issue"
    rung = tuple(ticket.id for ticket in tickets)
    return Ringing(kind=kind, subject=issue_id, tickets=rung, outcome=f"rang {names}: {event} {key}")


def _echo(services: Services, payload: Payload, tickets: Sequence[Expected]) -> bool:
    """True when the bridge itself made exactly this change, so that a look would find nothing new.

    Being made by our account is not enough: small teams let a person and the bridge share one.
    """
    site = services.jira.known_site
    items = (payload.get("changelog") or {}).get("items") or []
    if site is None:
        return False
    if payload.get("webhookEvent") == "jira:issue_created":
        # While the answer to a creation is not known, this is how it is learned.
        return all(ticket.create_state == "created" for ticket in tickets)
    if not items:
        return _our_comment(site, payload)
    if not site.is_us(payload.get("user")):
        return False
    expected = {name for ticket in tickets for name in (ticket.status, ticket.moving_to, ticket.assigning)}
    ours = {site.fields[name] for name in ("staging_url", "version") if name in site.fields}
    return all(_made_by_us(item, site, expected, ours) for item in items)


def _our_comment(site: Site, payload: Payload) -> bool:
    """The partner is told of no comment of our account's, whoever wrote it."""
    kinds = {payload.get("webhookEvent"), payload.get("issue_event_type_name")}
    author = (payload.get("comment") or {}).get("author")
    return bool(kinds & {"comment_created", "issue_commented"}) and site.is_us(author)


def _made_by_us(item: dict[str, Any], site: Site, expected: set[str], ours: set[str]) -> bool:
    if item.get("field") == "status":
        # By its id: the name that is told may be a translation.
        return site.status_name({"id": item.get("to"), "name": item.get("toString")}) in expected
    if item.get("field") == "assignee":
        return bool(item.get("to")) and item["to"] in expected
    return item.get("fieldId") in ours or item.get("field") in {"Attachment", "RemoteIssueLink"}
