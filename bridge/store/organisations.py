"""Organisations: partners who see each other's tickets."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bridge.store.tables import Organisation, Partner, Ticket


@dataclass(frozen=True, kw_only=True)
class Members:
    """An organisation and who is in it; `name` is None for a partner who is alone."""

    name: str | None
    partners: tuple[Partner, ...]


def home(db: Session, name: str, *, now: datetime) -> Organisation:
    """The organisation of that name, made now if need be; without a name a new one for one partner alone."""
    wanted = " ".join(name.split()) or None
    found = db.scalar(select(Organisation).where(Organisation.name == wanted)) if wanted else None
    if found is None:
        found = Organisation(name=wanted, created_at=now)
        db.add(found)
        db.flush()
    return found


def join(db: Session, partner: Partner, name: str, *, now: datetime) -> None:
    """Put the partner into an organisation. Who was alone brings the tickets along; else they stay behind."""
    before, after = db.get_one(Organisation, partner.organisation_id), home(db, name, now=now)
    if before.id == after.id:
        return
    partner.organisation_id = after.id
    if before.name is None:
        moved = update(Ticket).where(Ticket.organisation_id == before.id)
        db.execute(moved.values(organisation_id=after.id))
        db.flush()
        db.execute(delete(Organisation).where(Organisation.id == before.id))


def name_of(db: Session, partner: Partner) -> str:
    """The name of the partner's organisation; empty for who is alone."""
    return db.get_one(Organisation, partner.organisation_id).name or ""


def everyone(db: Session) -> list[Members]:
    """All organisations by name with their partners; those who are alone come last."""
    order = (Organisation.name.is_(None), Organisation.name, Partner.name, Partner.id)
    rows = db.execute(
        select(Organisation, Partner)
        .join(Partner, Partner.organisation_id == Organisation.id)
        .order_by(*order)
    ).all()
    found: dict[int, list[Partner]] = {}
    names = {organisation.id: organisation.name for organisation, _ in rows}
    for organisation, partner in rows:
        found.setdefault(organisation.id, []).append(partner)
    return [Members(name=names[number], partners=tuple(people)) for number, people in found.items()]


def colleagues(db: Session, partner: Partner) -> list[Partner]:
    """Who else sees the partner's tickets."""
    query = select(Partner).where(
        Partner.organisation_id == partner.organisation_id, Partner.id != partner.id, Partner.active
    )
    return list(db.scalars(query.order_by(Partner.name, Partner.id)))
