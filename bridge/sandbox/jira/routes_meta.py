"""What the site is: server, people, permissions, priorities."""

from typing import Any

import flask
from flask import request

from bridge.sandbox.jira import catalogue
from bridge.sandbox.jira.call import Call, Route, administration, cloud_only, words
from bridge.sandbox.jira.configuration import Project
from bridge.sandbox.jira.errors import invalid, not_found
from bridge.sandbox.jira.model import Json, User, stamp
from bridge.sandbox.jira.render import View
from bridge.sandbox.jira.site import Site


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
    key = request.args.get("projectKey")
    project = call.site.made.project(key) if key else None
    return {
        "permissions": {name: _permission(call, name, project) for name in names or catalogue.PERMISSIONS}
    }


def _permission(call: Call, name: str, project: Project | None) -> Json:
    words_of = name.replace("_", " ").capitalize()
    number = str(catalogue.PERMISSIONS.index(name) + 1)
    return {
        "id": number,
        "key": name,
        "name": words_of,
        "type": "GLOBAL" if name in catalogue.GLOBAL_PERMISSIONS else "PROJECT",
        "description": "",
        "havePermission": has(call.site, call.user, name, project),
    }


def has(site: Site, user: User, name: str, project: Project | None) -> bool:
    """By the project's permission scheme; administrators of the site administer every project."""
    if user == site.bridge and name in site.denied:
        return False
    if name.startswith("ADMINISTER"):
        return user.admin
    if name in catalogue.GLOBAL_PERMISSIONS:
        return True
    schemes = site.made.permission_schemes
    chosen = [schemes[project.permission_scheme]] if project else list(schemes.values())
    me = user.username if site.server else user.account_id
    return any(
        grant.permission == name
        and (grant.kind == "applicationRole" or (grant.kind, grant.parameter) == ("user", me))
        for scheme in chosen
        for grant in scheme.grants
    )


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
        call.site.made.project(project)
    else:
        call.issue(str(key))
    return users(call)


def priorities(call: Call) -> Any:
    return flask.jsonify([call.view.priority(key) for key in catalogue.PRIORITIES])


def task(call: Call, task_id: str) -> Json:
    """A long task runs when first asked about, and is over the next time."""
    if task_id not in call.site.tasks:
        raise not_found("The task was not found.")
    running = call.site.tasks[task_id] > 0
    call.site.tasks[task_id] -= 1
    return {"id": task_id, "status": "RUNNING" if running else "COMPLETE", "progress": 50 if running else 100}


ROUTES: list[Route] = [
    ("GET", "serverInfo", server_info),
    ("GET", "myself", myself),
    ("GET", "mypermissions", my_permissions),
    ("GET", "user/search", users),
    ("GET", "user/assignable/search", assignable),
    ("GET", "priority", priorities),
    ("GET", "task/<task_id>", cloud_only(administration(task))),
]
