"""R1: Jira Cloud's limit of writes per issue."""

import math
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bridge.sandbox.jira.errors import Refusal

WINDOWS = ((20, timedelta(seconds=2)), (100, timedelta(seconds=30)))  # R1


@dataclass
class WriteLimits:
    on: bool = True
    _writes: dict[str, deque[datetime]] = field(default_factory=dict)

    def clear(self) -> None:
        self._writes.clear()

    def count(self, issue_id: str, now: datetime) -> None:
        """Count one write, or refuse it with the time to wait."""
        if not self.on:
            return
        writes = self._writes.setdefault(issue_id, deque(maxlen=100))
        for allowed, window in WINDOWS:
            if len(writes) >= allowed and now - writes[-allowed] < window:
                raise _too_many(window - (now - writes[-allowed]))
        writes.append(now)


def _too_many(wait: timedelta) -> Refusal:
    # R1: 429 with Retry-After and RateLimit-Reason
    return Refusal(
        429,
        "Rate limit exceeded. Too many write operations on this issue.",
        headers={
            "Retry-After": str(max(1, math.ceil(wait.total_seconds()))),
            "RateLimit-Reason": "jira-per-issue-on-write",
        },
    )
