"""/issue: create, read, edit, move, delete; its changelog, properties and watchers."""

from flask import Response, request

from bridge.sandbox.jira import actions, fields
from bridge.sandbox.jira.call import Call, Route, created, empty, paged, words
from bridge.sandbox.jira.errors import FieldError, Refusal, invalid, not_found
from bridge.sandbox.jira.model import Issue, Json
from bridge.sandbox.jira.talk import check_property


def create(call: Call) -> Response:
    body = call.body
    if not isinstance(body.get("fields"), dict):
        raise invalid("Invalid request payload. Refer to the REST API documentation and try again.")
    issue = actions.create(call.reader, call.user, body)
    return created({"id": issue.id, "key": issue.key, "self": call.view.url(f"issue/{issue.id}")})


def read(call: Call, key: str) -> Json:
    return call.view.issue(
        call.issue(key), fields=words("fields"), expand=words("expand"), properties=words("properties")
    )


def edit(call: Call, key: str) -> Response:
    actions.edit(call.reader, call.issue(key), call.user, call.body)
    return empty()


def delete(call: Call, key: str) -> Response:
    actions.delete(call.site, call.issue(key), call.user)
    return empty()


def changelog(call: Call, key: str) -> Json:
    """Oldest first, by page."""
    issue = call.issue(key)
    if call.site.server:  # Server has no such address: expand=changelog tells all
        raise not_found("null for uri: " + request.url)
    start, size = call.page(default=100)
    page = paged([call.view.change(change) for change in issue.history], start, size)
    address = call.view.url(f"issue/{issue.key}/changelog")
    page["self"] = f"{address}?startAt={start}&maxResults={size}"
    return (
        page if page["isLast"] else page | {"nextPage": f"{address}?startAt={start + size}&maxResults={size}"}
    )


def transitions(call: Call, key: str) -> Json:
    offered = [call.view.transition(each) for each in call.site.offered(call.issue(key))]
    wanted = request.args.get("transitionId")
    if "transitions.fields" in words("expand"):
        offered = [each | {"fields": {}} for each in offered]
    return {
        "expand": "transitions",
        "transitions": [each for each in offered if wanted in (None, each["id"])],
    }


def move(call: Call, key: str) -> Response:
    issue, body = call.issue(key), call.body
    transition = body.get("transition")
    given = transition.get("id") if isinstance(transition, dict) else None
    if given is None:
        raise invalid("Missing 'transition' identifier")
    if not str(given).isdigit():
        raise invalid("The 'transition' identifier must be an integer.")  # field.md #12
    # The transitions here have no screen, so no field may come along (field.md #13)
    carried = [*(body.get("fields") or {}), *(body.get("update") or {})]
    if carried:
        raise Refusal(400, errors={name: fields.OFF_SCREEN.format(name) for name in carried})
    actions.move(call.site, issue, call.user, str(given))
    return empty()


def assign(call: Call, key: str) -> Response:
    issue = call.issue(key)
    try:
        user = call.reader.user(call.body)
    except FieldError as fault:
        raise invalid(assignee=str(fault)) from None
    actions.set_values(call.site, issue, call.user, {"assignee": user})
    return empty()


def property_keys(call: Call, key: str) -> Json:
    address = call.view.url(f"issue/{key}/properties")
    return {"keys": [{"self": f"{address}/{name}", "key": name} for name in call.issue(key).properties]}


def read_property(call: Call, key: str, name: str) -> Json:
    return {"key": name, "value": _owned(call.issue(key), name)[name]}


def write_property(call: Call, key: str, name: str) -> Response:
    issue, value = call.issue(key), call.value
    check_property(name, value)
    status = 200 if name in issue.properties else 201
    issue.properties[name] = value
    return empty(status)


def delete_property(call: Call, key: str, name: str) -> Response:
    del _owned(call.issue(key), name)[name]
    return empty()


def _owned(issue: Issue, name: str) -> Json:
    if name not in issue.properties:
        raise not_found(f"The property with key '{name}' does not exist.")
    return issue.properties


def watchers(call: Call, key: str) -> Json:
    issue = call.issue(key)
    return call.view.watches(issue) | {"watchers": [call.view.user(each) for each in issue.watchers]}


def watch(call: Call, key: str) -> Response:
    issue = call.issue(key)
    wanted = call.value if request.get_data() else call.user.account_id
    user = call.site.user_by("username" if call.site.server else "account_id", wanted) or call.user
    issue.watchers = [*(each for each in issue.watchers if each != user), user]
    return empty()


def unwatch(call: Call, key: str) -> Response:
    issue, given = call.issue(key), request.args.get("username") or request.args.get("accountId")
    issue.watchers = [each for each in issue.watchers if given not in (each.account_id, each.username)]
    return empty()


_ONE = "issue/<key>"
ROUTES: list[Route] = [
    ("POST", "issue", create),
    ("GET", _ONE, read),
    ("PUT", _ONE, edit),
    ("DELETE", _ONE, delete),
    ("GET", f"{_ONE}/changelog", changelog),
    ("GET", f"{_ONE}/transitions", transitions),
    ("POST", f"{_ONE}/transitions", move),
    ("PUT", f"{_ONE}/assignee", assign),
    ("GET", f"{_ONE}/properties", property_keys),
    ("GET", f"{_ONE}/properties/<name>", read_property),
    ("PUT", f"{_ONE}/properties/<name>", write_property),
    ("DELETE", f"{_ONE}/properties/<name>", delete_property),
    ("GET", f"{_ONE}/watchers", watchers),
    ("POST", f"{_ONE}/watchers", watch),
    ("DELETE", f"{_ONE}/watchers", unwatch),
]
