"""Who follows a ticket, which e-mails they get, and why they do not get others."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mappings.model import EmailText, MailPolicy


class Pace(StrEnum):
    """How a person wants the news: comments and due dates."""

    SOON = "soon"
    DAILY = "daily"
    NEVER = "never"


@dataclass(frozen=True, kw_only=True)
class Follower:
    """Somebody whom a ticket's e-mails go to."""

    email: str
    """Lower case."""
    is_opener: bool
    proved: bool
    """The address has shown that it wants e-mails, or the opener may speak for it."""
    refused: bool = False
    """The person has said that nobody is to write to them."""
    muted: bool = False
    can_enter: bool = False
    """Signs in to the panel and sees the ticket there."""
    added_by: str = ""
    """A name; to who has not proved the address, the adder's own address."""
    pace: Pace = Pace.SOON
    told_through: int = 0
    """The last line of the timeline that was e-mailed as news, or need not be."""
    recalled: tuple[tuple[int, int], ...] = ()
    """Before that, the lines whose e-mails were withdrawn: each after the first number, up to the second."""


@dataclass(frozen=True, kw_only=True)
class News:
    """A line of the timeline that waits to be e-mailed with others."""

    number: int
    source: str
    at: datetime


SHARED_DOMAINS = frozenset(
    {
        *("gmail.com", "googlemail.com", "outlook.com", "outlook.com.br", "hotmail.com", "hotmail.com.br"),
        *("live.com", "msn.com", "yahoo.com", "yahoo.com.br", "ymail.com", "icloud.com", "me.com", "mac.com"),
        *("uol.com.br", "bol.com.br", "terra.com.br", "ig.com.br", "globo.com", "globomail.com", "r7.com"),
        *("zipmail.com.br", "oi.com.br", "aol.com", "gmx.com", "proton.me", "protonmail.com", "zoho.com"),
    }
)
"""Where everybody gets an address: two people there have nothing to do with one another."""


def vouches(opener: str, address: str) -> bool:
    """True when the opener may speak for an address: it is of the same house."""
    domain = opener.rpartition("@")[2].lower()
    return domain == address.rpartition("@")[2].lower() and domain not in SHARED_DOMAINS


def silence(text: EmailText, follower: Follower, policy: MailPolicy, *, caused_by: str = "") -> str:
    """Why this person does not get this e-mail; empty when they do.

    `caused_by`: the address of the person whose doing it tells, where that is one of the partner's.
    """
    if not follower.email.isascii() and not follower.email.partition("@")[0].isascii():
        return "the address needs SMTPUTF8"
    if text.kind in policy.opener_only and not follower.is_opener:
        return "only the opener gets it"
    if not follower.proved:
        return "the address has not asked for e-mails"
    if caused_by and caused_by.lower() == follower.email.lower():
        return "it was their own doing"
    if follower.muted and not (follower.is_opener and text.needs_action):
        return "the ticket is muted"
    return ""
