"""Carriers bring workers to rung tickets. The truth is the ticket's row; a carrier may lose anything."""

from collections.abc import Callable
from typing import Protocol

from bridge.carrier.embedded import EmbeddedCarrier

__all__ = ["Carrier", "EmbeddedCarrier"]


class Carrier(Protocol):
    """What one does, whatever carries."""

    def wake(self, ticket_id: int) -> None:
        """Bring a worker to the ticket: called after the commit that rang it."""

    def every(self, seconds: float, function: Callable[[], object]) -> Callable[[], None]:
        """Call `function` each so many seconds, the first time at once; the answer calls it out of turn."""

    def stop(self) -> None:
        """Take no more work and let the work in hand end."""
