"""Statuses: read by anybody, made and renamed by administrators."""

from dataclasses import replace
from typing import Any

import flask
from flask import Response, request

from bridge.sandbox.jira import catalogue
from bridge.sandbox.jira.call import Call, Route, administration, cloud_only, empty, paged, words
from bridge.sandbox.jira.catalogue import Status
from bridge.sandbox.jira.errors import Refusal, invalid, not_found
from bridge.sandbox.jira.model import Json

CATEGORIES = {each.word: each for each in (catalogue.NEW, catalogue.DOING, catalogue.DONE)}
GLOBAL = {"type": "GLOBAL"}


def statuses(call: Call) -> Any:
    return flask.jsonify([call.view.status(each) for each in call.site.statuses.values()])


def status(call: Call, id_or_name: str) -> Json:
    for each in call.site.statuses.values():
        if id_or_name in (each.id, each.name):
            return call.view.status(each)
    raise not_found(f"The status '{id_or_name}' does not exist.")


def shown(status: Status) -> Json:
    return {
        "id": status.id,
        "name": status.name,
        "statusCategory": status.category.word,
        "scope": GLOBAL,
        "description": status.description,
    }


def search(call: Call) -> Json:
    wanted = request.args.get("searchString", "").lower()
    found = [shown(each) for each in call.site.statuses.values() if wanted in each.name.lower()]
    start, size = call.page(default=200, most=200)
    return paged(found, start, size)


def create(call: Call) -> Any:
    """All or none; a name is given once on a site, in whatever letters."""
    given = call.body.get("statuses") or []
    if (call.body.get("scope") or {}).get("type") != "GLOBAL":
        raise invalid("Only global statuses are known here.")
    for each in given:
        _check(call, each, but="")
    made = [_made(call, each) for each in given]
    return flask.jsonify([shown(each) for each in made])


def _made(call: Call, body: Json) -> Status:
    found = Status(
        call.site.serial("status"),
        str(body["name"]),
        CATEGORIES[body["statusCategory"]],
        str(body.get("description") or ""),
    )
    call.site.statuses[found.id] = found
    return found


def _check(call: Call, body: Json, *, but: str) -> None:
    name = str(body.get("name") or "").strip()
    if not name or len(name) > 255 or body.get("statusCategory") not in CATEGORIES:
        raise invalid("A status needs a name of at most 255 characters and a category.")
    others = [each.name.lower() for each in call.site.statuses.values() if each.id != but]
    if name.lower() in others:
        raise Refusal(400, f"The status name '{name}' is in use.")


def edit(call: Call) -> Response:
    given = call.body.get("statuses") or []
    for each in given:
        if str(each.get("id")) not in call.site.statuses:
            raise invalid("The status was not found.")
        _check(call, each, but=str(each["id"]))
    for each in given:
        call.site.statuses[each["id"]] = replace(
            call.site.statuses[each["id"]],
            name=each["name"],
            category=CATEGORIES[each["statusCategory"]],
            description=str(each.get("description") or ""),
        )
    return empty()


def delete(call: Call) -> Response:
    """Refused while a workflow has it."""
    for wanted in words("id"):
        if wanted not in call.site.statuses:
            raise not_found("The status was not found.")
        if any(wanted in each.statuses for each in call.site.made.workflows.values()):
            raise Refusal(400, "The status is used in a workflow.")
    for wanted in words("id"):
        del call.site.statuses[wanted]
    return empty()


ROUTES: list[Route] = [
    ("GET", "status", statuses),
    ("GET", "status/<id_or_name>", status),
    ("GET", "statuses/search", cloud_only(search)),
    ("POST", "statuses", cloud_only(administration(create))),
    ("PUT", "statuses", cloud_only(administration(edit))),
    ("DELETE", "statuses", cloud_only(administration(delete))),
]
