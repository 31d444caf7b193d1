"""What keeps the bridge at work: sweeps, rates and counts."""

from datetime import datetime

from sqlalchemy import BigInteger, Float, String
from sqlalchemy.orm import Mapped, mapped_column

from bridge.store.tables.base import Base


class SweepRow(Base):
    """A look at a remote for what no webhook told: from which moment on, and when next."""

    __tablename__ = "sweeps"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    watermark: Mapped[datetime]
    """Everything before it has been seen."""
    due_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str]


class BucketRow(Base):
    """How many requests a remote's scope may still take, and until when it rests."""

    __tablename__ = "buckets"

    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    tokens: Mapped[float] = mapped_column(Float)
    at: Mapped[datetime]
    """When `tokens` was counted."""
    paused_until: Mapped[datetime | None]
    reason: Mapped[str]


class Counter(Base):
    """Things counted and not kept: forged webhooks, for one."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger, default=0)
    at: Mapped[datetime | None]
    """The last time."""
