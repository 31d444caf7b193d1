"""What is to be written on pull requests: each rung like a ticket and written like an e-mail."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from bridge.store.bells import bells
from bridge.store.engine import Store
from bridge.store.inserting import insert_if_new
from bridge.store.tables import Remark, Ticket

WRITING_LIMIT = timedelta(minutes=5)
"""A remark that has been in somebody's hands for longer was cut off by a crash."""


CHECK, COMMENT, SAID = "check", "comment", "action:"
"""A remark's cause; the last one is followed by the number of what the partner said."""
CANDIDATES = 1000


@dataclass(frozen=True, kw_only=True)
class Place:
    """A pull request: by id, and by name for GitHub's addresses."""

    repository_id: int
    repository: str
    number: int


def ring(db: Session, place: Place, causes: Iterable[str], *, now: datetime) -> None:
    """These remarks deserve a look; one that waits for GitHub goes on waiting."""
    for cause in causes:
        where = {"repository_id": place.repository_id, "number": place.number, "cause": cause}
        known = select(Remark).filter_by(**where)
        row = db.scalar(known)
        if row is None:
            # Two tickets that a pull request names may be looked at side by side.
            insert_if_new(db, Remark, {**where, "repository": place.repository, "rung_at": now})
            row = db.scalars(known).one()
        row.repository = place.repository
        row.rung_at = now
        if not row.attempts:
            row.due_at = now
        bells(db).remarks = True


def open_tickets(db: Session, *, except_statuses: Collection[str]) -> list[Ticket]:
    """The newest tickets that a pull request may mean."""
    found = (
        select(Ticket)
        .where(Ticket.jira_key.is_not(None), Ticket.status.not_in(except_statuses))
        .order_by(Ticket.id.desc())
        .limit(CANDIDATES)
    )
    return list(db.scalars(found))


def due(store: Store, *, now: datetime, limit: int) -> list[int]:
    with store.read() as db:
        return list(db.scalars(select(Remark.id).where(_free(now)).order_by(Remark.due_at).limit(limit)))


def take(store: Store, remark_id: int, *, now: datetime) -> Remark | None:
    """The remark for us alone; None when another worker has it."""
    with store.begin() as db:
        taken = db.scalar(
            update(Remark)
            .where(Remark.id == remark_id, _free(now))
            .values(busy_until=now + WRITING_LIMIT, attempts=Remark.attempts + 1)
            .returning(Remark.id)
        )
        return db.get(Remark, remark_id) if taken is not None else None


def done(store: Store, remark: Remark, *, written: str, remote_id: str, outcome: str) -> None:
    """Written, or nothing to write; rung meanwhile, it is looked at again."""
    with store.begin() as db:
        row = db.get_one(Remark, remark.id)
        row.busy_until, row.attempts = None, 0
        row.written, row.remote_id, row.outcome = written, remote_id, outcome
        row.due_at = None if row.rung_at == remark.rung_at else row.rung_at


def later(store: Store, remark: Remark, *, at: datetime, outcome: str) -> None:
    with store.begin() as db:
        row = db.get_one(Remark, remark.id)
        row.busy_until, row.due_at, row.outcome = None, at, outcome


def _free(now: datetime) -> ColumnElement[bool]:
    return and_(Remark.due_at <= now, or_(Remark.busy_until.is_(None), Remark.busy_until <= now))
