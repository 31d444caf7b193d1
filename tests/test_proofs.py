"""Addresses and links that prove to be ours: bound to what they were made for, and to nothing else."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bridge import proofs
from bridge.config import Secret
from bridge.domain import PartnerVerb

OURS, THEIRS = Secret("a" * 32), Secret("b" * 32)
UNTIL = datetime(2026, 12, 24, 12, tzinfo=UTC)


def test_a_reply_address_names_ticket_and_recipient() -> None:
    address = proofs.reply_address(OURS, ticket_id=1042, recipient="ana@r.example", domain="m.example")
    assert address.startswith("ct-1042+")
    assert address == address.lower()
    assert len(address.partition("@")[0]) <= 64  # RFC 5321 4.5.3.1.1
    read = proofs.read_reply_address(address.upper())
    assert read
    number, tag = read
    assert number == 1042
    assert proofs.is_reply_of(OURS, ticket_id=1042, recipient="Ana@r.example", tag=tag)
    assert not proofs.is_reply_of(OURS, ticket_id=1042, recipient="bia@r.example", tag=tag)
    assert not proofs.is_reply_of(OURS, ticket_id=1043, recipient="ana@r.example", tag=tag)
    assert not proofs.is_reply_of(THEIRS, ticket_id=1042, recipient="ana@r.example", tag=tag)


def test_a_bounce_address_names_its_mail_and_cannot_be_guessed() -> None:
    address = proofs.bounce_address(OURS, mail_id=17, domain="m.example")
    assert proofs.read_bounce_address(OURS, address) == 17
    assert proofs.read_bounce_address(OURS, address.replace("+17.", "+18.")) is None
    assert proofs.read_bounce_address(THEIRS, address) is None


@pytest.mark.parametrize(
    "address", ["", "ct-@m.example", "ct-1+x@m.example", "x@m.example", "ct-0+" + "a" * 16]
)
def test_other_addresses_are_none_of_ours(address: str) -> None:
    assert proofs.read_reply_address(address) is None
    assert proofs.read_bounce_address(OURS, address) is None


def _deed(**changes: Any) -> str:
    made = {
        "ticket_id": 7,
        "recipient": "ana@r.example",
        "verb": PartnerVerb.CONFIRMED,
        "cause": "changelog:1",
    }
    return proofs.deed_token(OURS, until=UNTIL, **{**made, **changes})


def test_a_deed_is_bound_to_ticket_deed_recipient_and_moment() -> None:
    link = proofs.read_deed_token(_deed())
    assert link
    assert (link.ticket_id, link.verb, link.until) == (7, PartnerVerb.CONFIRMED, UNTIL)
    assert proofs.is_deed_of(OURS, link, recipient="ana@r.example")
    assert not proofs.is_deed_of(OURS, link, recipient="bia@r.example")
    for forged in (
        _deed().replace("7.", "8.", 1),
        _deed().replace("confirmed", "still_failing"),
        _deed().replace(str(int(UNTIL.timestamp())), str(int(UNTIL.timestamp()) + 1)),
    ):
        read = proofs.read_deed_token(forged)
        assert read
        assert not proofs.is_deed_of(OURS, read, recipient="ana@r.example")
    assert proofs.read_deed_token(_deed().replace("confirmed", "erased")) is None


def test_each_mail_has_deeds_of_its_own() -> None:
    assert _deed() == _deed()
    assert len({_deed(), _deed(cause="changelog:2"), _deed(verb=PartnerVerb.STILL_FAILING)}) == 3


def test_a_tag_of_one_purpose_is_none_of_another() -> None:
    following = proofs.read_following_token(
        proofs.following_token(OURS, ticket_id=7, recipient="ana@r.example")
    )
    assert following
    assert proofs.is_following_of(OURS, ticket_id=7, recipient="ana@r.example", tag=following[1])
    assert not proofs.is_reply_of(OURS, ticket_id=7, recipient="ana@r.example", tag=following[1])
