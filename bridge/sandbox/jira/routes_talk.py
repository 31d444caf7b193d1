"""Comments and their properties."""

from flask import Response, request

from bridge.sandbox.jira import talk
from bridge.sandbox.jira.call import Call, Route, created, empty, words
from bridge.sandbox.jira.errors import not_found
from bridge.sandbox.jira.model import Comment, Json


def comments(call: Call, key: str) -> Json:
    issue = call.issue(key)
    start, size = call.page(default=100, most=5000)
    backwards = request.args.get("orderBy", "").startswith("-")
    ordered = issue.comments[::-1] if backwards else issue.comments
    shown = [_shown(call, each) for each in ordered[start : start + size]]
    return {"startAt": start, "maxResults": size, "total": len(issue.comments), "comments": shown}


def _shown(call: Call, comment: Comment) -> Json:
    expand = words("expand")
    return call.view.comment(comment, rendered="renderedBody" in expand, properties="properties" in expand)


def comment(call: Call, key: str, comment_id: str) -> Json:
    return _shown(call, talk.the_comment(call.issue(key), comment_id))


def add_comment(call: Call, key: str) -> Response:
    return created(_shown(call, talk.add_comment(call.reader, call.issue(key), call.user, call.body)))


def edit_comment(call: Call, key: str, comment_id: str) -> Json:
    issue = call.issue(key)
    found = talk.the_comment(issue, comment_id)
    talk.edit_comment(call.reader, issue, call.user, found, call.body)
    return _shown(call, found)


def delete_comment(call: Call, key: str, comment_id: str) -> Response:
    issue = call.issue(key)
    talk.delete_comment(call.site, issue, call.user, talk.the_comment(issue, comment_id))
    return empty()


def _any_comment(call: Call, comment_id: str) -> Comment:
    found = (each for issue in call.site.by_id.values() for each in issue.comments if each.id == comment_id)
    comment = next(found, None)
    if comment is None:
        raise not_found(f"Can not find a comment for the id: {comment_id}.")
    return comment


def comment_properties(call: Call, comment_id: str) -> Json:
    return {"keys": [{"key": name} for name in _any_comment(call, comment_id).properties]}


def comment_property(call: Call, comment_id: str, name: str) -> Json:
    properties = _any_comment(call, comment_id).properties
    if name not in properties:
        raise not_found(f"The property with key '{name}' does not exist.")
    return {"key": name, "value": properties[name]}


def set_comment_property(call: Call, comment_id: str, name: str) -> Response:
    properties, value = _any_comment(call, comment_id).properties, call.value
    talk.check_property(name, value)
    status = 200 if name in properties else 201
    properties[name] = value
    return empty(status)


_ONE = "issue/<key>"
ROUTES: list[Route] = [
    ("GET", f"{_ONE}/comment", comments),
    ("POST", f"{_ONE}/comment", add_comment),
    ("GET", f"{_ONE}/comment/<comment_id>", comment),
    ("PUT", f"{_ONE}/comment/<comment_id>", edit_comment),
    ("DELETE", f"{_ONE}/comment/<comment_id>", delete_comment),
    ("GET", "comment/<comment_id>/properties", comment_properties),
    ("GET", "comment/<comment_id>/properties/<name>", comment_property),
    ("PUT", "comment/<comment_id>/properties/<name>", set_comment_property),
]
