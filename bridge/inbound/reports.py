"""What servers report of our e-mails: not delivered (RFC 3464), or called spam by who got it (RFC 5965)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from enum import StrEnum

from bridge.inbound.letter import children, header, letter
from bridge.inbound.parsing import parsed

_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<!\d)([45])[0-5]\d(?=[ -])")
_TYPE = re.compile(r"\A\s*[\w-]+\s*;\s*")  # `smtp; ` before a diagnosis
LONGEST_REASON = 300
_NO_MAILBOX = frozenset({"1.1", "1.2", "1.3", "1.4", "1.6", "1.10", "2.1"})
_BAD_SENDER = frozenset({"1.7", "1.8"})
_OUR_TROUBLE = _BAD_SENDER | {"7.8", "7.9", "7.10", "7.11", "7.12", "7.13", "7.14", "7.27"}
"""Our address, or our right to send (RFC 3463, RFC 4954, RFC 5248, RFC 7505)."""
_OUR_REPLY = re.compile(r"\A53\d ")
_NO_RELAY = re.compile(r"\brelay(ing)?\b(?![.\w-])", re.IGNORECASE)


class Severity(StrEnum):
    HARD = "hard"
    """The address takes no e-mail, now or later."""
    SOFT = "soft"
    """It did not, this time."""
    REFUSED = "refused"
    """The message was refused, or its sender; the address may be good."""
    DELAYED = "delayed"
    """The other server goes on trying."""
    DELIVERED = "delivered"


@dataclass(frozen=True, kw_only=True)
class Bounce:
    severity: Severity
    status: str
    """`5.1.1` (RFC 3463), or empty."""
    reason: str
    """The server's words."""


@dataclass(frozen=True, kw_only=True)
class Complaint:
    kind: str
    """`abuse`, `fraud`, `virus`, `not-spam`, `other`."""
    envelope_sender: str


def bounce(message: Message) -> Bounce | None:
    """What a report of non-delivery says; None for anything else."""
    blocks = [block for part in message.walk() for block in _status_blocks(part)]
    for block in blocks:
        action = header(block, "Action").lower()
        if action:
            # Exim gives no diagnosis of its own refusals; the reason stands in the part for people.
            said = header(block, "Diagnostic-Code") or _telling_line(letter(message).text)
            return _bounce(action, header(block, "Status"), said)
    return None


def plain_bounce(text: str) -> Bounce | None:
    """The same for a report in mere words, as some servers still write; None when it names no failure."""
    line = _telling_line(text)
    return _bounce("failed", "", line) if line else None


def _telling_line(text: str) -> str:
    """The first line with a status or a reply code in it; empty when there is none."""
    lines = (line.strip() for line in text.splitlines())
    return next((line for line in lines if _STATUS.search(line) or _REPLY.search(line)), "")


def names_no_mailbox(answer: str) -> bool:
    """True when a relay's answer says that there is no such address, or that it is shut (RFC 3463 3.2).

    5.1.0 does not: servers say it of the sender's address, too.
    """
    return _failing_of(answer) in _NO_MAILBOX


def is_about_us(answer: str) -> bool:
    """True when a relay that says no is not content with us: with our address, or our right to send.

    It may say so only once it hears a recipient's name (Postfix: `smtpd_delay_reject`).
    """
    failing = _failing_of(answer)
    if failing in _OUR_TROUBLE or _OUR_REPLY.match(answer):
        return True
    # "Relay access denied" has no code of its own.
    return (not failing or failing.startswith("7.")) and _NO_RELAY.search(answer) is not None


def _failing_of(answer: str) -> str:
    """`1.1` of `550 5.1.1 No such user`; empty where the answer has no such code."""
    found = _STATUS.search(answer)
    return f"{found[2]}.{found[3]}" if found and found[1] == "5" else ""


def complaint(message: Message) -> Complaint | None:
    """What a feedback report says; None for anything else."""
    for part in message.walk():
        if part.get_content_type() == "message/feedback-report":
            block = _fields(part)
            return Complaint(
                kind=header(block, "Feedback-Type").lower(),
                envelope_sender=header(block, "Original-Mail-From").strip("<> ").lower(),
            )
    return None


def returned(message: Message) -> Message | None:
    """The e-mail that a report is about, or its headers, as sent back with it."""
    for part in message.walk():
        if part is not message and part.get_content_type() in {"message/rfc822", "text/rfc822-headers"}:
            return next(iter(children(part)), None) or _fields(part)
    return None


def severity(action: str, status: str, reason: str) -> Severity:
    """RFC 3463: the class says whether for good, the subject what of: address, mailbox, system, content…"""
    if action == "delayed":
        return Severity.DELAYED
    if action in {"delivered", "relayed", "expanded"}:
        return Severity.DELIVERED
    kind, _, detail = status.partition(".")
    if kind == "4" or detail == "2.2":  # a full mailbox may be emptied
        return Severity.SOFT
    if not kind:
        return Severity.SOFT if (found := _REPLY.search(reason)) and found[1] == "4" else Severity.HARD
    of_address = detail.startswith(("0.", "1.")) or detail in {"2.0", "2.1", "4.0", "4.4"}
    return Severity.HARD if of_address and detail not in _BAD_SENDER else Severity.REFUSED


def _bounce(action: str, status: str, diagnostic: str) -> Bounce:
    # Many servers say 5.0.0 and leave what it was to the words (Exim does).
    told = _STATUS.search(diagnostic)
    given = _STATUS.search(status)
    chosen = told if told and (given is None or given[0].endswith(".0.0")) else given
    code = chosen[0] if chosen else ""
    reason = _TYPE.sub("", diagnostic, count=1)
    return Bounce(severity=severity(action, code, reason), status=code, reason=reason[:LONGEST_REASON])


def _status_blocks(part: Message) -> Iterator[Message]:
    if part.get_content_type() in {"message/delivery-status", "message/global-delivery-status"}:
        yield from children(part)


def _fields(part: Message) -> Message:
    """The header fields that a part's body is."""
    inner = children(part)
    if inner:
        return inner[0]
    raw = part.get_payload(decode=True)
    return parsed(raw if isinstance(raw, bytes) else b"")
