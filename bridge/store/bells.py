"""Whom a transaction rings for: noted in its session, and heard when it commits."""

from dataclasses import dataclass, field

from sqlalchemy.orm import Session


@dataclass(kw_only=True)
class Bells:
    """What has work to do once the transaction is there for all to see."""

    tickets: set[int] = field(default_factory=set)
    outbox: bool = False
    remarks: bool = False


def bells(db: Session) -> Bells:
    """This transaction's bells; whoever rings adds to them."""
    noted: Bells = db.info.setdefault("bells", Bells())
    return noted
