"""Addresses and links in e-mails that prove to be of our making: signed and bound to one use. Pure.

None of them is an identity, and a link among them does nothing by being opened.
"""

import hmac
import re
from base64 import b32encode
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from bridge.domain import PartnerVerb
from bridge.environment import Secret

REPLY_MARK = "Para responder, escreva acima desta linha."
"""A line at the top of each e-mail that can be answered: it and what follows are not the answer."""
TAG_LENGTH = 16
"""Letters of base32: 80 bits. No capitals, for mail programs may fold an address's case."""
_TAG = f"([a-z2-7]{{{TAG_LENGTH}}})"
_NUMBER = r"([1-9]\d{0,17})"
_REPLY = re.compile(rf"ct-{_NUMBER}\+{_TAG}@", re.IGNORECASE)
_BOUNCE = re.compile(rf"bounce\+{_NUMBER}\.{_TAG}@", re.IGNORECASE)
_FOLLOWING = re.compile(rf"{_NUMBER}\.{_TAG}")
_DEED = re.compile(rf"{_NUMBER}\.([a-z_]{{1,16}})\.(\d{{1,12}})\.{_TAG}\.{_TAG}")


# --- addresses ------------------------------------------------------------------------------------------


def looks_like_ours(address: str) -> bool:
    """True for what may be an address of the two kinds below; whether it is one only its tag says."""
    return bool(_REPLY.match(address) or _BOUNCE.match(address))


def reply_address(secret: Secret, *, ticket_id: int, recipient: str, domain: str) -> str:
    """`ct-1042+<tag>@domain`: where this recipient answers about this ticket."""
    return f"ct-{ticket_id}+{_tag(secret, 'reply', ticket_id, recipient)}@{domain}"


def read_reply_address(address: str) -> tuple[int, str] | None:
    """The ticket and the tag that an address holds; what the tag is worth says `is_reply_of`."""
    found = _REPLY.match(address)
    return (int(found[1]), found[2].lower()) if found else None


def is_reply_of(secret: Secret, *, ticket_id: int, recipient: str, tag: str) -> bool:
    """True when the tag is of the address that this recipient was given for this ticket."""
    return _same(tag, _tag(secret, "reply", ticket_id, recipient))


def bounce_address(secret: Secret, *, mail_id: int, domain: str) -> str:
    """`bounce+<mail>.<tag>@domain`: the envelope's sender, so that a bounce names the e-mail (VERP)."""
    return f"bounce+{mail_id}.{_tag(secret, 'bounce', mail_id)}@{domain}"


def read_bounce_address(secret: Secret, address: str) -> int | None:
    """The e-mail that came back; None for an address that we never gave."""
    found = _BOUNCE.match(address)
    mail_id = int(found[1]) if found else 0
    return mail_id if found and _same(found[2].lower(), _tag(secret, "bounce", mail_id)) else None


# --- links ----------------------------------------------------------------------------------------------


def following_token(secret: Secret, *, ticket_id: int, recipient: str) -> str:
    """Names a recipient of a ticket, to choose what to receive. It does not expire: opting out must work."""
    return f"{ticket_id}.{_tag(secret, 'following', ticket_id, recipient)}"


def read_following_token(token: str) -> tuple[int, str] | None:
    """The ticket and the tag; whose it is says `is_following_of`."""
    found = _FOLLOWING.fullmatch(token)
    return (int(found[1]), found[2]) if found else None


def is_following_of(secret: Secret, *, ticket_id: int, recipient: str, tag: str) -> bool:
    return _same(tag, _tag(secret, "following", ticket_id, recipient))


@dataclass(frozen=True, kw_only=True)
class DeedLink:
    """What a link lets its reader do, once: one deed on one ticket, until a moment."""

    ticket_id: int
    verb: PartnerVerb
    until: datetime
    cause: str
    """A tag of what the e-mail told: each e-mail's links are their own."""
    tag: str


def deed_token(
    secret: Secret, *, ticket_id: int, recipient: str, verb: PartnerVerb, cause: str, until: datetime
) -> str:
    """A link's token. The same arguments give the same token."""
    told = _tag(secret, "cause", cause)
    seconds = int(until.timestamp())
    tag = _tag(secret, "deed", ticket_id, recipient, verb.value, seconds, told)
    return f"{ticket_id}.{verb.value}.{seconds}.{told}.{tag}"


def read_deed_token(token: str) -> DeedLink | None:
    """What the token says; whose it is says `is_deed_of`."""
    found = _DEED.fullmatch(token)
    if found is None or found[2] not in {verb.value for verb in PartnerVerb}:
        return None
    return DeedLink(
        ticket_id=int(found[1]),
        verb=PartnerVerb(found[2]),
        until=datetime.fromtimestamp(int(found[3]), UTC),
        cause=found[4],
        tag=found[5],
    )


def is_deed_of(secret: Secret, link: DeedLink, *, recipient: str) -> bool:
    seconds = int(link.until.timestamp())
    tag = _tag(secret, "deed", link.ticket_id, recipient, link.verb.value, seconds, link.cause)
    return _same(link.tag, tag)


def _tag(secret: Secret, purpose: str, *parts: object) -> str:
    words = "\x00".join([f"mail:{purpose}", *(str(part).lower() for part in parts)])
    digest = hmac.digest(secret.reveal().encode(), words.encode("utf-8", "surrogatepass"), sha256)
    return b32encode(digest).decode().lower()[:TAG_LENGTH]


def _same(given: str, ours: str) -> bool:
    return hmac.compare_digest(given.encode(), ours.encode())
