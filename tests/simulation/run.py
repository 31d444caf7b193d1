"""One schedule from its seed: phase A with faults, phase B calm, then the comparison."""

import gc
import hashlib
import heapq
import hmac
import itertools
import json
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

import structlog
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bridge.clients.github import FailedDelivery
from bridge.config import load
from bridge.reconcile import drift, reconcile
from bridge.reconcile.missed import heal
from bridge.reconcile.outbox import send_due
from bridge.services import Services, build
from bridge.store import Store, people, schema
from bridge.store.bells import Bells
from bridge.store.engine import sqlite_module
from bridge.store.filing import Submission, file_ticket
from bridge.store.tables import Base, Mail, PartnerActionRow, Ticket
from bridge.store.tickets import claimable, ring
from mappings import load as load_mappings
from mappings.model import Trigger
from tests.simulation.clients import FakeGitHub, FakeJira, FakeMailer
from tests.simulation.model import WANTS_REASON
from tests.simulation.outside import START, Clock, Outside, Webhook
from tests.simulation.people import Deed, People
from tests.simulation.weather import Crash, Weather, Work
from tests.world import ANSWERS
from webhooks import github, jira

SECRET = "a-webhook-secret-of-32-characters"
PARTNER = "parceiro@revenda.example"
SETTINGS = {
    "CHAMADOS_PUBLIC_URL": "https://chamados.softhouse.example",
    "CHAMADOS_SECRET_KEY": "0123456789abcdef0123456789abcdef",
    "CHAMADOS_JIRA_URL": "http://jira.invalid",
    "CHAMADOS_JIRA_TOKEN": "jira-token-0123456789",
    "CHAMADOS_JIRA_PROJECT": "ERP",
    "CHAMADOS_JIRA_WEBHOOK_SECRET": SECRET,
    "CHAMADOS_GITHUB_URL": "http://github.invalid",
    "CHAMADOS_GITHUB_TOKEN": "github-token-0123456789",
    "CHAMADOS_GITHUB_WEBHOOK_SECRET": SECRET,
    "CHAMADOS_GITHUB_REPOSITORIES": "softhouse/erp",
    "CHAMADOS_SMTP_URL": "smtp://127.0.0.1:2",
    "CHAMADOS_MAIL_FROM": "Chamados <chamados@softhouse.example>",
}
DEPTH = 3
"""How deep one worker's request may be interrupted by another's."""
LONGEST_CALM = timedelta(hours=12)
SILENCE, LAST_HOURS = timedelta(days=2), timedelta(hours=2)
SOON = timedelta(minutes=15)
"""After silence all is right within this."""
"""Mail that met with a grey list in the storm takes its hours."""
QUIET = timedelta(minutes=21)
"""Calm for as long as the slowest thing outside lags, plus a sweep's period."""


class SimulatedStore(Store):
    """The real store; a worker may die right before and right after each commit."""

    weather: Weather | None = None

    @contextmanager
    def begin(self) -> Iterator[Session]:
        with super().begin() as db:
            yield db
            if self.weather:
                self.weather.point("before a commit")
        if self.weather:
            self.weather.point("after a commit")


class Installation:
    """The bridge's real parts, made once for many schedules."""

    def __init__(self) -> None:
        structlog.configure(processors=[_drop], cache_logger_on_first_use=False)
        self._site = patch.object(drift, "differences", lambda services: [])
        self._site.start()
        memory = Path("/dev/shm")
        self.folder = tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None)
        settings = {**SETTINGS, "CHAMADOS_DATABASE_URL": f"sqlite:///{self.folder.name}/chamados.db"}
        config = load(settings)
        self.store = SimulatedStore(config.database_url.reveal())
        schema.prepare(self.store)
        self.services = build(config, load_mappings(None), self.store)
        self.reader = sqlite_module().connect(f"{self.folder.name}/chamados.db", isolation_level=None)
        tables = [table.name for table in reversed(Base.metadata.sorted_tables)]
        self._sweep = [f"DELETE FROM {name}" for name in (*tables, "sqlite_sequence")]

    def fresh(self, **parts: Any) -> Services:
        """Services over an empty database, with one partner."""
        self.store.weather = None
        with self.store.begin() as db:
            for statement in self._sweep:
                db.execute(text(statement))
            people.register(db, name="Revenda", email=PARTNER, now=START)
        return replace(self.services, **parts)

    def close(self) -> None:
        self._site.stop()
        self.reader.close()
        self.store.close()
        self.folder.cleanup()
        structlog.reset_defaults()


def _drop(*_: object) -> Any:
    raise structlog.DropEvent


@dataclass(kw_only=True)
class Result:
    seed: int
    faults: list[str]
    events: int
    settled_after: timedelta = timedelta(0)
    looks: int = 0
    doubled: int = 0
    mails: int = 0
    copies: int = 0
    log: list[str] = field(default_factory=list)


class Simulation:
    def __init__(
        self, installation: Installation, seed: int, *, verbose: bool = False, silent: bool = False
    ) -> None:
        random.seed(seed)  # the engine's own jitter
        self.clock = Clock()
        self.weather = Weather(seed, self.clock)
        self.outside = Outside(self.clock, self._told)
        self.lines: list[str] = []
        self.escaped: list[str] = []
        """Exceptions that the engine should have dealt with."""
        self.verbose = verbose
        self.silent = silent
        """For two days GitHub tells nothing, in the last two hours Jira neither, and nobody looks for it."""
        self._agenda: list[tuple[datetime, int, str, Callable[[], object]]] = []
        self._serial = itertools.count()
        self._failed: list[tuple[datetime, FailedDelivery]] = []
        self._lost: dict[str, Webhook] = {}
        self._depth = 0
        self._deeds = 0
        github_client = FakeGitHub(self.outside, self.weather, self._failed)
        github_client.redelivered = self._redeliver
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
        app = Flask("simulation")
        for receiver in (github, jira):
            app.register_blueprint(receiver.blueprint(self.services))
        self._http = app.test_client()

    # --- the two phases

    def storm(self) -> None:
        """Phase A."""
        self._later(0, self._deed)
        while self._deeds < self.people.deeds:
            at = self._next()
            assert at is not None
            self._step(at)

    def _deed(self) -> None:
        with self._by_others():
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
            start = self.clock() if rung else None if parked else _moment(due_at)
            if start:
                known.append(max(one for one in (start, _moment(retry_at), _moment(lease_until)) if one))
        return min([*known, *([_moment(mail)] if mail else [])], default=None)

    def _rows(self, query: str) -> list[Any]:
        """Asked so often that SQLAlchemy would be felt."""
        return self._reader.execute(query).fetchall()

    def _sweep_due(self) -> datetime:
        """When all sweeps have a turn: one round of them instead of one round each."""
        [[latest]] = self._rows("SELECT max(due_at) FROM sweeps")
        return _moment(latest) or self.clock()

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

    @contextmanager
    def _by_others(self) -> Iterator[None]:
        """What happens here is no worker's doing, so no worker dies of it."""
        works, self.weather.works = self.weather.works, []
        try:
            yield
        finally:
            self.weather.works = works

    # --- webhooks

    def _told(self, webhook: Webhook) -> None:
        dice, weather = self.weather.dice, self.weather
        if weather.calm:
            self._later(0.2, lambda: self._deliver(webhook))
            return
        if self.silent and (webhook.source == "github" or self.clock() > START + SILENCE - LAST_HOURS):
            return
        if dice.random() < weather.drop:
            if webhook.source == "github" and dice.random() < 0.5:
                self._lost[webhook.guid] = webhook
                number = next(self._serial)
                failed = FailedDelivery(guid=webhook.guid, hook_id=1, delivery_id=number)
                self._failed.append((self.clock(), failed))
            return
        for _ in range(dice.randint(2, 5) if dice.random() < weather.repeat else 1):
            delay = dice.choices(
                (dice.uniform(0.05, 1), dice.uniform(1, 40), dice.uniform(40, 1200)), (6, 3, 1)
            )
            self._later(delay[0], lambda: self._deliver(webhook))

    def _redeliver(self, failed: FailedDelivery) -> None:
        self._later(1, lambda: self._deliver(self._lost[failed.guid]))

    def _deliver(self, webhook: Webhook) -> None:
        body = json.dumps(webhook.body).encode()
        signature = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        headers = {
            "github": {
                "X-GitHub-Delivery": webhook.guid,
                "X-GitHub-Event": webhook.event,
                "X-Hub-Signature-256": signature,
            },
            "jira": {"X-Atlassian-Webhook-Identifier": webhook.guid, "X-Hub-Signature": signature},
        }[webhook.source]
        with self._by_others():
            answer = self._http.post(f"/webhooks/{webhook.source}", data=body, headers=headers)
        assert answer.status_code in {200, 202}, answer.text
        if self.verbose:
            self._log(f"   webhook {webhook.event} {webhook.guid}: {answer.json['outcome']}")

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


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None


def play(installation: Installation, seed: int, *, verbose: bool = False, silent: bool = False) -> Result:
    """One schedule, compared with the model."""
    from tests.simulation.comparison import faults_of

    simulation = Simulation(installation, seed, verbose=verbose, silent=silent)
    simulation.storm()
    began = simulation.clock()
    looks = len(simulation.weather.looks)
    last = simulation.calm()
    faults = [*simulation.escaped, *faults_of(simulation)]
    if last is None:
        faults.insert(0, "does not come to rest")
    elif silent and last > began + SOON and not _waits_for_reason(simulation.outside):
        faults.append(f"was right only after {last - began}")
    return Result(
        seed=seed,
        faults=faults,
        events=simulation.people.deeds,
        settled_after=(last or simulation.clock()) - began,
        looks=len(simulation.weather.looks) - looks,
        doubled=sum(simulation.mailer.in_doubt.values()),
        mails=len(simulation.outside.mails),
        copies=len([one for one in simulation.outside.issues if one.duplicate_of]),
        log=simulation.lines,
    )


def _waits_for_reason(outside: Outside) -> bool:
    """Whether an e-mail may have waited for the triager's comment, as it would have with every webhook."""
    return any(change.new in WANTS_REASON for one in outside.issues for change in one.of("status"))


_installation: list[Installation] = []
"""This process's, made at its first schedule."""


def play_all(seeds: Sequence[int], *, verbose: bool = False, silent: bool = False) -> list[Result]:
    if not _installation:
        _installation.append(Installation())
    gc.disable()  # what a schedule leaves is collected once, after the last
    results = [play(_installation[0], seed, verbose=verbose, silent=silent) for seed in seeds]
    gc.enable()
    gc.collect()
    return results


def put_away() -> None:
    """This process is as before."""
    while _installation:
        _installation.pop().close()
