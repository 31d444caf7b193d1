"""Forms not yet sent, and the files that partners send. Every function is bound to one partner."""

import hashlib
import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from bridge.store.inserting import insert_if_new
from bridge.store.tables import Draft, Partner, Upload


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """A file whose bytes lie in the files folder already."""

    filename: str
    content_type: str
    size: int
    sha256: str
    stored_as: str


def new_id() -> str:
    """A name for a draft that nobody can guess."""
    return secrets.token_urlsafe(32)


def find(db: Session, partner: Partner, draft_id: str, *, lock: bool = False) -> Draft | None:
    """The partner's own draft. `lock` holds it until the transaction ends."""
    query = select(Draft).where(Draft.id == draft_id, Draft.partner_id == partner.id)
    return db.scalar(query.with_for_update() if lock else query)


def taken(db: Session, partner: Partner, draft_id: str) -> bool:
    """True when the name is another partner's draft."""
    owner = db.scalar(select(Draft.partner_id).where(Draft.id == draft_id))
    return owner is not None and owner != partner.id


def save(db: Session, partner: Partner, draft_id: str, *, answers: dict[str, Any], now: datetime) -> Draft:
    """Keep the answers as typed; the first time makes the draft. A draft that was sent stays as it is."""
    _make(db, partner, draft_id, now=now)
    draft = find(db, partner, draft_id, lock=True)
    assert draft, "another partner's draft: `taken` comes first"
    if draft.ticket_id is None:
        draft.answers = answers
        draft.updated_at = now
    return draft


def ensure(db: Session, partner: Partner, draft_id: str, *, now: datetime) -> Draft | None:
    """The draft, made empty if there is none; None when the name is another partner's draft."""
    if taken(db, partner, draft_id):
        return None
    _make(db, partner, draft_id, now=now)
    return find(db, partner, draft_id)


def _make(db: Session, partner: Partner, draft_id: str, *, now: datetime) -> None:
    """The draft, empty, unless it is there: a new form's files and its first words come side by side."""
    new = {"id": draft_id, "partner_id": partner.id, "answers": {}, "updated_at": now}
    insert_if_new(db, Draft, new)


def version(answers: Mapping[str, Any]) -> str:
    """What tells one state of a draft's answers from another."""
    return hashlib.sha256(json.dumps(answers, sort_keys=True).encode()).hexdigest()[:16]


def unsent(db: Session, partner: Partner) -> list[Draft]:
    """The partner's drafts that are no ticket yet, the latest first."""
    query = select(Draft).where(Draft.partner_id == partner.id, Draft.ticket_id.is_(None))
    return list(db.scalars(query.order_by(Draft.updated_at.desc())))


def continuing(db: Session, partner: Partner, ticket_id: int) -> Draft | None:
    """The partner's unsent draft that takes up a closed ticket."""
    query = select(Draft).where(
        Draft.partner_id == partner.id, Draft.continues_id == ticket_id, Draft.ticket_id.is_(None)
    )
    return db.scalars(query).first()


def discard(db: Session, partner: Partner, draft_id: str) -> list[str]:
    """Forget an unsent draft. Returns its files' names in the files folder, to be deleted."""
    draft = find(db, partner, draft_id, lock=True)
    if draft is None or draft.ticket_id is not None:
        return []
    names = [upload.stored_as for upload in uploads(db, partner, draft_id=draft_id)]
    db.execute(delete(Upload).where(Upload.draft_id == draft_id, Upload.partner_id == partner.id))
    db.delete(draft)
    return names


# --- files ----------------------------------------------------------------------------------------------


def add_upload(
    db: Session, partner: Partner, stored: StoredFile, *, draft_id: str | None, now: datetime
) -> Upload:
    """Write a stored file down. The draft, if any, has been found to be the partner's."""
    upload = Upload(
        partner_id=partner.id,
        draft_id=draft_id,
        filename=stored.filename,
        content_type=stored.content_type,
        size=stored.size,
        sha256=stored.sha256,
        stored_as=stored.stored_as,
        created_at=now,
    )
    db.add(upload)
    db.flush()
    return upload


def uploads(db: Session, partner: Partner, *, draft_id: str) -> list[Upload]:
    query = select(Upload).where(Upload.partner_id == partner.id, Upload.draft_id == draft_id)
    return list(db.scalars(query.order_by(Upload.id)))


def same_upload(db: Session, partner: Partner, stored: StoredFile, *, draft_id: str) -> bool:
    """True when the draft has this very file under this name already."""
    query = select(Upload.id).where(
        Upload.partner_id == partner.id,
        Upload.draft_id == draft_id,
        Upload.filename == stored.filename,
        Upload.sha256 == stored.sha256,
    )
    return db.scalar(query.limit(1)) is not None


def own_upload(db: Session, partner: Partner, upload_id: int, *, draft_id: str) -> Upload | None:
    """One file of the partner's draft."""
    return db.scalar(
        select(Upload).where(
            Upload.id == upload_id, Upload.partner_id == partner.id, Upload.draft_id == draft_id
        )
    )


def count_uploads(db: Session, partner: Partner, *, draft_id: str) -> int:
    query = select(func.count()).where(Upload.partner_id == partner.id, Upload.draft_id == draft_id)
    return db.scalar(query) or 0


def loose_uploads(db: Session, partner: Partner, ids: Collection[int]) -> list[Upload]:
    """Those of `ids` that are the partner's and belong to nothing yet: kept while a reply is corrected."""
    if not ids:
        return []
    query = select(Upload).where(
        Upload.id.in_(ids),
        Upload.partner_id == partner.id,
        Upload.draft_id.is_(None),
        Upload.ticket_id.is_(None),
        Upload.action_id.is_(None),
    )
    return list(db.scalars(query.order_by(Upload.id)))


def remove_upload(db: Session, partner: Partner, upload_id: int, *, draft_id: str) -> str | None:
    """Forget one file of an unsent draft. Returns its name in the files folder, to be deleted."""
    return db.scalar(
        delete(Upload)
        .where(Upload.id == upload_id, Upload.partner_id == partner.id, Upload.draft_id == draft_id)
        .returning(Upload.stored_as)
    )


def hand_to_action(
    db: Session, partner: Partner, ids: Collection[int], *, ticket_id: int, action_id: int
) -> None:
    """Make loose files part of what the partner wrote on a ticket."""
    own = [upload.id for upload in loose_uploads(db, partner, ids)]
    if own:
        db.execute(update(Upload).where(Upload.id.in_(own)).values(ticket_id=ticket_id, action_id=action_id))
