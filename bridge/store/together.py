"""Small writes that come close together share a transaction: they wait for the disk once, not in turn."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

Result = TypeVar("Result")


class NotWritten(SQLAlchemyError):
    """The transaction that it shared failed; who led it raises why."""


@dataclass(kw_only=True, eq=False)
class _Part:
    work: Callable[[Session], Any]
    result: Any = None
    error: Exception | None = None
    is_over: bool = False
    called: threading.Event = field(default_factory=threading.Event)
    """Set when it is over, or its turn to lead."""


class Together:
    """Whoever comes first leads: writes, in one transaction, all that wait when it begins.

    Who comes meanwhile waits, and the first of those leads next.
    """

    def __init__(self, begin: Callable[[], AbstractContextManager[Session]]) -> None:
        self._begin = begin
        self._lock = threading.Lock()
        self._waiting: list[_Part] = []
        self._is_led = False

    def write(self, work: Callable[[Session], Result]) -> Result:
        """What `work` returns, once it is committed. What it raises undoes its own writes alone.

        Raises:
            NotWritten: another's thread began or committed the transaction, and failed.
        """
        part = _Part(work=work)
        with self._lock:
            self._waiting.append(part)
            leads, self._is_led = not self._is_led, True
        if not leads:
            part.called.wait()
        if not part.is_over:
            self._lead()
        if part.error:
            raise part.error
        result: Result = part.result
        return result

    def _lead(self) -> None:
        parts: list[_Part] = []
        try:
            with self._begin() as db:
                parts = self._take()
                for part in parts:
                    _write(db, part, alone=len(parts) == 1)
        except BaseException as error:
            # Where it did not even begin, those who wait would wait as long for the same answer.
            parts = parts or self._take()
            for part in parts:
                part.error = NotWritten(f"what it was to be written with failed: {type(error).__name__}")
            raise
        finally:
            self._hand_on()
            for part in parts:
                part.is_over = True
                part.called.set()

    def _take(self) -> list[_Part]:
        with self._lock:
            parts, self._waiting = self._waiting, []
        return parts

    def _hand_on(self) -> None:
        with self._lock:
            self._is_led = bool(self._waiting)
            if self._waiting:
                self._waiting[0].called.set()


def _write(db: Session, part: _Part, *, alone: bool) -> None:
    if alone:
        part.result = part.work(db)
        return
    try:
        with db.begin_nested():
            part.result = part.work(db)
    except Exception as error:
        part.error = error
    db.expunge_all()  # the next one reads what is there, not what this one has read
