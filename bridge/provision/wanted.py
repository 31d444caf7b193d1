"""What the mappings and the settings want of a site, by name."""

from collections.abc import Mapping
from dataclasses import dataclass

from mappings.form import FieldType
from mappings.model import Category, Mappings

PERMISSIONS = {
    "BROWSE_PROJECTS": "see the project and its issues",
    "CREATE_ISSUES": "file tickets",
    "EDIT_ISSUES": "set the staging URL and the published version",
    "TRANSITION_ISSUES": "move tickets",
    "ADD_COMMENTS": "write the partner's answers",
    "CREATE_ATTACHMENTS": "attach the partner's files",
    "LINK_ISSUES": "link duplicates and pull requests",
}
"""What the bridge's account needs in the project, and what for. No administration."""
ASSIGNING = {"ASSIGN_ISSUES": "make the authors of pull requests the assignees"}
"""Needed where people.yaml knows somebody."""
EVENTS = (
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "comment_created",
    "comment_updated",
    "comment_deleted",
    "attachment_created",
    "issuelink_created",
)
"""The events that the receiver understands."""
BUILT_IN = ("summary", "description", "labels")
"""Jira's own fields that every creation sets."""
_TYPES = {
    FieldType.TEXT: "textfield",
    FieldType.EMAIL: "textfield",
    FieldType.LONG_TEXT: "textarea",
    FieldType.EMAILS: "textarea",
    FieldType.STEPS: "textarea",
    FieldType.CHOICE: "select",
}


@dataclass(frozen=True, kw_only=True)
class WantedField:
    """A custom field. `name` is its name on the site, or its id where fields.yaml gives that."""

    name: str
    type: str
    """Jira's: textfield, textarea, select or url."""
    options: tuple[str, ...] = ()
    at_creation: bool = True

    @property
    def by_id(self) -> bool:
        return self.name.startswith("customfield_")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    project: str
    issue_type: str
    statuses: Mapping[str, Category]
    initial: str
    transitions: tuple[tuple[str, str], ...]
    """(from, to), in the order of the board."""
    fields: tuple[WantedField, ...]
    always_set: frozenset[str]
    """Names of the fields that every creation fills, Jira's own by id."""
    permissions: Mapping[str, str]
    """What the bridge's account needs in the project, and what for."""
    hook_url: str

    @property
    def own(self) -> str:
        """What our workflow, screen and schemes are called on the site."""
        return f"{self.project}: {self.issue_type}"

    @property
    def jql(self) -> str:
        return f'project = "{self.project}"'


def wanted_site(mappings: Mappings, *, project: str, public_url: str) -> Wanted:
    workflow, form, people = mappings.workflow, mappings.form, mappings.people
    asked = [field for field in form.fields.values() if field.jira not in {*BUILT_IN, "attachment"}]
    own = form.own
    fields = [
        WantedField(
            name=field.jira, type=_TYPES[field.type], options=tuple(option.value for option in field.options)
        )
        for field in asked
    ]
    fields += [WantedField(name=name, type="textfield") for name in (own.partner, own.reference)]
    fields += [
        WantedField(name=own.staging_url, type="url", at_creation=False),
        WantedField(name=own.version, type="textfield", at_creation=False),
    ]
    required = {field.jira for field in form.fields.values() if field.required and not field.only_when}
    return Wanted(
        project=project,
        issue_type=form.issue_type,
        statuses={one.name: one.category for one in workflow.statuses.values()},
        initial=workflow.initial.name,
        transitions=tuple((one.name, to) for one in workflow.statuses.values() for to in one.leaves_to),
        fields=tuple(fields),
        always_set=frozenset({"project", "issuetype", *BUILT_IN, *required, own.partner, own.reference}),
        permissions=PERMISSIONS | (ASSIGNING if people.assign_author and people.accounts else {}),
        hook_url=f"{public_url}/webhooks/jira",
    )
