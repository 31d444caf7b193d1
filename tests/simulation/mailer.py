"""The relay: what it has taken is in a mailbox, whether its answer comes or not."""

from collections.abc import Iterator
from contextlib import contextmanager

from bridge.clients.errors import Unavailable
from tests.simulation.outside import Outside
from tests.simulation.weather import Weather


class FakeMailer:
    sender = "chamados@softhouse.example"

    def __init__(self, outside: Outside, weather: Weather) -> None:
        self._outside = outside
        self._weather = weather
        self.in_doubt: dict[str, int] = {}
        """Message-ID to how often nobody knew whether the relay had it."""

    @contextmanager
    def open(self) -> "Iterator[FakeMailer]":
        yield self

    def send(self, raw: bytes, *, recipient: str, key: str, envelope: str = "") -> str:
        taken: list[str] = []

        def effect() -> str:
            self._outside.mails.append((recipient, key, raw))
            taken.append(key)
            if self._weather.works:
                self._weather.works[-1].sent = key
            return "250 OK"

        try:
            return self._weather.call("SMTP", f"send {key} to {recipient}", effect, writes=True)
        except Unavailable:
            if taken:
                self.doubt(key)
            raise

    def doubt(self, key: str) -> None:
        self.in_doubt[key] = self.in_doubt.get(key, 0) + 1
