"""Headers and parts made into a message that goes over the wire as ASCII in short lines."""

import hashlib
from binascii import b2a_qp
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP, EmailPolicy, compat32
from email.utils import format_datetime, parseaddr
from functools import cache
from typing import Any

import idna

from bridge.emails.parts import Content, html_part, text_part
from bridge.emails.texts import one_line


@dataclass(frozen=True, kw_only=True)
class House:
    """Who writes, and when."""

    sender: str
    """`Name <a@b.example>`."""
    now: datetime

    @property
    def domain(self) -> str:
        return parseaddr(self.sender)[1].rpartition("@")[2]


def empty(house: House, *, recipient: str, name: str) -> EmailMessage:
    """A message's common headers. `name` makes its Message-ID: the same name gives the same one."""
    message = EmailMessage(_FOLDED)
    display, address = parseaddr(house.sender)
    message["From"] = Address(display_name=header_text(display), addr_spec=wire_address(address))
    message["To"] = Address(addr_spec=wire_address(recipient))
    message["Date"] = format_datetime(house.now)
    message["Message-ID"] = f"<{name}@{house.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 5
    message["X-Auto-Response-Suppress"] = "All"  # Exchange's word for it
    return message


def fill(message: EmailMessage, content: Content, layout: str) -> None:
    """Set the two parts, neither of which has a line of more than 76 characters on the wire."""
    message["MIME-Version"] = "1.0"
    message["Content-Type"] = f'multipart/alternative; boundary="={short(str(message["Message-ID"]))}"'
    message.set_payload([_part("plain", text_part(content)), _part("html", html_part(content, layout))])


def _part(subtype: str, text: str) -> MIMEPart:
    # `set_content` encodes in Python, character by character: four times as long for the whole e-mail.
    part = MIMEPart(compat32)
    part["Content-Type"] = f'text/{subtype}; charset="utf-8"'
    part["Content-Transfer-Encoding"] = "quoted-printable"
    part.set_payload(b2a_qp(text.encode(), istext=True).decode("ascii"))
    return part


def header_text(text: str) -> str:
    """Text for a header, taken at its word.

    Python's header parser decodes `=?…?=` in what it is given, line breaks included, and writes those out.
    """
    return one_line(text).replace("=?", "= ?")


def wire_address(address: str) -> str:
    """The address with its domain as DNS has it (`xn--…`): relays need no SMTPUTF8 for it."""
    local, _, domain = one_line(address).rpartition("@")
    if not domain.isascii():
        domain = idna.encode(domain, uts46=True).decode("ascii")
    return f"{local}@{domain}"


def short(text: str) -> str:
    """A name for a text, the same each time."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def wire(message: EmailMessage) -> bytes:
    """The message as it goes over the wire: ASCII, CR LF, no line over 998 bytes."""
    return message.as_bytes(policy=_WIRE)


class _Headers(HeaderRegistry):
    """Python's own, which makes a class for each header of each message: a third of an e-mail's time."""

    __getitem__ = cache(HeaderRegistry.__getitem__)


class _Wire(EmailPolicy):
    """Folds as RFC 5322 likes it, but for headers that machines read: those stay in one piece.

    Folded to 78 characters, Python writes a long List-Unsubscribe as encoded words, which RFC 8058 readers do
    not decode; never folded, it writes encoded words longer than the 75 characters of RFC 2047.
    """

    def fold_binary(self, name: str, value: Any) -> bytes:
        policy = _IN_ONE_PIECE if name.lower() in MACHINE_READ else _FOLDED
        return policy.fold_binary(name, value)


MACHINE_READ = frozenset(
    {"list-unsubscribe", "list-id", "message-id", "in-reply-to", "references", "reply-to"}
)
_HEADERS = _Headers()
_FOLDED = SMTP.clone(cte_type="7bit", header_factory=_HEADERS)
_IN_ONE_PIECE = _FOLDED.clone(max_line_length=998)
_WIRE = _Wire(linesep="\r\n", cte_type="7bit", header_factory=_HEADERS)
