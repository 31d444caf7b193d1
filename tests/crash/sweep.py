"""Journeys that are broken off at a point, begun again, and looked at from outside."""

import hashlib
import multiprocessing
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from sqlalchemy import select, update

from bridge import proofs
from bridge.store.tables import Mail, PartnerActionRow, Ticket, Upload
from bridge.store.tickets import ring
from tests.crash import child
from tests.crash.mailbox import FolderMailbox
from tests.world import World

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.crash.child"])
AHEAD = 20 * 60.0
"""Seconds that each beginning again is later: past the lease, the quarantine and the mails' waits."""
AGAIN = 4
CHILD_SECONDS = 60
PARTNER = "parceiro@revenda.example"


@dataclass
class Tally:
    kills: int = 0
    faults: list[str] = field(default_factory=list)
    doubled: Counter[str] = field(default_factory=Counter)
    """Kills after which an e-mail came twice, by the boundary."""


@dataclass
class Sweep:
    """One installation that is killed over and over."""

    world: World
    tally: Tally = field(default_factory=Tally)
    _ahead: float = 0.0
    _serial: int = 0

    def points(self, journey: str) -> list[str]:
        """The boundaries of a journey that nobody breaks off."""
        prepare, _ = JOURNEYS[journey]
        form, _ = prepare(self)
        names, _ = self._work(form=form, kill_at=0)
        return names

    def kill(self, journey: str, point: int) -> None:
        """Prepare a journey, kill it at a point, let it be finished, and look."""
        prepare, check = JOURNEYS[journey]
        mails = len(self.world.sandbox.mail.mails())
        form, number = prepare(self)
        passed, killed = self._work(form=form, kill_at=point)
        self.tally.kills += killed
        for _ in range(AGAIN):
            self._ahead += AHEAD
            self._work(form=form, kill_at=0)
            if self._at_rest():
                break
        name = f"{journey} at {point}"
        ticket = self._ticket(form, number)
        wrong = [*_settled(ticket), *_one_issue(self, ticket), *check(self, ticket)]
        self.tally.faults += [f"{name}: {one}" for one in wrong]
        ids = Counter(one["headers"]["message-id"] for one in self.world.sandbox.mail.mails()[mails:])
        twice = sum(count - 1 for count in ids.values())
        if twice:
            # By where it died: with a webhook that comes early or late a run has boundaries in another order.
            self.tally.doubled[passed[-1]] += 1
        if twice > 1:
            self.tally.faults.append(f"{name}: {twice} e-mails came again, where one may")

    def fresh_ticket(self) -> int:
        """A ticket at rest with its issue, made without a kill."""
        form, _ = _form(self)
        self._work(form=form, kill_at=0)
        return self._ticket(form, 0).id

    def ring(self, number: int, kind: str, subject: str) -> None:
        with self.world.services.store.begin() as db:
            ring(db, number, kind=kind, subject=subject, now=self.world.services.clock())

    def _work(self, *, form: str, kill_at: int) -> tuple[list[str], bool]:
        """The boundaries that the child passed, and whether it was killed at the last."""
        here, there = FORKS.Pipe(duplex=False)
        arguments = {"ahead": self._ahead, "kill_at": kill_at, "form": form, "answers": there}
        process = FORKS.Process(target=child.work, args=(self.world.environment,), kwargs=arguments)
        process.start()
        there.close()
        try:
            names: list[str] | None = here.recv() if here.poll(CHILD_SECONDS) else None
        except EOFError:
            names = None
        process.join(CHILD_SECONDS)
        if names is None:
            self.tally.faults.append(f"a child ended with {process.exitcode} and says nothing")
        return names or [], process.exitcode == -signal.SIGKILL

    def _at_rest(self) -> bool:
        with self.world.services.store.read() as db:
            unsent = db.scalar(select(Mail.id).where(Mail.state.in_(["queued", "sending"])).limit(1))
            rung = Ticket.generation > Ticket.observed_generation
            return unsent is None and db.scalar(select(Ticket.id).where(rung).limit(1)) is None

    def _ticket(self, form: str, number: int) -> Ticket:
        with self.world.services.store.read() as db:
            query = select(Ticket)
            chosen = query.where(Ticket.idempotency_key == form) if form else query.where(Ticket.id == number)
            return db.scalars(chosen).one()


# --- journeys: what is done before the child runs, and what must be seen after


def _form(sweep: Sweep) -> tuple[str, int]:
    sweep._serial += 1
    return f"form-{sweep._serial}", 0


def _attach(sweep: Sweep) -> tuple[str, int]:
    number = sweep.fresh_ticket()
    folder = Path(sweep.world.services.config.files)
    for name in ("tela.png", "log.txt"):
        content = f"{name} of {number}".encode()
        stored = hashlib.sha256(content).hexdigest()
        (folder / stored).write_bytes(content)
        with sweep.world.services.store.begin() as db:
            db.add(
                Upload(
                    partner_id=1,
                    ticket_id=number,
                    filename=name,
                    content_type="text/plain",
                    size=len(content),
                    sha256=stored,
                    stored_as=stored,
                    created_at=sweep.world.services.clock(),
                )
            )
    sweep.ring(number, "files", "two")
    return "", number


def _pull_request(sweep: Sweep) -> tuple[str, int]:
    number = sweep.fresh_ticket()
    key = str(sweep.world.ticket(number).jira_key)
    for status in ("Backlog", "To Do"):
        sweep.world.drag(key, status)
    opened = sweep.world.open_pull(f"{key}-x")
    sweep.ring(number, "pull_request", f"softhouse/erp#{opened}")
    return "", number


def _status_mail(sweep: Sweep) -> tuple[str, int]:
    number = sweep.fresh_ticket()
    ticket = sweep.world.ticket(number)
    sweep.world.drag(str(ticket.jira_key), "Backlog")
    sweep.ring(number, "issue", str(ticket.jira_id))
    return "", number


def _validation(sweep: Sweep) -> tuple[str, int]:
    number = sweep.fresh_ticket()
    ticket = sweep.world.ticket(number)
    sweep.world.drag(str(ticket.jira_key), "Faltam Informações")
    with sweep.world.services.store.begin() as db:
        now = sweep.world.services.clock()
        db.add(PartnerActionRow(ticket_id=number, verb="answered", author="Ana", text="palavras", at=now))
        ring(db, number, kind="partner", subject="action", now=now)
    return "", number


def _answer_by_mail(sweep: Sweep) -> tuple[str, int]:
    """A quoted answer with a file, to the address that the opener was given."""
    number = sweep.fresh_ticket()
    ticket = sweep.world.ticket(number)
    sweep.world.drag(str(ticket.jira_key), "Faltam Informações")
    sweep.ring(number, "issue", str(ticket.jira_id))
    sweep._work(form="", kill_at=0)
    message = EmailMessage()
    config = sweep.world.services.config
    message["From"], message["Message-ID"] = PARTNER, f"<{number}@revenda.example>"
    message["To"] = proofs.reply_address(
        config.secret_key, ticket_id=number, recipient=PARTNER, domain="resposta.example"
    )
    message.set_content("palavras\n\nEm 24/11/2026 10:12, Chamados escreveu:\n> a pergunta\n")
    message.add_attachment(f"log of {number}", filename="log.txt")
    FolderMailbox(config.files / child.MAILBOX).bring(number, message.as_bytes(policy=SMTP))
    return "", number


def _settled(ticket: Ticket) -> Iterator[str]:
    if ticket.parked or ticket.generation != ticket.observed_generation or ticket.lease_until:
        yield f"is not settled: {ticket.outcome}"


def _one_issue(sweep: Sweep, ticket: Ticket) -> Iterator[str]:
    issues = [one for one in sweep.world.issues() if ticket.marker in one["labels"]]
    if len(issues) != 1:
        yield f"has {len(issues)} issues"


def _mails(sweep: Sweep, ticket: Ticket, kind: str) -> Iterator[str]:
    reference = f"CT-{ticket.id}]"
    ids = {one["headers"]["message-id"] for one in sweep.world.mails(kind) if reference in one["subject"]}
    if len(ids) != 2:
        yield f"sent {len(ids)} different e-mails {kind} instead of 2"


def _is_filed(sweep: Sweep, ticket: Ticket) -> Iterator[str]:
    yield from _mails(sweep, ticket, "recebido")


def _is_attached(sweep: Sweep, ticket: Ticket) -> Iterator[str]:
    found = sweep.world.issue(str(ticket.jira_key))["attachments"]
    if len(found) != 2:
        yield f"has {len(found)} attachments instead of 2"


def _is_in_review(sweep: Sweep, ticket: Ticket) -> Iterator[str]:
    issue = sweep.world.issue(str(ticket.jira_key))
    if issue["status"] != "PR Review" or len(issue["remotelinks"]) != 1:
        yield f"is in {issue['status']} with {len(issue['remotelinks'])} links"
    moves = [(one["from"], one["to"]) for one in issue["history"]]
    if moves.count(("To Do", "Doing")) != 1 or moves.count(("Doing", "PR Review")) != 1:
        yield f"moved {moves}"


def _is_told(sweep: Sweep, ticket: Ticket) -> Iterator[str]:
    yield from _mails(sweep, ticket, "aprovado")


def _is_answered(sweep: Sweep, ticket: Ticket) -> Iterator[str]:
    issue = sweep.world.issue(str(ticket.jira_key))
    said = [one for one in issue["comments"] if "palavras" in str(one)]
    if issue["status"] != "Triagem" or len(said) != 1:
        yield f"is in {issue['status']} with {len(said)} answers"
    yield from _mails(sweep, ticket, "faltam_informacoes")


def _is_answered_by_mail(sweep: Sweep, ticket: Ticket) -> Iterator[str]:
    yield from _is_answered(sweep, ticket)
    files = len(sweep.world.issue(str(ticket.jira_key))["attachments"])
    _, left = FolderMailbox(sweep.world.services.config.files / child.MAILBOX).waiting()
    if files != 1 or left:
        yield f"has {files} attachments instead of 1, and {left} in the mailbox"


Prepare = Callable[[Sweep], tuple[str, int]]
Check = Callable[[Sweep, Ticket], Iterator[str]]
JOURNEYS: dict[str, tuple[Prepare, Check]] = {
    "form": (_form, _is_filed),
    "attach": (_attach, _is_attached),
    "pull request": (_pull_request, _is_in_review),
    "status mail": (_status_mail, _is_told),
    "validation": (_validation, _is_answered),
    "answer by mail": (_answer_by_mail, _is_answered_by_mail),
}


def quiet(world: World) -> None:
    """Only the children work: the webhooks are silenced, and nothing of what is there is left due."""
    for repo in world.sandbox.github._core.world.repos.values():
        repo.hooks.clear()
    for hook in world.sandbox.jira.hooks.known.values():
        hook.enabled = False
    world.sandbox.jira.index_lag = 0.0
    with world.services.store.begin() as db:
        db.execute(update(Ticket).values(due_at=None))
