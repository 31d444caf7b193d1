"""Who: organisations, partners and how they come in."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from bridge.store.tables.base import NEVER_REUSED, Base, Id


class Organisation(Base):
    """Partners who see each other's tickets. Every partner is in one; one without a name is one partner's."""

    __tablename__ = "organisations"
    __table_args__ = (NEVER_REUSED,)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime]


class Partner(Base):
    __tablename__ = "partners"
    __table_args__ = (NEVER_REUSED,)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    # Never empty; but SQLite adds no column that says so to a table that has rows.
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), nullable=True, index=True)
    name: Mapped[str]
    email: Mapped[str] = mapped_column(String(320), unique=True)
    """Lower case."""
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    """SHA-256 of the API token."""
    created_at: Mapped[datetime]
    notice_version: Mapped[str] = mapped_column(default="")
    """The version of the notice that the partner has read ("Entendi")."""
    ai: Mapped[bool | None]
    """Whether the AI may read this partner's words; None: as CHAMADOS_OPENAI_PARTNERS says."""
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    """False: may not come in any more; what was written stays."""


class Identity(Base):
    """Who a partner is to the vendor's own sign-in: known by issuer and subject, never by e-mail."""

    __tablename__ = "identities"

    issuer: Mapped[str] = mapped_column(String(255), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id", ondelete="CASCADE"), index=True)
    linked_at: Mapped[datetime]


class LoginLink(Base):
    __tablename__ = "login_links"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id", ondelete="CASCADE"))
    browser_hash: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the cookie of the browser that asked for the link."""
    next_url: Mapped[str] = mapped_column(default="")
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    """Wrong codes typed in that browser."""


class PortalSession(Base):
    __tablename__ = "portal_sessions"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    device: Mapped[str] = mapped_column(String(64), default="")
    """Browser and system, as they call themselves."""
