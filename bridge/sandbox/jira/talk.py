"""Comments: written, changed, taken back."""

import json
from typing import Any

from bridge.sandbox.jira.errors import FieldError, invalid, not_found
from bridge.sandbox.jira.fields import Reader
from bridge.sandbox.jira.model import Comment, Issue, Json, Rich, User
from bridge.sandbox.jira.site import Site


def check_comment(reader: Reader, body: Json) -> Rich:
    """The body to store, or Jira's refusal."""
    try:
        text = reader.rich(body.get("body")) if body.get("body") else None
    except FieldError as fault:
        raise invalid(comment=str(fault)) from None
    if text is None or not text.wiki.strip():
        raise invalid(comment="Comment body can not be empty!")
    _check_visibility(body.get("visibility"))
    return text


def _check_visibility(visibility: Any) -> None:
    if visibility is None:
        return
    sound = isinstance(visibility, dict) and visibility.get("type") in ("role", "group")
    if not sound or not (visibility.get("value") or visibility.get("identifier")):
        raise invalid(commentLevel="Specify a visibility of type 'role' or 'group' and its value.")


def properties_of(body: Json) -> Json:
    """Entity properties given along with an issue or a comment."""
    given = body.get("properties") or []
    if not isinstance(given, list) or not all(isinstance(each, dict) and each.get("key") for each in given):
        raise invalid("Invalid request payload. Refer to the REST API documentation and try again.")
    for each in given:
        check_property(str(each["key"]), each.get("value"))
    return {str(each["key"]): each.get("value") for each in given}


def check_property(key: str, value: Any) -> None:
    """R7: key at most 255 characters, value at most 32 KB of JSON."""
    if len(key) > 255:
        raise invalid("The property key cannot be longer than 255 characters.")
    if len(json.dumps(value).encode()) > 32768:
        raise invalid("The property value cannot be longer than 32768 characters.")


def add_comment(reader: Reader, issue: Issue, user: User, body: Json) -> Comment:
    site, text = reader.site, check_comment(reader, body)
    now = site.clock()
    comment = Comment(
        id=site.serial("comment"),
        author=user,
        updater=user,
        body=text,
        created=now,
        updated=now,
        visibility=body.get("visibility"),
        properties=properties_of(body),
    )
    issue.comments.append(comment)
    _told(site, issue, user, name="comment_created", comment=comment, kind="issue_commented")
    return comment


def edit_comment(reader: Reader, issue: Issue, user: User, comment: Comment, body: Json) -> None:
    comment.body = check_comment(reader, body)
    comment.updater, comment.updated = user, reader.site.clock()
    if "visibility" in body:
        comment.visibility = body["visibility"]
    comment.properties |= properties_of(body)
    _told(reader.site, issue, user, name="comment_updated", comment=comment, kind="issue_comment_edited")


def delete_comment(site: Site, issue: Issue, user: User, comment: Comment) -> None:
    issue.comments.remove(comment)
    _told(site, issue, user, name="comment_deleted", comment=comment, kind="issue_comment_deleted")


def _told(site: Site, issue: Issue, user: User, *, name: str, comment: Comment, kind: str) -> None:
    site.touch(issue)
    site.publish(name, issue, user, comment=comment)
    if site.server:  # Server rings twice: jira:issue_updated carries the comment too
        site.publish("jira:issue_updated", issue, user, kind=kind, comment=comment)


def the_comment(issue: Issue, comment_id: str) -> Comment:
    for comment in issue.comments:
        if comment.id == comment_id:
            return comment
    raise not_found(f"Can not find a comment for the id: {comment_id}.")
