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


Handler = Callable[[Services, Session, Payload], Ringing]


class Router:
    """Handlers by event name; a function may serve several."""

    def __init__(self) -> None:
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
            Malformed: the payload lacks what its event always has.
        """
        handler = self._handlers.get(event)
        if handler is None:
            return ignored(f"{event or 'an event without a name'} concerns no ticket")
        try:
            return handler(services, db, payload)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise Malformed(f"{event}: not as documented ({type(error).__name__}: {error})") from error
