"""Jira in our verbs. Cloud (v3, ADF) or Data Center (v2, wiki markup), as serverInfo says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.actions import Link
from bridge.clients.errors import Refused
from bridge.clients.jira import adf, documents, paging, reading, wiki
from bridge.clients.jira.documents import Block, Paragraph
from bridge.clients.jira.files import Files
from bridge.clients.jira.searches import PROPERTY, Searches
from bridge.clients.jira.site import server_info
from bridge.clients.jira.transport import segment
from bridge.clients.limits import Limiter
from bridge.config import JiraSettings
from bridge.domain import Issue, JiraComment, PullRequest
from mappings.form import FieldType
from mappings.model import Mappings

Json = dict[str, Any]
Answer = str | list[str]

TALK = ("comment", "security")
"""The fields that say what was said, and to whom."""
CUT_SHORT = "O texto foi cortado, porque é mais longo do que o Jira aceita."
_LINES = {FieldType.TEXT, FieldType.EMAIL}


@dataclass(frozen=True, kw_only=True)
class NewIssue:
    """An issue to be filed, in the mappings' own names."""

    summary: str
    description: Sequence[Block]
    answers: Mapping[str, Answer]
    """Form field name to answer; fields without an answer are left out."""
    partner: str
    reference: str
    marker: str
    url: str
    """The ticket's page."""


class Jira(Searches):
    """One site, as the bridge reads and writes it."""

    def __init__(
        self, settings: JiraSettings, mappings: Mappings, *, connections: int, limiter: Limiter | None = None
    ) -> None:
        super().__init__(settings, mappings, connections=connections, limiter=limiter)
        self.files = Files(self._transport, self._call, lambda: self.site)

    # --- the site

    def server_info(self) -> Json:
        return server_info(self._transport)

    def myself(self) -> str:
        """The name of the account that the token belongs to."""
        return str(self._call("GET", "myself").get("displayName", ""))

    def shows_project(self) -> bool:
        """Whether our account may see the project: where it may not, no issue is there for it either."""
        try:
            self._call("GET", f"project/{segment(self._settings.project)}")
        except Refused as error:
            if error.missing:
                return False
            raise
        return True

    def browse_url(self, key: str) -> str:
        return f"{self._settings.url}/browse/{key}"

    # --- reading

    def observe(self, issue_id: str) -> Issue:
        """The issue with its changelog, comments and offered transitions: one call, unless they are long.

        Raises:
            Refused: with `missing` when the issue is gone.
        """
        site = self.site
        fields = ["status", "assignee", "duedate", "updated", *TALK, "attachment"]
        found = self._call(
            "GET",
            f"issue/{segment(issue_id)}",
            params={
                "fields": ",".join([*fields, *reading.own_fields(site)]),
                "expand": "changelog,transitions",
            },
        )
        comments = found["fields"].get("comment") or {"comments": []}
        return reading.issue(found, self._histories(found), self._comments(found, comments), site)

    def comments(self, issue_id: str) -> tuple[JiraComment, ...]:
        """The issue's comments as they are at this moment: one call, unless they are many.

        Raises:
            Refused: with `missing` when the issue is gone.
        """
        path = f"issue/{segment(issue_id)}"
        fields = self._call("GET", path, params={"fields": ",".join(TALK)})["fields"]
        shown = self._comments({"id": issue_id}, fields.get("comment") or {"comments": []})
        return reading.said(fields, shown, self.site)

    def transitions(self, issue_id: str) -> dict[str, str]:
        """Target status name to transition id, as offered now."""
        found = self._call("GET", f"issue/{segment(issue_id)}/transitions")
        return {self.site.status_name(one["to"]): str(one["id"]) for one in found["transitions"]}

    def marked(self, issue_id: str, marker: str) -> tuple[str, str] | None:
        """(id, key) of this issue if it bears the label; read directly, so at once."""
        try:
            found = self._call("GET", f"issue/{segment(issue_id)}", params={"fields": "labels"})
        except Refused as error:
            if error.missing:
                return None
            raise
        return (str(found["id"]), str(found["key"])) if marker in found["fields"]["labels"] else None

    # --- writing

    def create(self, new: NewIssue) -> tuple[str, str]:
        """File an issue with all its fields, its label and property in one call; (id, key).

        The description is to be one that `fitted` gave. Not idempotent (R5): an `Unavailable` with
        `unknown_outcome` must not be answered by another call.
        """
        facts = {"reference": new.reference, "marker": new.marker, "partner": new.partner, "url": new.url}
        property_ = {"key": PROPERTY, "value": facts}
        found = self._call("POST", "issue", json={"fields": self._fields(new), "properties": [property_]})
        return str(found["id"]), str(found["key"])

    def link(self, issue_id: str, link: Link) -> None:
        """Show a pull request on the issue; the same one again brings its link up to date."""
        one = link.pull_request
        self._call(
            "POST",
            f"issue/{segment(issue_id)}/remotelink",
            json={
                "globalId": _global_id(one),
                "relationship": "pull request",
                "object": {
                    "url": one.url,
                    "title": link.title,
                    "summary": link.summary,
                    "status": {"resolved": link.resolved},
                },
            },
        )

    def unlink(self, issue_id: str, one: PullRequest) -> None:
        """Take a pull request off the issue; done as well when it is not on it."""
        path = f"issue/{segment(issue_id)}/remotelink"
        try:
            self._call("DELETE", path, params={"globalId": _global_id(one)})
        except Refused as error:
            if not error.missing:
                raise

    def link_duplicate(self, key: str, *, of: str) -> None:
        """Say that one issue duplicates another. Jira keeps one link of a kind between two issues."""
        link = {"type": {"name": "Duplicate"}, "inwardIssue": {"key": key}, "outwardIssue": {"key": of}}
        self._call("POST", "issueLink", json=link)

    def move(self, issue_id: str, transition_id: str) -> None:
        path = f"issue/{segment(issue_id)}/transitions"
        self._call("POST", path, json={"transition": {"id": transition_id}})

    def assign(self, issue_id: str, account: str) -> None:
        """
        Raises:
            Refused: nobody by that account, or nobody who may be assigned.
        """
        who = {"accountId" if self.site.cloud else "name": account}
        self._call("PUT", f"issue/{segment(issue_id)}/assignee", json=who)

    def set_field(self, issue_id: str, field: str, value: str) -> None:
        fields = {self.site.field(field): value}
        self._call("PUT", f"issue/{segment(issue_id)}", json={"fields": fields})

    def fitted(self, blocks: Sequence[Block], *, notice: str) -> tuple[list[Block], bool]:
        """The blocks as this site takes them, and whether they are whole; if not, `notice` says so first."""
        size = adf.size if self.site.cloud else wiki.size
        return documents.fitted(blocks, size=size, notice=notice)

    def comment(self, issue_id: str, blocks: Sequence[Block], *, marker: str) -> str:
        """Write a comment that bears `marker` as a property; its id. On service projects it is internal.

        What is too long is cut, and says so.
        """
        body = self._document(self.fitted(blocks, notice=CUT_SHORT)[0])
        properties: list[Json] = [{"key": PROPERTY, "value": {"marker": marker}}]
        if self.site.service_desk:
            # A public one would have Jira write to its own portal's customers (R13).
            properties.append({"key": "sd.public.comment", "value": {"internal": True}})
        found = self._call(
            "POST", f"issue/{segment(issue_id)}/comment", json={"body": body, "properties": properties}
        )
        return str(found["id"])

    def find_comment(self, issue_id: str, marker: str) -> str | None:
        """The comment that bears `marker`, read directly (not from the lagging index)."""
        found = self._call(
            "GET",
            f"issue/{segment(issue_id)}/comment",
            params={"expand": "properties", "orderBy": "-created", "maxResults": paging.PAGE},
        )
        for one in found["comments"]:
            for entry in one.get("properties") or []:
                if entry.get("key") == PROPERTY and entry.get("value", {}).get("marker") == marker:
                    return str(one["id"])
        return None

    # --- how

    def _fields(self, new: NewIssue) -> Json:
        site, form = self.site, self._mappings.form
        fields: Json = {
            "project": {"key": self._settings.project},
            "issuetype": {"id": site.issue_type(form.issue_type)},
            "summary": documents.one_line(new.summary),
            "description": self._document(new.description),
            "labels": [new.marker],
            site.field("partner"): documents.one_line(new.partner),
            site.field("reference"): new.reference,
        }
        for name, answer in new.answers.items():
            fields[site.field(name)] = self._value(form.fields[name].type, answer)
        return fields

    def _value(self, kind: FieldType, answer: Answer) -> Any:
        if kind is FieldType.CHOICE:
            return {"value": answer}
        text = answer if isinstance(answer, str) else "\n".join(answer)
        if kind in _LINES:
            return documents.one_line(text)
        # In v3 a paragraph field takes a document, as descriptions do.
        return self._document(self.fitted([Paragraph(text)], notice=CUT_SHORT)[0])

    def _document(self, blocks: Sequence[Block]) -> Any:
        return adf.adf(blocks) if self.site.cloud else wiki.wiki(blocks)

    def _histories(self, found: Json) -> list[Json]:
        """The whole changelog: the issue's own copy, or by page where that is cut short."""
        changelog = found.get("changelog") or {"histories": [], "total": 0}
        if changelog.get("total", 0) <= len(changelog["histories"]) or not self.site.cloud:
            return list(changelog["histories"])
        return paging.pages(self._call, f"issue/{found['id']}/changelog", "values")

    def _comments(self, found: Json, shown: Json) -> list[Json]:
        if shown.get("total", 0) <= len(shown["comments"]):
            return list(shown["comments"])
        return paging.pages(self._call, f"issue/{found['id']}/comment", "comments")


def _global_id(one: PullRequest) -> str:
    """The remote link's own name on an issue: the same one is never there twice."""
    return f"github-pull-request:{one.repository_id}:{one.number}"
