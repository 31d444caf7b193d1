"""Open tickets that a new one may be about, with no more of others' than that there is one."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from rapidfuzz import fuzz
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bridge.store import followers
from bridge.store.searching import folded
from bridge.store.tables import Partner, Ticket

NEWEST = 2000
"""Open tickets compared, the newest first."""
COMPARED = 400
"""Characters of a description."""
ALIKE = 68.0
"""Of 100, from which two tickets are taken for alike: words in any order count, half of it the titles'."""
ALIKE_OTHERS = 75.0
"""What title and description must each reach against another organisation's ticket. There all words of both
count, so that nobody finds out one by one which words others have written."""
TELLING_WORDS = 8
"""Different words of three letters and more that both descriptions have then."""
SHOWN = 3

Found = TypeVar("Found")


@dataclass(frozen=True, kw_only=True)
class Similar:
    """`id`, `title` and `since` are None where the ticket is another organisation's."""

    status: str
    id: int | None = None
    title: str | None = None
    since: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class _Words:
    """What is compared of a ticket, folded."""

    title: str
    description: str


def similar(
    db: Session, partner: Partner, *, title: str, description: str, except_statuses: Collection[str]
) -> list[Similar]:
    """At most three open tickets like what is being written; their own first, then those most alike."""
    words = func.substr(Ticket.answers["descricao"].as_string(), 1, COMPARED)
    query = select(Ticket.id, Ticket.title, words, Ticket.status, Ticket.created_at, Ticket.organisation_id)
    rows = db.execute(
        query.where(Ticket.status.not_in(except_statuses)).order_by(Ticket.id.desc()).limit(NEWEST)
    )
    written = _Words(title=_told(title), description=_told(description[:COMPARED]))
    own, others = [], []
    for row in rows:
        theirs = _Words(title=_told(row[1]), description=_told(row[2] or ""))
        if row[5] == partner.organisation_id:
            own.append((_score(written, theirs), row))
        else:
            others.append((_score_of_others(written, theirs), row))
    return [
        *(Similar(id=row[0], title=row[1], status=row[3], since=row[4]) for row in _best(own, ALIKE)),
        *(Similar(status=row[3]) for row in _best(others, ALIKE_OTHERS)[:1]),
    ][:SHOWN]


def follow(db: Session, partner: Partner, ticket_id: int) -> None:
    """Let the partner have the e-mails about a ticket that has been found to be theirs to read."""
    followers.add(db, ticket_id, partner.email, added_by=partner.name)


def _best(scored: Iterable[tuple[float, Found]], least: float) -> list[Found]:
    """Those that are alike, the most alike first."""
    found = sorted((one for one in scored if one[0] >= least), key=lambda one: -one[0])
    return [row for _, row in found]


def _told(text: str) -> str:
    return " ".join(folded(text).split())


def _score(one: _Words, other: _Words) -> float:
    by_title = fuzz.token_set_ratio(one.title, other.title)
    return (by_title + fuzz.token_set_ratio(one.description, other.description)) / 2


def _score_of_others(one: _Words, other: _Words) -> float:
    by_title = fuzz.token_sort_ratio(one.title, other.title)
    alike = min(by_title, fuzz.token_sort_ratio(one.description, other.description))
    if alike < ALIKE_OTHERS or _telling_words(one) < TELLING_WORDS or _telling_words(other) < TELLING_WORDS:
        return 0
    return alike


def _telling_words(of: _Words) -> int:
    return len(set(re.findall(r"[^\W\d_]{3,}", of.description)))
