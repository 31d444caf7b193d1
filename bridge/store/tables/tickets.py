"""Tickets, who follows them, and what asks for a look at them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bridge.store.tables.base import NEVER_REUSED, Base, Id

UNSETTLED = {
    "waiting": "generation > observed_generation",
    "parked": "parked <> ''",
    "in_doubt": "create_state = 'in_doubt'",
    "retrying": "attempts > 0",
}
"""What a ticket can be besides settled: few are, so that each has a small index of its own."""


class Ticket(Base):
    __tablename__ = "tickets"
    __table_args__ = (
        UniqueConstraint("partner_id", "idempotency_key"),
        # For counting and listing without reading the rows, which hold the whole form.
        Index("ix_tickets_status", "status"),
        Index(
            "ix_tickets_panel", "organisation_id", "id", "status", "status_since", "due_date", "search_text"
        ),
        *(
            Index(f"ix_tickets_{name}", "id", sqlite_where=text(where), postgresql_where=text(where))
            for name, where in UNSETTLED.items()
        ),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), nullable=True)
    """The partner's when it was filed: who moves on leaves the tickets there. Never empty."""
    continues_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id", ondelete="SET NULL"))
    """The closed ticket whose problem is back."""
    search_text: Mapped[str] = mapped_column(default="")
    """What the panel's search looks into, folded."""
    idempotency_key: Mapped[str | None] = mapped_column(String(255))
    request_hash: Mapped[str] = mapped_column(String(64), default="")
    """SHA-256 of the API request that made it: another body under the same key is refused."""
    answers: Mapped[dict[str, Any]]
    """The form as sent, by field name."""
    original: Mapped[str] = mapped_column(default="")
    """The partner's own description, when the AI's proposal was accepted in its place."""
    title: Mapped[str]
    created_at: Mapped[datetime]

    marker: Mapped[str] = mapped_column(String(64), unique=True)
    """`br-<ulid>`: the label by which the issue is found when Jira's answer was lost."""
    create_state: Mapped[str] = mapped_column(String(16), default="none")
    """none, started, in_doubt or created."""
    create_started_at: Mapped[datetime | None]
    create_posts: Mapped[int] = mapped_column(default=0)
    """How often the creation was sent: from the second time on, there may be two issues."""
    jira_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    jira_id: Mapped[str | None] = mapped_column(String(32), unique=True)
    jira_updated_at: Mapped[datetime | None]
    """The issue's `updated` when it was last read."""

    bulk_at: Mapped[datetime | None]
    """When Jira last told of a change that was one of many made at once."""

    status: Mapped[str]
    """The last status seen in Jira, by its board name."""
    status_since: Mapped[datetime]
    moving_to: Mapped[str] = mapped_column(default="")
    """The status of the bridge's own last move, written before it is asked for, to know its echo."""
    assigning: Mapped[str] = mapped_column(default="")
    """The account that the bridge makes the assignee, written before it is asked for, to know its echo."""
    assigned: Mapped[str] = mapped_column(default="")
    """The account that the bridge has made the assignee, or that Jira did not take: not tried again."""
    due_date: Mapped[date | None]
    staging_url: Mapped[str] = mapped_column(default="")
    version: Mapped[str] = mapped_column(default="")

    generation: Mapped[int] = mapped_column(default=0)
    observed_generation: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    """When to look again without being rung: a mail on hold, a search for a lost answer."""
    retry_at: Mapped[datetime | None]
    """Not before: the outside was unavailable."""
    lease_owner: Mapped[str] = mapped_column(String(64), default="")
    lease_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0)
    """Grows with each claim; every write of a reconcile requires its own."""
    attempts: Mapped[int] = mapped_column(default=0)
    parked: Mapped[str] = mapped_column(default="")
    """Why nothing more is tried until the ticket is rung again; empty when all is well."""
    held: Mapped[bool] = mapped_column(Boolean, default=False)
    """Parked by the operator: doorbells wait until `tickets retry`."""
    outcome: Mapped[str] = mapped_column(default="")
    reconciled_at: Mapped[datetime | None]
    """When a look last ended well."""


class FormerKey(Base):
    """A key that a ticket's issue had before it was moved. Jira gives it to no other issue."""

    __tablename__ = "former_keys"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), index=True)


class Recipient(Base):
    __tablename__ = "recipients"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    email: Mapped[str] = mapped_column(String(320), primary_key=True)
    is_opener: Mapped[bool] = mapped_column(Boolean, default=False)
    added_by: Mapped[str] = mapped_column(default="")
    """Who added the address later, by name; empty: the opener, in the form."""
    muted_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    """Not in the list any more; the row stays, so that who muted it and is added again stays undisturbed."""
    news_after: Mapped[int] = mapped_column(BigInteger, default=0)
    """The line of the timeline up to which nothing is news any more."""


class Reader(Base):
    """What the person behind an address has said about being written to, whatever the ticket."""

    __tablename__ = "readers"

    email: Mapped[str] = mapped_column(String(320), primary_key=True)
    """Lower case."""
    wants: Mapped[bool | None]
    """E-mails at all; None: not said yet."""
    answered_at: Mapped[datetime | None]
    pace: Mapped[str] = mapped_column(String(16), default="soon")
    """When comments and due dates come: soon, daily or never."""


class Ring(Base):
    """A doorbell: this ticket deserves a look, at this subject; rung again, it is the same one."""

    __tablename__ = "rings"
    __table_args__ = (
        Index("ix_rings_ticket_id_kind_subject", "ticket_id", "kind", "subject", unique=True),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    generation: Mapped[int]
    kind: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str]
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("deliveries.id", ondelete="SET NULL"))
    at: Mapped[datetime]


class PartnerActionRow(Base):
    __tablename__ = "partner_actions"
    __table_args__ = (NEVER_REUSED,)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    verb: Mapped[str] = mapped_column(String(16))
    author: Mapped[str]
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partners.id", ondelete="SET NULL"))
    """Whose session it was; none when it came by an e-mail's link."""
    text: Mapped[str]
    at: Mapped[datetime]
    email: Mapped[str] = mapped_column(String(320), default="")
    """The address of whoever did it: nobody is written to about their own doing."""
    link_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    """SHA-256 of the e-mail's link by which it was done: it serves once."""
    comment_id: Mapped[str | None]
