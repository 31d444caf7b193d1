"""The bodies of webhooks, shaped as in the real deliveries (shared/data/jira-webhooks)."""

from bridge.sandbox.jira.model import Json, milliseconds
from bridge.sandbox.jira.render import View
from bridge.sandbox.jira.site import Event


def payload(event: Event, view: View) -> Json:
    """Webhooks speak v2: texts are strings, and on Cloud no e-mail address appears (J9)."""
    told: Json = {"timestamp": milliseconds(event.at), "webhookEvent": event.name}
    if event.name.startswith("comment_"):
        return told | _comment(event, view)
    if event.attachment is not None:  # names no issue: the real one does not either
        return told | {"attachment": view.attachment(event.attachment)}
    if event.link is not None:
        return told | {"issueLink": _link(event, view)}
    if event.kind:
        told["issue_event_type_name"] = event.kind
    issue = {
        "id": event.issue.id,
        "self": view.url(f"issue/{event.issue.id}"),
        "key": event.issue.key,
        "fields": view.fields(event.issue, talk=False),
    }
    told |= {"user": view.user(event.user), "issue": issue}
    if event.comment is not None:
        told["comment"] = view.comment(event.comment)
    if event.change is not None:
        told["changelog"] = {"id": event.change.id, "items": list(event.change.items)}
    return told


def _comment(event: Event, view: View) -> Json:
    comment = event.comment
    assert comment is not None
    told: Json = {"comment": view.comment(comment, properties=bool(comment.properties))}
    if view.site.server:  # Server's comment events name no issue; the id stands in comment.self alone
        told["comment"]["self"] = view.url(f"issue/{event.issue.id}/comment/{comment.id}")
        return told
    told["comment"]["self"] = view.url(f"issue/{event.issue.id}/comment/{comment.id}")
    return told | {"issue": view.brief(event.issue), "eventType": "primaryAction"}


def _link(event: Event, view: View) -> Json:
    link = event.link
    assert link is not None
    kind = view.link_type(link.type_id)
    return {
        "id": int(link.id),
        "sourceIssueId": int(link.source),
        "destinationIssueId": int(link.destination),
        "issueLinkType": {
            "id": int(kind["id"]),
            "name": kind["name"],
            "outwardName": kind["outward"],
            "inwardName": kind["inward"],
            "isSubTaskLinkType": False,
            "isSystemLinkType": False,
        },
        "systemLink": False,
    }
