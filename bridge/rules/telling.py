"""Which facts the partner is told, when, and by which e-mail."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.domain import DueDateChange, Issue, JiraComment, StatusChange, Tell
from mappings.model import Moment, Status, Workflow

Telling = tuple[list[Tell], list[datetime]]
"""What to tell now, and the moments at which something on hold is to be looked at again."""


@dataclass(frozen=True, kw_only=True)
class Clockwork:
    """Now, and how long a fact waits in case it is taken back."""

    now: datetime
    hold: timedelta

    def ripe(self, at: datetime) -> bool:
        return self.now >= at + self.hold

    def near(self, earlier: datetime, later: datetime) -> bool:
        return earlier <= later <= earlier + self.hold


@dataclass(frozen=True, kw_only=True)
class Story:
    """An issue's facts, and which of them were told."""

    issue: Issue
    told: frozenset[str]
    mailed: frozenset[str]
    workflow: Workflow
    clockwork: Clockwork


def tellings(story: Story) -> Telling:
    """Every fact not told yet: status changes, public comments, the due date."""
    tell: list[Tell] = []
    wait: list[datetime] = []
    for fact in (
        *_status_changes(story),
        *_comments(story),
        *_due_date(story),
    ):
        if isinstance(fact, Tell):
            tell.append(fact)
        else:
            wait.append(fact)
    return sorted(tell, key=lambda fact: fact.at), wait


def public_text(comment: JiraComment, marker: str) -> str | None:
    """What a comment says to the partner; None unless it is proved to be meant for the partner.

    Proof is the marker at its start, or Jira's own word that it is public. What is restricted to a role or
    group, or says nothing of its audience, is internal.
    """
    if comment.restricted or comment.by_bridge:
        return None
    first, _, rest = comment.text.strip().partition(marker)
    if first == "" and rest[:1].isspace():
        return rest.strip() or None
    return comment.text.strip() or None if comment.service_desk_public is True else None


# --- status changes


def _status_changes(story: Story) -> Iterator[Tell | datetime]:
    clockwork = story.clockwork
    for change in story.issue.status_changes:
        if _source(change) in story.told:
            continue
        status = story.workflow.statuses.get(change.to_status)
        if status and status.email and not clockwork.ripe(change.at):
            yield change.at + clockwork.hold
        else:
            yield _status_change(change, status, story)


def _source(change: StatusChange) -> str:
    return f"changelog:{change.id}"


def _status_change(change: StatusChange, status: Status | None, story: Story) -> Tell:
    issue = story.issue
    silence = _silence(change, status, story)
    reason = _reason(change, story) if status and status.wants_comment else ""
    return Tell(
        source=_source(change),
        at=change.at,
        kind="status",
        author=change.author,
        status=change.to_status,
        text=reason,
        visible=status is not None,
        email=None if silence or status is None else status.email,
        outcome=silence,
        context={"comment": reason, "staging_url": issue.staging_url, "version": issue.version},
    )


def _silence(change: StatusChange, status: Status | None, story: Story) -> str:
    """Why this change sends no e-mail; empty when it sends one."""
    if status is None:
        return f"no e-mail: {change.to_status} is not in workflow.yaml"
    if status.email is None:
        return f"no e-mail: {status.name} sends none"
    changes, clockwork = story.issue.status_changes, story.clockwork
    place = changes.index(change)
    later = [one for one in changes[place + 1 :] if clockwork.near(change.at, one.at)]
    if any(one.to_status == change.from_status for one in later):
        return f"no e-mail: undone within {clockwork.hold.total_seconds():.0f} s"
    earlier = [one for one in changes[:place] if clockwork.near(one.at, change.at)]
    untold = [one for one in earlier if _source(one) not in story.mailed]
    if any(one.from_status == change.to_status for one in untold):
        return "no e-mail: it took back a move that was not told either"
    followed = [one for one in later if _sends(one, story.workflow)]
    if followed:
        return f"no e-mail: followed by {followed[-1].to_status} before it was due"
    return ""


def _sends(change: StatusChange, workflow: Workflow) -> bool:
    status = workflow.statuses.get(change.to_status)
    return status is not None and status.email is not None


def _reason(change: StatusChange, story: Story) -> str:
    """The public comments that belong to a move: since the move before it, until its hold ends."""
    comments = [
        text
        for comment in story.issue.comments
        if _belongs(comment, change, story) and (text := public_text(comment, story.workflow.comment_marker))
    ]
    return "\n\n".join(comments)


def _belongs(comment: JiraComment, change: StatusChange, story: Story) -> bool:
    changes = story.issue.status_changes
    place = changes.index(change)
    since = changes[place - 1].at if place else None
    return (since is None or comment.at > since) and comment.at <= change.at + story.clockwork.hold


# --- comments


def _comments(story: Story) -> Iterator[Tell | datetime]:
    clockwork = story.clockwork
    for comment in story.issue.comments:
        text = public_text(comment, story.workflow.comment_marker)
        if text is None or f"comment:{comment.id}" in story.told:
            continue
        carrier = _carrying_move(comment, story)
        ripe_at = max(comment.at, carrier.at if carrier else comment.at) + clockwork.hold
        if clockwork.now < ripe_at:
            yield ripe_at
        else:
            yield _comment(comment, text, carrier, story.workflow)


def _carrying_move(comment: JiraComment, story: Story) -> StatusChange | None:
    """The move whose e-mail quotes this comment, so that it needs none of its own."""
    for change in story.issue.status_changes:
        status = story.workflow.statuses.get(change.to_status)
        wants = status is not None and status.wants_comment
        if wants and _belongs(comment, change, story):
            silent = _silence(change, status, story)
            if not silent and change.at <= comment.at + story.clockwork.hold:
                return change
    return None


def _comment(comment: JiraComment, text: str, carrier: StatusChange | None, workflow: Workflow) -> Tell:
    kind = None if carrier else workflow.moments.get(Moment.PUBLIC_COMMENT)
    silence = f"no e-mail of its own: quoted in that of {carrier.to_status}" if carrier else ""
    return Tell(
        source=f"comment:{comment.id}",
        at=comment.at,
        kind="comment",
        author=comment.author,
        status="",
        text=text,
        visible=True,
        email=kind,
        outcome=silence or ("" if kind else "no e-mail: workflow.yaml names none for public comments"),
        context={"comment": text},
    )


# --- the due date


def _due_date(story: Story) -> Iterator[Tell | datetime]:
    changes, clockwork = story.issue.due_date_changes, story.clockwork
    fresh = [change for change in changes if f"changelog:{change.id}:due" not in story.told]
    for change in fresh:
        if not clockwork.ripe(change.at):
            yield change.at + clockwork.hold
        else:
            yield _due_date_change(change, last=change is fresh[-1], workflow=story.workflow)


def _due_date_change(change: DueDateChange, *, last: bool, workflow: Workflow) -> Tell:
    kind = workflow.moments.get(Moment.DUE_DATE)
    silence = "" if last and change.to_date and kind else _due_date_silence(change, last=last)
    day = change.to_date.strftime("%d/%m/%Y") if change.to_date else ""
    return Tell(
        source=f"changelog:{change.id}:due",
        at=change.at,
        kind="due_date",
        author=change.author,
        status="",
        text=day,
        visible=True,
        email=None if silence else kind,
        outcome=silence,
        context={"due_date": day, "due_date_changed": "yes" if change.from_date else ""},
    )


def _due_date_silence(change: DueDateChange, *, last: bool) -> str:
    if not last:
        return "no e-mail: the date was changed again"
    return "no e-mail: the date was taken away" if change.to_date is None else "no e-mail: none is mapped"
