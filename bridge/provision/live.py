"""What a site is like now, as far as the account that looked may see it."""

from collections.abc import Mapping
from dataclasses import dataclass

from mappings.model import Category

RECORD = "chamados"
"""The project property that keeps the ids by which things are known again after they were renamed."""


@dataclass(frozen=True, kw_only=True)
class LiveStatus:
    id: str
    name: str
    category: Category | None


@dataclass(frozen=True, kw_only=True)
class LiveTransition:
    name: str
    source: str | None
    """A status' id; None: from anywhere."""
    target: str
    hindrance: str = ""
    """What it asks for that the bridge does not give."""


@dataclass(frozen=True, kw_only=True)
class LiveWorkflow:
    name: str
    statuses: tuple[str, ...]
    """Ids."""
    initial: str
    transitions: tuple[LiveTransition, ...]
    shared: bool
    """Other projects use it too, or it cannot be edited."""


@dataclass(frozen=True, kw_only=True)
class LiveOption:
    id: str
    value: str
    disabled: bool = False


@dataclass(frozen=True, kw_only=True)
class LiveField:
    id: str
    name: str
    type: str
    made_by_us: bool = False
    context: str | None = None
    """The one that holds for our tickets; empty: one does, its id was not asked; None: none does."""
    options: tuple[LiveOption, ...] | None = None
    """None where they cannot be read."""


@dataclass(frozen=True, kw_only=True)
class LiveScreen:
    id: str
    name: str
    fields: frozenset[str]
    """Ids."""


@dataclass(frozen=True, kw_only=True)
class LiveHook:
    id: str
    events: frozenset[str]
    jql: str
    enabled: bool
    signed: bool


@dataclass(frozen=True, kw_only=True)
class LiveProject:
    id: str
    simplified: bool
    """Team-managed: its workflow and fields are its own, and not to be had over REST."""
    types: Mapping[str, str]
    """Id to name, of those that the project offers."""
    statuses: frozenset[str] = frozenset()
    """Ids of those that our issue type may be in."""


@dataclass(frozen=True, kw_only=True)
class Demanded:
    """A field that a creation must fill and that has no default."""

    id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Live:
    """One look at a site. None stands for what the account may not see."""

    cloud: bool
    administers: bool
    """Whether the account that looked has Administer Jira."""
    account: str
    """The bridge's own."""
    record: Mapping[str, str]
    """`status/Triagem` to its id, as apply last wrote it."""
    project: LiveProject | None
    types: Mapping[str, str]
    """Every issue type of the site: id to name."""
    statuses: tuple[LiveStatus, ...]
    workflow: LiveWorkflow | None
    """What our issue type obeys in the project."""
    workflow_readable: bool
    own_workflow: LiveWorkflow | None
    """The one with our name, used or not."""
    fields: tuple[LiveField, ...]
    screens: Mapping[str, LiveScreen] | None
    """What our issue type is shown on: create, edit, view."""
    screens_shared: bool
    own_screen: LiveScreen | None
    on_create: frozenset[str] | None
    """Ids of what a creation may set."""
    demanded: tuple[Demanded, ...]
    permissions: Mapping[str, bool]
    hook: LiveHook | None
    hooks_readable: bool

    def recorded(self, kind: str, name: str) -> str:
        return self.record.get(f"{kind}/{name}", "")

    def status(self, status_id: str) -> LiveStatus | None:
        return next((one for one in self.statuses if one.id == status_id), None)

    def status_of(self, name: str) -> LiveStatus | None:
        """The status that goes by this name, or went by it when it was recorded.

        Of two with one name, the one in our workflow.
        """
        named = [one for one in self.statuses if one.name == name]
        inside = self.workflow.statuses if self.workflow else ()
        found = next((one for one in named if one.id in inside), None) or next(iter(named), None)
        return found or self.status(self.recorded("status", name))

    def fields_of(self, name: str) -> list[LiveField]:
        """The custom fields that this name may mean: by id, by record, or every one that bears it."""
        known = [one for one in self.fields if one.id in {name, self.recorded("field", name)}]
        return known or [one for one in self.fields if one.name == name]

    def type_of(self, name: str) -> str | None:
        """The issue type's id."""
        named = next((key for key, one in self.types.items() if one == name), None)
        recorded = self.recorded("type", name)
        return named or (recorded if recorded in self.types else None)
