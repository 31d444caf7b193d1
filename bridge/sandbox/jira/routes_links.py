"""Remote links, and links between issues."""

from typing import Any

import flask
from flask import Response, request

from bridge.sandbox.jira import catalogue, files
from bridge.sandbox.jira.call import Call, Route, created, empty
from bridge.sandbox.jira.errors import invalid, not_found
from bridge.sandbox.jira.model import Json


def remote_links(call: Call, key: str) -> Any:
    issue, global_id = call.issue(key), request.args.get("globalId")
    if global_id is not None:
        return call.view.remote_link(issue, files.the_remote(issue, global_id=global_id))
    return flask.jsonify([call.view.remote_link(issue, link) for link in issue.remote_links])


def remote_link(call: Call, key: str, link_id: str) -> Json:
    issue = call.issue(key)
    return call.view.remote_link(issue, files.the_remote(issue, link_id=link_id))


def add_remote_link(call: Call, key: str) -> Response:
    issue = call.issue(key)
    link, new = files.link_remote(call.site, issue, call.user, call.body)
    shown = {"id": link.id, "self": call.view.url(f"issue/{issue.key}/remotelink/{link.id}")}
    return created(shown) if new else flask.jsonify(shown)


def edit_remote_link(call: Call, key: str, link_id: str) -> Response:
    issue = call.issue(key)
    link = files.the_remote(issue, link_id=link_id)
    files.check_remote(call.body)
    link.given = call.body
    call.site.touch(issue)
    return empty()


def delete_remote_link(call: Call, key: str, link_id: str | None = None) -> Response:
    issue, global_id = call.issue(key), request.args.get("globalId")
    if link_id is None and not global_id:
        raise invalid("The globalId is required.")
    found = files.the_remote(issue, link_id=link_id, global_id=global_id)
    files.unlink_remote(call.site, issue, call.user, found)
    return empty()


def link_issues(call: Call) -> Response:
    files.link_issues(call.site, call.user, call.body)
    return empty(201)


def link_types(call: Call) -> Json:
    return {"issueLinkTypes": [call.view.link_type(key) for key in catalogue.LINK_TYPES]}


def issue_link(call: Call, link_id: str) -> Json:
    link = call.site.links.get(link_id)
    if link is None:
        raise not_found(f"No issue link with id '{link_id}' exists.")
    source, destination = call.site.by_id[link.source], call.site.by_id[link.destination]
    shown = call.view.issue_link(link, source)
    return shown | {"inwardIssue": call.view.brief(source), "outwardIssue": call.view.brief(destination)}


def unlink_issues(call: Call, link_id: str) -> Response:
    if link_id not in call.site.links:
        raise not_found(f"No issue link with id '{link_id}' exists.")
    link = call.site.links.pop(link_id)
    source = call.site.by_id[link.source]
    call.site.touch(source)
    call.site.touch(call.site.by_id[link.destination])
    call.site.publish("issuelink_deleted", source, call.user, link=link)
    return empty()


_ONE = "issue/<key>"
ROUTES: list[Route] = [
    ("GET", f"{_ONE}/remotelink", remote_links),
    ("POST", f"{_ONE}/remotelink", add_remote_link),
    ("DELETE", f"{_ONE}/remotelink", delete_remote_link),
    ("GET", f"{_ONE}/remotelink/<link_id>", remote_link),
    ("PUT", f"{_ONE}/remotelink/<link_id>", edit_remote_link),
    ("DELETE", f"{_ONE}/remotelink/<link_id>", delete_remote_link),
    ("POST", "issueLink", link_issues),
    ("GET", "issueLink/<link_id>", issue_link),
    ("DELETE", "issueLink/<link_id>", unlink_issues),
    ("GET", "issueLinkType", link_types),
]
