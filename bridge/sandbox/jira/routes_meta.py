"""What the site is: server, people, project, statuses, fields, screens."""

from typing import Any

import flask
from flask import request

from bridge.sandbox.jira import catalogue
from bridge.sandbox.jira.call import Call, Route, paged, words
from bridge.sandbox.jira.catalogue import Field, Option
from bridge.sandbox.jira.errors import invalid, not_found
from bridge.sandbox.jira.model import Json, User, stamp
from bridge.sandbox.jira.render import View
from bridge.sandbox.jira.site import Site, permitted

_PREFIX = "com.atlassian.jira.plugin.system.customfieldtypes:"


def server_info(call: Call) -> Json:
    server = call.site.server
    return {
        "baseUrl": call.view.base,
        "version": "10.3.1" if server else "1001.0.0-SNAPSHOT",
        "versionNumbers": [10, 3, 1] if server else [1001, 0, 0],
        "deploymentType": call.site.deployment,
        "buildNumber": 100299,
        "buildDate": "2026-11-20T00:00:00.000+0000",
        "serverTime": stamp(call.site.clock()),
        "scmInfo": "sandbox",
        "serverTitle": "Jira (sandbox)",
        "defaultLocale": {"locale": "pt_BR"},
    }


server_info.open_to_all = True  # type: ignore[attr-defined]


def myself(call: Call) -> Json:
    shown = View(call.site, call.view.base, call.view.version, emails=True).user(call.user) or {}
    return shown | {"locale": "pt_BR"}


def my_permissions(call: Call) -> Json:
    names = words("permissions")
    if not names and not call.site.server:
        raise invalid("The 'permissions' query parameter is required.")
    unknown = [name for name in names if name not in catalogue.PERMISSIONS]
    if unknown:
        raise invalid(f"Unrecognized permission(s): {', '.join(unknown)}")
    project = request.args.get("projectKey")
    if project and project != call.site.settings.jira_project:
        raise not_found(f"No project could be found with key '{project}'.")
    return {"permissions": {name: _permission(call, name) for name in names or catalogue.PERMISSIONS}}


def _permission(call: Call, name: str) -> Json:
    administers = name.startswith("ADMINISTER")
    have = (call.user.admin or not administers) and not (
        call.user == call.site.bridge and name in call.site.denied
    )
    kind = "GLOBAL" if name in ("ADMINISTER", "USER_PICKER") else "PROJECT"
    words_of = name.replace("_", " ").capitalize()
    number = str(catalogue.PERMISSIONS.index(name) + 1)
    return {
        "id": number,
        "key": name,
        "name": words_of,
        "type": kind,
        "description": "",
        "havePermission": have,
    }


def users(call: Call) -> Any:
    """Cloud searches names and addresses by `query`, Server by `username`."""
    wanted = (request.args.get("username" if call.site.server else "query") or "").lower()
    exactly = request.args.get("accountId")
    found = [user for user in call.site.users.values() if _matches(user, wanted, exactly)]
    start, size = call.page(most=1000)
    return flask.jsonify([call.view.user(user) for user in found[start : start + size]])


def _matches(user: User, wanted: str, exactly: str | None) -> bool:
    if exactly:
        return user.account_id == exactly
    return (
        wanted in ("", ".", user.account_id) or user.login.startswith(wanted) or wanted in user.name.lower()
    )


def assignable(call: Call) -> Any:
    project, key = request.args.get("project"), request.args.get("issueKey")
    if not project and not key:
        raise invalid("Either 'project' or 'issueKey' must be given.")
    if project:
        _check_project(call.site, project)
    else:
        call.issue(str(key))
    return users(call)


def _check_project(site: Site, key: str) -> None:
    if key.upper() not in (site.settings.jira_project, catalogue.PROJECT_ID):
        raise not_found(f"No project could be found with key '{key}'.")


def project(call: Call, project_key: str) -> Json:
    _check_project(call.site, project_key)
    lead = call.view.user(call.site.users[catalogue.TRIAGER])
    return call.view.project() | {
        "issueTypes": [call.view.issue_type()],
        "lead": lead,
        "components": [],
        "versions": [],
    }


def project_statuses(call: Call, project_key: str) -> Any:
    _check_project(call.site, project_key)
    statuses = [call.view.status(each) for each in call.site.statuses.values()]
    return flask.jsonify([call.view.issue_type() | {"statuses": statuses}])


def projects(call: Call) -> Json:
    start, size = call.page()
    return paged([call.view.project()], start, size)


def project_list(call: Call) -> Any:
    return flask.jsonify([call.view.project()])


def statuses(call: Call) -> Any:
    return flask.jsonify([call.view.status(each) for each in call.site.statuses.values()])


def status(call: Call, id_or_name: str) -> Json:
    for each in call.site.statuses.values():
        if id_or_name in (each.id, each.name):
            return call.view.status(each)
    raise not_found(f"The status '{id_or_name}' does not exist.")


def search_statuses(call: Call) -> Json:
    wanted = request.args.get("searchString", "").lower()
    scope = {"type": "GLOBAL"}
    found = [
        {
            "id": each.id,
            "name": each.name,
            "statusCategory": each.category.word,
            "scope": scope,
            "description": "",
        }
        for each in call.site.statuses.values()
        if wanted in each.name.lower()
    ]
    start, size = call.page(default=200, most=200)
    return paged(found, start, size)


def issue_types(call: Call) -> Any:
    return flask.jsonify([call.view.issue_type()])


def priorities(call: Call) -> Any:
    return flask.jsonify([call.view.priority(key) for key in catalogue.PRIORITIES])


def fields(call: Call) -> Any:
    return flask.jsonify(_all_fields(call.site))


def search_fields(call: Call) -> Json:
    wanted = request.args.get("query", "").lower()
    start, size = call.page()
    return paged([each for each in _all_fields(call.site) if wanted in each["name"].lower()], start, size)


def _all_fields(site: Site) -> list[Json]:
    fixed = [
        {"id": key, "key": key, "name": name, "custom": False, "orderable": False, "navigable": True,
         "searchable": True, "clauseNames": [key], "schema": {"type": "string", "system": key}}
        for key, name in catalogue.READ_ONLY
    ]  # fmt: skip
    return [_described(each) for each in site.fields.values()] + fixed


def _described(field: Field) -> Json:
    number = field.id.removeprefix("customfield_")
    clauses = [f"cf[{number}]", field.name] if field.custom else [field.id]
    described = {"id": field.id, "key": field.id, "name": field.name, "custom": bool(field.custom)}
    return described | {
        "orderable": True,
        "navigable": True,
        "searchable": True,
        "clauseNames": clauses,
        "schema": _schema(field),
    }


def _schema(field: Field) -> Json:
    kinds = {"option": "option", "user": "user", "date": "date", "labels": "array", "priority": "priority",
             "project": "project", "issuetype": "issuetype"}  # fmt: skip
    schema: Json = {"type": kinds.get(field.kind, "string")}
    if field.kind == "labels":
        schema["items"] = "string"
    if field.custom:
        return schema | {
            "custom": _PREFIX + field.custom,
            "customId": int(field.id.removeprefix("customfield_")),
        }
    return schema | {"system": field.id}


def _custom_field(call: Call, field_id: str) -> Field:
    permitted(call.user)
    field = call.site.fields.get(field_id)
    if field is None or not field.custom:
        raise not_found("The custom field was not found.")
    return field


def contexts(call: Call, field_id: str) -> Json:
    field, (start, size) = _custom_field(call, field_id), call.page()
    name = f"Default Configuration Scheme for {field.name}"
    context = {"id": catalogue.CONTEXT_ID, "name": name, "description": "", "isGlobalContext": True}
    return paged([context | {"isAnyIssueType": True}], start, size)


def options(call: Call, field_id: str, context_id: str) -> Json:
    field, (start, size) = _options_field(call, field_id, context_id), call.page(default=100)
    return paged(
        [{"id": each.id, "value": each.value, "disabled": False} for each in field.options], start, size
    )


def add_options(call: Call, field_id: str, context_id: str) -> Json:
    field = _options_field(call, field_id, context_id)
    values = [str(each["value"]) for each in call.body.get("options") or []]
    taken = {option.value for option in field.options}
    if not values or taken & set(values):
        raise invalid("Option values must be given, and be unique within the field.")
    made = tuple(Option(call.site.serial("option"), value) for value in values)
    call.site.fields[field.id] = Field(
        field.id, field.name, field.kind, field.custom, field.options + made, field.on_edit
    )
    return {"options": [{"id": each.id, "value": each.value, "disabled": False} for each in made]}


def _options_field(call: Call, field_id: str, context_id: str) -> Field:
    field = _custom_field(call, field_id)
    if field.kind != "option":
        raise invalid("The custom field doesn't support options.")
    if context_id != catalogue.CONTEXT_ID:
        raise not_found("The custom field context was not found.")
    return field


def create_types(call: Call, project_key: str) -> Json:
    """What Cloud calls issueTypes, Server calls values."""
    _check_project(call.site, project_key)
    start, size = call.page(most=200)
    return paged([call.view.issue_type()], start, size, "values" if call.site.server else "issueTypes")


def create_fields(call: Call, project_key: str, type_id: str) -> Json:
    _check_project(call.site, project_key)
    if type_id != catalogue.ISSUE_TYPE_ID:
        raise not_found("The issue type was not found.")
    start, size = call.page(most=200)
    shown = [_on_screen(call, field) for field in call.site.fields.values()]
    return paged(shown, start, size, "values" if call.site.server else "fields")


def edit_fields(call: Call, key: str) -> Json:
    call.issue(key)
    return {"fields": {each.id: _on_screen(call, each) for each in call.site.fields.values() if each.on_edit}}


def _on_screen(call: Call, field: Field) -> Json:
    shown: Json = {
        "required": field.kind in ("summary", "project", "issuetype"),
        "schema": _schema(field),
        "name": field.name,
        "key": field.id,
        "fieldId": field.id,
        "hasDefaultValue": field.kind in ("priority", "reporter"),
        "operations": ["add", "set", "remove"] if field.kind == "labels" else ["set"],
    }
    allowed: dict[str, list[Any]] = {
        "option": [call.view.option(field, option.id) for option in field.options],
        "priority": [call.view.priority(key) for key in catalogue.PRIORITIES],
        "issuetype": [call.view.issue_type()],
        "project": [call.view.project()],
    }
    return shown | ({"allowedValues": allowed[field.kind]} if field.kind in allowed else {})


ROUTES: list[Route] = [
    ("GET", "serverInfo", server_info),
    ("GET", "myself", myself),
    ("GET", "mypermissions", my_permissions),
    ("GET", "user/search", users),
    ("GET", "user/assignable/search", assignable),
    ("GET", "project", project_list),
    ("GET", "project/search", projects),
    ("GET", "project/<project_key>", project),
    ("GET", "project/<project_key>/statuses", project_statuses),
    ("GET", "status", statuses),
    ("GET", "status/<id_or_name>", status),
    ("GET", "statuses/search", search_statuses),
    ("GET", "issuetype", issue_types),
    ("GET", "priority", priorities),
    ("GET", "field", fields),
    ("GET", "field/search", search_fields),
    ("GET", "field/<field_id>/context", contexts),
    ("GET", "field/<field_id>/context/<context_id>/option", options),
    ("POST", "field/<field_id>/context/<context_id>/option", add_options),
    ("GET", "issue/createmeta/<project_key>/issuetypes", create_types),
    ("GET", "issue/createmeta/<project_key>/issuetypes/<type_id>", create_fields),
    ("GET", "issue/<key>/editmeta", edit_fields),
]
