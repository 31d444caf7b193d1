"""Fields: what there is, where each applies, which options it has."""

from dataclasses import replace
from typing import Any

import flask
from flask import Response, request

from bridge.sandbox.jira import catalogue
from bridge.sandbox.jira.call import Call, Route, administration, cloud_only, created, empty, paged, words
from bridge.sandbox.jira.catalogue import Field, Option
from bridge.sandbox.jira.configuration import Context
from bridge.sandbox.jira.errors import invalid, not_found
from bridge.sandbox.jira.model import Json

PREFIX = "com.atlassian.jira.plugin.system.customfieldtypes:"
_KINDS = {"select": "option", "textfield": "text", "textarea": "rich", "url": "url"}
MOST_OPTIONS = 1000  # a request, by the published description


def fields(call: Call) -> Any:
    return flask.jsonify(_all_fields(call))


@cloud_only
def search_fields(call: Call) -> Json:
    wanted = request.args.get("query", "").lower()
    kinds = words("type") or ["custom", "system"]
    start, size = call.page()
    made = call.site.made.fields
    found = [each for each in _all_fields(call) if wanted in each["name"].lower()]
    shown = [
        {"id": each["id"], "name": each["name"], "schema": each["schema"], "key": each["key"]}
        | {"description": made[each["id"]].description if each["id"] in made else ""}
        for each in found
        if ("custom" if each["custom"] else "system") in kinds
    ]
    return paged(shown, start, size)


def _all_fields(call: Call) -> list[Json]:
    fixed = [
        {"id": key, "key": key, "name": name, "custom": False, "orderable": False, "navigable": True,
         "searchable": True, "clauseNames": [key], "schema": {"type": "string", "system": key}}
        for key, name in catalogue.READ_ONLY
    ]  # fmt: skip
    return [_described(each) for each in call.site.fields.values()] + fixed


def _described(field: Field) -> Json:
    number = field.id.removeprefix("customfield_")
    clauses = [f"cf[{number}]", field.name] if field.custom else [field.id]
    described = {"id": field.id, "key": field.id, "name": field.name, "custom": bool(field.custom)}
    return described | {
        "orderable": True,
        "navigable": True,
        "searchable": True,
        "clauseNames": clauses,
        "schema": schema(field),
    }


def schema(field: Field) -> Json:
    kinds = {"option": "option", "user": "user", "date": "date", "labels": "array", "priority": "priority",
             "project": "project", "issuetype": "issuetype"}  # fmt: skip
    shown: Json = {"type": kinds.get(field.kind, "string")}
    if field.kind == "labels":
        shown["items"] = "string"
    if field.custom:
        return shown | {
            "custom": PREFIX + field.custom,
            "customId": int(field.id.removeprefix("customfield_")),
        }
    return shown | {"system": field.id}


def create_field(call: Call) -> Response:
    """Jira takes any name, also one that another field has. On Cloud it makes a global context as well."""
    body = call.body
    if not call.user.admin:  # by the description 400, not 403
        raise invalid("You do not have permission to create custom fields.")
    name, kind = str(body.get("name") or "").strip(), str(body.get("type") or "")
    short = kind.removeprefix(PREFIX)
    if not name or len(name) > 255 or not kind.startswith(PREFIX) or short not in _KINDS:
        raise invalid(name="The custom field needs a name and a known type.")
    made = Field(
        id=f"customfield_{call.site.serial('field')}",
        name=name,
        kind=_KINDS[short],
        custom=short,
        description=str(body.get("description") or ""),
        searcher=str(body.get("searcherKey") or ""),
    )
    call.site.fields[made.id] = made
    context = Context(id=call.site.serial("context"), name=f"Default Configuration Scheme for {name}")
    call.site.made.contexts[made.id] = [context]
    return created(_described(made))


@cloud_only
@administration
def edit_field(call: Call, field_id: str) -> Response:
    field, body = _custom_field(call, field_id), call.body
    name, description = body.get("name", field.name), body.get("description", field.description)
    if not str(name).strip():
        raise invalid("The custom field's name must not be empty.")
    call.site.fields[field.id] = replace(field, name=str(name), description=str(description))
    return empty()


@cloud_only
@administration
def delete_field(call: Call, field_id: str) -> Response:
    """The real one leaves a redirect to a long task; it is over at once here."""
    del call.site.fields[_custom_field(call, field_id).id]
    for screen in call.site.made.screens.values():
        for tab in screen.tabs:
            tab.fields = [each for each in tab.fields if each != field_id]
    return empty(303)


def _custom_field(call: Call, field_id: str) -> Field:
    field = call.site.fields.get(field_id)
    if field is None or not field.custom:
        raise not_found("The custom field was not found.")
    return field


def _context(call: Call, field_id: str, context_id: str) -> Context:
    _custom_field(call, field_id)
    for each in call.site.made.contexts[field_id]:
        if each.id == context_id:
            return each
    raise not_found("The custom field context was not found.")


@cloud_only
@administration
def contexts(call: Call, field_id: str) -> Json:
    _custom_field(call, field_id)
    start, size = call.page()
    return paged([_context_shown(each) for each in call.site.made.contexts[field_id]], start, size)


def _context_shown(context: Context) -> Json:
    return {
        "id": context.id,
        "name": context.name,
        "description": context.description,
        "isGlobalContext": not context.projects,
        "isAnyIssueType": not context.types,
    }


@cloud_only
@administration
def create_context(call: Call, field_id: str) -> Response:
    """A field has one global context, and a project at most one of its own."""
    _custom_field(call, field_id)
    body, known = call.body, call.site.made.contexts[field_id]
    projects, types = set(body.get("projectIds") or []), set(body.get("issueTypeIds") or [])
    if not projects <= call.site.made.projects.keys() or not types <= call.site.made.types.keys():
        raise not_found("The project or the issue type was not found.")
    taken = any(each.projects & projects or not (each.projects or projects) for each in known)
    if taken or not str(body.get("name") or "").strip():
        raise invalid("These projects have a context of this field already, or the context has no name.")
    made = Context(
        id=call.site.serial("context"),
        name=str(body["name"]),
        description=str(body.get("description") or ""),
        projects=projects,
        types=types,
    )
    known.append(made)
    shown = {"id": made.id, "name": made.name, "description": made.description}
    return created(shown | {"projectIds": sorted(projects), "issueTypeIds": sorted(types)})


@cloud_only
@administration
def map_contexts(call: Call, field_id: str) -> Json:
    _custom_field(call, field_id)
    found, (start, size) = [], call.page()
    for each in call.body.get("mappings") or []:
        project = call.site.made.project(str(each["projectId"]))
        context = call.site.made.context_of(field_id, project, str(each["issueTypeId"]))
        found.append(each | {"contextId": context.id if context else None})
    return paged(found, start, size)


@cloud_only
@administration
def options(call: Call, field_id: str, context_id: str) -> Json:
    context, (start, size) = _options_context(call, field_id, context_id), call.page(default=100)
    return paged([_option_shown(each) for each in context.options], start, size)


@cloud_only
@administration
def add_options(call: Call, field_id: str, context_id: str) -> Json:
    context = _options_context(call, field_id, context_id)
    values = [str(each["value"]) for each in call.body.get("options") or []]
    taken = {option.value for option in context.options}
    if not values or taken & set(values) or len(values) > MOST_OPTIONS:
        raise invalid("Option values must be given, and be unique within the field.")
    made = [Option(call.site.serial("option"), value) for value in values]
    context.options += made
    call.site.made.refresh_options(field_id)
    return {"options": [_option_shown(each) for each in made]}


@cloud_only
@administration
def edit_options(call: Call, field_id: str, context_id: str) -> Json:
    """All or none: one option that is not there refuses them all."""
    context = _options_context(call, field_id, context_id)
    changes = {str(each["id"]): each for each in call.body.get("options") or []}
    if not changes.keys() <= {each.id for each in context.options}:
        raise not_found("One or more options were not found.")
    context.options = [
        replace(
            each,
            value=changes.get(each.id, {}).get("value", each.value),
            disabled=changes.get(each.id, {}).get("disabled", each.disabled),
        )
        for each in context.options
    ]
    call.site.made.refresh_options(field_id)
    return {"options": [_option_shown(each) for each in context.options if each.id in changes]}


@cloud_only
@administration
def delete_option(call: Call, field_id: str, context_id: str, option_id: str) -> Response:
    """Refused while an issue has it."""
    context = _options_context(call, field_id, context_id)
    if any(issue.values.get(field_id) == option_id for issue in call.site.by_id.values()):
        raise invalid("The option is in use.")
    context.options = [each for each in context.options if each.id != option_id]
    call.site.made.refresh_options(field_id)
    return empty()


def _option_shown(option: Option) -> Json:
    return {"id": option.id, "value": option.value, "disabled": option.disabled}


def _options_context(call: Call, field_id: str, context_id: str) -> Context:
    if _custom_field(call, field_id).kind != "option":
        raise invalid("The custom field doesn't support options.")
    return _context(call, field_id, context_id)


_CONTEXT = "field/<field_id>/context"
_OPTION = f"{_CONTEXT}/<context_id>/option"
ROUTES: list[Route] = [
    ("GET", "field", fields),
    ("POST", "field", create_field),
    ("GET", "field/search", search_fields),
    ("PUT", "field/<field_id>", edit_field),
    ("DELETE", "field/<field_id>", delete_field),
    ("GET", _CONTEXT, contexts),
    ("POST", _CONTEXT, create_context),
    ("POST", f"{_CONTEXT}/mapping", map_contexts),
    ("GET", _OPTION, options),
    ("POST", _OPTION, add_options),
    ("PUT", _OPTION, edit_options),
    ("DELETE", f"{_OPTION}/<option_id>", delete_option),
]
