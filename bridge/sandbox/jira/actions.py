"""What is done to issues: create, edit, move, delete. Each leaves its changelog and tells webhooks."""

from collections.abc import Iterator
from typing import Any

from bridge.sandbox.jira import catalogue, fields
from bridge.sandbox.jira.catalogue import Field
from bridge.sandbox.jira.configuration import Project
from bridge.sandbox.jira.errors import FieldError, Refusal, invalid
from bridge.sandbox.jira.fields import OFF_SCREEN, Reader
from bridge.sandbox.jira.model import Change, Issue, Json, User
from bridge.sandbox.jira.site import Site
from bridge.sandbox.jira.talk import add_comment, check_comment, properties_of


def create(reader: Reader, user: User, body: Json) -> Issue:
    """File an issue in the initial status. R5: not idempotent; twice is two issues."""
    site = reader.site
    project, type_id = _place(reader, body)
    screen = site.made.on_screen(project, type_id, "create")
    values = _values(reader, body, current={}, fields=[*_always(site), *screen], creating=True)
    comments = _comments(reader, body)
    issue = site.new_issue(user, project, type_id)
    issue.properties = properties_of(body)
    issue.values = {"priority": catalogue.DEFAULT_PRIORITY, "reporter": user, **values}
    site.by_id[issue.id] = issue
    change = Change(site.serial("change"), user, issue.created, tuple(_first_items(site, issue)))
    site.touch(issue)
    site.publish("jira:issue_created", issue, user, kind="issue_created", change=change)
    for comment in comments:
        add_comment(reader, issue, user, comment)
    return issue


def _first_items(site: Site, issue: Issue) -> Iterator[Json]:
    """The webhook of a creation lists what was set; the issue's changelog itself starts empty."""
    for each in site.fields.values():
        if each.on_edit and issue.values.get(each.id):
            yield fields.change_item(site, each, None, issue.values[each.id])
    status = site.statuses[issue.status]
    yield _status_item(None, status)


def edit(reader: Reader, issue: Issue, user: User, body: Json) -> None:
    """Change fields; what was so already leaves no trace."""
    if not isinstance(body.get("fields", {}), dict) or not isinstance(body.get("update", {}), dict):
        raise invalid("Invalid request payload. Refer to the REST API documentation and try again.")
    screen = reader.site.made.on_screen(*reader.site.place_of(issue), "edit")
    values = _values(reader, body, current=issue.values, fields=screen, creating=False)
    comments = _comments(reader, body)
    issue.properties |= properties_of(body)
    set_values(reader.site, issue, user, values)
    for comment in comments:
        add_comment(reader, issue, user, comment)


def set_values(site: Site, issue: Issue, user: User, values: Json) -> None:
    items = []
    for field_id, value in values.items():
        old = issue.values.get(field_id)
        if not fields.same(old, value):
            items.append(fields.change_item(site, site.fields[field_id], old, value))
            issue.values[field_id] = value
    change = site.record(issue, user, items)
    if change:
        site.touch(issue)
        kind = "issue_assigned" if [item["fieldId"] for item in items] == ["assignee"] else "issue_updated"
        site.publish("jira:issue_updated", issue, user, kind=kind, change=change)


def move(site: Site, issue: Issue, user: User, transition_id: str, *, bulk: bool = False) -> None:
    """Walk one arrow of the workflow."""
    arrow = next((each for each in site.offered(issue) if each.id == transition_id), None)
    if arrow is None:
        # R9: a transition not offered from the present status -> 400
        raise invalid(f"Transition id '{transition_id}' is not valid for this issue.")
    if arrow.hindrances:
        # field.md #13: what a validator or a screen of the transition demands -> 400
        raise invalid(f"The transition '{arrow.name}' needs fields that were not given.")
    old, new = site.statuses[issue.status], site.statuses[arrow.target]
    issue.status, issue.status_since = new.id, site.clock()
    change = site.record(issue, user, [_status_item(old, new)])
    site.touch(issue)
    site.publish("jira:issue_updated", issue, user, kind="issue_generic", change=change, bulk=bulk)


def delete(site: Site, issue: Issue, user: User) -> None:
    site.forget(issue)
    site.publish("jira:issue_deleted", issue, user, kind="issue_deleted")


def _status_item(old: catalogue.Status | None, new: catalogue.Status) -> Json:
    return {
        "field": "status",
        "fieldtype": "jira",
        "fieldId": "status",
        "from": old.id if old else None,
        "fromString": old.name if old else None,
        "to": new.id,
        "toString": new.name,
    }


def _place(reader: Reader, body: Json) -> tuple[Project, str]:
    """Where the issue is to be: without a project and a type of it, Jira looks at no other field."""
    given = body.get("fields") or {}
    place = "project"
    try:
        project = reader.site.made.projects[reader.project(given.get("project"))]
        place = "issuetype"
        return project, reader.issue_type(project, given.get("issuetype"))
    except FieldError as fault:
        raise Refusal(400, errors={place: str(fault)}) from None


def _always(site: Site) -> list[Field]:
    """What every creation names, whatever stands on the screen."""
    return [site.fields["project"], site.fields["issuetype"]]


def _values(reader: Reader, body: Json, *, current: Json, fields: list[Field], creating: bool) -> Json:
    """Every field read, or one refusal naming every fault, as Jira does."""
    values: Json = {}
    faults: dict[str, str] = {}
    shown = {each.id: each for each in fields}
    given = body.get("fields") or {}
    operations = {key: ops for key, ops in (body.get("update") or {}).items() if key != "comment"}
    for field_id in given.keys() | operations.keys():
        try:
            field = _on_screen(shown, field_id)
            if field_id in given and field_id in operations:
                raise FieldError(f"Field '{field_id}' cannot appear in both 'fields' and 'update'")
            values[field_id] = (
                reader.read(field, given[field_id])
                if field_id in given
                else _operated(reader, field, current.get(field_id), operations[field_id])
            )
        except FieldError as fault:
            faults[field_id] = str(fault)
    if creating:
        faults = _missing(reader.site, shown, values, faults) | faults
    if faults:
        raise Refusal(400, errors=faults)
    return values


def _on_screen(shown: dict[str, Field], field_id: str) -> Field:
    field = shown.get(field_id)
    if field is None:
        raise FieldError(OFF_SCREEN.format(field_id))
    return field


def _missing(site: Site, shown: dict[str, Field], values: Json, faults: dict[str, str]) -> dict[str, str]:
    required = {"summary": "You must specify a summary of the issue."}
    # A field that its configuration demands, even where it stands on no screen
    required |= {key: f"{site.fields[key].name} is required." for key in site.made.required}
    return {key: text for key, text in required.items() if key not in values and key not in faults}


def _operated(reader: Reader, field: Field, current: Any, operations: Any) -> Any:
    """The value after `update` operations: set anywhere, add and remove on labels."""
    for operation in operations if isinstance(operations, list) else []:
        ((verb, raw),) = operation.items() if len(operation) == 1 else [("", None)]
        if verb == "set":
            current = reader.read(field, raw)
        elif verb in ("add", "remove") and field.kind == "labels":
            reader.read(field, [raw])
            kept = {label for label in current or [] if label != raw}
            current = sorted(kept | {raw} if verb == "add" else kept)
        else:
            raise FieldError(f"Field '{field.id}' does not support operation '{verb}'")
    return current


def _comments(reader: Reader, body: Json) -> list[Json]:
    operations = (body.get("update") or {}).get("comment") or []
    comments = [operation["add"] for operation in operations if isinstance(operation.get("add"), dict)]
    for comment in comments:
        check_comment(reader, comment)
    return comments
