"""News, gathered: public comments and due dates that come close together go out in one e-mail."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from bridge.actions import Gathered, Tell
from bridge.domain import DueDateChange
from bridge.rules.following import Follower, News, Pace
from bridge.rules.statuses import due_of, quoted_by, source_of
from bridge.rules.story import COMMENT, Holds, Story
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
    """The e-mails to send now, and the moments at which others are ripe.

    At the latest moment only what has waited out its hold is said; the rest waits on.
    """
    held_until = _held_until(news, story)
    for (after, until, pace), recipients in _groups(followers).items():
        within = [one for one in news if after < one.number and (until is None or one.number <= until)]
        pending = [one for one in within if one.source in held_until]
        if not _still_said(pending, story):
            continue
        ripe_at = _ripe_at(pending, pace, story.holds)
        if not story.ripe(ripe_at):
            yield ripe_at
            continue
        ready = list(takewhile(lambda one: story.ripe(held_until[one.source]), pending))
        whole = len(ready) == len(pending)
        said = _still_said(ready, story)
        if said:
            through = until if whole and until else ready[-1].number
            yield _gathered(through, ready[0].at, said, recipients, story)
        if not whole:
            yield held_until[pending[len(ready)].source]


def _groups(followers: Sequence[Follower]) -> dict[tuple[int, int | None, Pace], list[str]]:
    """Who gets the same: the lines after which it begins and up to which it goes, and how soon."""
    found: dict[tuple[int, int | None, Pace], list[str]] = {}
    for one in followers:
        if one.proved and not one.muted and one.pace is not Pace.NEVER:
            for after, until in (*one.recalled, (one.told_through, None)):
                found.setdefault((after, until, one.pace), []).append(one.email)
    return found


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


def _held_until(news: Sequence[News], story: Story) -> dict[str, datetime]:
    """When each may be said, by its source; without comments taken back, or said by a status e-mail.

    A comment waits out its last edit, and the status change whose e-mail may yet quote it.
    """
    carriers = quoted_by(story)
    comments = {f"{COMMENT}{one.id}": one for one in story.issue.comments if one.id in story.public}
    found = {one.source: one.at for one in news if not one.source.startswith(COMMENT)}
    for source in comments.keys() & {one.source for one in news}:
        ripe_at = comments[source].edited_at + story.holds.comment
        carrier = carriers.get(comments[source].id)
        if carrier is None:
            found[source] = ripe_at
        elif source_of(carrier) not in story.told and not story.ripe(due_of(carrier, story).at):
            found[source] = max(ripe_at, due_of(carrier, story).at)
    return found


def _still_said(pending: Sequence[News], story: Story) -> _Said | None:
    sources = {one.source for one in pending}
    quotes = {number: text for number, text in story.public.items() if f"{COMMENT}{number}" in sources}
    changes = [one for one in story.issue.due_date_changes if f"changelog:{one.id}:due" in sources]
    moved = bool(changes) and changes[-1].to_date not in {None, changes[0].from_date}
    return _Said(quotes=quotes, due=(changes[0], changes[-1]) if moved else None) if quotes or moved else None


def _gathered(
    through: int, since: datetime, said: _Said, recipients: Sequence[str], story: Story
) -> Gathered:
    first, last = said.due or (None, None)
    day = last.to_date.strftime("%d/%m/%Y") if last and last.to_date else ""
    moment = Moment.PUBLIC_COMMENT if said.quotes else Moment.DUE_DATE
    return Gathered(
        through=through,
        since=since,
        email=story.workflow.moments[moment],
        recipients=tuple(recipients),
        context={
            "comment": "\n\n".join(said.quotes.values()),
            "due_date": day,
            "due_date_changed": "yes" if first and first.from_date else "",
        },
        quotes=said.quotes,
    )
