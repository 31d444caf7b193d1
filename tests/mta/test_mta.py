"""Through Exim by STARTTLS and AUTH, and back through Dovecot by IMAP: delivered, refused, returned."""

import re
import smtplib
import ssl
import time
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from imapclient import IMAPClient
from sqlalchemy import select

from bridge import proofs
from bridge.cli import mail_checks
from bridge.cli.mail_checks import mail_findings
from bridge.cli.waiting import until
from bridge.clients.errors import Refused, Unavailable
from bridge.clients.mail import Mailer, Relay
from bridge.clients.mailbox import Mailbox
from bridge.clients.names import Names
from bridge.config import Secret, load
from bridge.emails import wire
from bridge.mailroom import empty
from bridge.reconcile.outbox import send_due
from bridge.services import Services, build
from bridge.store import Store, mails, people, schema
from bridge.store.filing import Submission, file_ticket
from bridge.store.tables import IncomingMail, Mail, PartnerActionRow, SuppressedAddress
from mappings import load as load_mappings
from tests.letters import MAPPINGS, letter
from tests.mailroom.conftest import ENVIRONMENT
from tests.mta.servers import PASSWORD, REPLIES, MailServers, missing

pytestmark = pytest.mark.skipif(bool(missing()), reason=f"no mail servers: {missing()}")
ANA = "ana@revenda.example"
SECONDS = 15.0


@pytest.fixture(scope="module")
def servers() -> Iterator[MailServers]:
    running = MailServers()
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def services(servers: MailServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """An installation whose relay and mailbox are real, and a ticket of Ana's that needs an answer."""
    monkeypatch.setenv("SSL_CERT_FILE", str(servers.certificate))
    settings = {"CHAMADOS_SMTP_URL": servers.smtp_url, "CHAMADOS_IMAP_URL": servers.imap_url()}
    config = replace(load({**ENVIRONMENT, **settings}), files=tmp_path / "files")
    store = Store(f"sqlite:///{tmp_path / 'chamados.db'}")
    schema.prepare(store)
    built = build(config, load_mappings(None), store)
    with store.begin() as db:
        partner = people.register(db, name="Revenda Modelo", email=ANA, now=built.clock())
        submission = Submission(partner=partner, answers={"titulo": "Não salva"})
        file_ticket(db, submission, status="Faltam Informações", now=built.clock())
    yield built
    built.mailbox.close()
    store.close()


def queue(services: Services, recipient: str, *, subject: str = "[CT-1] Não salva") -> int:
    """An e-mail of ticket 1 in the outbox, as `emails` composes it; its number."""
    message = EmailMessage()
    message["From"], message["To"] = services.config.mail.sender, recipient
    message["Subject"], message["Message-ID"] = subject, f"<{recipient}.{subject.encode().hex()}@x>"
    message["Reply-To"] = reply_address(services, recipient)
    message.set_content("A pergunta é: qual usuário? Ação, coração, à força.", cte="quoted-printable")
    with services.store.begin() as db:
        mails.queue(
            db,
            ticket_id=1,
            cause=f"test:{subject}",
            kind="faltam_informacoes",
            recipient=recipient,
            message=message,
            now=services.clock(),
        )
        return db.scalars(select(Mail.id).order_by(Mail.id.desc())).first() or 0


def reply_address(services: Services, recipient: str) -> str:
    return proofs.reply_address(services.config.secret_key, ticket_id=1, recipient=recipient, domain=REPLIES)


def mail(services: Services, number: int) -> Mail:
    with services.store.read() as db:
        return db.get_one(Mail, number)


def arrived(servers: MailServers, user: str) -> list[bytes]:
    """What lies in somebody's mailbox, as IMAP gives it."""
    box = Mailbox(Secret(servers.imap_url(user)))
    found = until(lambda: box.waiting()[1], seconds=SECONDS) or []
    fetched = [box.read(uid) for uid in found]
    for uid in found:
        box.done(uid)
    box.close()
    return [one.raw for one in fetched if one]


def write(servers: MailServers, message: EmailMessage, to: str) -> None:
    """As Ana's mail program hands it to her provider's server."""
    with smtplib.SMTP("localhost", servers.smtp_port) as connection:
        connection.starttls(context=ssl.create_default_context(cafile=str(servers.certificate)))
        connection.login("ana", PASSWORD)
        connection.sendmail(ANA, [to], message.as_bytes(policy=SMTP))


def test_an_e_mail_arrives_whole_with_its_own_envelope(servers: MailServers, services: Services) -> None:
    number = queue(services, ANA)
    send_due(services)
    assert mail(services, number).outcome.startswith("250 ")
    [raw] = arrived(servers, "ana")
    message = message_from_bytes(raw, policy=policy.default)
    assert message["Subject"] == "[CT-1] Não salva"
    assert "Ação, coração, à força." in message.get_content()
    assert raw.endswith(mail(services, number).raw.partition(b"\r\n\r\n")[2])
    assert "esmtpsa" in message["Received"]  # encrypted and signed in (RFC 3848)
    returns = proofs.bounce_address(services.config.secret_key, mail_id=number, domain=REPLIES)
    assert message["Return-Path"] == f"<{returns}>"


def test_13_a_tickets_e_mails_are_one_thread_to_opener_and_follower(
    servers: MailServers, services: Services
) -> None:
    """As Dovecot threads them by References alone; those of another ticket, of the same title, do not belong.

    "All mails of one ticket show as one thread in Thunderbird for opener and for a CC'd address; each has
    text part equal in content, `Auto-Submitted`, and a raw `List-Unsubscribe: <https…>` without `=?utf-8?`."
    """
    kinds = sorted(set(MAPPINGS.emails) - {"acompanhar"})
    for user, reader in (("ana", "opener"), ("bia", "colleague")):
        made = [letter(kind, reader, cause=kind) for kind in kinds]
        made += [letter("recebido", reader, reference="CT-7", cause="other")]
        for one in made:  # Exim delivers at once only the first ten of a line
            with Mailer(services.config.mail).open() as relay:
                relay.send(wire(one), recipient=f"{user}@revenda.example", key=str(one["Message-ID"]))
        with IMAPClient("localhost", servers.imaps_port, ssl_context=services.mailbox._context) as box:
            box.login(user, PASSWORD)
            box.select_folder("INBOX")
            assert until(lambda: box.noop() and len(box.search()) == len(made), seconds=SECONDS)  # noqa: B023
            threads = box.thread("REFS")
            assert sorted(len(_numbers(one)) for one in threads) == [1, len(kinds)]
            for got in box.fetch(box.search(), ["BODY.PEEK[]"]).values():
                heads = got[b"BODY[]"].partition(b"\r\n\r\n")[0]
                assert b"\r\nAuto-Submitted: auto-generated\r\n" in heads
                assert re.search(rb"\r\nList-Unsubscribe: <https://[^\s>]+>\r\n", heads)
            box.delete_messages(box.search())
            box.expunge()


def _numbers(thread: object) -> list[int]:
    """A thread's e-mails, however deep."""
    return [thread] if isinstance(thread, int) else [one for part in thread for one in _numbers(part)]  # type: ignore[attr-defined]


def test_a_refusal_is_final_and_stops_the_address(services: Services) -> None:
    number = queue(services, "ninguem@revenda.example")
    send_due(services)
    assert (mail(services, number).state, "550 5.1.1" in mail(services, number).outcome) == ("failed", True)
    with services.store.read() as db:
        assert db.get(SuppressedAddress, "ninguem@revenda.example")
    content = queue(services, ANA, subject="PROIBIDO")
    send_due(services)
    assert (mail(services, content).state, "5.6.0" in mail(services, content).outcome) == ("failed", True)


def test_a_greylisting_server_is_asked_again(services: Services) -> None:
    number = queue(services, "lenta@revenda.example")
    send_due(services)
    found = mail(services, number)
    assert (found.state, "451 4.7.1" in found.outcome, found.attempts) == ("queued", True, 1)


def test_what_comes_back_later_stops_the_address(servers: MailServers, services: Services) -> None:
    number = queue(services, "sumiu@revenda.example")
    send_due(services)
    assert mail(services, number).state == "sent"
    assert until(lambda: empty(services), seconds=SECONDS), servers.said()
    assert mail(services, number).outcome == "came back: 550 5.1.1 This mailbox was closed"
    with services.store.read() as db:
        assert db.get_one(SuppressedAddress, "sumiu@revenda.example").kind == "bounce"


def test_an_answer_comes_in_and_is_put_away(servers: MailServers, services: Services) -> None:
    queue(services, ANA)
    send_due(services)
    [raw] = arrived(servers, "ana")
    asked = message_from_bytes(raw, policy=policy.default)
    answer = EmailMessage()
    answer["From"], answer["To"], answer["Subject"] = (
        f"Ana <{ANA}>",
        asked["Reply-To"],
        "Re: [CT-1] Não salva",
    )
    answer["Message-ID"], answer["In-Reply-To"] = "<resposta@revenda.example>", asked["Message-ID"]
    quoted = "\n".join(f"> {line}" for line in asked.get_content().splitlines())
    answer.set_content(
        f"É o usuário vendas01, à tarde.\n\nEm 24/11/2026 10:12, Chamados escreveu:\n{quoted}\n"
    )
    write(servers, answer, str(asked["Reply-To"]))
    assert until(lambda: empty(services), seconds=SECONDS), servers.said()
    with services.store.read() as db:
        [said] = db.scalars(select(PartnerActionRow))
    assert (said.verb, said.text) == ("answered", "É o usuário vendas01, à tarde.")
    with IMAPClient("localhost", servers.imaps_port, ssl_context=services.mailbox._context) as box:
        box.login("chamados", PASSWORD)
        assert box.folder_status("INBOX", "MESSAGES") == {b"MESSAGES": 0}
        box.select_folder("Tratadas")
        assert box.search(["SEEN", "HEADER", "Message-ID", "<resposta@revenda.example>"])


@pytest.mark.parametrize("lacking", [set(), {"MOVE"}, {"MOVE", "UIDPLUS"}], ids=["nothing", "MOVE", "both"])
def test_mail_is_put_away_once_by_servers_old_and_new(
    servers: MailServers, services: Services, monkeypatch: pytest.MonkeyPatch, lacking: set[str]
) -> None:
    offered = IMAPClient.has_capability
    monkeypatch.setattr(
        IMAPClient, "has_capability", lambda box, name: name not in lacking and offered(box, name)
    )
    message = EmailMessage()
    message["Subject"] = f"sem {sorted(lacking)}"
    write(servers, message, f"qualquer@{REPLIES}")
    assert until(lambda: empty(services), seconds=SECONDS)
    assert services.mailbox.waiting()[1] == []
    assert empty(services) == 0


def test_the_mailbox_tells_of_what_comes_while_we_listen(servers: MailServers, services: Services) -> None:
    box = services.mailbox
    assert box.waiting()[1] == []
    assert box.wait(0.1) is False
    write(servers, news(), f"qualquer@{REPLIES}")
    assert box.wait(SECONDS) is True
    assert until(lambda: empty(services), seconds=SECONDS)


def test_the_mailbox_tells_of_what_came_before_we_listened(servers: MailServers, services: Services) -> None:
    box = services.mailbox
    write(servers, news(), f"qualquer@{REPLIES}")
    assert until(lambda: empty(services), seconds=SECONDS), servers.said()
    write(servers, news(), f"qualquer@{REPLIES}")
    unread = servers.folder / "mail" / "chamados" / "new"
    assert until(lambda: any(unread.iterdir()), seconds=SECONDS), servers.said()
    began = time.monotonic()
    assert box.wait(SECONDS) is True
    assert time.monotonic() - began < SECONDS / 2
    assert empty(services) == 1
    assert box.wait(0.1) is False


def news() -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = "nova"
    return message


def test_a_connection_that_died_is_opened_anew(servers: MailServers, services: Services) -> None:
    assert services.mailbox.waiting()
    opened = services.mailbox._connection
    assert opened
    opened.shutdown()
    assert services.mailbox.waiting()


def test_neither_server_is_trusted_without_its_certificate(
    servers: MailServers, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(Unavailable, match="SSLCertVerificationError"):
        Relay(Mailer(services.config.mail)).send(b"Subject: x\r\n\r\n", recipient=ANA, key="<1@x>")
    with pytest.raises(Unavailable, match="SSLCertVerificationError"):
        Mailbox(Secret(servers.imap_url())).waiting()


def test_a_wrong_password_is_said_and_never_shown(servers: MailServers, services: Services) -> None:
    wrong = servers.imap_url().replace(PASSWORD, "canario")
    with pytest.raises(Refused, match="does not let us in") as raised:
        Mailbox(Secret(wrong)).waiting()
    assert "canario" not in str(raised.value)
    settings = replace(services.config.mail, smtp_url=Secret(servers.smtp_url.replace(PASSWORD, "canario")))
    with pytest.raises(Unavailable, match="535") as denied:
        Relay(Mailer(settings)).send(b"Subject: x\r\n\r\n", recipient=ANA, key="<1@x>")
    assert denied.value.denied
    assert "canario" not in str(denied.value)


def test_doctor_sends_an_e_mail_to_its_own_mailbox_and_finds_it(
    servers: MailServers, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = mail_findings(services.config, names=Names(), relay_answers=lambda: True)
    assert [(one.name, one.state) for one in found] == [
        (name, "ok") for name in ("tls", "dns", "imap", "round trip")
    ]
    [uid] = services.mailbox.waiting()[1]
    fetched = services.mailbox.read(uid)
    assert fetched
    sent = message_from_bytes(fetched.raw, policy=policy.default)
    assert empty(services) == 1
    with services.store.read() as db:
        [taken] = db.scalars(select(IncomingMail))
    assert (taken.result, taken.outcome) == ("ignored", "our own e-mail came back")
    assert services.mailbox.find(str(sent["Message-ID"]))  # put away by a worker, it counts as well
    elsewhere = replace(services.config.mail, replies="revenda.example")
    monkeypatch.setattr(mail_checks, "ROUND_TRIP_SECONDS", 0.5)
    *_, lost = mail_findings(
        replace(services.config, mail=elsewhere), names=Names(), relay_answers=lambda: True
    )
    assert (lost.name, lost.state) == ("round trip", "error")


def test_doctor_says_who_does_not_let_it_in(servers: MailServers, services: Services) -> None:
    wrong = replace(services.config.mail, imap_url=Secret(servers.imap_url().replace(PASSWORD, "canario")))
    *_, found = mail_findings(replace(services.config, mail=wrong), names=Names(), relay_answers=lambda: True)
    assert (found.name, found.state, "canario" in repr(found)) == ("imap", "error", False)
