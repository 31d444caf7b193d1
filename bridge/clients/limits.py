"""How fast each remote may be asked, and its pauses: one truth in the database for every process."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.clients.errors import MAXIMUM_WAIT, MINIMUM_WAIT, Unavailable
from bridge.store import Store, buckets

SHORT = 2.0
"""Seconds worth sleeping for; for longer the ticket is put off and the thread set free."""
BATCH = 5
"""Tokens taken from the database at a time."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What a limit is for. `rate` is in requests a second; None where only pauses are kept."""

    name: str
    rate: float | None = None
    capacity: float = 1.0


class Limiter:
    """Lets requests pass at each scope's rate and holds them back while it is paused."""

    def __init__(
        self,
        store: Store,
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._clock = clock
        self._sleep = sleep
        self._in_hand: dict[str, int] = {}
        self._lock = threading.Lock()

    def take(self, service: str, scopes: Sequence[Scope]) -> None:
        """Wait for a token of each scope.

        Raises:
            Unavailable: a scope is paused, or its next token is more than two seconds away. `retry_after`
                says when to come back.
        """
        now = self._clock()
        pause = buckets.longest_pause(self._store, [scope.name for scope in scopes], now=now)
        if pause is not None:
            wait = (pause.until - now).total_seconds()
            raise Unavailable(service, f"{pause.name} rests: {pause.reason}", retry_after=wait)
        for scope in scopes:
            if scope.rate is not None:
                self._take_token(service, scope, scope.rate)

    def pause(self, scope: str, *, seconds: float, reason: str) -> None:
        """Keep every process from asking at this scope for a while."""
        wait = min(max(seconds, MINIMUM_WAIT), MAXIMUM_WAIT)
        buckets.pause(self._store, scope, until=self._clock() + timedelta(seconds=wait), reason=reason)

    def _take_token(self, service: str, scope: Scope, rate: float) -> None:
        while not self._has_one(scope.name):
            taken, wait = buckets.take(
                self._store, scope.name, rate=rate, capacity=scope.capacity, wanted=BATCH, now=self._clock()
            )
            with self._lock:
                self._in_hand[scope.name] = self._in_hand.get(scope.name, 0) + taken
            if taken == 0 and wait > SHORT:
                raise Unavailable(service, f"{scope.name} is at our own limit", retry_after=wait)
            if taken == 0:
                self._sleep(wait)

    def _has_one(self, name: str) -> bool:
        with self._lock:
            left = self._in_hand.get(name, 0)
            self._in_hand[name] = max(left - 1, 0)
            return left > 0
