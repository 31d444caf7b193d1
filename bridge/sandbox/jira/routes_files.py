"""Attachments: up, down and away."""

import secrets
from typing import Any
from urllib.parse import quote

import flask
from flask import Response, redirect, request

from bridge.sandbox.jira import files
from bridge.sandbox.jira.call import Call, Route, empty
from bridge.sandbox.jira.errors import Refusal, invalid
from bridge.sandbox.jira.model import Attachment, Json


def attach(call: Call, key: str) -> Any:
    issue = call.issue(key)
    if request.headers.get("X-Atlassian-Token", "").lower() not in ("no-check", "nocheck"):
        raise Refusal(403, body="XSRF check failed")  # R11
    if request.mimetype != "multipart/form-data":
        raise Refusal(415, "Unsupported Media Type")
    sent = [(each, each.read()) for each in request.files.getlist("file")]
    if not sent:
        raise invalid("No file was attached: the form field must be named 'file'.")
    for each, content in sent:
        if len(content) > call.site.upload_limit:  # R11: above the site's limit -> 413
            most = call.site.upload_limit
            raise Refusal(413, f"File '{each.filename}' exceeds the maximum attachment size of {most} bytes.")
    made = [
        files.attach(
            call.site, issue, call.user, filename=each.filename or "file", mime=each.mimetype, content=content
        )
        for each, content in sent
    ]
    return flask.jsonify([call.view.attachment(each) for each in made])


def attachment_meta(call: Call) -> Json:
    return {"enabled": True, "uploadLimit": call.site.upload_limit}


def attachment(call: Call, attachment_id: str) -> Json:
    return call.view.attachment(files.the_attachment(call.site, attachment_id)[1])


def content(call: Call, attachment_id: str) -> Any:
    """Cloud answers with a redirect to its media store, unless asked not to."""
    found = files.the_attachment(call.site, attachment_id)[1]
    if request.args.get("redirect") == "false":
        return as_file(found)
    token = call.site.media.setdefault(found.id, secrets.token_urlsafe(24))
    return redirect(f"{call.view.base}/media/file/{found.id}?token={token}&name={quote(found.filename)}", 303)


def media(call: Call, attachment_id: str) -> Response:
    """The media store: no authentication but the token in the address."""
    token = call.site.media.get(attachment_id)
    if token is None or not secrets.compare_digest(token, request.args.get("token", "")):
        raise Refusal(403, "Forbidden")
    return as_file(files.the_attachment(call.site, attachment_id)[1])


media.open_to_all = True  # type: ignore[attr-defined]


def secure(call: Call, attachment_id: str, filename: str) -> Response:
    return as_file(files.the_attachment(call.site, attachment_id)[1])


def as_file(found: Attachment) -> Response:
    answer = Response(found.content, mimetype=found.mime or "application/octet-stream")
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.filename)}"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def delete_attachment(call: Call, attachment_id: str) -> Response:
    issue, found = files.the_attachment(call.site, attachment_id)
    files.detach(call.site, issue, call.user, found)
    return empty()


ROUTES: list[Route] = [
    ("POST", "issue/<key>/attachments", attach),
    ("GET", "attachment/meta", attachment_meta),
    ("GET", "attachment/<attachment_id>", attachment),
    ("GET", "attachment/content/<attachment_id>", content),
    ("DELETE", "attachment/<attachment_id>", delete_attachment),
]
MEDIA: list[Route] = [
    ("GET", "media/file/<attachment_id>", media),
    ("GET", "secure/attachment/<attachment_id>/<path:filename>", secure),
]
