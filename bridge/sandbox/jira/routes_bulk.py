"""/bulk: many issues moved at once. Cloud only; what it sets off is told as Secondary (J3, J4)."""

from typing import Any

from flask import Response

from bridge.sandbox.jira import actions
from bridge.sandbox.jira.call import Call, Route, created
from bridge.sandbox.jira.errors import Refusal, invalid, not_found
from bridge.sandbox.jira.model import Json

MOST = 1000  # issues in one operation (the description of POST bulk/issues/transition)


def transition(call: Call) -> Response:
    """Done before the answer; the real one does it in a task that is asked for."""
    if call.site.server:
        raise not_found("Server has no bulk operations over REST")
    wanted = [
        (str(key), str(one["transitionId"]))
        for one in _inputs(call.body)
        for key in one["selectedIssueIdsOrKeys"]
    ]
    if not wanted or len(wanted) > MOST:
        raise invalid(f"between 1 and {MOST} issues")
    for key, transition_id in wanted:
        try:
            actions.move(call.site, call.issue(key), call.user, transition_id, bulk=True)
        except Refusal:
            continue  # told by the task's progress (failedAccessibleIssues), not by this answer
    return created({"taskId": str(call.site.serial("task"))})


def _inputs(body: Json) -> list[Any]:
    given = body.get("bulkTransitionInputs")
    if not isinstance(given, list):
        raise invalid("bulkTransitionInputs is required")
    return given


ROUTES: list[Route] = [("POST", "bulk/issues/transition", transition)]
