"""Jira's JSON for what the site remembers."""

import mimetypes
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bridge.sandbox.jira import adf, catalogue
from bridge.sandbox.jira.catalogue import Field, Status
from bridge.sandbox.jira.configuration import Arrow, IssueType, Project
from bridge.sandbox.jira.model import (
    Attachment,
    Change,
    Comment,
    Issue,
    IssueLink,
    Json,
    RemoteLink,
    Rich,
    User,
    stamp,
)  # fmt: skip
from bridge.sandbox.jira.site import Site


@dataclass(frozen=True)
class View:
    """How one caller sees the site: below which address, in which version, with e-mail addresses or not."""

    site: Site
    base: str
    version: str  # "2" or "3"
    emails: bool = False

    def url(self, path: str) -> str:
        return f"{self.base}/rest/api/{self.version}/{path}"

    def user(self, user: User | None) -> Json | None:
        if user is None:
            return None
        shown: Json = {"displayName": user.name, "active": True, "timeZone": "America/Sao_Paulo"}
        shown["avatarUrls"] = {
            f"{size}x{size}": f"{self.base}/avatar/{size}.png" for size in (48, 32, 24, 16)
        }
        if self.site.server:
            shown |= {
                "self": self.url(f"user?username={user.username}"),
                "name": user.username,
                "key": user.username,
            }
        else:
            me = user.account_id
            shown |= {"self": self.url(f"user?accountId={me}"), "accountId": me, "accountType": "atlassian"}
        # J9: on Cloud nobody's e-mail is seen but one's own
        return shown | ({"emailAddress": user.login} if self.emails or self.site.server else {})

    def status(self, status: Status) -> Json:
        category = status.category
        return {
            "self": self.url(f"status/{status.id}"),
            "description": status.description,
            "iconUrl": f"{self.base}/images/icons/statuses/generic.png",
            "name": status.name,
            "id": status.id,
            "statusCategory": {
                "self": self.url(f"statuscategory/{category.id}"),
                "id": category.id,
                "key": category.key,
                "colorName": category.colour,
                "name": category.name,
            },
        }

    def transition(self, transition: Arrow) -> Json:
        return {
            "id": transition.id,
            "name": transition.name,
            "to": self.status(self.site.statuses[transition.target]),
            "hasScreen": bool(transition.given.get("transitionScreen")),
            "isGlobal": transition.source is None,
            "isInitial": False,
            "isAvailable": True,
            "isConditional": False,
            "isLooped": False,
        }

    def project(self, project: Project) -> Json:
        return {
            "self": self.url(f"project/{project.id}"),
            "id": project.id,
            "key": project.key,
            "name": project.name,
            "projectTypeKey": "service_desk" if self.site.service_project else project.kind,
            "simplified": project.simplified,
            "avatarUrls": {},
        }

    def issue_type(self, issue_type: IssueType) -> Json:
        return {
            "self": self.url(f"issuetype/{issue_type.id}"),
            "id": issue_type.id,
            "description": issue_type.description,
            "iconUrl": f"{self.base}/images/icons/issuetypes/generic.svg",
            "name": issue_type.name,
            "subtask": False,
            "hierarchyLevel": 0,
        }

    def priority(self, key: str) -> Json:
        name = catalogue.PRIORITIES[key]
        icon = f"{self.base}/images/icons/priorities/{name.lower()}.svg"
        return {"self": self.url(f"priority/{key}"), "iconUrl": icon, "name": name, "id": key}

    def text(self, rich: Rich | None) -> Any:
        if rich is None:
            return None
        return rich.adf if self.version == "3" else rich.wiki

    def value(self, field: Field, value: Any) -> Any:
        """A settable field's value as GET issue shows it."""
        if field.kind == "project":
            return self.project(self.site.made.projects[value])
        if field.kind == "issuetype":
            return self.issue_type(self.site.made.types[value])
        if field.kind == "labels":
            return value or []
        if value is None:
            return None
        shapes: dict[str, Any] = {"rich": self.text, "user": self.user, "priority": self.priority}
        if field.kind == "option":
            return self.option(field, value)
        return shapes[field.kind](value) if field.kind in shapes else value

    def option(self, field: Field, option_id: str) -> Json:
        value = next((option.value for option in field.options if option.id == option_id), None)
        return {"self": self.url(f"customFieldOption/{option_id}"), "value": value, "id": option_id}

    def fields(self, issue: Issue, *, talk: bool = True) -> Json:
        """All fields of an issue; `talk` adds comments, which webhooks leave out."""
        shown = {each.id: self.value(each, issue.values.get(each.id)) for each in self.site.fields.values()}
        links = [self.issue_link(link, issue) for link in self.site.links_of(issue)]
        shown |= {
            "status": self.status(self.site.statuses[issue.status]),
            "statuscategorychangedate": stamp(issue.status_since),
            "created": stamp(issue.created),
            "updated": stamp(issue.updated),
            "creator": self.user(issue.creator),
            "resolution": None,
            "resolutiondate": None,
            "attachment": [self.attachment(each) for each in issue.attachments],
            "issuelinks": links,
            "watches": self.watches(issue),
        }
        return shown | ({"comment": self.comments(issue.comments)} if talk else {})

    def comments(self, comments: list[Comment], **options: bool) -> Json:
        shown = [self.comment(each, **options) for each in comments]
        return {"comments": shown, "maxResults": len(shown), "total": len(shown), "startAt": 0}

    def comment(self, comment: Comment, *, rendered: bool = False, properties: bool = False) -> Json:
        shown: Json = {
            "self": self.url(f"comment/{comment.id}"),
            "id": comment.id,
            "author": self.user(comment.author),
            "body": self.text(comment.body),
            "updateAuthor": self.user(comment.updater),
            "created": stamp(comment.created),
            "updated": stamp(comment.updated),
        }
        if comment.visibility:
            shown["visibility"] = comment.visibility
        if self.site.service_project:
            shown["jsdPublic"] = comment.properties.get("sd.public.comment") != {"internal": True}
        if properties:
            shown["properties"] = [{"key": key, "value": value} for key, value in comment.properties.items()]
        return shown | ({"renderedBody": str(adf.html(comment.body.wiki))} if rendered else {})

    def attachment(self, attachment: Attachment) -> Json:
        name = attachment.filename
        on_server = f"{self.base}/secure/attachment/{attachment.id}/{name}"
        return {
            "self": self.url(f"attachment/{attachment.id}"),
            "id": attachment.id,
            "filename": name,
            "author": self.user(attachment.author),
            "created": stamp(attachment.created),
            "size": len(attachment.content),
            "mimeType": attachment.mime or mimetypes.guess_type(name)[0] or "application/octet-stream",
            "content": on_server if self.site.server else self.url(f"attachment/content/{attachment.id}"),
        }

    def remote_link(self, issue: Issue, link: RemoteLink) -> Json:
        known = {
            key: link.given[key]
            for key in ("globalId", "application", "relationship", "object")
            if key in link.given
        }
        return {
            "id": link.id,
            "self": self.url(f"issue/{issue.key}/remotelink/{link.id}"),
            "application": {},
        } | known

    def link_type(self, key: str) -> Json:
        name, inward, outward = catalogue.LINK_TYPES[key]
        return {
            "id": key,
            "name": name,
            "inward": inward,
            "outward": outward,
            "self": self.url(f"issueLinkType/{key}"),
        }

    def issue_link(self, link: IssueLink, seen_from: Issue) -> Json:
        """Seen from one end, the link names the other."""
        side, other_id = (
            ("outwardIssue", link.destination)
            if seen_from.id == link.source
            else ("inwardIssue", link.source)
        )
        shown = {
            "id": link.id,
            "self": self.url(f"issueLink/{link.id}"),
            "type": self.link_type(link.type_id),
        }
        other = self.site.by_id.get(other_id)
        return shown | ({side: self.brief(other)} if other else {})

    def brief(self, issue: Issue) -> Json:
        """An issue as links and comment events show it."""
        names = ("summary", "issuetype", "project", "assignee", "priority")
        fields = {name: self.value(self.site.fields[name], issue.values.get(name)) for name in names}
        fields["status"] = self.status(self.site.statuses[issue.status])
        return {"id": issue.id, "self": self.url(f"issue/{issue.id}"), "key": issue.key, "fields": fields}

    def watches(self, issue: Issue) -> Json:
        count = len(issue.watchers)
        return {"self": self.url(f"issue/{issue.key}/watchers"), "watchCount": count, "isWatching": False}

    def change(self, change: Change) -> Json:
        return {
            "id": change.id,
            "author": self.user(change.author),
            "created": stamp(change.created),
            "items": list(change.items),
        }

    def changelog(self, issue: Issue) -> Json:
        """What expand=changelog shows: on Cloud a page, the newest first; on Server all, the oldest first."""
        changes = issue.history if self.site.server else issue.history[::-1][: self.site.changelog_page]
        histories = [self.change(each) for each in changes]
        return {
            "startAt": 0,
            "maxResults": len(histories),
            "total": len(issue.history),
            "histories": histories,
        }

    def rendered(self, issue: Issue) -> Json:
        values = {key: value for key, value in issue.values.items() if isinstance(value, Rich)}
        return {key: str(adf.html(value.wiki)) for key, value in values.items()}

    def issue(
        self, issue: Issue, *, fields: Iterable[str], expand: Iterable[str], properties: Iterable[str]
    ) -> Json:
        shown: Json = {
            "expand": "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations"
        }
        shown |= {"id": issue.id, "self": self.url(f"issue/{issue.id}"), "key": issue.key}
        shown["fields"] = chosen(self.fields(issue), list(fields))
        expand = set(expand)
        if "changelog" in expand:
            shown["changelog"] = self.changelog(issue)
        if "transitions" in expand:
            shown["transitions"] = [self.transition(each) for each in self.site.offered(issue)]
        if "renderedFields" in expand:
            shown["renderedFields"] = chosen(self.rendered(issue), list(fields))
        if "names" in expand:
            shown["names"] = {each.id: each.name for each in self.site.fields.values()} | dict(
                catalogue.READ_ONLY
            )
        wanted = set(properties)
        if wanted:
            kept = {key: value for key, value in issue.properties.items() if wanted & {key, "*all"}}
            shown["properties"] = kept
        return shown


def chosen(fields: Json, names: list[str]) -> Json:
    """The `fields` parameter: names, *all, *navigable (all but comments), and -name to leave one out."""
    taken = {name for name in names if not name.startswith("-")}
    left_out = {name[1:] for name in names if name.startswith("-")}
    if "*navigable" in taken:
        left_out |= {"comment"} - taken
    if taken & {"*all", "*navigable"} or not taken:
        return {key: value for key, value in fields.items() if key not in left_out}
    return {key: value for key, value in fields.items() if key in taken - left_out}
