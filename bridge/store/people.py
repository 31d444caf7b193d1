"""Partners and how they prove who they are: login links, sessions, API tokens. Only hashes are kept."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from bridge.store import organisations
from bridge.store.tables import Identity, LoginLink, Partner, PortalSession

LINK_LIFE = timedelta(minutes=10)
LINKS_AT_ONCE = 5
"""Unexpired links that one browser may have of a partner; more asking sends no more mail."""
LINKS_AN_HOUR = 200
"""Sent to one partner, by whomever asked for: several times what one address may ask for in an hour."""
CODE_TRIES = 5
"""Wrong codes after which a link is void."""
CODE_LENGTH = 6
CODE_LETTERS = "ACDEFHJKLMNPQRTUVWXY34679"
"""No two of them look alike, read aloud or on a small screen."""
IDLE_LIMIT = timedelta(hours=12)
ABSOLUTE_LIMIT = timedelta(days=7)
LEFT_BEHIND = timedelta(days=7)
"""How long after its end a session may still leave behind what was typed in it."""
SEEN_EVERY = timedelta(minutes=5)
"""How stale `seen_at` may grow before a visit writes it again."""


def hashed(token: str) -> str:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def new_token() -> str:
    """256 random bits, safe in a URL."""
    return secrets.token_urlsafe(32)


# --- partners -------------------------------------------------------------------------------------------


def register(db: Session, *, name: str, email: str, now: datetime, organisation: str = "") -> Partner:
    """Make the address a partner's; one that is a partner's already takes the name and the organisation."""
    known = by_email(db, email)
    if known is not None:
        known.name = name
        if organisation:
            organisations.join(db, known, organisation, now=now)
        return known
    partner = Partner(
        name=name,
        email=email.strip().lower(),
        organisation_id=organisations.home(db, organisation, now=now).id,
        created_at=now,
    )
    db.add(partner)
    db.flush()
    return partner


def shut_out(db: Session, partner: Partner) -> None:
    """Let the partner in no more, from now on and everywhere; what was written stays."""
    partner.active, partner.token_hash = False, None
    db.execute(delete(LoginLink).where(LoginLink.partner_id == partner.id))
    close_sessions(db, partner.id)


def by_email(db: Session, email: str) -> Partner | None:
    return db.scalar(select(Partner).where(Partner.email == email.strip().lower()))


def issue_token(db: Session, partner: Partner) -> str:
    """A new API token; the one before it stops working. It is shown this once."""
    token = new_token()
    partner.token_hash = hashed(token)
    return token


def by_token(db: Session, token: str) -> Partner | None:
    return db.scalar(select(Partner).where(Partner.token_hash == hashed(token), Partner.active))


def read_notice(db: Session, partner_id: int, *, version: str) -> None:
    """Remember that the partner has read this version of the notice."""
    db.execute(update(Partner).where(Partner.id == partner_id).values(notice_version=version))


def switch_ai(db: Session, partner: Partner, *, on: bool) -> None:
    """Let the AI read this partner's words, or not."""
    partner.ai = on


# --- the vendor's own sign-in ---------------------------------------------------------------------------


def identified(db: Session, *, issuer: str, subject: str) -> Partner | None:
    """Whom the issuer's subject was linked to; whatever e-mail is claimed now."""
    return db.scalar(
        select(Partner)
        .join(Identity, Identity.partner_id == Partner.id)
        .where(Identity.issuer == issuer, Identity.subject == subject, Partner.active)
    )


def link_identity(
    db: Session, *, issuer: str, subject: str, verified_email: str, now: datetime
) -> Partner | None:
    """Link a subject seen for the first time to the partner of that proved address, who has none yet."""
    partner = by_email(db, verified_email)
    if partner is None or not partner.active:
        return None
    theirs = select(Identity).where(Identity.partner_id == partner.id, Identity.issuer == issuer)
    taken = select(Identity).where(Identity.issuer == issuer, Identity.subject == subject)
    if db.scalar(theirs) is not None or db.scalar(taken) is not None:
        return None
    db.add(Identity(issuer=issuer, subject=subject, partner_id=partner.id, linked_at=now))
    return partner


# --- login links ----------------------------------------------------------------------------------------


def write_link(
    db: Session, partner: Partner, token: str, *, browser: str, known: bool, next_url: str, now: datetime
) -> bool:
    """A link that signs the partner in once, in this browser. False when enough are on their way already.

    Nobody's asking voids another's link, and strangers cannot use up what a browser has that is `known` to
    have been the partner's.
    """
    db.execute(delete(LoginLink).where(LoginLink.expires_at <= now + LINK_LIFE - timedelta(hours=1)))
    here = and_(LoginLink.browser_hash == hashed(browser), LoginLink.expires_at > now)
    sent = select(func.count(), func.count().filter(here)).where(LoginLink.partner_id == partner.id)
    in_all, waiting_here = db.execute(sent).one()
    if waiting_here >= LINKS_AT_ONCE or (in_all >= LINKS_AN_HOUR and not known):
        return False
    db.add(
        LoginLink(
            token_hash=hashed(token),
            partner_id=partner.id,
            browser_hash=hashed(browser),
            next_url=next_url,
            expires_at=now + LINK_LIFE,
        )
    )
    return True


def open_link(db: Session, token: str, *, now: datetime) -> LoginLink | None:
    """The link, while it can still be used. Looking changes nothing."""
    return db.scalar(select(LoginLink).where(LoginLink.token_hash == hashed(token), *_usable(now)))


def use_link(db: Session, token: str, *, browser: str, now: datetime) -> LoginLink | None:
    """Use the link up, in the browser that asked for it. Of two that try at once, one gets it."""
    return _use(db, hashed(token), browser=browser, now=now)


def code(secret: str, token_hash: str) -> str:
    """What stands for a link where it was opened in another browser, to be typed in the first one."""
    digest = hmac.digest(secret.encode(), f"login code {token_hash}".encode(), "sha256")
    number = int.from_bytes(digest)
    places = (number // len(CODE_LETTERS) ** place for place in range(CODE_LENGTH))
    return "".join(CODE_LETTERS[one % len(CODE_LETTERS)] for one in places)


def use_code(db: Session, typed: str, *, secret: str, browser: str, now: datetime) -> LoginLink | None:
    """Use up the link that the code stands for; a wrong one counts against all that the browser asked for."""
    mine = (LoginLink.browser_hash == hashed(browser), *_usable(now))
    waiting = db.scalars(select(LoginLink).where(*mine).with_for_update()).all()
    given = "".join(typed.split()).replace("-", "").upper()
    for link in waiting:
        expected = code(secret, link.token_hash)
        if hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):
            return _use(db, link.token_hash, browser=browser, now=now)
    for link in waiting:
        link.tries += 1
    return None


def _usable(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return LoginLink.used_at.is_(None), LoginLink.expires_at > now, LoginLink.tries < CODE_TRIES


def _use(db: Session, token_hash: str, *, browser: str, now: datetime) -> LoginLink | None:
    used = db.scalar(
        update(LoginLink)
        .where(LoginLink.token_hash == token_hash, LoginLink.browser_hash == hashed(browser), *_usable(now))
        .values(used_at=now)
        .returning(LoginLink.token_hash)
    )
    return None if used is None else db.get(LoginLink, used)


# --- sessions -------------------------------------------------------------------------------------------


def open_session(db: Session, partner_id: int, *, now: datetime, device: str = "") -> str:
    """Sign the partner in; the token goes into the cookie and nowhere else."""
    db.execute(
        delete(PortalSession).where(
            or_(
                PortalSession.seen_at <= now - IDLE_LIMIT - LEFT_BEHIND,
                PortalSession.created_at <= now - ABSOLUTE_LIMIT - LEFT_BEHIND,
            )
        )
    )
    token = new_token()
    db.add(
        PortalSession(
            token_hash=hashed(token), partner_id=partner_id, created_at=now, seen_at=now, device=device
        )
    )
    return token


def signed_in(db: Session, token: str, *, now: datetime) -> tuple[Partner, PortalSession] | None:
    """Whose session this is, while it is neither idle nor old."""
    found = db.execute(
        select(Partner, PortalSession)
        .join(PortalSession, PortalSession.partner_id == Partner.id)
        .where(PortalSession.token_hash == hashed(token), Partner.active, *_alive(now))
    ).one_or_none()
    return None if found is None else (found[0], found[1])


def lately_signed_in(db: Session, token: str, *, now: datetime) -> Partner | None:
    """Whose session this was, when it ended by itself not long ago. One that was signed out is nobody's."""
    return db.scalar(
        select(Partner)
        .join(PortalSession, PortalSession.partner_id == Partner.id)
        .where(
            PortalSession.token_hash == hashed(token),
            PortalSession.seen_at > now - IDLE_LIMIT - LEFT_BEHIND,
            PortalSession.created_at > now - ABSOLUTE_LIMIT - LEFT_BEHIND,
        )
    )


def seen(db: Session, token: str, *, now: datetime) -> None:
    """Keep the session from falling idle."""
    db.execute(update(PortalSession).where(PortalSession.token_hash == hashed(token)).values(seen_at=now))


def sessions(db: Session, partner_id: int, *, now: datetime) -> list[PortalSession]:
    """Where the partner is signed in, the latest visit first."""
    query = select(PortalSession).where(PortalSession.partner_id == partner_id, *_alive(now))
    return list(db.scalars(query.order_by(PortalSession.seen_at.desc())))


def close_sessions(db: Session, partner_id: int) -> None:
    """Sign the partner out everywhere."""
    db.execute(delete(PortalSession).where(PortalSession.partner_id == partner_id))


def _alive(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return PortalSession.seen_at > now - IDLE_LIMIT, PortalSession.created_at > now - ABSOLUTE_LIMIT


def close_session(db: Session, token: str) -> None:
    db.execute(delete(PortalSession).where(PortalSession.token_hash == hashed(token)))
