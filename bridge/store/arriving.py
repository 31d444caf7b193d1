"""Files on their way, in pieces. Every function is bound to one partner."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import Session

from bridge.store import drafts
from bridge.store.drafts import StoredFile
from bridge.store.tables import ArrivingFile, Partner, Upload

LIFE = timedelta(hours=24)
"""Since the last piece came."""


def begin(
    db: Session, partner: Partner, *, draft_id: str, filename: str, length: int, now: datetime
) -> ArrivingFile:
    """Expect a file for a draft that has been found to be the partner's."""
    row = ArrivingFile(
        id=secrets.token_hex(16),
        partner_id=partner.id,
        draft_id=draft_id,
        filename=filename,
        length=length,
        expires_at=now + LIFE,
    )
    db.add(row)
    db.flush()
    return row


def find(db: Session, partner: Partner, arriving_id: str, *, draft_id: str) -> ArrivingFile | None:
    """One that is expected, has arrived, or was not gone on with in time."""
    return db.scalar(
        select(ArrivingFile).where(
            ArrivingFile.id == arriving_id,
            ArrivingFile.partner_id == partner.id,
            ArrivingFile.draft_id == draft_id,
        )
    )


def keep_waiting(db: Session, row: ArrivingFile, *, now: datetime) -> None:
    """A piece has come: wait on for the rest."""
    row.expires_at = now + LIFE
    db.execute(update(ArrivingFile).where(ArrivingFile.id == row.id).values(expires_at=row.expires_at))


def arrive(db: Session, partner: Partner, row: ArrivingFile, stored: StoredFile, *, now: datetime) -> bool:
    """Make it one of the draft's files. False when another request has, or it was given up meanwhile."""
    waiting = (ArrivingFile.id == row.id) & ArrivingFile.upload_id.is_(None)
    if db.scalar(select(ArrivingFile.id).where(waiting).with_for_update()) is None:
        return False
    upload = drafts.add_upload(db, partner, stored, draft_id=row.draft_id, now=now)
    db.execute(update(ArrivingFile).where(ArrivingFile.id == row.id).values(upload_id=upload.id))
    return True


def give_up(db: Session, row: ArrivingFile) -> None:
    db.execute(delete(ArrivingFile).where(ArrivingFile.id == row.id))


def count(db: Session, partner: Partner, *, draft_id: str, now: datetime) -> int:
    """The files that a draft still waits for."""
    query = _waiting(partner, now).with_only_columns(func.count()).where(ArrivingFile.draft_id == draft_id)
    return db.scalar(query) or 0


def held_bytes(db: Session, partner: Partner, *, now: datetime) -> int:
    """The size of all the partner's files that belong to no ticket yet, those on their way included."""
    loose = select(func.sum(Upload.size)).where(Upload.partner_id == partner.id, Upload.ticket_id.is_(None))
    on_their_way = _waiting(partner, now).with_only_columns(func.sum(ArrivingFile.length))
    return int(db.scalar(loose) or 0) + int(db.scalar(on_their_way) or 0)


def _waiting(partner: Partner, now: datetime) -> Select[ArrivingFile]:
    return select(ArrivingFile).where(
        ArrivingFile.partner_id == partner.id, ArrivingFile.upload_id.is_(None), ArrivingFile.expires_at > now
    )
