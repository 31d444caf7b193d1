"""A tiny router from an event's name to the function that says which tickets it rings."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from bridge.services import Services
from bridge.store.remarks import Place

Payload = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Ringing:
    """What a delivery rings: tickets, the subject they are to look at, and the sentence that says so."""

    kind: str = ""
    subject: str = ""
    tickets: tuple[int, ...] = ()
    unclaimed: Place | None = None
    """A pull request that names no ticket: its developers are told."""
    outcome: str
    result: str = "rang"
    """rang, ignored or unreadable: by which deliveries are chosen and counted."""


def ignored(reason: str) -> Ringing:
    return Ringing(outcome=f"ignored: {reason}", result="ignored")


def unreadable(reason: str) -> Ringing:
    return Ringing(outcome=f"ignored: unreadable: {reason}", result="unreadable")


class Malformed(Exception):
    """The payload is not what its sender says it is. The message names what is missing."""


Path = tuple[str, ...]
"""Where in a payload a value stands: the names on the way to it."""
LARGEST = 2**63 - 1
"""What a database takes for a number."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What is looked at before a payload is: values that rows are found by and that become rows."""

    numbers: tuple[Path, ...] = ()
    words: tuple[Path, ...] = ()

    def check(self, payload: Payload) -> None:
        """
        Raises:
            Malformed: a value that is there is no id, or no text that can be kept.
        """
        for path in self.numbers:
            if not all(map(_is_id, _values(payload, path))):
                raise Malformed(f"{'.'.join(path)} is no id")
        for path in self.words:
            if not all(one is None or one == storable(str(one)) for one in _values(payload, path)):
                raise Malformed(f"{'.'.join(path)} is no text")


def storable(text: str) -> str:
    """The text with � for what no database keeps: nulls and halves of characters."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LARGEST


def _values(payload: object, path: Path) -> list[object]:
    """The value at the path, if there is one."""
    for name in path:
        if not isinstance(payload, dict) or name not in payload:
            return []
        payload = payload[name]
    return [payload]


Handler = Callable[[Services, Session, Payload], Ringing]


class Router:
    """Handlers by event name; a function may serve several, and reads only payloads of this shape."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._handlers: dict[str, Handler] = {}

    def on(self, *events: str) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            for event in events:
                self._handlers[event] = handler
            return handler

        return register

    def dispatch(self, event: str, services: Services, db: Session, payload: Payload) -> Ringing:
        """Which tickets this delivery rings. Reads our rows, changes nothing.

        Raises:
            Malformed: the payload lacks what its event always has, or has something else in its place.
        """
        self._shape.check(payload)
        handler = self._handlers.get(event)
        if handler is None:
            return ignored(f"{event or 'an event without a name'} concerns no ticket")
        try:
            return handler(services, db, payload)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise Malformed(f"{event}: not as documented ({type(error).__name__}: {error})") from error
