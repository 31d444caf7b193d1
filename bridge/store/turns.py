"""What nobody keeps while calling the outside: a transaction, and the turn to compute."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_open: ContextVar[bool] = ContextVar("transaction_open", default=False)
_held: ContextVar["threading.Lock | None"] = ContextVar("turn", default=None)


class TransactionOpen(RuntimeError):
    """A call to the outside was about to hold a transaction, and its locks, open for as long as it takes."""


@contextmanager
def transaction() -> Iterator[None]:
    """Until the end of the block a transaction is open."""
    token = _open.set(True)
    try:
        yield
    finally:
        _open.reset(token)


@contextmanager
def turn(lock: threading.Lock) -> Iterator[None]:
    """Have the lock until the end of the block, except while `outside`."""
    with lock:
        token = _held.set(lock)
        try:
            yield
        finally:
            _held.reset(token)


@contextmanager
def outside() -> Iterator[None]:
    """A call to the outside, or, as a decorator, what makes one: others have their turn meanwhile.

    Raises:
        TransactionOpen: a transaction is open here.
    """
    if _open.get():
        raise TransactionOpen("no call to the outside while a database transaction is open")
    lock = _held.get()
    if lock is None:
        yield
        return
    token = _held.set(None)
    lock.release()
    try:
        yield
    finally:
        lock.acquire()
        _held.reset(token)
