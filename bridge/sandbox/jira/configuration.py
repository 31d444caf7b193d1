"""What administrators make on a site: projects, and the schemes that shape a project's issues."""

import itertools
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

from bridge.sandbox.jira.catalogue import Field, Option, Status
from bridge.sandbox.jira.errors import not_found
from bridge.sandbox.jira.model import Json, User


@dataclass(kw_only=True)
class IssueType:
    id: str
    name: str
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class Arrow:
    """A transition. Its name is a verb, as on real sites: clients must go by `to.id`."""

    id: str
    name: str
    source: str | None  # a status' id; None: from anywhere
    target: str
    given: Json = field(default_factory=dict)  # what else its maker said: validators, screen, properties

    @property
    def hindrances(self) -> bool:
        return bool(self.given.get("validators") or self.given.get("transitionScreen"))


@dataclass(kw_only=True)
class Workflow:
    name: str
    statuses: list[str]
    arrows: list[Arrow]
    initial: str
    description: str = ""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    version: int = 1
    given: Json = field(default_factory=dict)  # the initial transition's rest


@dataclass(kw_only=True)
class WorkflowScheme:
    id: int
    name: str
    default: str  # a workflow's name
    by_type: dict[str, str] = field(default_factory=dict)
    description: str = ""


@dataclass(kw_only=True)
class TypeScheme:
    id: str
    name: str
    types: list[str]
    description: str = ""


@dataclass(kw_only=True)
class Tab:
    id: int
    name: str
    fields: list[str] = field(default_factory=list)


@dataclass(kw_only=True)
class Screen:
    id: int
    name: str
    tabs: list[Tab]
    description: str = ""

    @property
    def fields(self) -> list[str]:
        return [name for tab in self.tabs for name in tab.fields]


@dataclass(kw_only=True)
class ScreenScheme:
    id: int
    name: str
    screens: dict[str, int]  # default, create, edit, view
    description: str = ""


@dataclass(kw_only=True)
class TypeScreenScheme:
    id: str
    name: str
    mappings: dict[str, int]  # an issue type's id or `default` -> a screen scheme
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class Grant:
    id: int
    permission: str
    kind: str  # user, applicationRole, projectRole
    parameter: str = ""


@dataclass(kw_only=True)
class PermissionScheme:
    id: int
    name: str
    grants: list[Grant]
    description: str = ""


@dataclass(kw_only=True)
class Context:
    """Where a custom field applies, and its options there. No projects: global; no types: any."""

    id: str
    name: str
    projects: set[str] = field(default_factory=set)
    types: set[str] = field(default_factory=set)
    options: list[Option] = field(default_factory=list)
    description: str = ""


@dataclass(kw_only=True)
class Project:
    id: str
    key: str
    name: str
    lead: User
    kind: str = "software"
    simplified: bool = False  # team-managed
    type_scheme: str = "10000"
    workflow_scheme: int = 0
    screens: str = "1"
    permission_scheme: int = 0
    properties: Json = field(default_factory=dict)
    issues: Iterator[int] = field(default_factory=lambda: itertools.count(1))


@dataclass(kw_only=True)
class Configuration:
    """Everything by its id."""

    fields: dict[str, Field]
    statuses: dict[str, Status]
    types: dict[str, IssueType]
    workflows: dict[str, Workflow]
    workflow_schemes: dict[int, WorkflowScheme]
    type_schemes: dict[str, TypeScheme]
    screens: dict[int, Screen]
    screen_schemes: dict[int, ScreenScheme]
    type_screens: dict[str, TypeScreenScheme]
    permission_schemes: dict[int, PermissionScheme]
    contexts: dict[str, list[Context]] = field(default_factory=dict)
    projects: dict[str, Project] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)  # fields that the field configuration demands

    def project(self, id_or_key: str) -> Project:
        for each in self.projects.values():
            if id_or_key.upper() in (each.id, each.key):
                return each
        raise not_found(f"No project could be found with key '{id_or_key}'.")

    def types_of(self, project: Project) -> list[IssueType]:
        return [self.types[each] for each in self.type_schemes[project.type_scheme].types]

    def workflow_named(self, name: str) -> Workflow | None:
        return next((each for each in self.workflows.values() if each.name == name), None)

    def workflow_of(self, project: Project, type_id: str) -> Workflow:
        scheme = self.workflow_schemes[project.workflow_scheme]
        found = self.workflow_named(scheme.by_type.get(type_id, scheme.default))
        assert found is not None
        return found

    def screen_of(self, project: Project, type_id: str, operation: str) -> Screen:
        mappings = self.type_screens[project.screens].mappings
        screens = self.screen_schemes[mappings.get(type_id, mappings["default"])].screens
        return self.screens[screens.get(operation, screens["default"])]

    def context_of(self, field_id: str, project: Project, type_id: str) -> Context | None:
        """A project's own context goes before the global one, and then decides alone."""
        found = self.contexts.get(field_id, [])
        own = next((each for each in found if project.id in each.projects), None)
        chosen = own or next((each for each in found if not each.projects), None)
        return chosen if chosen and (not chosen.types or type_id in chosen.types) else None

    def narrowed(self, field_: Field, project: Project, type_id: str) -> Field:
        """The field with the options that an issue of this project and type may have."""
        context = self.context_of(field_.id, project, type_id) if field_.kind == "option" else None
        options = [each for each in context.options if not each.disabled] if context else []
        return field_.with_options(tuple(options)) if field_.kind == "option" else field_

    def on_screen(self, project: Project, type_id: str, operation: str) -> list[Field]:
        screen = self.screen_of(project, type_id, operation)
        return [
            self.narrowed(self.fields[name], project, type_id)
            for name in screen.fields
            if name in self.fields and self._applies(name, project, type_id)
        ]

    def _applies(self, field_id: str, project: Project, type_id: str) -> bool:
        return not self.fields[field_id].custom or self.context_of(field_id, project, type_id) is not None

    def refresh_options(self, field_id: str) -> None:
        """Keep on the field itself every option that any of its contexts has."""
        options = [option for context in self.contexts[field_id] for option in context.options]
        self.fields[field_id] = self.fields[field_id].with_options(tuple(options))
