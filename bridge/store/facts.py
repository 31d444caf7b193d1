"""What was last seen outside, as rows: pull requests, branches, publications, lanes."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from bridge.domain import (
    Branch,
    Fact,
    Lane,
    LaneState,
    PartnerAction,
    PartnerVerb,
    Publication,
    PullRequest,
    Review,
    ReviewState,
    Stage,
)
from bridge.store.sweeps import insert_if_new
from bridge.store.tables import (
    BranchRow,
    FormerKey,
    LaneRow,
    PartnerActionRow,
    PublicationRow,
    PullRequestRow,
    Ring,
    Ticket,
    TicketPullRequest,
)

_OF_ISSUE = select(Ticket.id).where(
    or_(
        Ticket.jira_id == bindparam("issue_id"),
        Ticket.jira_key == bindparam("key"),
        Ticket.marker.in_(bindparam("labels", expanding=True)) & Ticket.jira_id.is_(None),
    )
)


def tickets_by_key(db: Session, keys: set[str]) -> dict[str, int]:
    """Issue key to ticket id, for those keys that are ours or were before the issue was moved."""
    former = db.execute(select(FormerKey.key, FormerKey.ticket_id).where(FormerKey.key.in_(keys)))
    rows = db.execute(select(Ticket.jira_key, Ticket.id).where(Ticket.jira_key.in_(keys)))
    return {key: ticket_id for key, ticket_id in [*former, *rows] if key}


def remember_key(db: Session, row: Ticket, key: str) -> None:
    """The key that the ticket's issue has now; branches may bear the one that it had before."""
    if row.jira_key and row.jira_key != key:
        insert_if_new(db, FormerKey, {"key": row.jira_key, "ticket_id": row.id})
    row.jira_key = key


def tickets_of_issue(db: Session, *, issue_id: str, key: str, labels: list[str]) -> list[int]:
    """The ticket that is this issue; by its label where Jira's answer to the creation was lost."""
    return list(db.scalars(_OF_ISSUE, {"issue_id": issue_id, "key": key, "labels": labels}))


def tickets_of_pull_request(db: Session, *, repository_id: int, number: int) -> list[int]:
    return list(
        db.scalars(
            select(TicketPullRequest.ticket_id)
            .join(PullRequestRow, PullRequestRow.id == TicketPullRequest.pull_request_id)
            .where(PullRequestRow.repository_id == repository_id, PullRequestRow.number == number)
        )
    )


def tickets_of_branch(db: Session, *, repository_id: int, name: str) -> set[int]:
    """The tickets that know this branch already."""
    known = select(BranchRow.ticket_id).where(
        BranchRow.repository_id == repository_id, BranchRow.name == name
    )
    return set(db.scalars(known))


def tickets_of_repository(db: Session, *, repository_id: int, except_statuses: set[str]) -> list[int]:
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


def tickets_rung_about(db: Session, *, repository: str) -> list[int]:
    """The tickets that are yet to look at a pull request of this repository: it may be their first."""
    subjects = Ring.subject.startswith(f"{repository}#", autoescape=True)
    return list(db.scalars(select(Ring.ticket_id).where(Ring.kind == "pull_request", subjects).distinct()))


def tickets_of_publication(db: Session, *, identity: str) -> list[int]:
    """The tickets that count on a publication."""
    known = select(PublicationRow.ticket_id).where(PublicationRow.identity == identity, PublicationRow.active)
    return list(db.scalars(known))


def known_repositories(db: Session) -> list[str]:
    """`owner/name` of every repository with a pull request of ours."""
    return sorted({str(row["repository"]).lower() for row in db.scalars(select(PullRequestRow.facts))})


def pull_request_seen_at(db: Session, *, repository_id: int, number: int) -> datetime | None:
    """When a pull request was last read; None when never."""
    return db.scalar(
        select(PullRequestRow.seen_at).where(
            PullRequestRow.repository_id == repository_id, PullRequestRow.number == number
        )
    )


def holds_in_publication(db: Session, ticket_id: int, *, identity: str) -> bool:
    """True when the publication is known to contain the ticket's pull requests as last read."""
    known = db.get(PublicationRow, (ticket_id, identity))
    living = {one.pin for one, _ in pull_requests(db, ticket_id) if one.is_open or one.merged}
    return known is not None and living <= set(known.contains)


def remember(db: Session, ticket_id: int, fact: Fact, *, now: datetime) -> None:
    """Keep a fact as seen, and that it belongs to the ticket."""
    if isinstance(fact, PullRequest):
        _remember_pull_request(db, ticket_id, fact, now=now)
    elif isinstance(fact, Branch):
        _remember_branch(db, ticket_id, fact, now=now)
    else:
        _remember_publication(db, ticket_id, fact)


def _remember_pull_request(db: Session, ticket_id: int, seen: PullRequest, *, now: datetime) -> None:
    row = db.scalar(
        select(PullRequestRow).where(
            PullRequestRow.repository_id == seen.repository_id, PullRequestRow.number == seen.number
        )
    )
    if row is None:
        row = PullRequestRow(repository_id=seen.repository_id, number=seen.number, facts={}, seen_at=now)
        db.add(row)
    row.facts = _written(seen)
    row.seen_at = now
    db.flush()
    if db.get(TicketPullRequest, (ticket_id, row.id)) is None:
        db.add(TicketPullRequest(ticket_id=ticket_id, pull_request_id=row.id))


def pull_requests(db: Session, ticket_id: int) -> list[tuple[PullRequest, str]]:
    """The ticket's pull requests with their links as Jira last took them."""
    rows = db.execute(
        select(PullRequestRow.facts, TicketPullRequest.linked_as)
        .join(TicketPullRequest, TicketPullRequest.pull_request_id == PullRequestRow.id)
        .where(TicketPullRequest.ticket_id == ticket_id)
        .order_by(PullRequestRow.id)
    )
    return [(_read(facts), linked_as) for facts, linked_as in rows]


def pull_request_and_tickets(
    db: Session, *, repository_id: int, number: int
) -> tuple[PullRequest | None, list[Ticket]]:
    """A pull request as last read, None when never, and the tickets that it is linked to."""
    row = db.scalar(
        select(PullRequestRow).where(
            PullRequestRow.repository_id == repository_id, PullRequestRow.number == number
        )
    )
    if row is None:
        return None, []
    linked = (
        select(Ticket)
        .join(TicketPullRequest, TicketPullRequest.ticket_id == Ticket.id)
        .where(TicketPullRequest.pull_request_id == row.id)
        .order_by(Ticket.id)
    )
    return _read(row.facts), list(db.scalars(linked))


def remember_link(db: Session, ticket_id: int, *, repository_id: int, number: int, linked_as: str) -> None:
    row = db.scalar(
        select(TicketPullRequest)
        .join(PullRequestRow, PullRequestRow.id == TicketPullRequest.pull_request_id)
        .where(
            TicketPullRequest.ticket_id == ticket_id,
            PullRequestRow.repository_id == repository_id,
            PullRequestRow.number == number,
        )
    )
    if row is not None:
        row.linked_as = linked_as


def _remember_branch(db: Session, ticket_id: int, seen: Branch, *, now: datetime) -> None:
    if db.get(BranchRow, (ticket_id, seen.repository_id, seen.name)) is None:
        row = BranchRow(ticket_id=ticket_id, repository_id=seen.repository_id, name=seen.name, seen_at=now)
        db.add(row)


def branches(db: Session, ticket_id: int) -> tuple[str, ...]:
    return tuple(db.scalars(select(BranchRow.name).where(BranchRow.ticket_id == ticket_id)))


def _remember_publication(db: Session, ticket_id: int, seen: Publication) -> None:
    row = db.get(PublicationRow, (ticket_id, seen.identity))
    if row is None:
        row = PublicationRow(ticket_id=ticket_id, identity=seen.identity)
        db.add(row)
    row.stage = seen.stage.value
    row.environment = seen.environment
    row.url = seen.url
    row.version = seen.version
    row.contains = sorted(seen.contains)
    row.active = seen.active
    row.at = seen.at


def publications(db: Session, ticket_id: int) -> tuple[Publication, ...]:
    rows = db.scalars(select(PublicationRow).where(PublicationRow.ticket_id == ticket_id))
    return tuple(
        Publication(
            identity=row.identity,
            stage=Stage(row.stage),
            environment=row.environment,
            url=row.url,
            version=row.version,
            contains=frozenset(row.contains),
            active=row.active,
            at=row.at,
        )
        for row in rows
    )


def partner_actions(db: Session, ticket_id: int) -> tuple[PartnerAction, ...]:
    rows = db.scalars(
        select(PartnerActionRow).where(PartnerActionRow.ticket_id == ticket_id).order_by(PartnerActionRow.id)
    )
    return tuple(
        PartnerAction(
            id=row.id,
            verb=PartnerVerb(row.verb),
            author=row.author,
            text=row.text,
            at=row.at,
            email=row.email,
            comment_id=row.comment_id,
        )
        for row in rows
    )


def lanes(db: Session, ticket_id: int) -> dict[Lane, LaneState]:
    rows = db.scalars(select(LaneRow).where(LaneRow.ticket_id == ticket_id))
    return {
        Lane(row.lane): LaneState(
            identity=row.identity,
            spent=row.spent_at is not None,
            refusal=row.refusal,
            moving_after=row.moving_after,
        )
        for row in rows
    }


def _written(seen: PullRequest) -> dict[str, Any]:
    facts = asdict(seen)
    for review in facts["reviews"]:
        review["at"] = review["at"].isoformat() if review["at"] else None
    return facts


def _read(facts: dict[str, Any]) -> PullRequest:
    reviews = tuple(
        Review(
            id=one["id"],
            reviewer=one["reviewer"],
            state=ReviewState(one["state"]),
            commit=one["commit"],
            at=datetime.fromisoformat(one["at"]) if one["at"] else None,
        )
        for one in facts["reviews"]
    )
    rest = {name: value for name, value in facts.items() if name not in {"reviews", "requested_reviewers"}}
    return PullRequest(**rest, reviews=reviews, requested_reviewers=tuple(facts["requested_reviewers"]))
