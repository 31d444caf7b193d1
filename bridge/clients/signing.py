"""DKIM (RFC 6376): the message signed by its sender's domain."""

from email.utils import parseaddr

import dkim

from bridge.config import MailSettings

COVERED = (
    *("from", "to", "subject", "date", "message-id", "in-reply-to", "references", "reply-to"),
    *("mime-version", "content-type", "auto-submitted", "list-id"),
    *(
        "list-unsubscribe",
        "list-unsubscribe-post",
    ),  # RFC 8058 4: one-click counts only where these are covered
)


def signed(raw: bytes, settings: MailSettings) -> bytes:
    """The message with its signature on top."""
    domain = parseaddr(settings.sender)[1].rpartition("@")[2]
    header: bytes = dkim.sign(
        raw,
        selector=settings.dkim_selector.encode(),
        domain=domain.encode(),
        privkey=settings.dkim_key.reveal().encode(),
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=[name.encode() for name in COVERED],
    )
    return header + raw
