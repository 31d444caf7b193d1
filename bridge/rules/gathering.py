"""News, gathered: public comments and due dates that come close together go out in one e-mail."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bridge.actions import Gathered, Tell
from bridge.domain import DueDateChange
from bridge.rules.following import Follower, News, Pace
from bridge.rules.story import Holds, Story
from mappings.model import Moment

DAILY_AT = time(8, tzinfo=ZoneInfo("America/Sao_Paulo"))


@dataclass(frozen=True, kw_only=True)
class _Said:
    """What of the news still holds."""

    quotes: dict[str, str]
    """Comment id to text."""
    due: tuple[DueDateChange, DueDateChange] | None
    """The first change and the last."""


def gatherings(
    story: Story, news: Sequence[News], followers: Sequence[Follower]
) -> Iterator[Gathered | datetime]:
    """The e-mails to send now, and the moments at which others are ripe."""
    groups: dict[tuple[int, Pace], list[str]] = {}
    for one in followers:
        if one.proved and not one.muted and one.pace is not Pace.NEVER:
            groups.setdefault((one.told_through, one.pace), []).append(one.email)
    for (through, pace), recipients in groups.items():
        pending = [one for one in news if one.number > through]
        said = _still_said(pending, story)
        if said.quotes or said.due:
            ripe_at = max([_ripe_at(pending, pace, story.holds), *_held_until(said, story)])
            yield _gathered(pending[-1].number, said, recipients, story) if story.ripe(ripe_at) else ripe_at


def ripe_after(told: Iterable[Tell], holds: Holds) -> list[datetime]:
    """When news that are being told just now are to be looked at."""
    return [one.at + holds.idle for one in told if one.news]


def _ripe_at(pending: Sequence[News], pace: Pace, holds: Holds) -> datetime:
    first, last = min(one.at for one in pending), max(one.at for one in pending)
    if pace is Pace.DAILY:
        return _next_morning(first)
    return min(last + holds.idle, first + holds.longest)


def _next_morning(after: datetime) -> datetime:
    local = after.astimezone(DAILY_AT.tzinfo)
    morning = datetime.combine(local.date(), DAILY_AT)
    return (morning if morning > local else morning + timedelta(days=1)).astimezone(UTC)


def _still_said(pending: Sequence[News], story: Story) -> _Said:
    sources = {one.source for one in pending}
    quotes = {number: text for number, text in story.public.items() if f"comment:{number}" in sources}
    changes = [one for one in story.issue.due_date_changes if f"changelog:{one.id}:due" in sources]
    moved = bool(changes) and changes[-1].to_date not in {None, changes[0].from_date}
    return _Said(quotes=quotes, due=(changes[0], changes[-1]) if moved else None)


def _held_until(said: _Said, story: Story) -> list[datetime]:
    """When the comments have waited out their last edits, which may be later than they were told."""
    quoted = [one for one in story.issue.comments if one.id in said.quotes]
    return [one.edited_at + story.holds.comment for one in quoted]


def _gathered(through: int, said: _Said, recipients: Sequence[str], story: Story) -> Gathered:
    first, last = said.due or (None, None)
    day = last.to_date.strftime("%d/%m/%Y") if last and last.to_date else ""
    moment = Moment.PUBLIC_COMMENT if said.quotes else Moment.DUE_DATE
    return Gathered(
        through=through,
        email=story.workflow.moments[moment],
        recipients=tuple(recipients),
        context={
            "comment": "\n\n".join(said.quotes.values()),
            "due_date": day,
            "due_date_changed": "yes" if first and first.from_date else "",
        },
        quotes=said.quotes,
    )
