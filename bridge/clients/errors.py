"""How a call to the outside can fail: later, or never. Anything else is a bug."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MINIMUM_WAIT = 1.0
MAXIMUM_WAIT = 3600.0


class Unavailable(Exception):
    """It may work later. `retry_after` is in seconds, where the other side named a time.

    `unknown_outcome` is True when the request may have been carried out though no answer came.
    """

    def __init__(
        self,
        service: str,
        reason: str,
        *,
        retry_after: float | None = None,
        unknown_outcome: bool = False,
        denied: bool = False,
        limited: bool = False,
    ) -> None:
        self.service = service
        self.reason = reason
        # Field reports tell of absurd values (reference R3), so what is named is clamped.
        self.retry_after = None if retry_after is None else min(max(retry_after, MINIMUM_WAIT), MAXIMUM_WAIT)
        self.unknown_outcome = unknown_outcome
        self.denied = denied
        """True when our credentials do not suffice (401, 403)."""
        self.limited = limited
        """True when it was too much at once: the whole scope rests."""
        super().__init__(f"{service}: {reason}")

    def about(self, subject: str) -> "Unavailable":
        """The same, naming what was asked for."""
        return Unavailable(
            self.service,
            f"{self.reason}, {subject}",
            retry_after=self.retry_after,
            unknown_outcome=self.unknown_outcome,
            denied=self.denied,
            limited=self.limited,
        )


class Refused(Exception):
    """It will never work as asked. `reason` is a sentence that a person can act on."""

    def __init__(self, service: str, reason: str, *, missing: bool = False) -> None:
        self.service = service
        self.reason = reason
        self.missing = missing
        """True when the thing asked for is not there (404)."""
        super().__init__(f"{service}: {reason}")

    def about(self, subject: str) -> "Refused":
        """The same, naming what was asked for."""
        return Refused(self.service, f"{self.reason}, {subject}", missing=self.missing)


def retry_after(value: str) -> float | None:
    """The seconds that a Retry-After header names, as a number or as a date (RFC 9110 10.2.3)."""
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        return (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        return None
