"""Pull requests, branches and repositories as last seen, and whose they are."""

from collections.abc import Collection
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, select, text
from sqlalchemy.orm import Session

from bridge.domain import Branch, PullRequest, Review, ReviewState
from bridge.store.inserting import insert_if_new
from bridge.store.tables import (
    BranchRow,
    LaneRow,
    PullRequestRow,
    RepositoryRow,
    Ticket,
    TicketPullRequest,
)
from bridge.verdicts import Lane


def tickets_of_pull_request(db: Session, *, repository_id: int, number: int) -> dict[int, datetime | None]:
    """The tickets that it names, and when each of them last read it."""
    rows = db.execute(
        select(TicketPullRequest.ticket_id, TicketPullRequest.seen_at)
        .join(PullRequestRow, PullRequestRow.id == TicketPullRequest.pull_request_id)
        .where(PullRequestRow.repository_id == repository_id, PullRequestRow.number == number)
    )
    return {row.ticket_id: row.seen_at for row in rows}


def tickets_of_branch(db: Session, *, repository_id: int, name: str) -> set[int]:
    """The tickets that know this branch already."""
    known = select(BranchRow.ticket_id).where(
        BranchRow.repository_id == repository_id, BranchRow.name == name
    )
    return set(db.scalars(known))


def awaited_branches(db: Session, *, repository_id: int) -> list[tuple[int, str]]:
    """(ticket, branch) where the branch names a ticket whose work has not begun by it yet."""
    begun = select(LaneRow.ticket_id).where(LaneRow.lane == Lane.BRANCH.value, LaneRow.spent_at.is_not(None))
    rows = db.execute(
        select(BranchRow.ticket_id, BranchRow.name).where(
            BranchRow.repository_id == repository_id, BranchRow.by_name, BranchRow.ticket_id.not_in(begun)
        )
    )
    return [(row.ticket_id, row.name) for row in rows]


def tickets_of_repository(db: Session, *, repository_id: int, except_statuses: Collection[str]) -> list[int]:
    """The tickets with a pull request in a repository whose board is not finished with them."""
    return list(
        db.scalars(
            select(TicketPullRequest.ticket_id)
            .join(PullRequestRow, PullRequestRow.id == TicketPullRequest.pull_request_id)
            .join(Ticket, Ticket.id == TicketPullRequest.ticket_id)
            .where(PullRequestRow.repository_id == repository_id, Ticket.status.not_in(except_statuses))
            .distinct()
        )
    )


def known_repositories(db: Session) -> list[str]:
    """`owner/name` of every repository that we have seen."""
    return sorted(db.scalars(select(RepositoryRow.name)))


def mapped_as(db: Session, repository_id: int) -> str:
    """The name that the settings knew a repository by when it was first seen; empty before that."""
    return db.scalar(select(RepositoryRow.mapped_as).where(RepositoryRow.id == repository_id)) or ""


def remember_repository(db: Session, repository_id: int, *, name: str, mapped_as: str) -> None:
    """Keep a repository's present name: it is followed by its id, however it is called."""
    db.execute(_REPOSITORY, {"id": repository_id, "name": name, "mapped_as": mapped_as.lower()})


def remember(db: Session, seen: PullRequest, *, now: datetime) -> None:
    """Keep a pull request as seen; whose it is `belong` says."""
    remember_repository(db, seen.repository_id, name=seen.repository, mapped_as=seen.repository)
    # Two tickets that it names may be looked at side by side.
    where = {"repository_id": seen.repository_id, "number": seen.number}
    insert_if_new(db, PullRequestRow, {**where, "facts": {}, "seen_at": now})
    row = db.scalars(_of(seen.repository_id, seen.number)).one()
    row.facts, row.seen_at = _written(seen), now
    db.flush()


def belong(db: Session, ticket_id: int, seen: PullRequest, *, now: datetime) -> None:
    """Say that a pull request names the ticket, which has just read it."""
    row = db.scalars(_of(seen.repository_id, seen.number)).one()
    link = db.get(TicketPullRequest, (ticket_id, row.id))
    if link is None:
        link = TicketPullRequest(ticket_id=ticket_id, pull_request_id=row.id)
        db.add(link)
    link.seen_at = now


def _of(repository_id: int, number: int) -> Select[PullRequestRow]:
    return select(PullRequestRow).where(
        PullRequestRow.repository_id == repository_id, PullRequestRow.number == number
    )


_REPOSITORY = text(
    "INSERT INTO repositories (id, name, mapped_as) VALUES (:id, :name, :mapped_as)"
    " ON CONFLICT (id) DO UPDATE SET name = excluded.name"
)

_PULL_REQUESTS = (
    select(PullRequestRow.facts, RepositoryRow.name, TicketPullRequest.linked_as)
    .join(TicketPullRequest, TicketPullRequest.pull_request_id == PullRequestRow.id)
    .join(RepositoryRow, RepositoryRow.id == PullRequestRow.repository_id)
    .where(TicketPullRequest.ticket_id == bindparam("ticket"))
    .order_by(PullRequestRow.id)
)


def pull_requests(db: Session, ticket_id: int) -> list[tuple[PullRequest, str]]:
    """The ticket's pull requests with their links as Jira last took them."""
    rows = db.execute(_PULL_REQUESTS, {"ticket": ticket_id})
    return [(replace(_read(facts), repository=name), linked_as) for facts, name, linked_as in rows]


def pull_request_and_tickets(
    db: Session, *, repository_id: int, number: int
) -> tuple[PullRequest | None, list[Ticket]]:
    """A pull request as last read, None when never, and the tickets that it is linked to."""
    row = db.scalar(_of(repository_id, number))
    if row is None:
        return None, []
    linked = (
        select(Ticket)
        .join(TicketPullRequest, TicketPullRequest.ticket_id == Ticket.id)
        .where(TicketPullRequest.pull_request_id == row.id)
        .order_by(Ticket.id)
    )
    return _read(row.facts), list(db.scalars(linked))


def remember_link(db: Session, ticket_id: int, one: PullRequest, *, linked_as: str) -> None:
    row = db.scalar(_link(ticket_id, one))
    if row is not None:
        row.linked_as = linked_as


def forget_link(db: Session, ticket_id: int, one: PullRequest) -> None:
    """The pull request is the ticket's no more."""
    row = db.scalar(_link(ticket_id, one))
    if row is not None:
        db.delete(row)


def _link(ticket_id: int, one: PullRequest) -> Select[TicketPullRequest]:
    return (
        select(TicketPullRequest)
        .join(PullRequestRow, PullRequestRow.id == TicketPullRequest.pull_request_id)
        .where(
            TicketPullRequest.ticket_id == ticket_id,
            PullRequestRow.repository_id == one.repository_id,
            PullRequestRow.number == one.number,
        )
    )


def remember_branch(db: Session, ticket_id: int, seen: Branch, *, now: datetime) -> None:
    row = db.get(BranchRow, (ticket_id, seen.repository_id, seen.name))
    if row is None and seen.is_there:
        row = BranchRow(ticket_id=ticket_id, repository_id=seen.repository_id, name=seen.name, seen_at=now)
        row.by_name = seen.by_name
        db.add(row)
    elif row is not None and not seen.is_there:
        db.delete(row)


_BRANCHES = select(BranchRow.name).where(BranchRow.ticket_id == bindparam("ticket"), BranchRow.by_name)


def branches(db: Session, ticket_id: int) -> tuple[str, ...]:
    """The names of the branches that name the ticket by their own names."""
    return tuple(db.scalars(_BRANCHES, {"ticket": ticket_id}))


def _written(seen: PullRequest) -> dict[str, Any]:
    facts = asdict(seen)
    for review in facts["reviews"]:
        review["at"] = review["at"].isoformat() if review["at"] else None
    return facts


def _read(facts: dict[str, Any]) -> PullRequest:
    reviews = tuple(
        Review(**{**one, "state": ReviewState(one["state"]), "at": _moment(one["at"])})
        for one in facts["reviews"]
    )
    return PullRequest(**{**facts, "reviews": reviews, "commit_keys": tuple(facts["commit_keys"])})


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
