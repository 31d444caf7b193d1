"""What tests can do and see: partners file, people act in Jira and GitHub, and the world changes."""

import base64
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import requests
from sqlalchemy import and_, select

from bridge.cli.waiting import until
from bridge.reconcile import reconcile
from bridge.sandbox.server import Sandbox
from bridge.services import Services
from bridge.store import people
from bridge.store.filing import Submission, file_ticket
from bridge.store.tables import Delivery, Mail, Remark, Ticket
from bridge.store.tickets import release
from tests.proxy import Proxy

SECONDS = 30.0
"""A limit: twice the longest pause between two looks at the same thing (15 s, `REMARK_SECONDS`)."""
Json = dict[str, Any]
ANSWERS: Json = {
    "titulo": "Não salva produtos da planilha",
    "email_cliente": "admin@cliente.example",
    "ferramenta": "Sistema",
    "fluxo": ["Cadastros", "Produtos", "Salvar"],
    "descricao": "Só as primeiras 500 linhas são salvas.",
    "notificar": ["colega@revenda.example"],
}


@dataclass
class World:
    sandbox: Sandbox
    services: Services
    environment: dict[str, str]
    cable: Proxy | None = None
    """Between the bridge and Jira, where the test asked for it."""
    _pushes: list[int] = field(default_factory=lambda: [0])

    # --- the partner

    def file(self, **answers: Any) -> int:
        """A ticket filed; its number. Its issue comes later."""
        email = self.sandbox.settings.partner.partition("<")[2].rstrip(">")
        with self.services.store.begin() as db:
            partner = people.by_email(db, email)
            assert partner is not None
            ticket = file_ticket(
                db,
                Submission(partner=partner, answers={**ANSWERS, **answers}),
                status="Triagem",
                now=self.services.clock(),
            )
        return ticket.id

    def filed(self, **answers: Any) -> str:
        """A ticket filed, with its issue; the issue's key."""
        number = self.file(**answers)
        key = until(lambda: self.ticket(number).jira_key, seconds=SECONDS)
        assert key, self.ticket(number).outcome
        self.settle()
        return key

    # --- where nobody works (`still`)

    def look(self, number: int, *, after: timedelta = timedelta(0)) -> str | None:
        """A look so long from now, once what GitHub and Jira tell has come; what came of it."""
        assert until(self._webhooks_arrived, seconds=SECONDS)
        services = replace(self.services, clock=lambda: self.services.clock() + after)
        with services.store.begin() as db:
            release(db, number, now=services.clock())
        return reconcile(services, number, owner="test")

    def filed_still(self) -> tuple[int, str]:
        """A ticket with its issue: its number, and the issue's key."""
        number = self.file()
        reconcile(self.services, number, owner="test")
        key = self.ticket(number).jira_key
        assert key, self.ticket(number).outcome
        # Jira tells of the creation, too: in the midst of a look that would be a doorbell for one more.
        assert until(self._webhooks_arrived, seconds=SECONDS)
        return number, key

    # --- looking

    def ticket(self, number: int) -> Ticket:
        with self.services.store.read() as db:
            return db.get_one(Ticket, number)

    def ticket_of(self, key: str) -> Ticket:
        with self.services.store.read() as db:
            return db.scalars(select(Ticket).where(Ticket.jira_key == key)).one()

    def issues(self) -> list[Json]:
        return self.sandbox.jira.issues()

    def issue(self, key: str) -> Json:
        return next(one for one in self.issues() if one["key"] == key)

    def mails(self, kind: str = "") -> list[Json]:
        return [
            one for one in self.sandbox.mail.mails() if not kind or one["headers"]["x-chamado-evento"] == kind
        ]

    def wait_status(self, key: str, status: str) -> None:
        reached = until(lambda: self.issue(key)["status"] == status, seconds=SECONDS)
        assert reached, f"{key} is in {self.issue(key)['status']}: {self.ticket_of(key).outcome}"

    def wait_mail(self, kind: str, count: int = 1) -> list[Json]:
        found = until(lambda: self.mails(kind) if len(self.mails(kind)) >= count else None, seconds=SECONDS)
        assert found, f"no {count} e-mails {kind}; there are {[one['subject'] for one in self.mails()]}"
        return found

    def settle(self) -> None:
        """Until every doorbell has been answered, and every mail and remark sent."""
        assert until(lambda: not self._restless(), seconds=SECONDS), self._restless()

    def _restless(self) -> list[str]:
        """What keeps the bridge from its rest."""
        arrived = self._webhooks_arrived()  # before and after: what comes in between rings, or is an echo
        now = self.services.clock()
        rung = Ticket.generation > Ticket.observed_generation
        due = and_(Ticket.due_at <= now, Ticket.parked == "", Ticket.retry_at.is_(None), ~Ticket.held)
        with self.services.store.read() as db:
            tickets = db.scalars(select(Ticket).where(rung | Ticket.lease_until.is_not(None) | due)).all()
            unsent = db.scalars(select(Mail).where(Mail.state.in_(["queued", "sending"]))).all()
            unsaid = db.scalars(select(Remark).where(Remark.due_at <= now)).all()
        return [
            *(
                f"CT-{one.id} until {one.retry_at}, leased by {one.lease_owner}: {one.outcome}"
                for one in tickets
            ),
            *(f"{one.state} e-mail {one.kind} until {one.due_at}: {one.outcome}" for one in unsent),
            *(f"a remark on pull request {one.number}: {one.outcome}" for one in unsaid),
            *([] if arrived and self._webhooks_arrived() else ["webhooks are on their way"]),
        ]

    def _webhooks_arrived(self) -> bool:
        """GitHub's and Jira's queues are empty: what they have sent has come."""
        fired = self.sandbox.github._core.deliverer._queue
        # One being posted is in the queue no more, but its task is not done.
        return fired.unfinished_tasks == 0 and all(
            one["state"] != "waiting" for one in self.sandbox.jira.deliveries()
        )

    def _repos(self) -> list[Any]:
        return list(self.sandbox.github._core.world.repos.values())

    def deliveries(self) -> list[Delivery]:
        with self.services.store.read() as db:
            return list(db.scalars(select(Delivery).order_by(Delivery.id)))

    def bridge_calls(self, since: int = 0) -> list[Json]:
        ours = {"token", self.sandbox.settings.jira_user}
        return [one for one in self.sandbox.controls.calls(since) if one["who"] in ours]

    # --- people in Jira

    @property
    def jira_path(self) -> str:
        """Of the REST API that the bridge and people use."""
        return f"/jira/rest/api/{'3' if self.sandbox.settings.jira_deployment == 'Cloud' else '2'}"

    def jira(self, method: str, path: str, *, who: str = "triagem@softhouse.example", **body: Any) -> Any:
        url = f"{self.sandbox.url}{self.jira_path}/{path}"
        answer = requests.request(method, url, auth=(who, "human"), timeout=10, **body)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def drag(self, key: str, status: str, *, who: str = "triagem@softhouse.example") -> None:
        offered = self.jira("GET", f"issue/{key}/transitions", who=who)["transitions"]
        chosen = next(one["id"] for one in offered if one["to"]["name"] == status)
        self.jira("POST", f"issue/{key}/transitions", who=who, json={"transition": {"id": chosen}})

    def say(self, key: str, text: str) -> None:
        body: Any = text
        if self.sandbox.settings.jira_deployment == "Cloud":
            paragraph = {"type": "paragraph", "content": [{"type": "text", "text": text}]}
            body = {"type": "doc", "version": 1, "content": [paragraph]}
        self.jira("POST", f"issue/{key}/comment", json={"body": body})

    def approve_triage(self, key: str) -> None:
        """On to Doing, by hand."""
        for status in ("Backlog", "To Do", "Doing"):
            self.drag(key, status)
        self.settle()

    def approved(self) -> tuple[str, int]:
        """A ticket in PR Aprovado: its issue's key and its pull request's number."""
        key = self.filed()
        self.approve_triage(key)
        number = self.open_pull(f"{key}-x")
        self.review(number, "APPROVE")
        self.wait_status(key, "PR Aprovado")
        return key, number

    # --- people on GitHub

    def github(self, method: str, path: str, *, who: str = "ana", **body: Any) -> Any:
        url = f"{self.sandbox.url}/github/repos/{self.sandbox.settings.github_repository}/{path}"
        headers = {"Authorization": f"token human:{who}"}
        answer = requests.request(method, url, headers=headers, timeout=10, **body)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def branch(self, name: str) -> None:
        main = self.github("GET", "git/ref/heads/main")["object"]["sha"]
        self.github("POST", "git/refs", json={"ref": f"refs/heads/{name}", "sha": main})

    def push(self, branch: str) -> None:
        self._pushes[0] += 1
        content = base64.b64encode(str(self._pushes[0]).encode()).decode()
        body = {"message": f"commit {self._pushes[0]}", "content": content, "branch": branch}
        self.github("PUT", "contents/x.py", json=body)

    def open_pull(self, branch: str, *, title: str = "Corrige", draft: bool = False) -> int:
        self.branch(branch)
        self.push(branch)
        body = {"title": title, "head": branch, "base": "main", "draft": draft}
        return int(self.github("POST", "pulls", json=body)["number"])

    def review(self, number: int, event: str, *, who: str = "bruno") -> int:
        body = {"event": event, "body": "Revisado."}
        return int(self.github("POST", f"pulls/{number}/reviews", who=who, json=body)["id"])

    def deploy(
        self, *, environment: str = "homologacao", url: str = "https://hml.example", ref: str = "main"
    ) -> int:
        made = self.github("POST", "deployments", json={"ref": ref, "environment": environment})
        status = {"state": "success", "environment_url": url}
        self.github("POST", f"deployments/{made['id']}/statuses", json=status)
        return int(made["id"])
