"""Jira's administration in our verbs. Each makes or changes one thing; none deletes."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

from bridge.clients.errors import Refused, Unavailable
from bridge.clients.jira import paging
from bridge.clients.jira.site import server_info
from bridge.clients.jira.transport import SERVICE, Transport, segment
from bridge.config import JiraSettings
from bridge.provision.live import RECORD

Json = dict[str, Any]

HOOKS = {"root": "webhooks", "version": "1.0"}
HOOK_NAME = "Ponte de Chamados"
SECTION = "issue-related-events-section"
TASK_SECONDS = 300.0
PREFIX = "com.atlassian.jira.plugin.system.customfieldtypes:"
SEARCHERS = {
    "textfield": "textsearcher",
    "textarea": "textsearcher",
    "select": "multiselectsearcher",
    "url": "exacttextsearcher",
}


class Administration:
    """One site, seen by an administrator's account; `bridge` is the account that the tickets go through."""

    def __init__(self, bridge: JiraSettings, *, administrator: JiraSettings | None = None) -> None:
        self._bridge = Transport(bridge, connections=1)
        self._transport = Transport(administrator, connections=1) if administrator else self._bridge
        self._secret = bridge.webhook_secrets[0]
        self.cloud = server_info(self._transport).get("deploymentType", "Server") == "Cloud"
        self._version = "3" if self.cloud else "2"

    # --- asking

    def get(self, path: str, **params: Any) -> Any:
        return self._call("GET", path, params=params)

    def get_or_none(self, path: str, **params: Any) -> Any:
        """None where there is no such thing, or none that the account may see."""
        try:
            return self.get(path, **params)
        except Refused as error:
            if error.missing:
                return None
            raise

    def pages(self, path: str, name: str = "values", **params: Any) -> list[Json]:
        return paging.pages(self._call, path, name, **params)

    def asked(self, path: str, body: Json) -> Any:
        """A question that Jira takes as a POST."""
        return self._call("POST", path, json=body)

    def _call(self, method: str, path: str, **request: Any) -> Any:
        return self._transport.call(method, path, version=self._version, **request)

    def as_bridge(self, path: str, **params: Any) -> Any:
        """Seen by the account that the tickets go through."""
        return self._bridge.call("GET", path, version=self._version, params=params)

    def hooks(self) -> list[Json] | None:
        """None where the site has no such address (Data Center 10)."""
        try:
            return list(self._transport.call("GET", "webhook", **HOOKS))
        except Refused as error:
            if error.missing:
                return None
            raise

    # --- making

    def create_project(self, *, key: str, name: str) -> str:
        """A company-managed software project with the site's default schemes, led by the administrator."""
        me = self.get("myself")
        lead = {"leadAccountId": me["accountId"]} if self.cloud else {"lead": me["name"]}
        body = {"key": key, "name": name, "projectTypeKey": "software", "assigneeType": "UNASSIGNED"}
        return str(self.asked("project", body | lead)["id"])

    def delete_project(self, key: str) -> None:
        """For tests that made it."""
        self._transport.call("DELETE", f"project/{segment(key)}", version=self._version)

    def record(self, project: str, ids: Mapping[str, str]) -> None:
        """Keep on the project which ids our names stand for."""
        self._put(f"project/{segment(project)}/properties/{RECORD}", {"ids": dict(ids)})

    def create_issue_type(self, name: str) -> str:
        body = {"name": name, "type": "standard"}
        return str(self.asked("issuetype", body)["id"])

    def rename_issue_type(self, type_id: str, name: str) -> None:
        self._put(f"issuetype/{type_id}", {"name": name})

    def create_status(self, name: str, category: str) -> str:
        status = {"name": name, "statusCategory": category, "description": ""}
        return str(self.asked("statuses", {"scope": {"type": "GLOBAL"}, "statuses": [status]})[0]["id"])

    def change_status(self, status_id: str, *, name: str, category: str) -> None:
        self._put("statuses", {"statuses": [{"id": status_id, "name": name, "statusCategory": category}]})

    def create_workflow(self, workflow: Json, statuses: list[Json]) -> None:
        body = {"scope": {"type": "GLOBAL"}, "statuses": statuses, "workflows": [workflow]}
        self.asked("workflows/create", body)

    def update_workflow(self, workflow: Json, statuses: list[Json]) -> None:
        self.asked("workflows/update", {"statuses": statuses, "workflows": [workflow]})

    def create_workflow_scheme(self, name: str, *, default: str, by_type: Mapping[str, str]) -> str:
        body = {"name": name, "defaultWorkflow": default, "issueTypeMappings": dict(by_type)}
        return str(self.asked("workflowscheme", body)["id"])

    def assign_workflow_scheme(self, scheme: str, *, project: str) -> None:
        """At once where the project has no issues; otherwise Jira migrates them, which takes its time.

        Raises:
            Refused: issues are in statuses that the new workflow does not have.
        """
        body = {"projectId": project, "workflowSchemeId": scheme}
        try:
            self._put("workflowscheme/project", body)
        except Refused:
            answer = self.asked(
                "workflowscheme/project/switch", {"projectId": project, "targetSchemeId": scheme}
            )
            self._finish(answer)

    def create_type_scheme(self, name: str, types: list[str]) -> str:
        body = {"name": name, "issueTypeIds": types}
        return str(self.asked("issuetypescheme", body)["issueTypeSchemeId"])

    def add_to_type_scheme(self, scheme: str, type_id: str) -> None:
        self._put(f"issuetypescheme/{scheme}/issuetype", {"issueTypeIds": [type_id]})

    def assign_type_scheme(self, scheme: str, *, project: str) -> None:
        self._put("issuetypescheme/project", {"issueTypeSchemeId": scheme, "projectId": project})

    # --- fields

    def create_field(self, name: str, kind: str, *, description: str) -> str:
        body = {"name": name, "type": PREFIX + kind, "searcherKey": PREFIX + SEARCHERS[kind]}
        return str(self.asked("field", body | {"description": description})["id"])

    def rename_field(self, field: str, name: str) -> None:
        self._put(f"field/{field}", {"name": name})

    def create_context(self, field: str, name: str, *, project: str) -> str:
        body = {"name": name, "projectIds": [project], "issueTypeIds": []}
        return str(self.asked(f"field/{field}/context", body)["id"])

    def add_options(self, field: str, context: str, values: Iterable[str]) -> None:
        options = [{"value": value, "disabled": False} for value in values]
        self.asked(f"field/{field}/context/{context}/option", {"options": options})

    def enable_options(self, field: str, context: str, options: Iterable[str]) -> None:
        changed = [{"id": option, "disabled": False} for option in options]
        self._put(f"field/{field}/context/{context}/option", {"options": changed})

    # --- screens

    def create_screen(self, name: str) -> str:
        return str(self.asked("screens", {"name": name})["id"])

    def add_to_screen(self, screen: str, field: str) -> None:
        """On the first tab."""
        tab = self.get(f"screens/{screen}/tabs")[0]["id"]
        self.asked(f"screens/{screen}/tabs/{tab}/fields", {"fieldId": field})

    def create_screen_scheme(self, name: str, *, screen: str) -> str:
        return str(self.asked("screenscheme", {"name": name, "screens": {"default": int(screen)}})["id"])

    def create_type_screens(self, name: str, mappings: Mapping[str, str]) -> str:
        pairs = [{"issueTypeId": key, "screenSchemeId": value} for key, value in mappings.items()]
        return str(self.asked("issuetypescreenscheme", {"name": name, "issueTypeMappings": pairs})["id"])

    def assign_type_screens(self, scheme: str, *, project: str) -> None:
        body = {"issueTypeScreenSchemeId": scheme, "projectId": project}
        self._put("issuetypescreenscheme/project", body)

    # --- who may, and who is told

    def create_permission_scheme(self, name: str, grants: list[Json]) -> int:
        return int(self.asked("permissionscheme", {"name": name, "permissions": grants})["id"])

    def grant(self, scheme: int, grant: Json) -> None:
        self.asked(f"permissionscheme/{scheme}/permission", grant)

    def assign_permission_scheme(self, scheme: int, *, project: str) -> None:
        self._put(f"project/{segment(project)}/permissionscheme", {"id": scheme})

    def save_hook(self, url: str, *, events: Iterable[str], jql: str, hook: str | None) -> None:
        """Register the webhook, or bring the one with this id up to date; with our secret either way (J8)."""
        body = {
            "name": HOOK_NAME,
            "url": url,
            "events": list(events),
            "filters": {SECTION: jql},
            "excludeBody": False,
            "enabled": True,
            "secret": self._secret.reveal(),
        }
        method, path = ("PUT", f"webhook/{hook}") if hook else ("POST", "webhook")
        self._transport.call(method, path, json=body, **HOOKS)

    # --- how

    def _put(self, path: str, body: Any) -> Any:
        return self._transport.call("PUT", path, version=self._version, json=body)

    def _finish(self, answer: Json | None) -> None:
        """Wait until a long task is over.

        Raises:
            Refused: it failed. Unavailable: it takes longer than five minutes.
        """
        address = str((answer or {}).get("task", ""))
        until = time.monotonic() + TASK_SECONDS
        while address and time.monotonic() < until:
            task = self.get(f"task/{segment(address.rpartition('/')[2])}")
            if task["status"] == "COMPLETE":
                return
            if task["status"] in {"FAILED", "CANCELLED", "DEAD"}:
                raise Refused(SERVICE, f"gave up on a task: {task.get('message') or task['status']}")
            time.sleep(0.2)
        if address:
            raise Unavailable(SERVICE, "is still migrating issues; run this again later")
