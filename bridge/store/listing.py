"""The panel's list and board: lines of an organisation's tickets, chosen and ordered by the database."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from bridge.store.panel import own
from bridge.store.tables import Partner, Ticket


class Order(StrEnum):
    """How the list is sorted."""

    NEWEST = "recentes"
    OLDEST = "antigos"
    MOVED = "movimento"
    DUE = "prazo"


@dataclass(frozen=True, kw_only=True)
class TicketLine:
    """One line of the list."""

    id: int
    title: str
    status: str
    status_since: datetime
    created_at: datetime
    due_date: date | None
    version: str
    opener: str


@dataclass(frozen=True, kw_only=True)
class Word:
    """A word of the search; it is found in a ticket's text or in what its status is called."""

    text: str
    """Folded."""
    statuses: frozenset[str]
    """Those whose plain name holds it."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which tickets, in which order."""

    statuses: Collection[str]
    words: tuple[Word, ...] = ()
    order: Order = Order.NEWEST


def by_status(db: Session, partner: Partner) -> dict[str, int]:
    """How many tickets stand in each status."""
    query = own(partner).with_only_columns(Ticket.status, func.count()).group_by(Ticket.status)
    return {row[0]: row[1] for row in db.execute(query)}


def count(db: Session, partner: Partner, wanted: Wanted) -> int:
    return db.scalar(_chosen(partner, wanted).with_only_columns(func.count())) or 0


def lines(
    db: Session, partner: Partner, wanted: Wanted, *, limit: int | None = None, offset: int = 0
) -> list[TicketLine]:
    """The chosen tickets in their order."""
    chosen = _chosen(partner, wanted).with_only_columns(Ticket.id).order_by(*_ORDERS[wanted.order])
    # The index alone finds them; only those that are shown are read.
    ids = db.scalars(chosen.limit(limit).offset(offset)).all()
    places = {number: place for place, number in enumerate(ids)}
    found = [
        line for start in range(0, len(ids), _AT_ONCE) for line in _read(db, ids[start : start + _AT_ONCE])
    ]
    return sorted(found, key=lambda line: places[line.id])


_AT_ONCE = 500


def _read(db: Session, ids: Collection[int]) -> list[TicketLine]:
    query = (
        select(
            Ticket.id,
            Ticket.title,
            Ticket.status,
            Ticket.status_since,
            Ticket.created_at,
            Ticket.due_date,
            Ticket.version,
            Partner.name.label("opener"),
        )
        .join(Partner, Partner.id == Ticket.partner_id)
        .where(Ticket.id.in_(ids))
    )
    return [TicketLine(**row) for row in db.execute(query).mappings()]


def _chosen(partner: Partner, wanted: Wanted) -> Select[Ticket]:
    return own(partner).where(Ticket.status.in_(wanted.statuses), *(_holds(word) for word in wanted.words))


def _holds(word: Word) -> ColumnElement[bool]:
    return or_(Ticket.search_text.contains(word.text, autoescape=True), Ticket.status.in_(word.statuses))


_ORDERS: dict[Order, tuple[ColumnElement[Any], ...]] = {
    Order.NEWEST: (Ticket.id.desc(),),
    Order.OLDEST: (Ticket.id.asc(),),
    Order.MOVED: (Ticket.status_since.desc(), Ticket.id.desc()),
    Order.DUE: (Ticket.due_date.is_(None), Ticket.due_date.asc(), Ticket.id.desc()),
}
