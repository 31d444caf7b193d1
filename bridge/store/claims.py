"""The right to work on a ticket: claimed under a lease, fenced, closed."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, bindparam, delete, or_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from bridge.store.engine import Store
from bridge.store.tables import Ring, Ticket, UtcDateTime, table
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


def _deserves_a_look() -> ColumnElement[bool]:
    """Of a ticket at the moments of `_moments`."""
    now, one = bindparam("now", type_=UtcDateTime), _TICKETS.c
    rung = one.generation > one.observed_generation
    due = and_(one.due_at.is_not(None), one.due_at <= now)
    # What lies further ahead than any lease or wait can was written before the clock was set back.
    last_lease, last_rest = (bindparam(name, type_=UtcDateTime) for name in ("last_lease", "last_rest"))
    free = or_(one.lease_until.is_(None), one.lease_until <= now, one.lease_until > last_lease)
    rested = or_(one.retry_at.is_(None), one.retry_at <= now, one.retry_at > last_rest)
    # A parked ticket waits for a doorbell: somebody has changed something.
    return and_(one.held.is_(False), free, rested, or_(rung, and_(due, one.parked == "")))


def _moments(now: datetime) -> dict[str, datetime]:
    return {"now": now, "last_lease": now + LONGEST_LEASE, "last_rest": now + LONGEST_REST}


# Built once: every look needs them, and for SQLAlchemy building takes longer than asking.
_TICKETS, _RINGS = table(Ticket), table(Ring)
_THIS = _TICKETS.c.id == bindparam("ticket")
_OURS = and_(_THIS, _TICKETS.c.fence == bindparam("our_fence"))
_LOOK = select(_TICKETS.c.lease_owner, _TICKETS.c.lease_until).where(_THIS, _deserves_a_look())
_CLAIM = (
    update(_TICKETS)
    .where(_THIS, _deserves_a_look())
    .values(lease_owner=bindparam("owner"), lease_until=bindparam("until"), fence=_TICKETS.c.fence + 1)
    .returning(_TICKETS.c.generation, _TICKETS.c.fence)
)
_HEARD = and_(_RINGS.c.ticket_id == bindparam("ticket"), _RINGS.c.generation <= bindparam("heard"))
_WHO_RANG = select(_RINGS.c.kind, _RINGS.c.subject, _RINGS.c.delivery_id).where(_HEARD).order_by(_RINGS.c.id)
_FORGET_RINGS = delete(_RINGS).where(_HEARD)
_FENCE = update(_TICKETS).where(_OURS).values(fence=bindparam("our_fence"))
_ATTEMPTS = select(_TICKETS.c.attempts).where(_THIS)
_LET_GO = update(_TICKETS).where(_OURS).returning(_TICKETS.c.generation)
_PUT_OFF = _LET_GO.values(attempts=_TICKETS.c.attempts + 1)
_CLAIMABLE = select(_TICKETS.c.id).where(_deserves_a_look()).order_by(_TICKETS.c.id).limit(bindparam("most"))


def claim(store: Store, ticket_id: int, *, owner: str, now: datetime, lease: timedelta) -> Claim | None:
    """Take the ticket if it deserves a look and nobody holds it."""
    asked = {"ticket": ticket_id, **_moments(now)}
    with store.read() as db:
        # Most doorbells find a ticket that rests or is being looked at: they need no turn at writing.
        held = db.execute(_LOOK, asked).one_or_none()
        if held is None:
            return None
    with store.begin() as db:
        found = db.execute(_CLAIM, {**asked, "owner": owner, "until": now + lease}).one_or_none()
        if found is None:
            return None
        if held.lease_owner:
            outcome = _taken_over(held.lease_owner, until=held.lease_until, by=owner, now=now)
            journal(db, ticket_id, act="lease", cause=held.lease_owner, outcome=outcome, now=now)
        rings = db.execute(_WHO_RANG, {"ticket": ticket_id, "heard": found.generation}).all()
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
    return f"{origin} {subject}" if origin else f"what we found ourselves ({kind} {subject})"


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
        return list(db.scalars(_CLAIMABLE, {**_moments(now), "most": limit}))


@contextmanager
def writing(store: Store, claimed: Claim) -> Iterator[Session]:
    """A transaction that is refused when the lease has passed to another worker.

    Raises:
        LeaseLost: the ticket's fence is no longer this claim's.
    """
    with store.begin() as db:
        held = db.execute(_FENCE, {"ticket": claimed.ticket_id, "our_fence": claimed.fence})
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
    with store.begin() as db:
        _let_go(db, claimed, {"outcome": outcome, "retry_at": retry_at}, statement=_PUT_OFF)
        _note(db, claimed, act="retry", outcome=outcome, now=now)


def park(store: Store, claimed: Claim, *, reason: str, now: datetime) -> bool:
    """Close a look that can go no further until something changes."""
    values = {"outcome": reason, "parked": reason, "retry_at": None, "due_at": None}
    return _close(store, claimed, act="park", now=now, values=values)


def _close(store: Store, claimed: Claim, *, act: str, now: datetime, values: Mapping[str, object]) -> bool:
    observed = {"observed_generation": claimed.generation}
    with store.begin() as db:
        generation = _let_go(db, claimed, {**values, **observed}, statement=_LET_GO)
        _note(db, claimed, act=act, outcome=str(values["outcome"]), now=now)
        db.execute(_FORGET_RINGS, {"ticket": claimed.ticket_id, "heard": claimed.generation})
        return generation > claimed.generation


def _let_go(
    db: Session, claimed: Claim, values: Mapping[str, object], *, statement: ReturningUpdate[int]
) -> int:
    """Free the ticket, under its fence as `writing` does; the generation that it has now."""
    # SQLAlchemy sets the columns that parameters are named after.
    freed = {"lease_owner": "", "lease_until": None, **values}
    generation: int | None = db.scalar(
        statement, {"ticket": claimed.ticket_id, "our_fence": claimed.fence, **freed}
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
        return db.scalar(_ATTEMPTS, {"ticket": ticket_id}) or 0
