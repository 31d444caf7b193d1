"""Partners and how they prove who they are: login links, sessions, API tokens. Only hashes are kept."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from bridge.store.tables import LoginLink, Partner, PortalSession

LINK_LIFE = timedelta(minutes=10)
LINKS_AT_ONCE = 5
"""Unexpired links that one partner may have; more asking sends no more mail."""
IDLE_LIMIT = timedelta(hours=12)
ABSOLUTE_LIMIT = timedelta(days=7)
SEEN_EVERY = timedelta(minutes=5)
"""How stale `seen_at` may grow before a visit writes it again."""


def hashed(token: str) -> str:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def new_token() -> str:
    """256 random bits, safe in a URL."""
    return secrets.token_urlsafe(32)


# --- partners -------------------------------------------------------------------------------------------


def register(db: Session, *, name: str, email: str, now: datetime) -> Partner:
    """Make the address a partner's; one that is a partner's already takes the name."""
    known = by_email(db, email)
    if known is not None:
        known.name = name
        return known
    partner = Partner(name=name, email=email.strip().lower(), created_at=now)
    db.add(partner)
    db.flush()
    return partner


def by_email(db: Session, email: str) -> Partner | None:
    return db.scalar(select(Partner).where(Partner.email == email.strip().lower()))


def all_partners(db: Session) -> list[Partner]:
    return list(db.scalars(select(Partner).order_by(Partner.name, Partner.id)))


def issue_token(db: Session, partner: Partner) -> str:
    """A new API token; the one before it stops working. It is shown this once."""
    token = new_token()
    partner.token_hash = hashed(token)
    return token


def by_token(db: Session, token: str) -> Partner | None:
    return db.scalar(select(Partner).where(Partner.token_hash == hashed(token)))


def read_notice(db: Session, partner_id: int, *, version: str) -> None:
    """Remember that the partner has read this version of the notice."""
    db.execute(update(Partner).where(Partner.id == partner_id).values(notice_version=version))


def switch_ai(db: Session, partner: Partner, *, on: bool) -> None:
    """Let the AI read this partner's words, or not."""
    partner.ai = on


# --- login links ----------------------------------------------------------------------------------------


def write_link(db: Session, partner: Partner, *, browser: str, next_url: str, now: datetime) -> str | None:
    """A link that signs the partner in once, in this browser. None when enough are on their way already."""
    db.execute(delete(LoginLink).where(LoginLink.expires_at <= now))
    waiting = db.scalar(select(func.count()).select_from(LoginLink).where(LoginLink.partner_id == partner.id))
    if (waiting or 0) >= LINKS_AT_ONCE:
        return None
    token = new_token()
    db.add(
        LoginLink(
            token_hash=hashed(token),
            partner_id=partner.id,
            browser_hash=hashed(browser),
            next_url=next_url,
            expires_at=now + LINK_LIFE,
        )
    )
    return token


def open_link(db: Session, token: str, *, now: datetime) -> LoginLink | None:
    """The link, while it can still be used. Looking changes nothing."""
    return db.scalar(
        select(LoginLink).where(
            LoginLink.token_hash == hashed(token), LoginLink.used_at.is_(None), LoginLink.expires_at > now
        )
    )


def use_link(db: Session, token: str, *, browser: str, now: datetime) -> LoginLink | None:
    """Use the link up, in the browser that asked for it. Of two that try at once, one gets it."""
    used = db.scalar(
        update(LoginLink)
        .where(
            LoginLink.token_hash == hashed(token),
            LoginLink.browser_hash == hashed(browser),
            LoginLink.used_at.is_(None),
            LoginLink.expires_at > now,
        )
        .values(used_at=now)
        .returning(LoginLink.token_hash)
    )
    return None if used is None else db.get(LoginLink, used)


# --- sessions -------------------------------------------------------------------------------------------


def open_session(db: Session, partner_id: int, *, now: datetime) -> str:
    """Sign the partner in; the token goes into the cookie and nowhere else."""
    db.execute(
        delete(PortalSession).where(
            or_(PortalSession.seen_at <= now - IDLE_LIMIT, PortalSession.created_at <= now - ABSOLUTE_LIMIT)
        )
    )
    token = new_token()
    db.add(PortalSession(token_hash=hashed(token), partner_id=partner_id, created_at=now, seen_at=now))
    return token


def signed_in(db: Session, token: str, *, now: datetime) -> tuple[Partner, PortalSession] | None:
    """Whose session this is, while it is neither idle nor old."""
    found = db.execute(
        select(Partner, PortalSession)
        .join(PortalSession, PortalSession.partner_id == Partner.id)
        .where(
            PortalSession.token_hash == hashed(token),
            PortalSession.seen_at > now - IDLE_LIMIT,
            PortalSession.created_at > now - ABSOLUTE_LIMIT,
        )
    ).one_or_none()
    return None if found is None else (found[0], found[1])


def seen(db: Session, token: str, *, now: datetime) -> None:
    """Keep the session from falling idle."""
    db.execute(update(PortalSession).where(PortalSession.token_hash == hashed(token)).values(seen_at=now))


def close_session(db: Session, token: str) -> None:
    db.execute(delete(PortalSession).where(PortalSession.token_hash == hashed(token)))
