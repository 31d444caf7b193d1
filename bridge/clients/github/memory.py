"""What was read a moment ago for another ticket: a deployment rings all tickets that it may contain."""

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bridge.store import outside

KEPT = 256
FRESH_SECONDS = 60.0
PATIENCE = 5.0
"""Seconds to wait for who asks the same at this moment; after that everybody asks for themselves."""
_SHA = re.compile("[0-9a-f]{40}")
Result = TypeVar("Result")


class _Turns:
    """One asker at a time, so that those behind find the answer; outside, for the one may need our turn."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    @contextmanager
    def taken(self) -> Iterator[None]:
        with outside():
            got = self._lock.acquire(timeout=PATIENCE)
            try:
                yield
            finally:
                if got:
                    self._lock.release()


@dataclass
class _Answer:
    """What was last said to one question. `at`: a monotonic moment."""

    at: float = float("-inf")
    said: Any = None
    turns: _Turns = field(default_factory=_Turns)


class Memory:
    """Answers that hold for a while."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[str, _Answer] = OrderedDict()
        self._lock = threading.Lock()

    def once(
        self,
        key: str,
        ask: Callable[[], Result],
        *,
        good: Callable[[Result], bool] = lambda _: True,
        seconds: float = FRESH_SECONDS,
    ) -> Result:
        """The kept answer where it is younger than `seconds` and `good`, else a new one."""
        answer = self._answer(key)
        with answer.turns.taken():
            if self._clock() - answer.at >= seconds or not good(answer.said):
                asked_at = self._clock()
                answer.said, answer.at = ask(), asked_at
            said: Result = answer.said
            return said

    def _answer(self, key: str) -> _Answer:
        with self._lock:
            answer = self._kept.setdefault(key, _Answer())
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return answer


@dataclass
class History:
    """What is known of one commit's history. `at`: a monotonic moment."""

    at: float
    has: set[str] = field(default_factory=set)
    lacks: set[str] = field(default_factory=set)
    turns: _Turns = field(default_factory=_Turns)


class Histories:
    """The newest published commits' histories, as far as they were asked.

    A commit's never changes, so it stays true; a tag can move, so its own holds for FRESH_SECONDS.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[tuple[str, str], History] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, repository: str, head: str) -> History:
        key, now = (repository.lower(), head), self._clock()
        with self._lock:
            found = self._kept.setdefault(key, History(now))
            if not _SHA.fullmatch(head) and now - found.at >= FRESH_SECONDS:
                found = self._kept[key] = History(now)
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return found
