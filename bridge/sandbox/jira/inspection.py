"""An issue as scripts want to see it: names in place of ids."""

from typing import Any

from bridge.sandbox.jira.model import Issue, Json
from bridge.sandbox.jira.render import View
from bridge.sandbox.jira.site import Site


def shown(site: Site, issue: Issue, base: str) -> Json:
    """Everything about an issue; `history` is its status changes, the oldest first."""
    view = View(site, base, "2")
    found = view.issue(issue, fields=["*all"], expand=["changelog"], properties=[])
    fields = found["fields"]
    return {
        "key": found["key"],
        "id": found["id"],
        "summary": fields["summary"],
        "status": fields["status"]["name"],
        "labels": fields["labels"],
        "custom": {
            field.name: _plain(fields.get(field.id))
            for field in site.fields.values()
            if field.id.startswith("customfield_")
        },
        "fields": fields,
        "comments": fields["comment"]["comments"],
        "attachments": [
            {"filename": one.filename, "size": len(one.content), "sha256": one.sha256}
            for one in issue.attachments
        ],
        "remotelinks": [view.remote_link(issue, link) for link in issue.remote_links],
        "history": sorted(_history(found), key=lambda change: change["created"]),
        "properties": dict(issue.properties),
    }


def _history(found: Json) -> list[Json]:
    return [
        {
            "id": history["id"],
            "created": history["created"],
            "author": history["author"]["displayName"],
            "from": item["fromString"],
            "to": item["toString"],
        }
        for history in found["changelog"]["histories"]
        for item in history["items"]
        if item["field"] == "status"
    ]


def _plain(value: Any) -> Any:
    return value.get("value") if isinstance(value, dict) else value
