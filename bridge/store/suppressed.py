"""Addresses that get no e-mail: it came back for good, or was called spam. Somebody may let them again."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bridge.store.inserting import insert_if_new
from bridge.store.tables import SuppressedAddress

BOUNCE = "bounce"
COMPLAINT = "complaint"


def suppress(db: Session, email: str, *, kind: str, reason: str, now: datetime) -> None:
    """Send nothing more to an address; the first reason stays."""
    insert_if_new(db, SuppressedAddress, {"email": email.lower(), "kind": kind, "reason": reason, "at": now})


def of(db: Session, emails: Collection[str]) -> dict[str, SuppressedAddress]:
    """Those of `emails` that get none, by their lower-case address."""
    wanted = [email.lower() for email in emails]
    rows = db.scalars(select(SuppressedAddress).where(SuppressedAddress.email.in_(wanted)))
    return {row.email: row for row in rows}


def release(db: Session, email: str) -> bool:
    """Send to the address again; False when that was never stopped."""
    gone = db.scalar(
        delete(SuppressedAddress)
        .where(SuppressedAddress.email == email.strip().lower())
        .returning(SuppressedAddress.email)
    )
    return gone is not None


def everyone(db: Session) -> list[SuppressedAddress]:
    return list(db.scalars(select(SuppressedAddress).order_by(SuppressedAddress.at.desc())))
