"""What goes wrong between the bridge and the outside, chosen by a seed; and what was seen in spite of it."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from bridge.clients.errors import Refused, Unavailable
from bridge.domain import PullRequest
from bridge.store import outside
from tests.simulation.records import Clock

Result = TypeVar("Result")


class Crash(BaseException):
    """The worker is killed here: nothing of it goes on, its lease stays."""


@dataclass(kw_only=True)
class Look:
    """One `observe`, with the pull requests as the bridge may know them then (the likeliest last)."""

    issue_id: str
    at: datetime
    known: dict[int, tuple[PullRequest, ...]]
    read: dict[int, PullRequest]
    whole: bool = True
    """Nothing broke it off."""


@dataclass
class Work:
    """One call of the engine's by one worker."""

    look: Look | None = None
    read: dict[int, PullRequest] = field(default_factory=dict)
    sent: str = ""
    """The Message-ID that it has handed over last."""
    overslept: bool = False
    """Its lease may be lost: what it has read it may not have kept."""


class Weather:
    """Every call to the outside passes here."""

    def __init__(self, seed: int, clock: Clock) -> None:
        self.clock = clock
        self.dice = random.Random(f"{seed} weather")
        self.calm = False
        self.interlude: Callable[[], None] = lambda: None
        """What else happens while a request is on its way or an answer is awaited."""
        self.overslept: Callable[[], None] = lambda: None
        """What others do while a worker is paused for longer than its lease."""
        self.log: Callable[[str], None] = lambda line: None
        self.works: list[Work] = []
        self.looks: list[Look] = []
        self.known: dict[int, list[PullRequest]] = {}
        self.written_at = clock()
        self.rates = {
            "unavailable": self.dice.choice((0, 0.03, 0.1)),
            "limited": self.dice.choice((0, 0.03)),
            "lost": self.dice.choice((0, 0.03, 0.1)),
            "crash before": self.dice.choice((0, 0.015)),
            "crash after": self.dice.choice((0, 0.015)),
            "pause": self.dice.choice((0, 0.01)),
        }
        self.drop = self.dice.choice((0, 0.1, 0.25, 0.5))
        self.repeat = self.dice.choice((0, 0.3))
        self.search_lag = timedelta(seconds=self.dice.choice((0, 5, 60, 300)))
        self.label_lag = timedelta(seconds=self.dice.choice((0, 5, 60, 300, 300, 1080)))
        self.latest_creation = timedelta(0)
        """How long the latest of the creations that outlived their answers took."""
        self.read_lag = timedelta(seconds=self.dice.choice((0, 0, 2, 5)))
        self.may_redeliver = self.dice.random() < 0.5

    @outside()
    def call(self, service: str, verb: str, effect: Callable[[], Result], *, writes: bool = False) -> Result:
        """One verb of a client's, with whatever befalls it."""
        self.clock.forward(self.dice.uniform(0.02, 0.3))
        self.interlude()
        fault = self._fault()
        self.log(f"{service} {verb}" + (f"  !! {fault}" if fault else ""))
        self._before(service, fault)
        try:
            answer = effect()
        except Refused as refusal:
            self.log(f"   refused: {refusal}")
            self._broken()
            raise
        if writes:
            self.written_at = self.clock()
        self._after(service, fault)
        return answer

    @contextmanager
    def by_others(self) -> Iterator[None]:
        """What happens here is no worker's doing, so no worker dies of it."""
        works, self.works = self.works, []
        try:
            yield
        finally:
            self.works = works

    def point(self, name: str) -> None:
        """A boundary of the database's at which a worker may die."""
        if self.works and not self.calm and self.dice.random() < self.rates["crash after"] / 4:
            self.log(f"!! crash {name}")
            self._broken()
            raise Crash(name)

    def read_pull(self, one: PullRequest) -> None:
        """The bridge has been shown a pull request; whether it will remember it depends on the look's end."""
        states = self.known.setdefault(one.number, [])
        states.append(one)
        if self.works:
            self.works[-1].read[one.number] = one

    def begin_look(self, issue_id: str) -> None:
        work = self.works[-1] if self.works else Work()
        self.end_look(work)
        known = {number: tuple(states) for number, states in self.known.items()}
        work.look = Look(
            issue_id=issue_id, at=self.clock(), known=known, read=work.read, whole=not work.overslept
        )
        work.read = {}
        self.looks.append(work.look)

    def end_look(self, work: Work) -> None:
        if work.look and work.look.whole:
            for number, state in work.look.read.items():
                states = self.known[number]
                # A look that read later may have ended before, and cleared this one away.
                del states[: next((place for place, one in enumerate(states) if one is state), 0)]
        work.look = None

    def _fault(self) -> str:
        if self.calm:
            return ""
        roll = self.dice.random()
        for fault, rate in self.rates.items():
            if roll < rate:
                return fault
            roll -= rate
        return ""

    def _before(self, service: str, fault: str) -> None:
        if fault in {"unavailable", "limited", "crash before"}:
            self._broken()
        if fault == "unavailable":
            raise Unavailable(service, "failed (503)")
        if fault == "limited":
            wait = self.dice.choice((2.0, 30.0, 120.0))
            raise Unavailable(service, "asked us to wait (429)", retry_after=wait, limited=True)
        if fault == "crash before":
            raise Crash(fault)

    def _after(self, service: str, fault: str) -> None:
        if fault in {"lost", "crash after", "pause"}:
            self._broken()
        if fault == "lost":
            raise Unavailable(service, "closed the connection", unknown_outcome=True)
        if fault == "crash after":
            raise Crash(fault)
        if fault == "pause" and len(self.works) == 1:
            # Stopped past its lease: others take over what it was at.
            self.works[-1].overslept = True
            self.clock.forward(self.dice.uniform(70, 400))
            self.overslept()

    def _broken(self) -> None:
        if self.works and self.works[-1].look:
            self.works[-1].look.whole = False
