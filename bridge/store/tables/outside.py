"""GitHub, as last seen, and the webhooks."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bridge.store.tables.base import NEVER_REUSED, Base, Id

BODY_KEPT = "length(body) > 0"
"""Of a delivery whose body has not been forgotten yet."""


class Delivery(Base):
    """A webhook, stored once."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("source", "delivery_id"),
        Index("ix_deliveries_source_result", "source", "result"),
        Index(
            "ix_deliveries_body",
            "received_at",
            sqlite_where=text(BODY_KEPT),
            postgresql_where=text(BODY_KEPT),
        ),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source: Mapped[str] = mapped_column(String(16))
    delivery_id: Mapped[str] = mapped_column(String(128))
    event: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(index=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    body_sha256: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[str]
    result: Mapped[str] = mapped_column(String(16))
    """rang, ignored or unreadable."""
    repeats: Mapped[int] = mapped_column(default=0)


class RepositoryRow(Base):
    """A repository of GitHub's: renamed or transferred, it keeps its id."""

    __tablename__ = "repositories"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    name: Mapped[str]
    """`owner/name` as GitHub last said."""
    mapped_as: Mapped[str]
    """The name, in small letters, by which CHAMADOS_GITHUB_REPOSITORIES means it."""


class PullRequestRow(Base):
    __tablename__ = "pull_requests"
    __table_args__ = (UniqueConstraint("repository_id", "number"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    repository_id: Mapped[int] = mapped_column(BigInteger)
    number: Mapped[int]
    facts: Mapped[dict[str, Any]]
    """A `domain.PullRequest`, as `store.facts` writes it."""
    seen_at: Mapped[datetime]
    """Only for processes of version 0017 that still run beside this one."""


class TicketPullRequest(Base):
    __tablename__ = "ticket_pull_requests"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    pull_request_id: Mapped[int] = mapped_column(ForeignKey("pull_requests.id"), primary_key=True, index=True)
    linked_as: Mapped[str] = mapped_column(default="")
    """The remote link's title and summary as Jira last took them; empty before the first link."""
    seen_at: Mapped[datetime | None]
    """When a look at this ticket last read it. A look at another that it names may have seen more, or less:
    GitHub's API lags.
    """


class BranchRow(Base):
    """A branch that names a ticket."""

    __tablename__ = "branches"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    repository_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    seen_at: Mapped[datetime]
    by_name: Mapped[bool] = mapped_column(default=True)
    """False where only its commits' messages name the ticket."""


class PublicationRow(Base):
    __tablename__ = "publications"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    identity: Mapped[str] = mapped_column(String(64), primary_key=True)
    stage: Mapped[str] = mapped_column(String(16))
    environment: Mapped[str]
    url: Mapped[str]
    version: Mapped[str]
    contains: Mapped[list[Any]]
    """`<repository id>#7@<head>` of each pull request whose commits it was seen to contain."""
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    """False once GitHub says that the deployment is inactive, or failed after all."""
    at: Mapped[datetime]


class Remark(Base):
    """Something that developers read on a pull request: the check, the comment, what a partner said."""

    __tablename__ = "remarks"
    __table_args__ = (UniqueConstraint("repository_id", "number", "cause"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    repository_id: Mapped[int] = mapped_column(BigInteger)
    repository: Mapped[str]
    number: Mapped[int]
    cause: Mapped[str] = mapped_column(String(32))
    """check, comment, or `action:12`: the partner's "Ainda ocorre"."""
    written: Mapped[str] = mapped_column(default="")
    """What GitHub has, to know whether it has it already."""
    remote_id: Mapped[str] = mapped_column(String(32), default="")
    """GitHub's id of the check or the comment."""
    rung_at: Mapped[datetime]
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    busy_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    outcome: Mapped[str] = mapped_column(default="")
