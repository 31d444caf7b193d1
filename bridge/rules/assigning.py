"""Whom the bridge makes a ticket's assignee."""

from bridge.actions import Assign
from bridge.rules.moves import Observation
from mappings.model import Category, Mappings


def assignment(seen: Observation, mappings: Mappings) -> Assign | None:
    """The author of a pull request of the ticket's, where nobody is and people.yaml knows the author.

    People win: whom they took off the issue is not put on it again.
    """
    issue, people = seen.issue, mappings.people
    status = mappings.workflow.statuses.get(issue.status)
    if not people.assign_author or issue.assignee or (status and status.category is Category.DONE):
        return None
    passed_over = {*issue.assigned_before, seen.assigned}
    for one in seen.pull_requests:
        account = people.accounts.get(one.author.lower())
        if account and account not in passed_over and (one.is_open or one.merged):
            return Assign(account=account, login=one.author, pull_request=one.name)
    return None
