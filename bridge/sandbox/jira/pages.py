"""Pages for people who try the demo: the board, and an issue to be moved, commented and assigned by hand."""

from flask import Flask, redirect, render_template, request
from werkzeug.wrappers import Response

from bridge.sandbox.jira import actions, catalogue, talk
from bridge.sandbox.jira.catalogue import Status
from bridge.sandbox.jira.errors import FieldError
from bridge.sandbox.jira.fields import Reader
from bridge.sandbox.jira.render import View
from bridge.sandbox.jira.site import Site

DEVELOPER = "dev@softhouse.example"


def register(app: Flask, site: Site, base: str) -> None:
    @app.get("/")
    def board() -> str:
        with site.lock:
            columns = [
                (status, [issue for issue in site.by_id.values() if issue.status == status.id])
                for status in _columns(site)
            ]
            return render_template("board.html", columns=columns)

    @app.get("/browse/<key>")
    def browse(key: str) -> str:
        with site.lock:
            issue = site.issue(key)
            names = {
                field.id: field.name for field in site.fields.values() if field.id.startswith("customfield_")
            }
            shown = View(site, base, "2").fields(issue)
            return render_template(
                "issue.html",
                issue=issue,
                status=site.statuses[issue.status],
                shown=shown,
                custom=[(name, _text(shown.get(field))) for field, name in names.items() if shown.get(field)],
                offered=site.offered(issue),
            )

    @app.post("/browse/<key>/<verb>")
    def press(key: str, verb: str) -> Response:
        with site.lock:
            _press(site, key, verb)
        return redirect(f"{base}/browse/{key}")


def _columns(site: Site) -> list[Status]:
    """The statuses of every project's workflow, in its order."""
    made = site.made
    flows = [
        made.workflow_of(each, kind.id) for each in made.projects.values() for kind in made.types_of(each)
    ]
    return [site.statuses[each] for each in dict.fromkeys(name for flow in flows for name in flow.statuses)]


def _press(site: Site, key: str, verb: str) -> None:
    issue, triager = site.issue(key), site.human(catalogue.TRIAGER)
    given = request.form.get("value", "")
    if verb == "move":
        actions.move(site, issue, triager, given)
    elif verb == "comment" and given.strip():
        talk.add_comment(Reader(site, documents=False), issue, triager, {"body": given.replace("\r\n", "\n")})
    elif verb == "assign":
        actions.set_values(site, issue, triager, {"assignee": site.human(DEVELOPER)})
    elif verb == "due":
        try:
            due = Reader(site, documents=False).read(site.fields["duedate"], given or None)
        except FieldError:
            return
        actions.set_values(site, issue, triager, {"duedate": due})


def _text(value: object) -> str:
    return str(value.get("value", "")) if isinstance(value, dict) else str(value)
