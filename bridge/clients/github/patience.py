"""How long GitHub is let rest where it says that it is too much, and names no time."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from bridge.clients.errors import MAXIMUM_WAIT

FIRST_REST = 60.0
"""Seconds; GitHub asks for a minute at least (docs.github.com, "rate limits for the REST API")."""


@dataclass(frozen=True)
class _Rest:
    seconds: float
    until: float


class Patience:
    """A minute of rest, and twice as long each time GitHub still says so. By scope: reading may work on."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._rests: dict[str, _Rest] = {}
        self._lock = threading.Lock()

    def rest(self, scope: str, *, asked_at: float) -> float:
        """The seconds to rest after a refusal of what was asked then."""
        with self._lock:
            last = self._rests.get(scope)
            if last and asked_at < last.until:  # it was under way when the rest began
                return last.seconds
            seconds = min(last.seconds * 2, MAXIMUM_WAIT) if last else FIRST_REST
            self._rests[scope] = _Rest(seconds, self.clock() + seconds)
            return seconds

    def answered(self, scope: str, *, asked_at: float) -> None:
        """Begin with a minute again, once it answers what was asked after the rest."""
        with self._lock:
            last = self._rests.get(scope)
            if last and asked_at >= last.until:
                del self._rests[scope]
