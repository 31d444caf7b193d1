"""Projects: made and removed, their types and statuses, their properties, what may be set on their issues."""

import re
from typing import Any

import flask
from flask import Response, request

from bridge.sandbox.jira import catalogue
from bridge.sandbox.jira.call import Call, Route, administration, cloud_only, created, empty, paged
from bridge.sandbox.jira.catalogue import Field
from bridge.sandbox.jira.configuration import Grant, PermissionScheme, Project
from bridge.sandbox.jira.errors import Refusal, invalid, not_found
from bridge.sandbox.jira.model import Json, User
from bridge.sandbox.jira.routes_fields import schema
from bridge.sandbox.jira.routes_meta import has


def _seen(call: Call, key: str) -> Project:
    """A project that the caller may not browse does not exist for them."""
    found = call.site.made.project(key)
    if not (call.user.admin or has(call.site, call.user, "BROWSE_PROJECTS", found)):
        raise not_found(f"No project could be found with key '{key}'.")
    return found


def project(call: Call, project_key: str) -> Json:
    found = _seen(call, project_key)
    return call.view.project(found) | {
        "issueTypes": [call.view.issue_type(each) for each in call.site.made.types_of(found)],
        "lead": call.view.user(found.lead),
        "components": [],
        "versions": [],
    }


def project_statuses(call: Call, project_key: str) -> Any:
    found, made = _seen(call, project_key), call.site.made
    return flask.jsonify(
        [
            call.view.issue_type(each)
            | {
                "statuses": [
                    call.view.status(call.site.statuses[name])
                    for name in made.workflow_of(found, each.id).statuses
                ]
            }
            for each in made.types_of(found)
        ]
    )


def projects(call: Call) -> Json:
    start, size = call.page()
    return paged([call.view.project(each) for each in call.site.made.projects.values()], start, size)


def project_list(call: Call) -> Any:
    return flask.jsonify([call.view.project(each) for each in call.site.made.projects.values()])


@administration
def create_project(call: Call) -> Response:
    body, made = call.body, call.site.made
    key, name = str(body.get("key") or ""), str(body.get("name") or "").strip()
    faults = {}
    if not re.fullmatch(r"[A-Z][A-Z0-9]{1,9}", key):
        faults["projectKey"] = "Project keys must start with an uppercase letter, followed by one or more."
    if any(each.key == key for each in made.projects.values()):
        faults["projectKey"] = f"A project with that key {key} already exists."
    if not name or any(each.name.lower() == name.lower() for each in made.projects.values()):
        faults["projectName"] = "A project with that name already exists, or no name was given."
    lead = _lead(call, body)
    if lead is None:
        faults["projectLead"] = "You must specify a valid project lead."
    if body.get("projectTypeKey") not in ("software", "business", "service_desk"):
        faults["projectType"] = "You must specify a valid project type."
    if faults or lead is None:
        raise Refusal(400, errors=faults)
    found = Project(id=call.site.serial("project"), key=key, name=name, lead=lead)
    made.projects[found.id] = found
    return created({"id": int(found.id), "key": key, "self": call.view.url(f"project/{found.id}")})


def _lead(call: Call, body: Json) -> User | None:
    """Cloud knows people by account id, Server by name."""
    if call.site.server:
        return call.site.user_by("username", str(body.get("lead")))
    return call.site.user_by("account_id", str(body.get("leadAccountId")))


@administration
def delete_project(call: Call, project_key: str) -> Response:
    found = call.site.made.project(project_key)
    for issue in call.site.issues_of(found):
        call.site.forget(issue)
    del call.site.made.projects[found.id]
    return empty()


def read_property(call: Call, project_key: str, name: str) -> Json:
    found = _seen(call, project_key)
    if name not in found.properties:
        raise not_found(f"The property with key '{name}' does not exist.")
    return {"key": name, "value": found.properties[name]}


@administration
def write_property(call: Call, project_key: str, name: str) -> Response:
    found = call.site.made.project(project_key)
    status = 200 if name in found.properties else 201
    found.properties[name] = call.value
    return empty(status)


# --- who may do what


@administration
def permission_scheme_of(call: Call, project_key: str) -> Json:
    found = call.site.made.project(project_key)
    return _scheme_shown(call, call.site.made.permission_schemes[found.permission_scheme])


@administration
def assign_permission_scheme(call: Call, project_key: str) -> Json:
    found, wanted = call.site.made.project(project_key), call.body.get("id")
    if wanted not in call.site.made.permission_schemes:
        raise not_found("The permission scheme was not found.")
    found.permission_scheme = wanted
    return _scheme_shown(call, call.site.made.permission_schemes[wanted])


@administration
def permission_schemes(call: Call) -> Json:
    schemes = call.site.made.permission_schemes.values()
    return {"permissionSchemes": [_scheme_shown(call, each, grants=False) for each in schemes]}


@administration
def create_permission_scheme(call: Call) -> Response:
    body, known = call.body, call.site.made.permission_schemes
    name = str(body.get("name") or "").strip()
    if not name or any(each.name == name for each in known.values()):
        raise invalid("The permission scheme needs a name that no other has.")
    made = PermissionScheme(id=int(call.site.serial("scheme")), name=name, grants=[])
    made.description = str(body.get("description") or "")
    for each in body.get("permissions") or []:
        made.grants.append(_grant(call, made, each))
    known[made.id] = made
    return created(_scheme_shown(call, made))


@administration
def add_grant(call: Call, scheme_id: int) -> Response:
    scheme = call.site.made.permission_schemes.get(scheme_id)
    if scheme is None:
        raise not_found("The permission scheme was not found.")
    grant = _grant(call, scheme, call.body)
    scheme.grants.append(grant)
    return created(_grant_shown(grant))


def _grant(call: Call, scheme: PermissionScheme, body: Json) -> Grant:
    """By the description 400 where the same grant is there already."""
    holder = body.get("holder") or {}
    kind, parameter = str(holder.get("type") or ""), str(holder.get("parameter") or "")
    permission = str(body.get("permission") or "")
    same = (permission, kind, parameter)
    if permission not in catalogue.PERMISSIONS or kind not in ("user", "applicationRole", "projectRole"):
        raise invalid("The permission or its holder is not known.")
    if same in [(each.permission, each.kind, each.parameter) for each in scheme.grants]:
        raise invalid("This permission is granted already.")
    attribute = "username" if call.site.server else "account_id"
    if kind == "user" and call.site.user_by(attribute, parameter) is None:
        raise invalid(f"The user '{parameter}' does not exist.")
    return Grant(id=int(call.site.serial("grant")), permission=permission, kind=kind, parameter=parameter)


def _scheme_shown(call: Call, scheme: PermissionScheme, *, grants: bool = True) -> Json:
    shown: Json = {"id": scheme.id, "name": scheme.name, "description": scheme.description}
    asked = grants and "permissions" in request.args.get("expand", "")
    return shown | ({"permissions": [_grant_shown(each) for each in scheme.grants]} if asked else {})


def _grant_shown(grant: Grant) -> Json:
    parameter = {"parameter": grant.parameter, "value": grant.parameter} if grant.parameter else {}
    return {"id": grant.id, "holder": {"type": grant.kind} | parameter, "permission": grant.permission}


# --- what may be set


def create_types(call: Call, project_key: str) -> Json:
    """What Cloud calls issueTypes, Server calls values."""
    found, (start, size) = _seen(call, project_key), call.page(most=200)
    types = [call.view.issue_type(each) for each in call.site.made.types_of(found)]
    return paged(types, start, size, "values" if call.site.server else "issueTypes")


def create_fields(call: Call, project_key: str, type_id: str) -> Json:
    found, made = _seen(call, project_key), call.site.made
    if type_id not in [each.id for each in made.types_of(found)]:
        raise not_found("The issue type was not found.")
    start, size = call.page(most=200)
    always = [call.site.fields["project"], call.site.fields["issuetype"]]
    fields = [*always, *made.on_screen(found, type_id, "create")]
    shown = [_on_screen(call, each, found) for each in fields]
    return paged(shown, start, size, "values" if call.site.server else "fields")


def edit_fields(call: Call, key: str) -> Json:
    place = call.site.place_of(call.issue(key))
    fields = call.site.made.on_screen(*place, "edit")
    return {"fields": {each.id: _on_screen(call, each, place[0]) for each in fields}}


def _on_screen(call: Call, field: Field, found: Project) -> Json:
    made = call.site.made
    shown: Json = {
        "required": field.kind in ("summary", "project", "issuetype") or field.id in made.required,
        "schema": schema(field),
        "name": field.name,
        "key": field.id,
        "fieldId": field.id,
        "hasDefaultValue": field.kind in ("priority", "reporter"),
        "operations": ["add", "set", "remove"] if field.kind == "labels" else ["set"],
    }
    allowed: dict[str, list[Any]] = {
        "option": [call.view.option(field, option.id) for option in field.options],
        "priority": [call.view.priority(key) for key in catalogue.PRIORITIES],
        "issuetype": [call.view.issue_type(each) for each in made.types_of(found)],
        "project": [call.view.project(found)],
    }
    return shown | ({"allowedValues": allowed[field.kind]} if field.kind in allowed else {})


_ONE = "project/<project_key>"
_META = "issue/createmeta/<project_key>/issuetypes"
ROUTES: list[Route] = [
    ("GET", "project", project_list),
    ("POST", "project", create_project),
    ("GET", "project/search", cloud_only(projects)),
    ("GET", _ONE, project),
    ("DELETE", _ONE, delete_project),
    ("GET", f"{_ONE}/statuses", project_statuses),
    ("GET", f"{_ONE}/properties/<name>", read_property),
    ("PUT", f"{_ONE}/properties/<name>", write_property),
    ("GET", f"{_ONE}/permissionscheme", permission_scheme_of),
    ("PUT", f"{_ONE}/permissionscheme", assign_permission_scheme),
    ("GET", "permissionscheme", permission_schemes),
    ("POST", "permissionscheme", create_permission_scheme),
    ("POST", "permissionscheme/<int:scheme_id>/permission", add_grant),
    ("GET", _META, create_types),
    ("GET", f"{_META}/<type_id>", create_fields),
    ("GET", "issue/<key>/editmeta", edit_fields),
]
