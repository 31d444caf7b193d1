"""The people who are told of a ticket, as its page shows them."""

from collections.abc import Iterable
from dataclasses import dataclass

from bridge.portal import access
from bridge.rules.following import Follower


@dataclass(frozen=True, kw_only=True)
class Refused:
    """An address that was typed to be told, and why it is not."""

    email: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One recipient, as the ticket's page shows them."""

    email: str
    state: str
    is_me: bool
    muted: bool
    removable: bool


def shown(recipients: Iterable[Follower]) -> list[Shown]:
    """Everybody who is told of a ticket."""
    me = access.partner().email
    return [
        Shown(
            email=one.email,
            state=_state(one),
            is_me=one.email == me,
            muted=one.muted,
            removable=not one.is_opener,
        )
        for one in recipients
    ]


def _state(one: Follower) -> str:
    """In plain words; empty where there is nothing to say."""
    if not one.proved:
        return "não quis receber" if one.refused or one.muted else "aguardando a confirmação da pessoa"
    if one.muted:
        return "só o que depende de quem abriu" if one.is_opener else "parou de receber"
    return "abriu o chamado" if one.is_opener else ""
