"""E-mails composed: the mapping's words, one ticket and one recipient into one message. Pure."""

from bridge.emails.letters import (
    Addressee,
    Links,
    TicketFacts,
    compose,
    operator_notice,
    sign_in,
)
from bridge.emails.message import House, wire, wire_address
from bridge.emails.texts import one_line

__all__ = [
    "Addressee",
    "House",
    "Links",
    "TicketFacts",
    "compose",
    "one_line",
    "operator_notice",
    "sign_in",
    "wire",
    "wire_address",
]
