"""The right to work on a ticket: claimed under a lease, fenced, closed."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from bridge.store.engine import Store
from bridge.store.tables import Ring, Ticket
from bridge.store.tickets import journal, last_entry

LONGEST_LEASE = timedelta(minutes=5)
LONGEST_REST = timedelta(hours=2)


class LeaseLost(Exception):
    """Another worker has claimed the ticket; whatever this one still wanted to write is dropped."""


@dataclass(kw_only=True)
class Claim:
    """The right to work on one ticket `until` the lease ends. Every write goes through `writing`."""

    ticket_id: int
    generation: int
    fence: int
    until: datetime
    lease: timedelta
    rings: tuple[tuple[str, str], ...]
    """(kind, subject) of each doorbell since the last look, without repeats."""
    causes: tuple[str, ...] = ()
    """Who rang, in words, for the journal."""


def claim(store: Store, ticket_id: int, *, owner: str, now: datetime, lease: timedelta) -> Claim | None:
    """Take the ticket if it deserves a look and nobody holds it."""
    with store.read() as db:
        # Most doorbells find a ticket that rests or is being looked at: they need no turn at writing.
        before = select(Ticket.lease_owner, Ticket.lease_until)
        held = db.execute(before.where(Ticket.id == ticket_id, _claimable(now))).one_or_none()
        if held is None:
            return None
    with store.begin() as db:
        found = db.execute(
            update(Ticket)
            .where(Ticket.id == ticket_id, _claimable(now))
            .values(lease_owner=owner, lease_until=now + lease, fence=Ticket.fence + 1)
            .returning(Ticket.generation, Ticket.fence)
        ).one_or_none()
        if found is None:
            return None
        if held.lease_owner:
            outcome = _taken_over(held.lease_owner, until=held.lease_until, by=owner, now=now)
            journal(db, ticket_id, act="lease", cause=held.lease_owner, outcome=outcome, now=now)
        rings = db.execute(
            select(Ring.kind, Ring.subject, Ring.delivery_id)
            .where(Ring.ticket_id == ticket_id, Ring.generation <= found.generation)
            .order_by(Ring.id)
        ).all()
        heard = tuple(dict.fromkeys((ring.kind, ring.subject) for ring in rings))
        return Claim(
            ticket_id=ticket_id,
            generation=found.generation,
            fence=found.fence,
            until=now + lease,
            lease=lease,
            rings=heard,
            causes=tuple(dict.fromkeys(_who_rang(*ring) for ring in rings)),
        )


def _who_rang(kind: str, subject: str, delivery_id: int | None) -> str:
    if delivery_id is not None:
        return f"delivery {delivery_id} ({kind} {subject})"
    origin = _ORIGINS.get(kind)
    return f"{origin} {subject}" if origin else f"a sweep ({kind} {subject})"


_ORIGINS = {
    "filed": "the",
    "partner": "the partner's",
    "cli": "the operator's",
    "outbox": "the outbox, about",
}


def _taken_over(owner: str, *, until: datetime | None, by: str, now: datetime) -> str:
    ends = f"{until:%Y-%m-%d %H:%M:%S}" if until else "never"
    if until is not None and until > now + LONGEST_LEASE:
        return (
            f"the lease of {owner} ends at {ends}, later than any can: the clock was set back; {by} goes on"
        )
    return f"the lease of {owner} ran out at {ends} (stopped, stuck or cut off); {by} goes on"


def hold(store: Store, claimed: Claim, *, now: datetime) -> None:
    """Make sure that the lease outlasts the next act. A worker that slept through its lease learns it here.

    Raises:
        LeaseLost: another worker has the ticket.
    """
    if claimed.until - now > claimed.lease / 2:
        return
    with writing(store, claimed) as db:
        until = now + claimed.lease
        db.execute(update(Ticket).where(Ticket.id == claimed.ticket_id).values(lease_until=until))
    claimed.until = until


def release_dead(store: Store, *, is_dead: Callable[[str], bool], now: datetime) -> int:
    """Free the tickets of workers that are no more, so that nobody waits for their leases to end."""
    with store.begin() as db:
        held = db.execute(select(Ticket.id, Ticket.lease_owner).where(Ticket.lease_owner != "")).all()
        dead = [owner for owner in {one.lease_owner for one in held} if is_dead(owner)]
        for ticket_id, owner in held:
            if owner in dead:
                outcome = f"{owner} ended in the middle of a look; the ticket is free again"
                journal(db, ticket_id, act="lease", cause=owner, outcome=outcome, now=now)
        freed = db.execute(
            update(Ticket)
            .where(Ticket.lease_owner.in_(dead))
            .values(lease_owner="", lease_until=None, fence=Ticket.fence + 1)
        )
        assert isinstance(freed, CursorResult)
        return freed.rowcount


def claimable(store: Store, *, now: datetime, limit: int) -> list[int]:
    """The tickets that deserve a look, the longest waiting first."""
    with store.read() as db:
        return list(db.scalars(select(Ticket.id).where(_claimable(now)).order_by(Ticket.id).limit(limit)))


def _claimable(now: datetime) -> ColumnElement[bool]:
    rung = Ticket.generation > Ticket.observed_generation
    due = and_(Ticket.due_at.is_not(None), Ticket.due_at <= now)
    # What lies further ahead than any lease or wait can was written before the clock was set back.
    free = or_(
        Ticket.lease_until.is_(None), Ticket.lease_until <= now, Ticket.lease_until > now + LONGEST_LEASE
    )
    rested = or_(Ticket.retry_at.is_(None), Ticket.retry_at <= now, Ticket.retry_at > now + LONGEST_REST)
    # A parked ticket waits for a doorbell: somebody has changed something.
    return and_(Ticket.held.is_(False), free, rested, or_(rung, and_(due, Ticket.parked == "")))


@contextmanager
def writing(store: Store, claimed: Claim) -> Iterator[Session]:
    """A transaction that is refused when the lease has passed to another worker.

    Raises:
        LeaseLost: the ticket's fence is no longer this claim's.
    """
    with store.begin() as db:
        held = db.execute(
            update(Ticket)
            .where(Ticket.id == claimed.ticket_id, Ticket.fence == claimed.fence)
            .values(fence=claimed.fence)
        )
        assert isinstance(held, CursorResult)
        if held.rowcount != 1:
            raise _lost(claimed)
        yield db


def _lost(claimed: Claim) -> LeaseLost:
    return LeaseLost(f"ticket {claimed.ticket_id} was claimed by another worker")


def settle(store: Store, claimed: Claim, *, outcome: str, due_at: datetime | None, now: datetime) -> bool:
    """Close a look that went well. True when the ticket was rung meanwhile and deserves another."""
    values = {"outcome": outcome, "due_at": due_at, "retry_at": None, "attempts": 0, "parked": ""}
    return _close(store, claimed, act="look", now=now, values=values | {"reconciled_at": now})


def postpone(store: Store, claimed: Claim, *, outcome: str, retry_at: datetime, now: datetime) -> None:
    """Close a look that the outside cut short; the doorbells stay."""
    values = {"outcome": outcome, "retry_at": retry_at, "attempts": Ticket.attempts + 1}
    with store.begin() as db:
        _let_go(db, claimed, values)
        _note(db, claimed, act="retry", outcome=outcome, now=now)


def park(store: Store, claimed: Claim, *, reason: str, now: datetime) -> bool:
    """Close a look that can go no further until something changes."""
    values = {"outcome": reason, "parked": reason, "retry_at": None, "due_at": None}
    return _close(store, claimed, act="park", now=now, values=values)


def _close(store: Store, claimed: Claim, *, act: str, now: datetime, values: Mapping[str, object]) -> bool:
    observed = {"observed_generation": claimed.generation}
    with store.begin() as db:
        generation = _let_go(db, claimed, {**values, **observed})
        _note(db, claimed, act=act, outcome=str(values["outcome"]), now=now)
        db.execute(
            delete(Ring).where(Ring.ticket_id == claimed.ticket_id, Ring.generation <= claimed.generation)
        )
        return generation > claimed.generation


def _let_go(db: Session, claimed: Claim, values: Mapping[str, object]) -> int:
    """Free the ticket, under its fence as `writing` does; the generation that it has now."""
    generation: int | None = db.scalar(
        update(Ticket)
        .where(Ticket.id == claimed.ticket_id, Ticket.fence == claimed.fence)
        .values(lease_owner="", lease_until=None, **values)
        .returning(Ticket.generation)
    )
    if generation is None:
        raise _lost(claimed)
    return generation


def _note(db: Session, claimed: Claim, *, act: str, outcome: str, now: datetime) -> None:
    """Journal what rang and what came of it; the same failure again is one line, the same look is none."""
    last = last_entry(db, claimed.ticket_id) if act == "retry" else None
    if last is not None and (last.act, last.outcome) == (act, outcome):
        return
    if claimed.causes or act != "look":
        cause = "; ".join(claimed.causes) or "it was due"
        journal(db, claimed.ticket_id, act=act, cause=cause, outcome=outcome, now=now)


def waiting_attempts(store: Store, ticket_id: int) -> int:
    """How often in a row the outside has cut a look at this ticket short."""
    with store.read() as db:
        return db.scalar(select(Ticket.attempts).where(Ticket.id == ticket_id)) or 0
