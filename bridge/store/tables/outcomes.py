"""What was decided, done and told."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bridge.store.tables.base import NEVER_REUSED, Base, Id


class LaneRow(Base):
    """The last verdict of a lane, and whether it has moved the ticket."""

    __tablename__ = "lanes"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    lane: Mapped[str] = mapped_column(String(32), primary_key=True)
    identity: Mapped[str]
    reason: Mapped[str]
    spent_at: Mapped[datetime | None]
    refusal: Mapped[str] = mapped_column(default="")
    moving_after: Mapped[str] = mapped_column(String(32), default="")
    """How many moves to there the bridge had made when it set out to make one more; empty before that.

    Rows from before this was counted have a changelog id here, which no count reaches.
    """
    at: Mapped[datetime]


class Entry(Base):
    """The journal: every act on the outside and every decision, in order, with its cause. Only added to."""

    __tablename__ = "journal"
    __table_args__ = (NEVER_REUSED,)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    act: Mapped[str] = mapped_column(String(32))
    cause: Mapped[str]
    outcome: Mapped[str]


class Event(Base):
    """One line of a ticket's timeline, told once (`source`)."""

    __tablename__ = "timeline"
    __table_args__ = (UniqueConstraint("ticket_id", "source"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    source: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(16))
    author: Mapped[str]
    status: Mapped[str]
    text: Mapped[str]
    quotes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The Jira comments that `text` is made of (`domain.Quotes`)."""
    edited_at: Mapped[datetime | None]
    """When `text` last followed a comment that was changed."""
    visible: Mapped[bool]
    news: Mapped[bool] = mapped_column(Boolean, default=False)
    """It goes into an e-mail with what else comes at about the same time."""
    outcome: Mapped[str]


class Mail(Base):
    """One e-mail to one recipient, written with its cause."""

    __tablename__ = "mails"
    __table_args__ = (
        UniqueConstraint("ticket_id", "cause", "recipient"),
        Index("ix_mails_state_created_at", "state", "created_at"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    cause: Mapped[str] = mapped_column(String(128))
    kind: Mapped[str] = mapped_column(String(32))
    recipient: Mapped[str] = mapped_column(String(320))
    message_id: Mapped[str] = mapped_column(String(255), unique=True)
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    """The message as it goes over the wire."""
    quotes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The Jira comments that it quotes, id to text: it goes only while each says just that in public."""
    state: Mapped[str] = mapped_column(String(16), default="queued")
    """queued, sending, sent, failed or withdrawn."""
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(default="")
    late: Mapped[bool] = mapped_column(Boolean, default=False)
    """The operator has been warned that it does not get through."""
    bounces: Mapped[int] = mapped_column(default=0)
    """How often it came back though it may get through another time."""


class IncomingMail(Base):
    """An e-mail that lay in our mailbox, taken once; its words are where they went, not here."""

    __tablename__ = "incoming_mails"
    __table_args__ = (UniqueConstraint("mailbox", "uid_validity", "uid"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    mailbox: Mapped[str] = mapped_column(String(255))
    uid_validity: Mapped[int] = mapped_column(BigInteger)
    uid: Mapped[int] = mapped_column(BigInteger)
    fingerprint: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Of a reply that was taken: the same e-mail brought twice is one."""
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    sender: Mapped[str] = mapped_column(String(320))
    result: Mapped[str] = mapped_column(String(16))
    """taken, refused, ignored, reported (on an e-mail of ours) or broken."""
    outcome: Mapped[str]
    at: Mapped[datetime]


class SuppressedAddress(Base):
    """An address that gets no e-mail until somebody says so."""

    __tablename__ = "suppressed_addresses"

    email: Mapped[str] = mapped_column(String(320), primary_key=True)
    """Lower case."""
    kind: Mapped[str] = mapped_column(String(16))
    """bounce or complaint."""
    reason: Mapped[str]
    """The other server's words."""
    at: Mapped[datetime]
