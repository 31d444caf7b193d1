"""Waiting for conditions, and finding ports."""

import socket
import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")
STEP = 0.05


def until(condition: Callable[[], Found], *, seconds: float) -> Found | None:
    """What the condition answers once it is true; None when it never is."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(STEP)
    return None


def free_port(wanted: int = 0) -> int:
    """The wanted port if nobody listens there, else a free one."""
    try:
        with socket.create_server(("127.0.0.1", wanted)) as taken:
            return int(taken.getsockname()[1])
    except OSError:
        return free_port()
