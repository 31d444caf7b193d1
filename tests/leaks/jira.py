"""The paths of Jira's REST API that the bridge's client asks, over one issue in memory."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from bridge.clients.errors import Refused, Unavailable
from mappings.model import Mappings
from tests.leaks.issue import BRIDGE, Issue, Json, who

TYPE_ID = "10"


class JiraApi:
    """Stands in for the client's transport: the client itself and its reading are the real ones."""

    def __init__(self, mappings: Mappings) -> None:
        self._mappings = mappings
        self.issue: Issue
        self.down = False
        self.seen: set[str] = set()
        """The words that were public when the bridge last looked at the issue."""
        self.meanwhile: Callable[[], None] = lambda: None
        """What people do right after Jira has answered."""

    def call(self, method: str, path: str, *, version: str, root: str = "api", **request: Any) -> Any:
        found = getattr(self, f"_{method.lower()}_{path.split('/', maxsplit=1)[0]}", None)
        if found is None:
            raise AssertionError(f"{method} {path}")
        return found(path.split("/")[1:], request)

    # --- the site

    def _get_serverInfo(self, rest: list[str], request: Json) -> Json:
        return {"deploymentType": "Cloud" if self.issue.cloud else "Server"}

    def _get_field(self, rest: list[str], request: Json) -> list[Json]:
        form = self._mappings.form
        names = [one.jira for one in form.fields.values()] + list(vars(form.own).values())
        return [
            {"id": f"customfield_{place}", "name": name, "custom": True} for place, name in enumerate(names)
        ]

    def _get_project(self, rest: list[str], request: Json) -> Any:
        if rest[1:] == ["statuses"]:
            statuses = [{"id": number, "name": name} for name, number in self.issue.statuses.items()]
            return [{"id": TYPE_ID, "name": self._mappings.form.issue_type, "statuses": statuses}]
        if rest[1:]:
            raise Refused("Jira", "no such property (404)", missing=True)
        kind = "service_desk" if self.issue.service else "software"
        types = [{"id": TYPE_ID, "name": self._mappings.form.issue_type}]
        return {"projectTypeKey": kind, "issueTypes": types}

    def _get_myself(self, rest: list[str], request: Json) -> Json:
        return who(BRIDGE)

    # --- the issue

    def _post_issue(self, rest: list[str], request: Json) -> Any:
        if not rest:
            return {"id": self.issue.id, "key": f"ERP-{self.issue.id}"}
        if rest[1] == "comment":
            return self._comment(request["json"])
        self._refuse_while_down()
        self.issue.move(request["json"]["transition"]["id"], author=BRIDGE)
        return None

    def _comment(self, given: Json) -> Json:
        self._refuse_while_down()
        made = self.issue.say(BRIDGE, "", given["body"], marked=False, properties=given["properties"])
        return {"id": made.id}

    def _get_issue(self, rest: list[str], request: Json) -> Any:
        self._refuse_while_down()
        if rest[1:] == ["comment"]:
            found = self.issue.shown_comments()
            for shown, one in zip(found, self.issue.comments, strict=True):
                shown["properties"] = one.properties
            return {"comments": found, "total": len(found)}
        answer: Json = {"id": self.issue.id, "key": f"ERP-{self.issue.id}"}
        answer["fields"] = self.issue.fields(request["params"]["fields"])
        if "changelog" in request["params"].get("expand", ""):
            histories = list(self.issue.histories)
            answer["changelog"] = {"histories": histories, "total": len(histories)}
            answer["transitions"] = self._offered()
            self.seen = self.issue.public_words()
            self.meanwhile()
        return answer

    def _offered(self) -> list[Json]:
        leaves_to = self._mappings.workflow.statuses[self.issue.status].leaves_to
        return [{"id": to, "to": {"id": self.issue.statuses[to], "name": to}} for to in leaves_to]

    def _refuse_while_down(self) -> None:
        self.issue.clock.now += timedelta(milliseconds=50)
        if self.down:
            raise Unavailable("Jira", "failed (503)")
