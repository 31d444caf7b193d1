"""Forms being written, and files."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from bridge.store.tables.base import NEVER_REUSED, Base, Id


class Draft(Base):
    """A form as typed so far, with its files; becomes a ticket."""

    __tablename__ = "drafts"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id", ondelete="CASCADE"), index=True)
    answers: Mapped[dict[str, Any]]
    proposal: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The AI's proposal and what the partner decided about it."""
    updated_at: Mapped[datetime]
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id", ondelete="SET NULL"))
    continues_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id", ondelete="SET NULL"))
    """The closed ticket whose problem is back."""


class Upload(Base):
    """A file that a partner sent. Its bytes lie in the files folder under `stored_as`."""

    __tablename__ = "uploads"
    __table_args__ = (NEVER_REUSED,)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id", ondelete="CASCADE"), index=True)
    draft_id: Mapped[str | None] = mapped_column(ForeignKey("drafts.id", ondelete="SET NULL"), index=True)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    action_id: Mapped[int | None] = mapped_column(ForeignKey("partner_actions.id", ondelete="CASCADE"))
    filename: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    stored_as: Mapped[str]
    created_at: Mapped[datetime]
    jira_id: Mapped[str | None]
    refusal: Mapped[str] = mapped_column(default="")
    """Why Jira would not take it; the ticket lives on without it."""
    ours: Mapped[bool] = mapped_column(Boolean, default=False)
    """Made by the bridge, of texts that are too long for the issue."""


class ArrivingFile(Base):
    """A file on its way, in pieces. Its bytes so far lie in the files folder under `<id>.part`."""

    __tablename__ = "arriving_files"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id", ondelete="CASCADE"), index=True)
    draft_id: Mapped[str] = mapped_column(ForeignKey("drafts.id", ondelete="CASCADE"), index=True)
    filename: Mapped[str]
    length: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    upload_id: Mapped[int | None] = mapped_column(ForeignKey("uploads.id", ondelete="CASCADE"))
    """The file that it has become."""
