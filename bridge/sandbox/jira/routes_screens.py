"""Screens, and the schemes that give them to projects."""

from typing import Any

import flask
from flask import Response, request

from bridge.sandbox.jira.call import Call, Route, administration, cloud_only, created, empty, paged, words
from bridge.sandbox.jira.configuration import (
    Screen,
    ScreenScheme,
    Tab,
    TypeScreenScheme,
)
from bridge.sandbox.jira.errors import invalid, not_found
from bridge.sandbox.jira.model import Json
from bridge.sandbox.jira.routes_types import named


def screens(call: Call) -> Json:
    start, size = call.page()
    wanted, ids = request.args.get("queryString", "").lower(), words("id")
    found = [
        {"id": each.id, "name": each.name, "description": each.description}
        for each in call.site.made.screens.values()
        if wanted in each.name.lower() and (not ids or str(each.id) in ids)
    ]
    return paged(found, start, size)


@cloud_only
def create_screen(call: Call) -> Response:
    made = call.site.made
    name = named(call.body, [each.name for each in made.screens.values()])
    tab = Tab(id=int(call.site.serial("tab")), name="Field Tab")
    found = Screen(id=int(call.site.serial("screen")), name=name, tabs=[tab])
    made.screens[found.id] = found
    return created({"id": found.id, "name": name, "description": ""})


def _screen(call: Call, screen_id: int) -> Screen:
    if screen_id not in call.site.made.screens:
        raise not_found("The screen was not found.")
    return call.site.made.screens[screen_id]


def _tab(call: Call, screen_id: int, tab_id: int) -> Tab:
    for each in _screen(call, screen_id).tabs:
        if each.id == tab_id:
            return each
    raise not_found("The screen tab was not found.")


def tabs(call: Call, screen_id: int) -> Any:
    return flask.jsonify([{"id": each.id, "name": each.name} for each in _screen(call, screen_id).tabs])


def tab_fields(call: Call, screen_id: int, tab_id: int) -> Any:
    known = call.site.fields
    names = _tab(call, screen_id, tab_id).fields
    return flask.jsonify([{"id": each, "name": known[each].name} for each in names if each in known])


def add_to_tab(call: Call, screen_id: int, tab_id: int) -> Json:
    """A field stands once on a screen."""
    tab, field_id = _tab(call, screen_id, tab_id), str(call.body.get("fieldId"))
    if field_id not in call.site.fields:
        raise not_found("The field was not found.")
    if field_id in _screen(call, screen_id).fields:
        raise invalid(f"The field with id {field_id} already exists on the screen.")
    tab.fields.append(field_id)
    return {"id": field_id, "name": call.site.fields[field_id].name}


def remove_from_tab(call: Call, screen_id: int, tab_id: int, field_id: str) -> Response:
    tab = _tab(call, screen_id, tab_id)
    if field_id not in tab.fields:
        raise not_found("The field is not on the tab.")
    tab.fields.remove(field_id)
    return empty()


def screen_schemes(call: Call) -> Json:
    start, size = call.page()
    ids = words("id")
    found = [
        {"id": each.id, "name": each.name, "description": each.description, "screens": each.screens}
        for each in call.site.made.screen_schemes.values()
        if not ids or str(each.id) in ids
    ]
    return paged(found, start, size)


def create_screen_scheme(call: Call) -> Response:
    made, body = call.site.made, call.body
    name = named(body, [each.name for each in made.screen_schemes.values()])
    chosen = {str(key): int(value) for key, value in (body.get("screens") or {}).items()}
    if "default" not in chosen:
        raise invalid("The screen scheme needs a default screen.")
    if not set(chosen.values()) <= made.screens.keys():
        raise not_found("A screen of the screen scheme was not found.")
    found = ScreenScheme(id=int(call.site.serial("scheme")), name=name, screens=chosen)
    made.screen_schemes[found.id] = found
    return created({"id": found.id})


def type_screens(call: Call) -> Json:
    start, size = call.page()
    schemes = call.site.made.type_screens.values()
    shown = [{"id": each.id, "name": each.name, "description": each.description} for each in schemes]
    return paged(shown, start, size)


def create_type_screens(call: Call) -> Response:
    made, body = call.site.made, call.body
    name = named(body, [each.name for each in made.type_screens.values()])
    given = {
        str(each["issueTypeId"]): int(each["screenSchemeId"]) for each in body.get("issueTypeMappings") or []
    }
    if "default" not in given:
        raise invalid("The issue type screen scheme needs a default mapping.")
    if not set(given.values()) <= made.screen_schemes.keys() or not given.keys() <= {"default", *made.types}:
        raise not_found("An issue type or a screen scheme was not found.")
    found = TypeScreenScheme(id=call.site.serial("scheme"), name=name, mappings=given)
    made.type_screens[found.id] = found
    return created({"id": found.id})


def type_screens_of(call: Call) -> Json:
    start, size = call.page()
    made, wanted = call.site.made, words("projectId")
    found = [
        {
            "issueTypeScreenScheme": {"id": each.id, "name": each.name, "description": each.description},
            "projectIds": [
                one.id for one in made.projects.values() if one.screens == each.id and one.id in wanted
            ],
        }
        for each in made.type_screens.values()
    ]
    return paged([each for each in found if each["projectIds"]], start, size)


def users_of_type_screens(call: Call, scheme_id: str) -> Json:
    start, size = call.page()
    users = [each for each in call.site.made.projects.values() if each.screens == scheme_id]
    return paged([call.view.project(each) for each in users], start, size)


def assign_type_screens(call: Call) -> Response:
    made, body = call.site.made, call.body
    project, wanted = made.project(str(body.get("projectId"))), str(body.get("issueTypeScreenSchemeId"))
    if wanted not in made.type_screens:
        raise not_found("The issue type screen scheme was not found.")
    project.screens = wanted
    return empty()


def type_screen_items(call: Call) -> Json:
    start, size = call.page()
    wanted = words("issueTypeScreenSchemeId")
    items = [
        {"issueTypeScreenSchemeId": each.id, "issueTypeId": key, "screenSchemeId": str(value)}
        for each in call.site.made.type_screens.values()
        if not wanted or each.id in wanted
        for key, value in each.mappings.items()
    ]
    return paged(items, start, size)


def delete_screen(call: Call, screen_id: int) -> Response:
    """By the description not while a screen scheme uses it."""
    screen = _screen(call, screen_id)
    if any(screen.id in each.screens.values() for each in call.site.made.screen_schemes.values()):
        raise invalid("The screen is used in a screen scheme.")
    del call.site.made.screens[screen.id]
    return empty()


def delete_screen_scheme(call: Call, scheme_id: int) -> Response:
    made = call.site.made
    if scheme_id not in made.screen_schemes:
        raise not_found("The screen scheme was not found.")
    if any(scheme_id in each.mappings.values() for each in made.type_screens.values()):
        raise invalid("The screen scheme is used in an issue type screen scheme.")
    del made.screen_schemes[scheme_id]
    return empty()


def delete_type_screens(call: Call, scheme_id: str) -> Response:
    made = call.site.made
    if scheme_id not in made.type_screens:
        raise not_found("The issue type screen scheme was not found.")
    if any(each.screens == scheme_id for each in made.projects.values()):
        raise invalid("The issue type screen scheme is used by a project.")
    del made.type_screens[scheme_id]
    return empty()


_TABS = "screens/<int:screen_id>/tabs"
_CLOUD: list[Route] = [
    ("GET", "screenscheme", screen_schemes),
    ("DELETE", "screenscheme/<int:scheme_id>", delete_screen_scheme),
    ("DELETE", "screens/<int:screen_id>", delete_screen),
    ("DELETE", "issuetypescreenscheme/<scheme_id>", delete_type_screens),
    ("POST", "screenscheme", create_screen_scheme),
    ("GET", "issuetypescreenscheme", type_screens),
    ("POST", "issuetypescreenscheme", create_type_screens),
    ("GET", "issuetypescreenscheme/project", type_screens_of),
    ("PUT", "issuetypescreenscheme/project", assign_type_screens),
    ("GET", "issuetypescreenscheme/<scheme_id>/project", users_of_type_screens),
    ("GET", "issuetypescreenscheme/mapping", type_screen_items),
]
_BOTH: list[Route] = [
    ("GET", "screens", screens),
    ("POST", "screens", create_screen),
    ("GET", _TABS, tabs),
    ("GET", f"{_TABS}/<int:tab_id>/fields", tab_fields),
    ("POST", f"{_TABS}/<int:tab_id>/fields", add_to_tab),
    ("DELETE", f"{_TABS}/<int:tab_id>/fields/<field_id>", remove_from_tab),
]
ROUTES: list[Route] = [
    *((method, path, administration(handler)) for method, path, handler in _BOTH),
    *((method, path, cloud_only(administration(handler))) for method, path, handler in _CLOUD),
]
