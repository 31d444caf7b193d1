"""Timers: functions called again and again, each in a thread of its own."""

import threading
import time
from collections.abc import Callable

import structlog

log = structlog.get_logger()

STOP_SECONDS = 20.0
"""Waited for functions that are at work when the process is told to end."""


class Timers:
    """Functions never overlap themselves here; other processes may run the same at the same time."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._running: list[tuple[threading.Thread, threading.Event]] = []

    def every(self, seconds: float, function: Callable[[], object]) -> Callable[[], None]:
        """Call `function` each so many seconds, the first time at once; the answer calls it out of turn."""
        soon = threading.Event()
        timer = threading.Thread(
            target=self._tick, args=(seconds, function, soon), daemon=True, name=f"every-{seconds}s"
        )
        self._running.append((timer, soon))
        timer.start()
        return soon.set

    def stop(self) -> None:
        """Start nothing more, and let what runs end."""
        self._stopping.set()
        ends = time.monotonic() + STOP_SECONDS
        for timer, soon in self._running:
            soon.set()
            timer.join(max(ends - time.monotonic(), 0))

    def _tick(self, seconds: float, function: Callable[[], object], soon: threading.Event) -> None:
        while not self._stopping.is_set():
            soon.clear()
            try:
                function()
            except Exception:
                log.exception("a timer failed", function=getattr(function, "__name__", "?"))
            if not self._stopping.is_set():
                soon.wait(seconds)
