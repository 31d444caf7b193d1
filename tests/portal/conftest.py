"""A portal of its own: the real blueprint over SQLite, a clock set by hand, an AI told what to say."""

import re
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import select
from werkzeug.test import TestResponse

from bridge import operator, portal
from bridge.clients.licences import Licences
from bridge.config import load as load_config
from bridge.portal.limits import COUNTS
from bridge.proposal import Proposal
from bridge.services import Services, build
from bridge.store import Store, people
from bridge.store.tables import Base, Draft, Mail, Partner, Ticket
from mappings import load as load_mappings
from tests.databases import fresh_sqlite

ENVIRONMENT = {
    "CHAMADOS_PUBLIC_URL": "http://localhost",
    "CHAMADOS_SECRET_KEY": "x" * 32,
    "CHAMADOS_JIRA_URL": "http://127.0.0.1:9",
    "CHAMADOS_JIRA_TOKEN": "t",
    "CHAMADOS_JIRA_PROJECT": "CHAM",
    "CHAMADOS_JIRA_WEBHOOK_SECRET": "jira-webhook-secret",
    "CHAMADOS_GITHUB_TOKEN": "t",
    "CHAMADOS_GITHUB_WEBHOOK_SECRET": "github-webhook-secret",
    "CHAMADOS_SMTP_URL": "smtp://127.0.0.1:9",
    "CHAMADOS_FILE_MB": "10",
    "CHAMADOS_MAIL_FROM": "Chamados <chamados@softhouse.example>",
    "CHAMADOS_OPERATORS": "ana@revenda.com.br",
    "CHAMADOS_OPENAI_PARTNERS": "all",
}
START = datetime(2026, 11, 24, 13, 12, tzinfo=UTC)
ANSWERS = {
    "titulo": "Não salva produtos importados por planilha",
    "email_cliente": "admin@cliente.com.br",
    "ferramenta": "Sistema",
    "integracao": "",
    "notificar": "suporte@revenda.com.br",
    "fluxo": "Cadastros; Produtos; Importar",
    "descricao": "Ao importar a planilha, nada acontece.\r\nMensagem: erro 42.",
    "links": "",
}
PNG = bytes.fromhex(  # one white point
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b5500"
    "00000a49444154789c63f80f0001010100b138f6140000000049454e44ae426082"
)


class Compiled(BytecodeCache):
    """Templates that an earlier test has compiled: they do not change while tests run."""

    def __init__(self) -> None:
        self.codes: dict[str, Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.codes.get(bucket.key)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.codes[bucket.key] = bucket.code


COMPILED = Compiled()
mappings = cache(load_mappings)


def proposal(**said: Any) -> Proposal:
    """A proposal that says only this."""
    empty = dict.fromkeys(("title", "result", "expected", "message", "user", "frequency"), "")
    return Proposal(**{**empty, "steps": (), "questions": (), "model": "m", **said})


@dataclass
class FakeAssistant:
    """Proposes what it is told to, or fails as it is told to."""

    available: bool = True
    answer: Proposal | Exception = field(
        default_factory=lambda: proposal(
            title="ERP: importação não salva produtos",
            result="Proposta clara.",
            questions=("Qual usuário?",),
        )
    )
    asked: list[dict[str, object]] = field(default_factory=list)

    def propose(self, **asked: object) -> Proposal:
        self.asked.append(asked)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@dataclass
class Portal:
    """One installation's portal and what happened in it."""

    app: Flask
    services: Services
    assistant: FakeAssistant
    now: list[datetime]
    woken: list[int]

    def wait(self, delta: timedelta) -> None:
        self.now[0] += delta

    def client(self) -> FlaskClient:
        return self.app.test_client()

    def partner(self, email: str) -> Partner:
        with self.services.store.begin() as db:
            return people.register(db, name=f"Revenda {email[0].upper()}", email=email, now=self.now[0])

    def token(self, email: str) -> str:
        with self.services.store.begin() as db:
            partner = people.by_email(db, email)
            assert partner
            return people.issue_token(db, partner)

    def signed_in(self, email: str = "ana@revenda.com.br", *, notice: bool = True) -> "Browser":
        """A browser in which the partner has signed in by the link, as people do."""
        self.partner(email)
        browser = Browser(self)
        browser.get("/entrar")
        browser.post("/entrar", {"email": email})
        assert browser.post(self.link(), {}).status_code == 303
        if notice:
            browser.post("/chamados/novo/aviso", {})
        return browser

    def mails(self) -> list[Mail]:
        with self.services.store.read() as db:
            return list(db.scalars(select(Mail).order_by(Mail.id)))

    def link(self) -> str:
        """The path of the last login link that was sent."""
        message = message_from_bytes(self.mails()[-1].raw, policy=policy.default)
        part = message.get_body(("plain",))
        assert part
        found = re.search(r"http://localhost(/entrar/\S+)", part.get_content())
        assert found, part.get_content()
        return found[1]

    def tickets(self) -> list[Ticket]:
        with self.services.store.read() as db:
            return list(db.scalars(select(Ticket).order_by(Ticket.id)))

    def draft(self, address: str) -> Draft:
        with self.services.store.read() as db:
            return db.get_one(Draft, address.rpartition("/")[2])

    def move(self, ticket_id: int, status: str) -> None:
        with self.services.store.begin() as db:
            ticket = db.get(Ticket, ticket_id)
            assert ticket
            ticket.status, ticket.status_since = status, self.now[0]

    def contents(self) -> dict[str, list[tuple[object, ...]]]:
        """Every row of every table."""
        with self.services.store.read() as db:
            return {
                table.name: sorted((tuple(row) for row in db.execute(select(table))), key=repr)
                for table in Base.metadata.sorted_tables
            }


class Browser:
    """A test client that sends each form's CSRF token, as a browser does."""

    def __init__(self, opened: Portal) -> None:
        self.portal = opened
        self.client = opened.client()
        self._known = ("", "")

    def get(self, path: str, **settings: object) -> TestResponse:
        return self.client.get(path, **settings)  # type: ignore[arg-type]

    def post(self, path: str, form: dict[str, object], **settings: object) -> TestResponse:
        return self.client.post(path, data={**form, "csrf_token": self.token()}, **settings)  # type: ignore[arg-type]

    def tus(self, method: str, path: str, content: bytes = b"", **headers: str) -> TestResponse:
        """A request of tus 1.0, as the script sends it. `Upload_Offset` is the header Upload-Offset."""
        sent = {"Tus-Resumable": "1.0.0", "X-CSRFToken": self.token()}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.open(path, method=method, data=content, headers=sent)

    def begin(self, draft: str, name: str, size: int) -> TestResponse:
        """Announce a file of this size."""
        told = f"filename {b64encode(name.encode()).decode()}"
        return self.tus("POST", f"{draft}/envios", Upload_Length=str(size), Upload_Metadata=told)

    def piece(self, path: str, content: bytes, *, offset: int) -> TestResponse:
        """Send a piece of it."""
        kind = "application/offset+octet-stream"
        return self.tus("PATCH", path, content, Upload_Offset=str(offset), Content_Type=kind)

    def token(self) -> str:
        """What shows that a request comes from our own page. It is good for as long as its cookie stays."""
        cookie = self.client.get_cookie("formulario")
        if cookie and cookie.value == self._known[0]:
            return self._known[1]
        page = self.client.get("/entrar").text
        if "csrf_token" not in page:
            page = self.client.get("/chamados?situacao=todos").text
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert found, page
        cookie = self.client.get_cookie("formulario")
        self._known = (cookie.value if cookie else "", found[1])
        return found[1]

    def new_draft(self) -> str:
        """The address that an empty form is sent to."""
        page = self.get("/chamados/novo?vazio=1", follow_redirects=True).text
        found = re.search(r'action="(/chamados/novo/[\w-]{43})"', page)
        assert found, page
        return found[1]

    def fill(self, address: str, button: str = "revisar", **changes: object) -> TestResponse:
        return self.post(address, {**ANSWERS, "acao": button, **changes})

    def file_ticket(self, **changes: object) -> int:
        """Open a ticket through the form. Returns its number."""
        address = self.new_draft()
        assert self.fill(address, **changes).location == f"{address}/revisar"
        sent = self.post(f"{address}/enviar", {"confirmo_licenca": "1"})
        found = re.fullmatch(r"/chamados/CT-(\d+)/recebido", sent.location or "")
        assert found, sent.text
        return int(found[1])


def unnamed(page: str) -> str:
    """The page without what differs each time that it is asked for."""
    return re.sub(r'nonce="[^"]*"|value="[\w.-]{60,}"', "", page)


def textarea(page: str, name: str) -> str:
    """A textarea's value, as a browser reads and sends it."""
    found = re.search(rf'<textarea[^>]* name="{name}"[^>]*>(.*?)</textarea>', page, re.S)
    assert found, page
    read = unescape(found[1]).replace("\r\n", "\n").removeprefix("\n")
    return read.replace("\n", "\r\n")


@contextmanager
def opened_store(folder: Path) -> Iterator[tuple[Store, str]]:
    """A store with its tables, and a place for files."""
    store = Store(fresh_sqlite(folder))
    yield store, str(folder / "files")
    store.close()


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Portal]:
    """A portal with nobody in it."""
    with opened_store(tmp_path) as (store, files):
        yield make(store, {**ENVIRONMENT, "CHAMADOS_FILES": files})


def make(store: Store, environment: dict[str, str], licences: str = "", *, limited: bool = False) -> Portal:
    now, woken, assistant = [START], [], FakeAssistant()
    built = build(load_config(environment), mappings(), store)
    services = replace(built, clock=lambda: now[0], assistant=assistant, licences=Licences(licences))
    store.on_bells = lambda bells: woken.extend(bells.tickets)
    app = Flask("portal-tests", static_folder=None)
    app.secret_key = environment["CHAMADOS_SECRET_KEY"]
    app.jinja_env.bytecode_cache = COMPILED
    portal.register(app, services)
    app.extensions[COUNTS].enabled = limited
    operator.register(app)
    return Portal(app=app, services=services, assistant=assistant, now=now, woken=woken)


@pytest.fixture
def browser(opened: Portal) -> Browser:
    """A browser in which a partner is signed in and has read the notice."""
    return opened.signed_in()
