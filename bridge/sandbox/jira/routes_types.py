"""Issue types, and the schemes that give them to projects."""

from collections.abc import Collection
from typing import Any

import flask
from flask import Response

from bridge.sandbox.jira.call import Call, Route, administration, cloud_only, created, empty, paged, words
from bridge.sandbox.jira.configuration import IssueType, TypeScheme
from bridge.sandbox.jira.errors import Refusal, invalid, not_found
from bridge.sandbox.jira.model import Json


def named(body: Json, taken: Collection[str], *, status: int = 400, most: int = 255) -> str:
    """A name that is there, short enough and free."""
    name = str(body.get("name") or "").strip()
    if not name or len(name) > most:
        raise invalid(name=f"A name of at most {most} characters is needed.")
    if name in taken:
        raise Refusal(status, errors={"name": f"The name '{name}' is in use."})
    return name


def issue_types(call: Call) -> Any:
    return flask.jsonify([call.view.issue_type(each) for each in call.site.made.types.values()])


@administration
def create_type(call: Call) -> Response:
    """409 where the name is in use, 400 beyond 60 characters; a new type joins the default scheme."""
    made = call.site.made
    name = named(call.body, [each.name for each in made.types.values()], status=409, most=60)
    found = IssueType(id=call.site.serial("type"), name=name)
    found.description = str(call.body.get("description") or "")
    made.types[found.id] = found
    made.type_schemes["10000"].types.append(found.id)
    return created(call.view.issue_type(found))


@administration
def edit_type(call: Call, type_id: str) -> Json:
    made = call.site.made
    if type_id not in made.types:
        raise not_found("The issue type was not found.")
    found = made.types[type_id]
    if "name" in call.body:
        others = [each.name for each in made.types.values() if each is not found]
        found.name = named(call.body, others, status=409, most=60)
    return call.view.issue_type(found)


@cloud_only
@administration
def type_schemes_of(call: Call) -> Json:
    start, size = call.page()
    made, wanted = call.site.made, words("projectId")
    found = [
        {
            "issueTypeScheme": {"id": each.id, "name": each.name, "description": each.description},
            "projectIds": [
                one.id for one in made.projects.values() if one.type_scheme == each.id and one.id in wanted
            ],
        }
        for each in made.type_schemes.values()
    ]
    return paged([each for each in found if each["projectIds"]], start, size)


@cloud_only
@administration
def type_scheme_items(call: Call) -> Json:
    start, size = call.page()
    wanted = words("issueTypeSchemeId")
    items = [
        {"issueTypeSchemeId": each.id, "issueTypeId": type_id}
        for each in call.site.made.type_schemes.values()
        if not wanted or each.id in wanted
        for type_id in each.types
    ]
    return paged(items, start, size)


@administration
def create_type_scheme(call: Call) -> Response:
    made, body = call.site.made, call.body
    name = named(body, [each.name for each in made.type_schemes.values()], status=409)
    types = [str(each) for each in body.get("issueTypeIds") or []]
    if not types or not set(types) <= made.types.keys():
        raise invalid("The issue types were not found.")
    found = TypeScheme(id=call.site.serial("scheme"), name=name, types=types)
    made.type_schemes[found.id] = found
    return created({"issueTypeSchemeId": found.id})


@cloud_only
@administration
def list_type_schemes(call: Call) -> Json:
    start, size = call.page()
    schemes = call.site.made.type_schemes.values()
    shown = [{"id": each.id, "name": each.name, "description": each.description} for each in schemes]
    return paged(shown, start, size)


@cloud_only
@administration
def add_to_type_scheme(call: Call, scheme_id: str) -> Response:
    """Refused as a whole where one of them is in the scheme already."""
    scheme = call.site.made.type_schemes.get(scheme_id)
    added = [str(each) for each in call.body.get("issueTypeIds") or []]
    if scheme is None or not set(added) <= call.site.made.types.keys():
        raise not_found("The issue type or the issue type scheme was not found.")
    if set(added) & set(scheme.types):
        raise invalid("An issue type is in the scheme already.")
    scheme.types += added
    return empty()


@cloud_only
@administration
def assign_type_scheme(call: Call) -> Response:
    """Fails where issues of the project have types that the scheme does not."""
    made, body = call.site.made, call.body
    project, scheme = (
        made.project(str(body["projectId"])),
        made.type_schemes.get(str(body["issueTypeSchemeId"])),
    )
    if scheme is None:
        raise not_found("The issue type scheme was not found.")
    if {issue.values["issuetype"] for issue in call.site.issues_of(project)} - set(scheme.types):
        raise invalid("Issues of the project have types that the scheme does not have.")
    project.type_scheme = scheme.id
    return empty()


ROUTES: list[Route] = [
    ("GET", "issuetype", issue_types),
    ("POST", "issuetype", create_type),
    ("PUT", "issuetype/<type_id>", edit_type),
    ("GET", "issuetypescheme", list_type_schemes),
    ("POST", "issuetypescheme", create_type_scheme),
    ("GET", "issuetypescheme/project", type_schemes_of),
    ("PUT", "issuetypescheme/project", assign_type_scheme),
    ("GET", "issuetypescheme/mapping", type_scheme_items),
    ("PUT", "issuetypescheme/<scheme_id>/issuetype", add_to_type_scheme),
]
