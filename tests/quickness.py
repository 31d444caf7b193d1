"""Texts made to keep a reader busy are read at once, however busy the machine is."""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quick(seconds: float) -> Iterator[None]:
    """The block takes less than so many seconds of this thread's own work.

    Neither what other threads do meanwhile counts, nor a search for garbage among all that the tests made.
    """
    gc.disable()
    try:
        began = time.thread_time()
        yield
        taken = time.thread_time() - began
    finally:
        gc.enable()
    assert taken < seconds, f"{taken:.2f} s of work; {seconds} s is the limit"
