"""Waiting for conditions, and finding ports."""

import random
import socket
import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")
STEP = 0.05
PORTS = range(20000, 32000)
"""Below those that the kernel gives to outgoing connections, which could take one between two looks."""


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
    port = wanted or random.choice(PORTS)  # noqa: S311  (so that two who look at once differ)
    try:
        with socket.create_server(("127.0.0.1", port)):
            return port
    except OSError:
        return free_port()
