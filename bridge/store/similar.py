"""Open tickets that a new one may be about, with no more of others' than that there is one."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

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
SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class Similar:
    """`id`, `title` and `since` are None where the ticket is another organisation's."""

    status: str
    id: int | None = None
    title: str | None = None
    since: datetime | None = None


def similar(
    db: Session, partner: Partner, *, title: str, description: str, except_statuses: Collection[str]
) -> list[Similar]:
    """At most three open tickets like what is being written; their own first, then those most alike."""
    words = func.substr(Ticket.answers["descricao"].as_string(), 1, COMPARED)
    query = select(Ticket.id, Ticket.title, words, Ticket.status, Ticket.created_at, Ticket.organisation_id)
    rows = db.execute(
        query.where(Ticket.status.not_in(except_statuses)).order_by(Ticket.id.desc()).limit(NEWEST)
    )
    ours, theirs = _told(title), _told(description[:COMPARED])
    alike = [(_score(ours, theirs, row[1], row[2]), row) for row in rows]
    found = sorted((one for one in alike if one[0] >= ALIKE), key=lambda one: -one[0])
    own = [row for _, row in found if row[5] == partner.organisation_id]
    others = [row for _, row in found if row[5] != partner.organisation_id]
    return [*_own(own), *(Similar(status=row[3]) for row in others[:1])][:SHOWN]


def follow(db: Session, partner: Partner, ticket_id: int) -> None:
    """Let the partner have the e-mails about a ticket that has been found to be theirs to read."""
    followers.add(db, ticket_id, partner.email, added_by=partner.name)


def _own(rows: Iterable[tuple[int, str, str, str, datetime, int]]) -> list[Similar]:
    return [Similar(id=row[0], title=row[1], status=row[3], since=row[4]) for row in rows]


def _told(text: str) -> str:
    return " ".join(folded(text).split())


def _score(title: str, description: str, other_title: str, other_description: str | None) -> float:
    by_title = fuzz.token_set_ratio(title, _told(other_title))
    return (by_title + fuzz.token_set_ratio(description, _told(other_description or ""))) / 2
