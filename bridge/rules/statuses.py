"""Which status changes are told, when, with which reason, and which of them send an e-mail."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from bridge.actions import Ask, Tell
from bridge.domain import JiraComment, Quotes, StatusChange
from bridge.rules.story import Story
from mappings.model import Status


@dataclass(frozen=True, kw_only=True)
class Due:
    """When a change is told, and the comments that its e-mail quotes: id to text."""

    at: datetime
    quotes: Mapping[str, str]


def status_changes(story: Story) -> Iterator[Tell | Ask | datetime]:
    """Every change not told yet."""
    for change in story.issue.status_changes:
        if source_of(change) in story.told:
            continue
        status, due = _status(change, story), due_of(change, story)
        if status and status.email and not story.ripe(due.at):
            yield from _held(change, due, story)
        else:
            yield _told(change, status, due, story)


def source_of(change: StatusChange) -> str:
    return f"changelog:{change.id}"


def due_of(change: StatusChange, story: Story) -> Due:
    """A change waits out its hold; where the status wants a comment, also for that, and for its hold.

    Once the ticket has gone on there is nothing to wait for.
    """
    held_until = change.at + story.holds.status
    status = _status(change, story)
    if status is None or not (status.email and status.wants_comment):
        return Due(at=held_until, quotes={})
    due = _with_reason(change, held_until, story)
    following = _after(change, story)
    if following and following[0].at <= due.at:
        return Due(at=max(following[0].at, held_until), quotes=due.quotes)
    return due


def silence(change: StatusChange, story: Story) -> str:
    """Why this change sends no e-mail; empty when it sends one."""
    status = _status(change, story)
    if status is None:
        return f"no e-mail: {change.to_status} is not in workflow.yaml"
    if status.email is None:
        return f"no e-mail: {status.name} sends none"
    later = [one for one in _after(change, story) if one.at <= due_of(change, story).at]
    hold = story.holds.status
    if any(one.to_status == change.from_status and one.at <= change.at + hold for one in later):
        return f"no e-mail: undone within {hold.total_seconds():.0f} s"
    if later and status.wants_comment:
        return f"no e-mail: taken on to {later[0].to_status} before it was told"
    earlier = [one for one in _before(change, story) if change.at <= due_of(one, story).at]
    untold = [one for one in earlier if source_of(one) not in story.mailed]
    if any(one.from_status == change.to_status for one in untold):
        return "no e-mail: it took back a move that was not told either"
    followed = [one for one in later if (on := _status(one, story)) and on.email]
    if followed:
        return f"no e-mail: followed by {followed[-1].to_status} before it was due"
    return ""


def quoted_by(story: Story) -> dict[str, StatusChange]:
    """The moves whose e-mail quotes a comment, by the comment's id: it needs none of its own."""
    found: dict[str, StatusChange] = {}
    for change in story.issue.status_changes:
        quotes: Quotes = story.told.get(source_of(change), {})
        if source_of(change) not in story.told and not silence(change, story):
            quotes = due_of(change, story).quotes
        found |= dict.fromkeys(quotes, change)
    return found


def _with_reason(change: StatusChange, held_until: datetime, story: Story) -> Due:
    """The first comment is waited for; those that come while it is on hold go with it."""
    at, quoted = held_until, set[str]()
    patience = max(held_until, change.at + story.holds.reason)
    for comment in sorted(_belonging(change, story), key=lambda one: one.edited_at):
        if comment.edited_at <= (at if quoted else patience):
            quoted.add(comment.id)
            at = max(at, comment.edited_at + story.holds.comment)
    in_order = {number: text for number, text in story.public.items() if number in quoted}
    return Due(at=at if quoted else patience, quotes=in_order)


def _belonging(change: StatusChange, story: Story) -> list[JiraComment]:
    """The public comments written since the move before this one."""
    before = _before(change, story)
    return [
        comment
        for comment in story.issue.comments
        if comment.id in story.public and (not before or comment.at > before[-1].at)
    ]


def _held(change: StatusChange, due: Due, story: Story) -> Iterator[Ask | datetime]:
    """Wait; where the reason is missing when the hold is over, ask for it once."""
    held_until = change.at + story.holds.status
    if not story.ripe(held_until):
        yield min(held_until, due.at)
        return
    source = f"{source_of(change)}:asked"
    if not due.quotes and source not in story.told:
        yield Ask(source=source, status=change.to_status, at=change.at, until=due.at)
    yield due.at


def _told(change: StatusChange, status: Status | None, due: Due, story: Story) -> Tell:
    silent = silence(change, story)
    quotes = {} if silent else due.quotes
    return Tell(
        source=source_of(change),
        at=change.at,
        kind="status",
        author=change.author,
        status=change.to_status,
        text=joined(quotes),
        visible=status is not None,
        email=None if silent or status is None else status.email,
        outcome=silent,
        context=context(joined(quotes), story),
        quotes=quotes,
        caused_by=_caused_by(change, story),
    )


def _caused_by(change: StatusChange, story: Story) -> str:
    """The address of whoever said what led to this change: the first one to where that leads."""
    if not change.by_bridge:
        return ""
    for action in reversed(story.actions):
        rule = story.workflow.rules.get(action.verb.trigger) if action.verb.trigger else None
        if rule and rule.to == change.to_status and action.at <= change.at:
            between = [one for one in _before(change, story) if one.at >= action.at]
            return "" if any(one.to_status == rule.to for one in between) else action.email
    return ""


def joined(quotes: Mapping[str, str | None]) -> str:
    """What the quoted comments say together."""
    return "\n\n".join(text for text in quotes.values() if text)


def context(reason: str, story: Story) -> dict[str, str]:
    """What a status e-mail may say."""
    return {"comment": reason, "staging_url": story.issue.staging_url, "version": story.issue.version}


def _status(change: StatusChange, story: Story) -> Status | None:
    return story.workflow.statuses.get(change.to_status)


def _before(change: StatusChange, story: Story) -> tuple[StatusChange, ...]:
    changes = story.issue.status_changes
    return changes[: changes.index(change)]


def _after(change: StatusChange, story: Story) -> tuple[StatusChange, ...]:
    changes = story.issue.status_changes
    return changes[changes.index(change) + 1 :]
