"""Attachments, remote links and links between issues."""

from typing import Any
from urllib.parse import urlsplit

from bridge.sandbox.jira import catalogue
from bridge.sandbox.jira.errors import invalid, not_found
from bridge.sandbox.jira.model import Attachment, Issue, IssueLink, Json, RemoteLink, User
from bridge.sandbox.jira.site import Site


def attach(site: Site, issue: Issue, user: User, *, filename: str, mime: str, content: bytes) -> Attachment:
    attachment = Attachment(
        id=site.serial("attachment"),
        filename=filename,
        mime=mime,
        content=content,
        author=user,
        created=site.clock(),
    )
    issue.attachments.append(attachment)
    _recorded(site, issue, user, _item("Attachment", "attachment", to=(attachment.id, filename)))
    site.publish("attachment_created", issue, user, attachment=attachment)
    return attachment


def detach(site: Site, issue: Issue, user: User, attachment: Attachment) -> None:
    issue.attachments.remove(attachment)
    gone = (attachment.id, attachment.filename)
    _recorded(site, issue, user, _item("Attachment", "attachment", gone=gone))
    site.publish("attachment_deleted", issue, user, attachment=attachment)


def the_attachment(site: Site, attachment_id: str) -> tuple[Issue, Attachment]:
    for issue in site.by_id.values():
        for attachment in issue.attachments:
            if attachment.id == attachment_id:
                return issue, attachment
    raise not_found(f"The attachment with id '{attachment_id}' does not exist")


def link_remote(site: Site, issue: Issue, user: User, body: Json) -> tuple[RemoteLink, bool]:
    """The same globalId updates, a new one (or none) creates. True when created."""
    check_remote(body)
    known = next((link for link in issue.remote_links if _same_global(link, body)), None)
    if known:
        known.given = body
        site.touch(issue)
        return known, False
    link = RemoteLink(id=int(site.serial("remote")), given=body)
    issue.remote_links.append(link)
    title = f'This issue links to "{body["object"]["title"]} (Web Link)"'
    _recorded(site, issue, user, _item("RemoteIssueLink", None, to=(str(link.id), title)))
    return link, True


def _same_global(link: RemoteLink, body: Json) -> bool:
    return bool(body.get("globalId")) and link.given.get("globalId") == body["globalId"]


def check_remote(body: Json) -> None:
    target = body.get("object")
    target = target if isinstance(target, dict) else {}
    faults = {name: f"'{name}' is required." for name in ("title", "url") if not target.get(name)}
    if not faults and urlsplit(str(target["url"])).scheme not in ("http", "https"):
        faults["url"] = "The URL is not valid."
    for name, text in (("globalId", body.get("globalId")), ("title", target.get("title"))):
        if text and len(str(text)) > 255:
            faults[name] = f"'{name}' must be at most 255 characters."
    if faults:
        raise invalid(**faults)


def the_remote(issue: Issue, *, link_id: str | None = None, global_id: str | None = None) -> RemoteLink:
    for link in issue.remote_links:
        if str(link.id) == link_id or (global_id is not None and link.given.get("globalId") == global_id):
            return link
    raise not_found("The requested remote issue link does not exist.")


def unlink_remote(site: Site, issue: Issue, user: User, link: RemoteLink) -> None:
    issue.remote_links.remove(link)
    title = f'This issue links to "{link.given["object"]["title"]} (Web Link)"'
    _recorded(site, issue, user, _item("RemoteIssueLink", None, gone=(str(link.id), title)))


def link_issues(site: Site, user: User, body: Json) -> IssueLink:
    """`inwardIssue` <outward name> `outwardIssue`: the names in the request are as confusing as in Jira."""
    type_id = _link_type(body.get("type") or {})
    source, destination = (_named(site, body.get(name)) for name in ("inwardIssue", "outwardIssue"))
    if source is destination:
        raise invalid("You cannot link an issue to itself.")
    link = IssueLink(id=site.serial("link"), type_id=type_id, source=source.id, destination=destination.id)
    site.links[link.id] = link
    _, inward, outward = catalogue.LINK_TYPES[type_id]
    for issue, other, verb in ((source, destination, outward), (destination, source, inward)):
        site.record(issue, user, [_item("Link", None, to=(other.key, f"This issue {verb} {other.key}"))])
        site.touch(issue)
    site.publish("issuelink_created", source, user, link=link)
    return link


def _link_type(given: Json) -> str:
    for key, (name, _, _) in catalogue.LINK_TYPES.items():
        if str(given.get("id", "")) == key or str(given.get("name", "")).lower() == name.lower():
            return key
    raise not_found(f"No issue link type with name '{given.get('name') or given.get('id')}' found.")


def _named(site: Site, given: Any) -> Issue:
    given = given if isinstance(given, dict) else {}
    return site.issue(str(given.get("key") or given.get("id") or ""))


_Side = tuple[str | None, str | None]


def _item(field: str, field_id: str | None, *, gone: _Side = (None, None), to: _Side = (None, None)) -> Json:
    item = {
        "field": field,
        "fieldtype": "jira",
        "from": gone[0],
        "fromString": gone[1],
        "to": to[0],
        "toString": to[1],
    }
    return item | ({"fieldId": field_id} if field_id else {})


def _recorded(site: Site, issue: Issue, user: User, item: Json) -> None:
    change = site.record(issue, user, [item])
    site.touch(issue)
    site.publish("jira:issue_updated", issue, user, kind="issue_updated", change=change)
