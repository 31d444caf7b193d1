"""One history from its seed: people's deeds, a bridge that hears of some, a reader who sees all it shows."""

import email
import email.policy
import gc
import random
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import structlog
from sqlalchemy import delete, select

from bridge.app import create_app
from bridge.clients.errors import Unavailable
from bridge.clients.jira import Jira
from bridge.config import load
from bridge.portal.access import SESSION_COOKIE
from bridge.portal.limits import COUNTS
from bridge.reconcile import reconcile
from bridge.reconcile.outbox import send_due
from bridge.services import Services, build
from bridge.store import Store, people, schema
from bridge.store.claims import claimable
from bridge.store.engine import sqlite_module
from bridge.store.filing import Submission, file_ticket
from bridge.store.tables import Base, Event, PartnerActionRow, Ticket
from bridge.store.tickets import ring
from bridge.story import story
from mappings import load as load_mappings
from tests.leaks.issue import Issue
from tests.leaks.jira import JiraApi
from tests.leaks.people import People
from tests.simulation.installation import SETTINGS
from tests.simulation.records import START, Clock
from tests.simulation.simulation import moment
from tests.world import ANSWERS

PARTNER = "parceiro@revenda.example"
WORDS = re.compile(r"segredo\d+n\d+f")
GAPS = ((1, 20, 5), (30, 90, 4), (120, 1200, 2), (3600, 10800, 1))
"""Seconds between two deeds, from and to, and how often."""
AFTERWARDS = timedelta(hours=8)
"""Longer than anything waits."""
LISTS = ("/chamados?situacao=todos", "/chamados/quadro", "/chamados/planilha.csv", "/api/chamados")
PER_DATABASE = 10
"""Histories in one database, so that lists stay short."""


@dataclass
class Mailer:
    """The relay: what it takes is read at once."""

    read: Callable[[bytes], None]
    down: bool = False
    sender: str = "chamados@softhouse.example"

    @contextmanager
    def open(self) -> Iterator["Mailer"]:
        yield self

    def send(self, raw: bytes, *, recipient: str, key: str, envelope: str = "") -> str:
        if self.down:
            raise Unavailable("SMTP", "451 try again")
        self.read(raw)
        return "250 OK"


@dataclass(kw_only=True)
class Result:
    seed: int
    leaks: list[str] = field(default_factory=list)
    lacks: list[str] = field(default_factory=list)
    """What was public and did not arrive."""
    comments: int = 0
    versions: int = 0
    internal: int = 0
    """Of them, those that were never public for long enough to be told."""
    mails: int = 0
    answers: int = 0
    log: list[str] = field(default_factory=list)


class Installation:
    """The real parts over one database, made once for many histories."""

    def __init__(self) -> None:
        structlog.configure(processors=[_drop], cache_logger_on_first_use=False)
        memory = Path("/dev/shm")
        self.folder = tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None)
        own = {
            "CHAMADOS_PUBLIC_URL": "http://localhost",
            "CHAMADOS_DATABASE_URL": f"sqlite:///{self.folder.name}/chamados.db",
        }
        config = load({**SETTINGS, **own})
        self.clock = Clock()
        self.mappings = load_mappings(None)
        self.store = Store(config.database_url.reveal())
        schema.prepare(self.store)
        self.services = replace(build(config, self.mappings, self.store), clock=self.clock)
        self.api = JiraApi(self.mappings)
        self.sites = {(cloud, service): self._jira() for cloud in (True, False) for service in (True, False)}
        app = create_app(self.services)
        app.extensions[COUNTS].enabled = False
        self.http = app.test_client()
        self.reader = sqlite_module().connect(f"{self.folder.name}/chamados.db", isolation_level=None)
        self.played = 0

    def _jira(self) -> Jira:
        jira = Jira(self.services.config.jira, self.mappings, connections=1)
        jira._transport = cast(Any, self.api)
        return jira

    def begin(self) -> int:
        """A ticket on a clean table every so often; its number."""
        self.clock.now = START
        with self.store.begin() as db:
            if self.played % PER_DATABASE == 0:
                for table in reversed(Base.metadata.sorted_tables):
                    db.execute(delete(table))
                people.register(db, name="Revenda", email=PARTNER, now=START)
            self.played += 1
            partner = people.by_email(db, PARTNER)
            assert partner
            self.token, self.partner_id = people.issue_token(db, partner), partner.id
            return file_ticket(
                db, Submission(partner=partner, answers=ANSWERS), status="Triagem", now=START
            ).id

    def row(self, query: str) -> Any:
        """Asked so often that SQLAlchemy would be felt."""
        return self.reader.execute(query).fetchone()

    def close(self) -> None:
        self.reader.close()
        self.store.close()
        self.folder.cleanup()
        structlog.reset_defaults()


def _drop(*_: object) -> Any:
    raise structlog.DropEvent


class History:
    def __init__(self, installation: Installation, seed: int) -> None:
        self.dice = random.Random(f"{seed} bridge")
        self.result = Result(seed=seed)
        self._at, self._clock, self._api = installation, installation.clock, installation.api
        self._number = installation.begin()
        self._page, self._answer_of_the_api = (
            f"/chamados/CT-{self._number}",
            f"/api/chamados/CT-{self._number}",
        )
        cloud, service = self.dice.random() < 0.7, self.dice.random() < 0.5
        statuses = {name: str(place) for place, name in enumerate(installation.mappings.workflow.statuses)}
        self.issue = Issue(cloud=cloud, service=service, clock=self._clock, statuses=statuses)
        self.issue.id = str(10_000 + self._number)
        self._api.issue, self._api.down, self._api.seen = self.issue, False, set()
        self._api.meanwhile = self._meanwhile
        self._mailer = Mailer(self._read_mail)
        self._services: Services = replace(
            installation.services, jira=installation.sites[cloud, service], mailer=cast(Any, self._mailer)
        )
        self._people = People(seed, self.issue, installation.mappings.workflow)
        self._mailed: set[str] = set()
        self._busy = self._calm = False

    def play(self) -> Result:
        self._look()
        for _ in range(self.dice.randint(3, 7)):
            self._step()
        self._api.down = self._mailer.down = False
        self._log("calm")
        self._calm = True
        self._ring()
        self._pass(AFTERWARDS)
        self._read_everything()
        self._compare()
        self.result.comments = self._people.comments
        self.result.versions = len(self.issue.versions)
        self.result.internal = sum(not self.issue.has_waited(words) for words in self.issue.versions)
        return self.result

    # --- what happens

    def _step(self) -> None:
        dice = self.dice
        for _ in range(dice.choice((1, 2, 3, 5))):
            self._log(self._people.next_deed())
            self._clock.forward(dice.uniform(0, 5))
        if dice.random() < 0.1:
            self._mailer.down = not self._mailer.down
        if dice.random() < 0.06:
            self._api.down = not self._api.down
        if self.issue.status == "Faltam Informações" and dice.random() < 0.3:
            self._answer()
        if dice.random() < 0.75:
            self._ring()
        low, high, _ = dice.choices(GAPS, weights=[often for _, _, often in GAPS])[0]
        self._pass(timedelta(seconds=dice.uniform(low, min(high, 100))))
        if high > 100:
            self._api.down = False
            self._pass(timedelta(seconds=dice.uniform(low, high)))
        if dice.random() < 0.25:
            self._read(self._page, self._answer_of_the_api)

    def _meanwhile(self) -> None:
        """What people do between the bridge's look and its e-mails."""
        if self._busy and not self._calm and self.dice.random() < 0.05:
            self._log(f"meanwhile {self._people.next_deed()}")

    def _answer(self) -> None:
        with self._at.store.begin() as db:
            now = self._clock()
            said = PartnerActionRow(
                ticket_id=self._number, verb="answered", author="Revenda", text="eis", at=now
            )
            db.add(said)
            db.flush()
            ring(db, self._number, kind="partner", subject=f"action:{said.id}", now=now)

    def _ring(self) -> None:
        with self._at.store.begin() as db:
            ring(db, self._number, kind="issue", subject=self.issue.id, now=self._clock())
        self._look()

    def _look(self) -> None:
        self._busy = True
        outcome = reconcile(self._services, self._number, owner="worker")
        self._busy = False
        self._log(f"look: {outcome}")
        send_due(self._services)

    def _pass(self, span: timedelta) -> None:
        """Time passes, and what becomes due in it is done."""
        until = self._clock() + span
        while (at := self._next()) is not None and at <= until:
            self._clock.now = max(self._clock(), at)
            if claimable(self._services.store, now=self._clock(), limit=1):
                self._look()
            send_due(self._services)
            self._clock.forward(0.01)
        self._clock.now = max(self._clock(), until)

    def _next(self) -> datetime | None:
        rung, due_at, retry_at, parked = self._at.row(
            "SELECT generation > observed_generation, due_at, retry_at, parked FROM tickets "
            f"WHERE id = {self._number}"
        )
        [mail] = self._at.row("SELECT min(due_at) FROM mails WHERE state IN ('queued', 'sending')")
        start = self._clock() if rung else None if parked else moment(due_at)
        look = max(one for one in (start, moment(retry_at), START) if one) if start else None
        return min([one for one in (look, moment(mail)) if one], default=None)

    # --- what is read

    def _read_mail(self, raw: bytes) -> None:
        self.result.mails += 1
        message = email.message_from_bytes(raw, policy=email.policy.default)
        parts = [str(part.get_content()) for part in message.walk() if not part.is_multipart()]
        found = set(WORDS.findall("\n".join([*map(str, message.values()), *parts])))
        self._judge(found, "an e-mail", allowed=self.issue.public_words())
        self._mailed |= found

    def _read_everything(self) -> None:
        """All that the portal and the API show of the ticket, and what the operator is told of it."""
        self._shown = self._read(self._page)
        self._read(self._answer_of_the_api, *LISTS)
        self._read_rows()

    def _read(self, *paths: str) -> set[str]:
        """The words on the first of the pages."""
        http, found = self._at.http, list[set[str]]()
        with self._at.store.begin() as db:
            session = people.open_session(db, self._at.partner_id, now=self._clock())
        http.set_cookie(SESSION_COOKIE, session)
        for path in paths:
            answer = http.get(path, headers={"Authorization": f"Bearer {self._at.token}"})
            assert answer.status_code == 200, (path, answer.text)
            found.append(set(WORDS.findall(answer.text)))
            self._judge(found[-1], path, allowed=self._api.seen)
            self.result.answers += 1
        return found[0]

    def _read_rows(self) -> None:
        """What may be shown or sent later, and the explanation."""
        with self._at.store.read() as db:
            ticket = db.get_one(Ticket, self._number)
            texts = list(db.scalars(select(Event.text).where(Event.ticket_id == self._number)))
        texts.append(str(story(self._services, ticket).document()))
        self.result.answers += 1
        self._judge(set(WORDS.findall("\n".join(texts))), "the database", allowed=self._api.seen)

    def _judge(self, found: set[str], where: str, *, allowed: set[str]) -> None:
        for words in sorted(found):
            if words not in allowed:
                self._leak(f"{where} shows {words}, which is not public")
            elif not self.issue.has_waited(words):
                self._leak(f"{where} shows {words}, which has not waited out its hold")

    def _compare(self) -> None:
        """Nothing that is public may be lacking either: a bridge that says nothing leaks nothing."""
        public = self.issue.public_words()
        if self._shown != public:
            self.result.lacks.append(f"the page shows {sorted(self._shown)} instead of {sorted(public)}")
        constant = {one.words for one in self.issue.comments if one.updated == one.created}
        for words in public & constant - self._mailed:
            self.result.lacks.append(f"no e-mail says {words}")

    def _leak(self, sentence: str) -> None:
        seconds = (self._clock() - START).total_seconds()
        self.result.leaks.append(f"{seconds:.2f} s: {sentence}")
        self._log(f"!! {sentence}")

    def _log(self, line: str) -> None:
        seconds = (self._clock() - START).total_seconds()
        self.result.log.append(f"{seconds:10.2f} {line}; public: {sorted(self.issue.public_words())}")


_installation: list[Installation] = []
"""This process's, made at its first history."""


def play_all(seeds: Sequence[int]) -> list[Result]:
    if not _installation:
        _installation.append(Installation())
    gc.disable()  # what a history leaves is collected once, after the last
    results = [History(_installation[0], seed).play() for seed in seeds]
    gc.enable()
    gc.collect()
    return results


def put_away() -> None:
    """This process is as before."""
    while _installation:
        _installation.pop().close()
