"""One schedule from its seed: phase A with faults, phase B calm."""

import heapq
import itertools
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sqlalchemy import select

from bridge.reconcile import reconcile
from bridge.reconcile.missed import heal
from bridge.reconcile.outbox import send_due
from bridge.store import people
from bridge.store.bells import Bells
from bridge.store.claims import claimable
from bridge.store.filing import Submission, file_ticket
from bridge.store.tables import Mail, PartnerActionRow, Ticket
from bridge.store.tickets import ring
from mappings.model import Trigger
from tests.simulation.github import FakeGitHub
from tests.simulation.installation import PARTNER, Installation
from tests.simulation.jira import FakeJira
from tests.simulation.mailer import FakeMailer
from tests.simulation.outside import Outside
from tests.simulation.people import Deed, People
from tests.simulation.post import SILENCE, Post
from tests.simulation.records import START, Clock
from tests.simulation.weather import Crash, Weather, Work
from tests.world import ANSWERS

DEPTH = 3
"""How deep one worker's request may be interrupted by another's."""
LONGEST_CALM = timedelta(hours=12)
"""Mail that met with a grey list in the storm takes its hours."""
QUIET = timedelta(minutes=21)
"""Calm for as long as the slowest thing outside lags, plus a sweep's period."""


class Simulation:
    def __init__(
        self, installation: Installation, seed: int, *, verbose: bool = False, silent: bool = False
    ) -> None:
        random.seed(seed)  # the engine's own jitter
        self.clock = Clock()
        self.weather = Weather(seed, self.clock)
        post = Post(self.weather, self._later, silent=silent)
        self.outside = Outside(self.clock, post.send)
        self.lines: list[str] = []
        self.escaped: list[str] = []
        """Exceptions that the engine should have dealt with."""
        self.verbose = verbose
        self.silent = silent
        """For two days GitHub tells nothing, in the last two hours Jira neither, and nobody looks for it."""
        self._agenda: list[tuple[datetime, int, str, Callable[[], object]]] = []
        self._serial = itertools.count()
        self._depth = 0
        self._deeds = 0
        github_client = FakeGitHub(self.outside, self.weather, post.failed)
        github_client.redelivered = post.redeliver
        self.mailer = FakeMailer(self.outside, self.weather)
        self.services = installation.fresh(
            clock=self.clock,
            jira=cast(Any, FakeJira(self.outside, self.weather, self._later)),
            github=cast(Any, github_client),
            mailer=cast(Any, self.mailer),
        )
        self.store = installation.store
        self.store.on_bells = self._hear
        self._reader = installation.reader
        self.people = People(seed, self.outside, file=self._file, partner=self._partner_deeds)
        self.weather.interlude = self._interlude
        self.weather.overslept = self._overslept
        if verbose:
            self.weather.log = self._log
        self.store.weather = self.weather
        post.open(self.services)

    # --- the two phases

    def storm(self) -> None:
        """Phase A."""
        self._later(0, self._deed)
        while self._deeds < self.people.deeds:
            at = self._next()
            assert at is not None
            self._step(at)

    def _deed(self) -> None:
        with self.weather.by_others():
            self._log(f"-- {self.people.next_deed()}")
        self._deeds += 1
        if self._deeds < self.people.deeds:
            gap = self.people.gap()
            if self.silent:
                gap = self.weather.dice.uniform(0, 2) * SILENCE.total_seconds() / self.people.deeds
            elif gap > 120 and self.weather.dice.random() < 0.5:
                self._later(self.weather.dice.uniform(30, min(gap, 1200)), self._heal)
            self._later(gap, self._deed)

    def calm(self) -> datetime | None:
        """Phase B, until nothing more comes of it: the last write's moment, None when it does not end."""
        self.weather.calm = True
        self._log("== calm")
        began = self.clock()
        while self.clock() < began + LONGEST_CALM:
            at, sweep = self._next(), self._sweep_due()
            quiet = self.clock() > max(began, self.weather.written_at) + QUIET
            if at is not None and (quiet or at <= sweep):
                self._step(at)
                continue
            if quiet:
                return max(self.weather.written_at, began)
            self.clock.now = max(self.clock() + timedelta(seconds=1), sweep)
            self._heal()
        return None

    # --- time

    def _later(self, seconds: float, do: Callable[[], object], name: str = "") -> None:
        at = self.clock() + timedelta(seconds=seconds)
        heapq.heappush(self._agenda, (at, next(self._serial), name, do))

    def _step(self, at: datetime) -> None:
        self.clock.now = max(self.clock(), at)
        if self._agenda and self._agenda[0][0] <= self.clock():
            _, _, name, do = heapq.heappop(self._agenda)
            if name:
                self._log(name)
            do()
            return
        self._poll()

    def _poll(self) -> None:
        """What the carrier's own sweep brings: tickets due by their rows, e-mails due."""
        found = claimable(self.store, now=self.clock(), limit=10)
        for ticket_id in found:
            self._work(ticket_id)
        if not self._send() and not found:
            self.clock.forward(1)

    def _next(self) -> datetime | None:
        """When something is due: the agenda's next entry, or a row's."""
        known = [self._agenda[0][0]] if self._agenda else []
        if known and known[0] <= self.clock():
            return known[0]
        rows = self._rows(
            "SELECT generation > observed_generation, due_at, retry_at, lease_until, parked FROM tickets"
        )
        [[mail]] = self._rows("SELECT min(due_at) FROM mails WHERE state IN ('queued', 'sending')")
        for rung, due_at, retry_at, lease_until, parked in rows:
            start = self.clock() if rung else None if parked else moment(due_at)
            if start:
                known.append(max(one for one in (start, moment(retry_at), moment(lease_until)) if one))
        return min([*known, *([moment(mail)] if mail else [])], default=None)

    def _rows(self, query: str) -> list[Any]:
        """Asked so often that SQLAlchemy would be felt."""
        return self._reader.execute(query).fetchall()

    def _sweep_due(self) -> datetime:
        """When all sweeps have a turn: one round of them instead of one round each."""
        [[latest]] = self._rows("SELECT max(due_at) FROM sweeps")
        return moment(latest) or self.clock()

    def _interlude(self) -> None:
        """What became due while a request was on its way."""
        if self._depth >= DEPTH:
            return
        self._depth += 1
        while self._agenda and self._agenda[0][0] <= self.clock():
            self._step(self.clock())
        self._depth -= 1

    def _overslept(self) -> None:
        self._depth += 1
        while (at := self._next()) is not None and at <= self.clock():
            self._step(at)
        self._depth -= 1

    # --- workers

    def _hear(self, bells: Bells) -> None:
        for ticket_id in sorted(bells.tickets):
            self._wake(ticket_id)
        if bells.outbox:
            self._later(0.05, self._send, "mail")

    def _wake(self, ticket_id: int) -> None:
        dice = self.weather.dice
        if not self.weather.calm and dice.random() < 0.05:
            return  # the process that was to be woken is gone
        for _ in range(dice.choice((1, 1, 1, 2))):
            self._later(0.01, lambda: self._work(ticket_id))

    def _work(self, ticket_id: int) -> None:
        self._run(lambda: reconcile(self.services, ticket_id, owner="worker"), f"CT-{ticket_id}")

    def _send(self) -> int:
        return self._run(lambda: send_due(self.services), "") or 0

    def _heal(self) -> None:
        self._run(lambda: heal(self.services), "swept")

    def _run(self, act: Callable[[], Any], name: str) -> Any:
        work, works = Work(), self.weather.works
        works.append(work)
        outcome = None
        try:
            outcome = act()
            if name and outcome:
                self._log(f"{name}: {outcome}")
        except Crash:
            self._log(f"{name} crashed")
            with self.store.read() as db:
                unnoted = select(Mail.id).where(Mail.message_id == work.sent, Mail.state == "sending")
                if work.sent and db.scalar(unnoted):
                    self.mailer.doubt(work.sent)
        except Exception as error:
            self.escaped.append(f"{name} let {error!r} escape")
        finally:
            self.weather.end_look(work)
            works.pop()
        return outcome

    # --- the partner

    def _file(self) -> None:
        with self.store.begin() as db:
            partner = people.by_email(db, PARTNER)
            assert partner
            submission = Submission(partner=partner, answers=ANSWERS)
            file_ticket(db, submission, status="Triagem", now=self.clock())

    def _partner_deeds(self, number: int) -> list[Deed]:
        with self.store.read() as db:
            status = db.get_one(Ticket, number).status
        rules = self.services.mappings.workflow.rules
        return [
            (4.0, f"partner: {verb} CT-{number}", self._saying(number, verb))
            for verb in ("answered", "confirmed", "still_failing")
            if status in rules[Trigger(verb)].moves_from
        ]

    def _saying(self, number: int, verb: str) -> Callable[[], None]:
        def say() -> None:
            with self.store.begin() as db:
                now = self.clock()
                row = PartnerActionRow(
                    ticket_id=number, verb=verb, author="R", email=PARTNER, text="eis", at=now
                )
                db.add(row)
                db.flush()
                ring(db, number, kind="partner", subject=f"action:{row.id}", now=now)

        return say

    def _log(self, line: str) -> None:
        if self.verbose:
            depth = "  " * self._depth
            self.lines.append(f"{(self.clock() - START).total_seconds():10.2f} {depth}{line}")


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None
