"""Carries out the differences that the comparison found, one at a time; what is there already is used."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from bridge.clients.errors import Refused
from bridge.clients.jira.administration import Administration
from bridge.clients.jira.survey import mark
from bridge.clients.jira.transport import SERVICE, segment
from bridge.clients.jira.workflows import drawn, extended, status_entries
from bridge.provision import Change, Kind, Live, Wanted
from bridge.provision.wanted import BUILT_IN, EVENTS
from mappings.model import Category

Json = dict[str, Any]
WORDS = {Category.NEW: "TODO", Category.IN_PROGRESS: "IN_PROGRESS", Category.DONE: "DONE"}


class Builder:
    """One pass over a site. It never deletes, and never changes a scheme or a screen that others use."""

    def __init__(self, site: Administration, wanted: Wanted, live: Live) -> None:
        self._site, self._wanted, self._live = site, wanted, live
        self._ids = {**live.record, **_found(wanted, live)}
        self._contexts = {one.id: one.context for one in live.fields if one.context}
        self._own_screen = live.own_screen.id if live.own_screen else ""

    def carry_out(self, change: Change) -> None:
        """
        Raises:
            Refused, Unavailable: it was not carried out, or not wholly; a new comparison knows how far.
        """
        step: Callable[[Change], None] = {
            Kind.PROJECT: self._project,
            Kind.ISSUE_TYPE: self._issue_type,
            Kind.TYPE_SCHEME: self._type_scheme,
            Kind.STATUS: self._status,
            Kind.WORKFLOW: self._workflow,
            Kind.TRANSITION: self._transition,
            Kind.WORKFLOW_SCHEME: self._workflow_scheme,
            Kind.FIELD: self._field,
            Kind.CONTEXT: self._context,
            Kind.OPTIONS: self._options,
            Kind.SCREEN: self._screen,
            Kind.SCREEN_SCHEME: self._screen_scheme,
            Kind.PERMISSIONS: self._permissions,
            Kind.WEBHOOK: self._webhook,
        }[change.kind]
        step(change)

    def remember(self) -> None:
        """Write down on the project what has which id; nothing where it stands there already."""
        kept = {key: value for key, value in self._ids.items() if key != "project"}
        if "project" in self._ids and kept != dict(self._live.record):
            self._site.record(self._wanted.project, kept)

    def _id(self, kind: str, name: str = "") -> str:
        found = self._ids.get(f"{kind}/{name}" if name else kind)
        if not found:
            raise Refused(SERVICE, f'the {kind} "{name or self._wanted.project}" is not there yet')
        return found

    # --- the place

    def _project(self, change: Change) -> None:
        name = f"Chamados {self._wanted.project}"
        self._ids["project"] = self._site.create_project(key=self._wanted.project, name=name)

    def _issue_type(self, change: Change) -> None:
        if "id" in change.facts:
            self._site.rename_issue_type(change.facts["id"], change.name)
        else:
            self._ids[f"type/{change.name}"] = self._site.create_issue_type(change.name)

    def _type_scheme(self, change: Change) -> None:
        project, type_id = self._id("project"), self._id("type", self._wanted.issue_type)
        [used] = self._site.pages("issuetypescheme/project", projectId=project)
        scheme = used["issueTypeScheme"]
        if scheme["name"] == change.name:
            self._site.add_to_type_scheme(str(scheme["id"]), type_id)
            return
        items = self._site.pages("issuetypescheme/mapping", issueTypeSchemeId=scheme["id"])
        name = free(change.name, self._names("issuetypescheme"))
        made = self._site.create_type_scheme(name, [*(str(one["issueTypeId"]) for one in items), type_id])
        self._site.assign_type_scheme(made, project=project)

    # --- the board

    def _status(self, change: Change) -> None:
        category = WORDS[change.facts["category"]]
        if "id" in change.facts:
            self._site.change_status(change.facts["id"], name=change.name, category=category)
        else:
            self._ids[f"status/{change.name}"] = self._site.create_status(change.name, category)

    def _status_ids(self) -> dict[str, str]:
        return {name: self._id("status", name) for name in self._wanted.statuses}

    def _workflow(self, change: Change) -> None:
        if change.facts:
            statuses = [change.facts["status"]] if "status" in change.facts else []
            self._extend(change.name, statuses=statuses, initial=change.facts.get("initial"))
            return
        ids = self._status_ids()
        entries = status_entries(self._wanted, ids, WORDS)
        self._site.create_workflow(drawn(self._wanted, ids, name=change.name), entries)

    def _transition(self, change: Change) -> None:
        arrow = (self._id("status", change.facts["from"]), self._id("status", change.facts["to"]))
        self._extend(change.facts["workflow"], arrows=[(change.facts["to"], *arrow)])

    def _extend(
        self,
        name: str,
        *,
        statuses: Collection[str] = (),
        arrows: Collection[tuple[str, str, str]] = (),
        initial: str | None = None,
    ) -> None:
        found = self._site.asked("workflows", {"workflowNames": [name]})
        added = {one: self._id("status", one) for one in statuses}
        entries = found["statuses"] + [
            one for one in status_entries(self._wanted, self._status_ids(), WORDS) if one["name"] in added
        ]
        start = self._id("status", initial) if initial else None
        workflow = extended(found, statuses=added.values(), arrows=arrows, initial=start)
        known = ("id", "name", "statusCategory", "statusReference", "description")
        self._site.update_workflow(
            workflow, [{key: one[key] for key in known if key in one} for one in entries]
        )

    def _workflow_scheme(self, change: Change) -> None:
        """Ours is the present scheme's copy, but for our issue type."""
        project, type_id = self._id("project"), self._id("type", self._wanted.issue_type)
        [used] = self._site.get("workflowscheme/project", projectId=project)["values"]
        scheme = used["workflowScheme"]
        by_type = {**(scheme.get("issueTypeMappings") or {}), type_id: self._wanted.own}
        default = str(scheme.get("defaultWorkflow") or "jira")
        known = self._site.pages("workflowscheme")
        same = [
            one
            for one in known
            if (one.get("issueTypeMappings"), one.get("defaultWorkflow")) == (by_type, default)
            and str(one["name"]).startswith(change.name)
        ]
        if same:
            made = str(same[0]["id"])
        else:
            name = free(change.name, [str(one["name"]) for one in known])
            made = self._site.create_workflow_scheme(name, default=default, by_type=by_type)
        self._site.assign_workflow_scheme(made, project=project)

    # --- fields

    def _field(self, change: Change) -> None:
        key = f"field/{change.name}"
        if change.adopts:
            self._ids[key] = change.facts["id"]
        elif "id" in change.facts:
            self._site.rename_field(change.facts["id"], change.name)
        else:
            description = f"{change.name} · {mark(self._wanted)}"
            self._ids[key] = self._site.create_field(
                change.name, change.facts["type"], description=description
            )

    def _context(self, change: Change) -> None:
        field = self._id("field", change.name)
        self._contexts[field] = self._site.create_context(
            field, self._wanted.own, project=self._id("project")
        )

    def _options(self, change: Change) -> None:
        field = self._id("field", change.name)
        context = self._contexts[field]
        if change.way == "add":
            self._site.add_options(field, context, change.facts["values"])
            return
        [live] = [one for one in self._live.fields if one.id == field]
        disabled = [one.id for one in live.options or () if one.value in change.facts["values"]]
        self._site.enable_options(field, context, disabled)

    # --- screens

    def _screen(self, change: Change) -> None:
        screen = change.facts.get("id") or ""
        if not screen:
            screen = self._own_screen = self._site.create_screen(change.name)
        for name in change.facts["fields"]:
            self._site.add_to_screen(screen, name if name in BUILT_IN else self._id("field", name))

    def _screen_scheme(self, change: Change) -> None:
        """Ours is the present scheme's copy, but for our issue type."""
        project, type_id = self._id("project"), self._id("type", self._wanted.issue_type)
        [used] = self._site.pages("issuetypescreenscheme/project", projectId=project)
        present = used["issueTypeScreenScheme"]["id"]
        items = self._site.pages("issuetypescreenscheme/mapping", issueTypeScreenSchemeId=present)
        shown = {one["name"]: str(one["id"]) for one in self._site.pages("screenscheme")}
        ours = shown.get(change.name) or self._site.create_screen_scheme(change.name, screen=self._own_screen)
        mappings = {str(one["issueTypeId"]): str(one["screenSchemeId"]) for one in items} | {type_id: ours}
        made = self._same_type_screens(change.name, mappings)
        if made is None:
            name = free(change.name, self._names("issuetypescreenscheme"))
            made = self._site.create_type_screens(name, mappings)
        self._site.assign_type_screens(made, project=project)

    def _same_type_screens(self, name: str, mappings: Mapping[str, str]) -> str | None:
        """One of ours that an interruption left unassigned."""
        for one in self._site.pages("issuetypescreenscheme"):
            if str(one["name"]).startswith(name):
                rows = self._site.pages("issuetypescreenscheme/mapping", issueTypeScreenSchemeId=one["id"])
                if {str(row["issueTypeId"]): str(row["screenSchemeId"]) for row in rows} == mappings:
                    return str(one["id"])
        return None

    # --- who may, and who is told

    def _permissions(self, change: Change) -> None:
        """In a scheme of the project's own, a copy of its present one: others keep theirs."""
        own = f"{self._wanted.own}"
        path = f"project/{segment(self._wanted.project)}/permissionscheme"
        scheme = self._site.get(path, expand="permissions")
        holder = {"type": "user", "parameter": self._live.account}
        grants = [{"permission": name, "holder": holder} for name in change.facts["names"]]
        if scheme["name"].startswith(own):
            for grant in grants:
                self._site.grant(int(scheme["id"]), grant)
            return
        copied = [_copied(one) for one in scheme.get("permissions") or []]
        known = [str(one["name"]) for one in self._site.get("permissionscheme")["permissionSchemes"]]
        made = self._site.create_permission_scheme(free(own, known), [*copied, *grants])
        self._site.assign_permission_scheme(made, project=self._wanted.project)

    def _webhook(self, change: Change) -> None:
        wanted = self._wanted
        self._site.save_hook(wanted.hook_url, events=EVENTS, jql=wanted.jql, hook=change.facts.get("id"))

    def _names(self, path: str) -> list[str]:
        return [str(one["name"]) for one in self._site.pages(path)]


def free(name: str, taken: Collection[str]) -> str:
    """The name, or the first of "name (2)", "name (3)"… that nothing bears yet."""
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name} ({number})"
    return found


def _found(wanted: Wanted, live: Live) -> dict[str, str]:
    """The ids of what is there already, by our names."""
    ids = {f"status/{name}": one.id for name in wanted.statuses if (one := live.status_of(name))}
    for field in wanted.fields:
        candidates = live.fields_of(field.name)
        if len(candidates) == 1:
            ids[f"field/{field.name}"] = candidates[0].id
    type_id = live.type_of(wanted.issue_type)
    ids |= {f"type/{wanted.issue_type}": type_id} if type_id else {}
    return ids | ({"project": live.project.id} if live.project else {})


def _copied(grant: Mapping[str, Any]) -> Json:
    kept = ("type", "parameter", "value")
    holder = {key: grant["holder"][key] for key in kept if key in grant["holder"]}
    return {"permission": grant["permission"], "holder": holder}
