"""The comparison whole: every difference, in the order in which it can be mended."""

from collections.abc import Iterator

from bridge.provision import board, fields, place
from bridge.provision.changes import Change, Kind, Way
from bridge.provision.live import Live
from bridge.provision.wanted import Wanted

DATA_CENTER = {
    (Kind.PROJECT, Way.ADD),
    (Kind.ISSUE_TYPE, Way.ADD),
    (Kind.FIELD, Way.ADD),
    (Kind.FIELD, Way.CHANGE),
    (Kind.SCREEN, Way.CHANGE),
    (Kind.PERMISSIONS, Way.CHANGE),
    (Kind.WEBHOOK, Way.ADD),
    (Kind.WEBHOOK, Way.CHANGE),
}
"""What Data Center's REST API v2 can make. Not there: statuses, workflows, options, screens and schemes."""


def compare(wanted: Wanted, live: Live) -> list[Change]:
    """Every difference. Empty when the site is as it should be."""
    if live.project and live.project.simplified:
        return [place.team_managed(wanted)]
    found = (_permitted(change, live) for change in _differences(wanted, live))
    # On Data Center a new field's context is global, and there is no other to be had.
    return [change for change in found if live.cloud or change.kind is not Kind.CONTEXT]


def _differences(wanted: Wanted, live: Live) -> Iterator[Change]:
    yield from place.project(wanted, live)
    yield from place.issue_type(wanted, live)
    yield from board.statuses(wanted, live)
    yield from board.workflow(wanted, live)
    yield from fields.custom_fields(wanted, live)
    yield from place.screens(wanted, live)
    yield from fields.demanded(wanted, live)
    yield from place.permissions(wanted, live)
    yield from place.webhook(wanted, live)


def unchecked(wanted: Wanted, live: Live) -> list[str]:
    """What this look could not see, each as a sentence that says what it should be."""
    found = []
    if live.project and not live.workflow_readable:
        arrows = ", ".join(f"{source} → {target}" for source, target in wanted.transitions)
        found.append(f"the workflow's transitions; they should be {arrows}")
    if live.project is None:
        found.append("what the bridge's account may do in the project, until there is one")
    if not live.hooks_readable:
        found.append(f"the webhook; {place.hook_step(wanted)}")
    return found


def _permitted(change: Change, live: Live) -> Change:
    """The change as this account may make it on this kind of site."""
    if not live.administers:
        return change.by_hand()
    if not live.cloud and (change.kind, change.way) not in DATA_CENTER:
        return change.by_hand()
    if not live.cloud and change.kind is Kind.FIELD and change.facts.get("renamed"):
        return change.by_hand()
    return change
