"""An installation whose mailbox is a dictionary; a ticket of Ana's waits for an answer."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bridge import proofs
from bridge.clients.mailbox import Fetched
from bridge.config import load
from bridge.mailroom import read_mailbox
from bridge.services import Services, build
from bridge.store import Store, mails, people
from bridge.store.filing import Submission, file_ticket
from bridge.store.tables import IncomingMail, Mail, PartnerActionRow, SuppressedAddress, Ticket, Upload
from mappings import load as load_mappings
from tests.databases import fresh_sqlite
from tests.test_webhooks import SETTINGS

ANA, BIA, EVE = "ana@revenda.example", "bia@revenda.example", "eve@elsewhere.example"
DOMAIN = "resposta.softhouse.example"
ENVIRONMENT = {
    **SETTINGS,
    "CHAMADOS_PUBLIC_URL": "https://chamados.softhouse.example",
    "CHAMADOS_MAIL_FROM": "Chamados Softhouse <chamados@softhouse.example>",
    "CHAMADOS_MAIL_REPLIES": DOMAIN,
    "CHAMADOS_IMAP_URL": "imaps://chamados:x@imap.softhouse.example/INBOX",
}
ANSWERS = {"titulo": "Não salva", "notificar": [BIA], "descricao": "d"}


@dataclass
class Box:
    """What `clients.mailbox.Mailbox` does, over a dictionary."""

    lying: dict[int, bytes] = field(default_factory=dict)
    done_: list[int] = field(default_factory=list)
    flagged_: set[int] = field(default_factory=set)
    validity: int = 7
    name: str = "chamados@imap/INBOX"
    configured: bool = True
    largest: int = 10**9
    next_uid: int = 1

    def bring(self, raw: bytes) -> int:
        uid, self.next_uid = self.next_uid, self.next_uid + 1
        self.lying[uid] = raw
        return uid

    def waiting(self) -> tuple[int, list[int]]:
        return self.validity, sorted(self.lying)

    def read(self, uid: int) -> Fetched | None:
        raw = self.lying.get(uid)
        if raw is None:
            return None
        whole = len(raw) <= self.largest
        return Fetched(raw=raw if whole else raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n", whole=whole)

    def done(self, uid: int) -> None:
        self.done_.append(uid)
        self.lying.pop(uid, None)

    def flagged(self, uid: int) -> None:
        self.flagged_.add(uid)

    def wait(self, seconds: float) -> bool | None:
        return None

    def close(self) -> None:
        pass


@dataclass
class Office:
    services: Services
    box: Box
    now: list[datetime]
    number: int

    # --- what comes

    def address(self, recipient: str = ANA, number: int = 0) -> str:
        secret = self.services.config.secret_key
        return proofs.reply_address(
            secret, ticket_id=number or self.number, recipient=recipient, domain=DOMAIN
        )

    def letter(
        self, text: str = "É o usuário vendas01.", *, sender: str = ANA, to: str = "", **headers: str
    ) -> EmailMessage:
        message = EmailMessage()
        message["From"] = f"Ana Souza <{sender}>"
        message["To"] = to or self.address()
        message["Subject"] = "Re: [CT-1] Não salva"
        message["Message-ID"] = headers.pop("message_id", f"<{self.box.next_uid}@revenda.example>")
        for name, value in headers.items():
            message[name.replace("_", "-")] = value
        message.set_content(text)
        return message

    def bring(self, message: EmailMessage | bytes) -> str:
        """Let an e-mail come and be taken; what came of it."""
        uid = self.box.bring(message if isinstance(message, bytes) else message.as_bytes(policy=SMTP))
        self.look()
        return next(one.outcome for one in self.incoming() if one.uid == uid)

    def look(self) -> None:
        self.now[0] += timedelta(minutes=2)
        read_mailbox(self.services)

    # --- what is there

    def rows(self, table: type[Any]) -> list[Any]:
        with self.services.store.read() as db:
            return list(db.scalars(select(table)))

    def incoming(self) -> list[IncomingMail]:
        return self.rows(IncomingMail)

    def said(self) -> list[tuple[str, str]]:
        return [(one.verb, one.text) for one in self.rows(PartnerActionRow)]

    def files(self) -> list[str]:
        return [one.filename for one in self.rows(Upload)]

    def notices(self) -> list[Mail]:
        return [one for one in self.rows(Mail) if one.kind == "resposta_recusada"]

    def suppressed(self) -> dict[str, str]:
        return {one.email: one.kind for one in self.rows(SuppressedAddress)}

    def queue(self, recipient: str, *, name: str, kind: str = "faltam_informacoes") -> Mail:
        message = EmailMessage()
        message["Message-ID"], message["Subject"] = f"<{name}@softhouse.example>", "[CT-1] Não salva"
        message.set_content("A pergunta é: qual usuário?")
        with self.services.store.begin() as db:
            mails.queue(
                db,
                ticket_id=self.number,
                cause=f"test:{name}",
                kind=kind,
                recipient=recipient,
                message=message,
                now=self.now[0],
            )
        return self.mails()[-1]

    def sent(self, recipient: str = ANA, name: str = "1") -> Mail:
        """An e-mail of ours that the relay has taken."""
        mail = self.queue(recipient, name=name)
        with self.services.store.begin() as db:
            taken = mails.take(db, mail.id, now=self.now[0])
        assert taken
        mails.sent(self.services.store, taken, outcome="250 OK", now=self.now[0])
        return taken

    def mails(self) -> list[Mail]:
        return sorted(self.rows(Mail), key=lambda one: one.id)

    def mail(self, mail_id: int) -> Mail:
        with self.services.store.read() as db:
            return db.get_one(Mail, mail_id)

    def move(self, status: str) -> None:
        with self.services.store.begin() as db:
            db.get_one(Ticket, self.number).status = status


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    store = Store(fresh_sqlite(tmp_path))
    yield opened(store, tmp_path)
    store.close()


@pytest.fixture
def office_anywhere(store: Store, tmp_path: Path) -> Office:
    """The same on each engine."""
    return opened(store, tmp_path)


def opened(store: Store, folder: Path) -> Office:
    now, box = [datetime(2026, 11, 24, 12, tzinfo=UTC)], Box()
    config = replace(load(ENVIRONMENT), files=folder / "files")
    services = replace(
        build(config, load_mappings(None), store),
        mailbox=box,  # type: ignore[arg-type]
        clock=lambda: now[0],
    )
    with store.begin() as db:
        partner = people.register(db, name="Revenda Modelo", email=ANA, now=now[0])
        db.flush()
        submission = Submission(partner=partner, answers=ANSWERS)
        number = file_ticket(db, submission, status="Faltam Informações", now=now[0]).id
    return Office(services=services, box=box, now=now, number=number)
