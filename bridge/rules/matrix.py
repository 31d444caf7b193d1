"""The e-mails that the mappings send: which event, to whom, when. For people to read."""

from collections.abc import Iterator
from dataclasses import dataclass

from mappings.model import Mappings, Moment, Status, Workflow

HELD = "after the hold; undone or followed within it: not at all"
WITH_COMMENT = "after the hold, with the public comment"
AT_ONCE = "at once"
TOGETHER = "with what else comes: once idle, or when the first has waited long enough"
FIRST = (Moment.FILED, Moment.ADDED)
EVENTS = {
    Moment.FILED: "the form is sent",
    Moment.ADDED: "somebody is added",
    Moment.DUE_DATE: "a due date is set or changed",
    Moment.PUBLIC_COMMENT: "a public comment is written",
    Moment.REDEPLOYED: "staging moves to another address",
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One event, and the e-mail that it sends; `email` is empty when it sends none."""

    event: str
    email: str
    opener: bool
    others: bool
    even_muted: bool
    """It reaches the opener though the ticket is muted, for it needs an action."""
    when: str


def matrix(mappings: Mappings) -> list[Line]:
    """The moments of filing, then the board's statuses in its order, then what may come at any time."""
    workflow = mappings.workflow
    return [
        *_moments(mappings, FIRST),
        *(_status(mappings, status) for status in workflow.statuses.values()),
        *_moments(mappings, tuple(moment for moment in Moment if moment not in FIRST)),
    ]


def _moments(mappings: Mappings, moments: tuple[Moment, ...]) -> Iterator[Line]:
    for moment in moments:
        kind = mappings.workflow.moments.get(moment, "")
        line = _line(mappings, EVENTS[moment], kind, _when(moment, mappings.workflow))
        yield line if moment is not Moment.ADDED else Line(**{**vars(line), "opener": False})


def _status(mappings: Mappings, status: Status) -> Line:
    when = WITH_COMMENT if status.wants_comment else HELD
    return _line(mappings, f"→ {status.name}", status.email or "", when)


def _line(mappings: Mappings, event: str, kind: str, when: str) -> Line:
    return Line(
        event=event,
        email=kind,
        opener=bool(kind),
        others=bool(kind) and kind not in mappings.workflow.mails.opener_only,
        even_muted=bool(kind) and mappings.emails[kind].needs_action,
        when=when if kind else "",
    )


def _when(moment: Moment, workflow: Workflow) -> str:
    if moment in workflow.mails.gathered:
        return TOGETHER
    return AT_ONCE if moment in FIRST else HELD
