"""What was last seen outside, as rows: pull requests, branches, publications, lanes."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BindParameter, bindparam, or_, select
from sqlalchemy.orm import Session

from bridge.domain import (
    Branch,
    Fact,
    Overdue,
    PartnerAction,
    PartnerVerb,
    Publication,
    PullRequest,
    Stage,
    Unnamed,
)
from bridge.store import pulls
from bridge.store.inserting import insert_if_new
from bridge.store.tables import (
    FormerKey,
    LaneRow,
    PartnerActionRow,
    PublicationRow,
    Ring,
    Ticket,
    table,
)
from bridge.store.tickets import ring
from bridge.verdicts import Lane, LaneState

_TICKETS, _ACTIONS = table(Ticket), table(PartnerActionRow)
_OF_ISSUE = select(
    *(_TICKETS.c[name] for name in ("id", "create_state", "status", "moving_to", "assigning"))
).where(
    or_(
        _TICKETS.c.jira_id == bindparam("issue_id"),
        _TICKETS.c.jira_key == bindparam("key"),
        _TICKETS.c.marker.in_(bindparam("labels", expanding=True)) & _TICKETS.c.jira_id.is_(None),
    )
)
_THEIRS: BindParameter[int] = bindparam("ticket")
_PUBLICATIONS = select(table(PublicationRow)).where(table(PublicationRow).c.ticket_id == _THEIRS)
_LANES = select(table(LaneRow)).where(table(LaneRow).c.ticket_id == _THEIRS)
_PARTNER_ACTIONS = select(_ACTIONS).where(_ACTIONS.c.ticket_id == _THEIRS).order_by(_ACTIONS.c.id)


def tickets_by_key(db: Session, keys: set[str]) -> dict[str, int]:
    """Issue key to ticket id, for those keys that are ours or were before the issue was moved."""
    if not keys:
        return {}
    former = db.execute(select(FormerKey.key, FormerKey.ticket_id).where(FormerKey.key.in_(keys)))
    rows = db.execute(select(Ticket.jira_key, Ticket.id).where(Ticket.jira_key.in_(keys)))
    return {key: ticket_id for key, ticket_id in [*former, *rows] if key}


def remember_key(db: Session, row: Ticket, key: str) -> None:
    """The key that the ticket's issue has now; branches may bear the one that it had before."""
    if row.jira_key and row.jira_key != key:
        insert_if_new(db, FormerKey, {"key": row.jira_key, "ticket_id": row.id})
    row.jira_key = key


class Expected(NamedTuple):
    """A ticket, and what the bridge itself has made or is making of its issue."""

    id: int
    create_state: str
    status: str
    moving_to: str
    assigning: str


def tickets_of_issue(db: Session, *, issue_id: str, key: str, labels: list[str]) -> list[Expected]:
    """The ticket that is this issue; by its label where Jira's answer to the creation was lost."""
    rows = db.execute(_OF_ISSUE, {"issue_id": issue_id, "key": key, "labels": labels})
    return [Expected(*row) for row in rows]


def tickets_rung_about(db: Session, *, repository: str) -> list[int]:
    """The tickets that are yet to look at a pull request of this repository: it may be their first."""
    subjects = Ring.subject.startswith(f"{repository}#", autoescape=True)
    return list(db.scalars(select(Ring.ticket_id).where(Ring.kind == "pull_request", subjects).distinct()))


def tickets_of_publication(db: Session, *, identity: str) -> list[int]:
    """The tickets that count on a publication."""
    known = select(PublicationRow.ticket_id).where(PublicationRow.identity == identity, PublicationRow.active)
    return list(db.scalars(known))


def holds_in_publication(db: Session, ticket_id: int, *, identity: str) -> bool:
    """True when the publication is known to contain the ticket's pull requests as last read."""
    known = db.get(PublicationRow, (ticket_id, identity))
    living = {one.pin for one, _ in pulls.pull_requests(db, ticket_id) if one.is_open or one.merged}
    return known is not None and living <= set(known.contains)


def remember(db: Session, ticket_id: int, fact: Fact, *, now: datetime) -> None:
    """Keep a fact as seen, and that it belongs to the ticket."""
    if isinstance(fact, PullRequest):
        pulls.remember(db, fact, now=now)
        pulls.belong(db, ticket_id, fact, now=now)
    elif isinstance(fact, Unnamed):
        pulls.remember(db, fact.pull_request, now=now)
    elif isinstance(fact, Branch):
        pulls.remember_branch(db, ticket_id, fact, now=now)
    elif isinstance(fact, Overdue):
        ring(db, ticket_id, kind=fact.kind, subject=fact.subject, now=now)
    else:
        _remember_publication(db, ticket_id, fact)


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
    rows = db.execute(_PUBLICATIONS, {"ticket": ticket_id})
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
    rows = db.execute(_PARTNER_ACTIONS, {"ticket": ticket_id})
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
    rows = db.execute(_LANES, {"ticket": ticket_id})
    return {
        Lane(row.lane): LaneState(
            identity=row.identity,
            spent=row.spent_at is not None,
            refusal=row.refusal,
            moving_after=row.moving_after,
        )
        for row in rows
    }
