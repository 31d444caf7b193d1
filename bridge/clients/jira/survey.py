"""A look at a whole site: what its administration holds, as far as the account may see it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from bridge.clients.errors import Refused
from bridge.clients.jira.administration import PREFIX, SECTION, Administration
from bridge.clients.jira.transport import segment
from bridge.clients.jira.workflows import read_workflow
from bridge.provision.live import (
    RECORD,
    Demanded,
    Live,
    LiveField,
    LiveHook,
    LiveOption,
    LiveProject,
    LiveScreen,
    LiveStatus,
    LiveWorkflow,
)
from bridge.provision.wanted import EVENTS, Wanted
from mappings.model import Category

Json = dict[str, Any]
MARK = "chamados jira apply"
"""In the description of the fields that we made, so that they are known again after an interruption."""
WORDS = {"TODO": Category.NEW, "IN_PROGRESS": Category.IN_PROGRESS, "DONE": Category.DONE}
DEFAULT_SCREENS = "1"
"""The id of the scheme that Jira gives to every project at first."""


def look(site: Administration, wanted: Wanted) -> Live:
    """Read everything that the comparison needs; about 40 calls for an administrator, 10 for others."""
    return _Look(site, wanted).live()


class _Look:
    def __init__(self, site: Administration, wanted: Wanted) -> None:
        self._site, self._wanted = site, wanted
        granted = site.get("mypermissions", permissions="ADMINISTER")["permissions"]
        self._administers = bool(granted.get("ADMINISTER", {}).get("havePermission"))
        self._full = self._administers and site.cloud
        self._record = self._recorded()
        self._types = {str(one["id"]): str(one["name"]) for one in site.get("issuetype")}
        self._type = self._our_type()
        self._project = self._read_project()
        self._offered = self._type if self._project and self._type in self._project.types else None

    def live(self) -> Live:
        fields = tuple(self._fields())
        create = self._create_fields()
        hooks = self._hooks()
        screens, shared = self._screens()
        workflow = self._used_workflow()
        return Live(
            cloud=self._site.cloud,
            administers=self._administers,
            account=self._account(),
            record=self._record,
            project=self._project,
            types=self._types,
            statuses=tuple(self._statuses()),
            workflow=workflow,
            workflow_readable=self._full,
            own_workflow=self._own_workflow(workflow),
            fields=tuple(self._detailed(one, create or []) for one in fields),
            screens=screens,
            screens_shared=shared,
            own_screen=self._own_screen(screens),
            on_create=None if create is None else frozenset(str(one["fieldId"]) for one in create),
            demanded=tuple(_demanded(create or [])),
            permissions=self._permissions(),
            hook=self._hook(hooks or []),
            hooks_readable=hooks is not None,
        )

    # --- the place

    def _recorded(self) -> dict[str, str]:
        path = f"project/{segment(self._wanted.project)}/properties/{RECORD}"
        found = self._site.get_or_none(path)
        return dict(found["value"].get("ids", {})) if found else {}

    def _our_type(self) -> str | None:
        named = [key for key, name in self._types.items() if name == self._wanted.issue_type]
        recorded = self._record.get(f"type/{self._wanted.issue_type}", "")
        return next(iter(named), recorded if recorded in self._types else None)

    def _read_project(self) -> LiveProject | None:
        key = segment(self._wanted.project)
        found = self._site.get_or_none(f"project/{key}")
        if found is None:
            return None
        boards = self._site.get(f"project/{key}/statuses")
        ours = [status for one in boards if str(one["id"]) == self._type for status in one["statuses"]]
        return LiveProject(
            id=str(found["id"]),
            simplified=bool(found.get("simplified")),
            types={str(one["id"]): str(one["name"]) for one in found["issueTypes"]},
            statuses=frozenset(str(one["id"]) for one in ours),
        )

    def _account(self) -> str:
        me = self._site.as_bridge("myself")
        return str(me["accountId" if self._site.cloud else "name"])

    def _permissions(self) -> dict[str, bool]:
        wanted, project = self._wanted.permissions, self._wanted.project
        try:
            found = self._site.as_bridge("mypermissions", permissions=",".join(wanted), projectKey=project)
        except Refused as error:
            if not error.missing:
                raise
            return {}
        return {name: bool(found["permissions"].get(name, {}).get("havePermission")) for name in wanted}

    # --- the board

    def _statuses(self) -> Iterator[LiveStatus]:
        if self._full:
            for one in self._site.pages("statuses/search"):
                yield LiveStatus(
                    id=str(one["id"]), name=one["name"], category=WORDS.get(one["statusCategory"])
                )
            return
        for one in self._site.get("status"):
            category = str(one["statusCategory"]["key"])
            name = str(one.get("untranslatedName") or one["name"])
            known = Category(category) if category in set(Category) else None
            yield LiveStatus(id=str(one["id"]), name=name, category=known)

    def _used_workflow(self) -> LiveWorkflow | None:
        if not (self._full and self._project and self._offered):
            return None
        place = {"projectId": self._project.id, "issueTypeId": self._offered}
        return self._workflow({"projectAndIssueTypes": [place]})

    def _own_workflow(self, used: LiveWorkflow | None) -> LiveWorkflow | None:
        if not self._full or (used and used.name == self._wanted.own):
            return used
        return self._workflow({"workflowNames": [self._wanted.own]})

    def _workflow(self, wanted: Json) -> LiveWorkflow | None:
        found = self._site.asked("workflows", wanted)
        if not found["workflows"]:
            return None
        return read_workflow(found, shared=self._is_shared(found["workflows"][0]))

    def _is_shared(self, raw: Json) -> bool:
        if raw["name"] == self._wanted.own:
            return False
        if not raw.get("isEditable", True):
            return True
        users = self._site.get(f"workflow/{segment(str(raw['id']))}/projectUsages")["projects"]["values"]
        return {str(one["id"]) for one in users} != {self._project.id if self._project else ""}

    # --- fields

    def _fields(self) -> Iterator[LiveField]:
        found = self._site.pages("field/search", type="custom") if self._full else self._site.get("field")
        for one in found:
            kind = str((one.get("schema") or {}).get("custom", ""))
            if kind:
                yield LiveField(
                    id=str(one["id"]),
                    name=str(one.get("untranslatedName") or one["name"]),
                    type=kind.removeprefix(PREFIX),
                    made_by_us=self._mark() in str(one.get("description") or ""),
                )

    def _mark(self) -> str:
        return mark(self._wanted)

    def _detailed(self, field: LiveField, create: list[Json]) -> LiveField:
        """With its context and options, if it is one of those that we want."""
        names = {one.name: one for one in self._wanted.fields}
        ours = {self._record.get(f"field/{name}") for name in names}
        if not (field.name in names or field.id in names or field.id in ours):
            return field
        shown = next((one for one in create if one["fieldId"] == field.id), None)
        if self._full and shown and field.type != "select":
            return replace(field, context="")
        if self._full:
            return self._configured(field)
        allowed = [
            LiveOption(id=str(one["id"]), value=one["value"])
            for one in (shown or {}).get("allowedValues") or []
        ]
        return replace(field, options=tuple(allowed) if shown else None)

    def _configured(self, field: LiveField) -> LiveField:
        if not (self._project and self._type):
            return field
        place = {"projectId": self._project.id, "issueTypeId": self._type}
        [mapped] = self._site.asked(f"field/{field.id}/context/mapping", {"mappings": [place]})["values"]
        context = mapped.get("contextId")
        if context is None or field.type != "select":
            return replace(field, context=context and str(context))
        found = self._site.pages(f"field/{field.id}/context/{context}/option")
        options = tuple(
            LiveOption(id=str(one["id"]), value=one["value"], disabled=bool(one.get("disabled")))
            for one in found
        )
        return replace(field, context=str(context), options=options)

    def _create_fields(self) -> list[Json] | None:
        """What a creation may set, as the bridge's own account sees it."""
        if not (self._project and self._offered):
            return None
        path = f"issue/createmeta/{segment(self._wanted.project)}/issuetypes/{self._offered}"
        return self._site.pages(path, "fields" if self._site.cloud else "values")

    # --- screens

    def _screens(self) -> tuple[dict[str, LiveScreen] | None, bool]:
        if not (self._full and self._project and self._offered):
            return None, True
        [scheme] = self._site.pages("issuetypescreenscheme/project", projectId=self._project.id)
        found = str(scheme["issueTypeScreenScheme"]["id"])
        items = self._site.pages("issuetypescreenscheme/mapping", issueTypeScreenSchemeId=found)
        mappings = {str(one["issueTypeId"]): str(one["screenSchemeId"]) for one in items}
        chosen = mappings.get(self._offered, mappings["default"])
        [screens] = [one["screens"] for one in self._site.pages("screenscheme", id=chosen)]
        used = {name: str(screens.get(name, screens["default"])) for name in ("create", "edit", "view")}
        read = {one: self._screen(one) for one in set(used.values())}
        users = self._site.pages(f"issuetypescreenscheme/{found}/project")
        return {name: read[one] for name, one in used.items()}, found == DEFAULT_SCREENS or len(users) > 1

    def _screen(self, screen: str) -> LiveScreen:
        [named] = [one["name"] for one in self._site.pages("screens", id=screen)]
        return LiveScreen(id=screen, name=str(named), fields=self._on_screen(screen))

    def _on_screen(self, screen: str) -> frozenset[str]:
        tabs = self._site.get(f"screens/{screen}/tabs")
        paths = [f"screens/{screen}/tabs/{tab['id']}/fields" for tab in tabs]
        return frozenset(str(one["id"]) for path in paths for one in self._site.get(path))

    def _own_screen(self, used: dict[str, LiveScreen] | None) -> LiveScreen | None:
        if not self._administers:
            return None
        for screen in (used or {}).values():
            if screen.name == self._wanted.own:
                return screen
        for one in self._site.pages("screens"):
            if one["name"] == self._wanted.own:
                return LiveScreen(id=str(one["id"]), name=one["name"], fields=self._on_screen(str(one["id"])))
        return None

    # --- the webhook

    def _hooks(self) -> list[Json] | None:
        return self._site.hooks() if self._administers else None

    def _hook(self, hooks: list[Json]) -> LiveHook | None:
        """The one that calls us; of several, the one that needs the least mending."""
        ours = [one for one in hooks if str(one.get("url", "")).rstrip("/") == self._wanted.hook_url]
        ours.sort(key=lambda one: len(set(EVENTS) & set(one.get("events") or [])), reverse=True)
        for one in ours:
            return LiveHook(
                id=str(one["self"]).rpartition("/")[2],
                events=frozenset(one.get("events") or []),
                jql=str((one.get("filters") or {}).get(SECTION) or ""),
                enabled=bool(one.get("enabled", True)),
                signed=bool(one.get("isSigned", True)),
            )
        return None


def mark(wanted: Wanted) -> str:
    return f"{MARK} ({wanted.project})"


def _demanded(create: list[Json]) -> Iterator[Demanded]:
    for one in create:
        if one.get("required") and not one.get("hasDefaultValue"):
            yield Demanded(id=str(one["fieldId"]), name=str(one["name"]))
