"""The embedded carrier: a bounded pool of threads in this process, woken by commits and by a sweep."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog

from bridge.carrier.timers import Timers

log = structlog.get_logger()

SWEEP_LIMIT = 500
"""Tickets brought by one sweep; the next one brings the rest."""


class EmbeddedCarrier:
    """Runs `work(ticket_id)` for each ticket woken or found by `find(limit)`, one thread a ticket."""

    def __init__(
        self,
        *,
        work: Callable[[int], object],
        find: Callable[[int], list[int]],
        workers: int,
        sweep_seconds: float = 1.0,
    ) -> None:
        self._work = work
        self._find = find
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="reconcile")
        self._busy: set[int] = set()
        self._again: set[int] = set()
        self._lock = threading.Lock()
        self._stopping = False
        self._timers = Timers()
        self.every(sweep_seconds, self.sweep)

    def wake(self, ticket_id: int) -> None:
        """Bring a worker to the ticket. One that is being worked on is looked at once more afterwards."""
        with self._lock:
            if self._stopping:
                return
            if ticket_id in self._busy:
                self._again.add(ticket_id)
                return
            self._busy.add(ticket_id)
            self._pool.submit(self._run, ticket_id)

    def sweep(self) -> None:
        """Wake what deserves a look and was not woken: after a crash, a due time, another process's ring."""
        for ticket_id in self._find(SWEEP_LIMIT):
            self.wake(ticket_id)

    def every(self, seconds: float, function: Callable[[], object]) -> Callable[[], None]:
        """Call `function` each so many seconds, the first time at once; the answer calls it out of turn."""
        return self._timers.every(seconds, function)

    def stop(self) -> None:
        """Take no more work and let the work in hand end."""
        with self._lock:
            self._stopping = True
        self._timers.stop()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self, ticket_id: int) -> None:
        try:
            self._work(ticket_id)
        except Exception:
            # The lease runs out and the sweep brings the ticket again; this process goes on.
            log.exception("the engine failed", ticket_id=ticket_id)
        with self._lock:
            self._busy.discard(ticket_id)
            again = ticket_id in self._again
            self._again.discard(ticket_id)
        if again:
            self.wake(ticket_id)
