"""The tables (DESIGN §3). The truth about a ticket is its row in `tickets`."""

from bridge.store.tables.base import Base, UtcDateTime, table
from bridge.store.tables.forms import ArrivingFile, Draft, Upload
from bridge.store.tables.outcomes import Entry, Event, IncomingMail, LaneRow, Mail, SuppressedAddress
from bridge.store.tables.outside import (
    BranchRow,
    Delivery,
    PublicationRow,
    PullRequestRow,
    Remark,
    RepositoryRow,
    TicketPullRequest,
)
from bridge.store.tables.people import Identity, LoginLink, Organisation, Partner, PortalSession
from bridge.store.tables.tickets import (
    UNSETTLED,
    FormerKey,
    PartnerActionRow,
    Reader,
    Recipient,
    Ring,
    Ticket,
)
from bridge.store.tables.upkeep import BucketRow, Counter, SweepRow

__all__ = [
    "UNSETTLED",
    "ArrivingFile",
    "Base",
    "BranchRow",
    "BucketRow",
    "Counter",
    "Delivery",
    "Draft",
    "Entry",
    "Event",
    "FormerKey",
    "Identity",
    "IncomingMail",
    "LaneRow",
    "LoginLink",
    "Mail",
    "Organisation",
    "Partner",
    "PartnerActionRow",
    "PortalSession",
    "PublicationRow",
    "PullRequestRow",
    "Reader",
    "Recipient",
    "Remark",
    "RepositoryRow",
    "Ring",
    "SuppressedAddress",
    "SweepRow",
    "Ticket",
    "TicketPullRequest",
    "Upload",
    "UtcDateTime",
    "table",
]
