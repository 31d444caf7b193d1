"""Handing messages to a relay that refuses, greylists or breaks off."""

import base64
import re
import subprocess
from collections.abc import Iterator

import dkim
import pytest

from bridge.cli.waiting import until
from bridge.clients.errors import Refused, Unavailable
from bridge.clients.mail import Mailer
from bridge.config import MailSettings, Secret
from bridge.emails import wire
from bridge.sandbox.control import Controls, Fault
from bridge.sandbox.mail import Inbox
from tests.letters import letter
from tests.scripted_relay import DIALLED, MESSAGE, scripted_relay

RAW = b"Subject: oi\r\nFrom: a@b.example\r\n\r\ncorpo\r\n"


@pytest.fixture(scope="module")
def key() -> str:
    made = subprocess.run(["openssl", "genrsa", "2048"], capture_output=True, check=True)
    return made.stdout.decode()


def send(mailer: Mailer, recipient: str = "c@d.example") -> str:
    with mailer.open() as line:
        return line.send(RAW, recipient=recipient, key="<1@x>")


@pytest.fixture
def relay() -> Iterator[tuple[Mailer, Inbox, Controls]]:
    controls = Controls()
    inbox = Inbox(controls)
    port = inbox.start("127.0.0.1", 0)
    settings = MailSettings(smtp_url=Secret(f"smtp://127.0.0.1:{port}"), sender="Nós <nos@b.example>")
    yield Mailer(settings), inbox, controls
    inbox.stop()


def test_a_message_arrives(relay: tuple[Mailer, Inbox, Controls]) -> None:
    mailer, inbox, _ = relay
    assert send(mailer).startswith("250")
    [mail] = inbox.mails()
    assert (mail["mail_from"], mail["rcpt_tos"]) == ("nos@b.example", ["c@d.example"])


def test_4xx_is_later_and_5xx_is_never(relay: tuple[Mailer, Inbox, Controls]) -> None:
    mailer, inbox, controls = relay
    controls.add(Fault(match="SMTP *", do="451"))
    with pytest.raises(Unavailable) as later:
        send(mailer)
    assert not later.value.unknown_outcome
    controls.add(Fault(match="SMTP *", do="550"))
    with pytest.raises(Refused, match="550"):
        send(mailer)
    assert inbox.mails() == []


def test_a_break_after_the_final_dot_is_in_doubt(relay: tuple[Mailer, Inbox, Controls]) -> None:
    mailer, inbox, controls = relay
    controls.add(Fault(match="SMTP *", do="drop_after"))
    with pytest.raises(Unavailable) as lost:
        send(mailer)
    assert lost.value.unknown_outcome
    assert len(inbox.mails()) == 1


def test_many_messages_go_over_one_line(relay: tuple[Mailer, Inbox, Controls]) -> None:
    mailer, inbox, controls = relay
    dialled: list[object] = []
    connect = mailer.connect
    with mailer.open() as line, pytest.MonkeyPatch.context() as patch:
        patch.setattr(mailer, "connect", lambda: dialled.append(connect()) or dialled[-1])
        for number in range(3):
            line.send(
                RAW, recipient="c@d.example", key=f"<{number}@x>", envelope=f"bounce+{number}@b.example"
            )
        assert len(dialled) == 1
        dialled[0].close()  # the relay has hung up
        line.send(RAW, recipient="c@d.example", key="<3@x>")
        controls.add(Fault(match="SMTP *", do="550"))
        with pytest.raises(Refused):
            line.send(RAW, recipient="d@d.example", key="<4@x>")
        line.send(RAW, recipient="c@d.example", key="<5@x>")
    senders = [mail["mail_from"] for mail in inbox.mails()]
    assert senders == [
        *(f"bounce+{number}@b.example" for number in range(3)),
        "nos@b.example",
        "nos@b.example",
    ]


def test_a_signature_covers_what_one_click_needs(relay: tuple[Mailer, Inbox, Controls], key: str) -> None:
    _, inbox, _ = relay
    port = relay[0]._port
    settings = MailSettings(
        smtp_url=Secret(f"smtp://127.0.0.1:{port}"),
        sender="Chamados <chamados@softhouse.example>",
        dkim_selector="s2026",
        dkim_key=Secret(key),
    )
    with Mailer(settings).open() as line:
        line.send(wire(letter("recebido")), recipient="ana@revenda.example", key="<1@x>")
    raw = inbox.mails()[0]["raw"].encode()
    covered = re.search(r"h=([^;]+);", raw.decode().replace("\r\n", ""))
    assert covered
    assert {"list-unsubscribe", "list-unsubscribe-post", "from"} <= {
        one.strip().lower() for one in covered[1].split(":")
    }
    record = _dns_record(key)
    assert dkim.verify(raw, dnsfunc=lambda name, timeout=5: record)
    forged = raw.replace(b"/avisos/", b"/outros/", 1)
    assert not dkim.verify(forged, dnsfunc=lambda name, timeout=5: record)


def _dns_record(key: str) -> bytes:
    """What the domain publishes of the key, as openssl writes it."""
    asked = ["openssl", "rsa", "-pubout", "-outform", "DER"]
    public = subprocess.run(asked, input=key.encode(), capture_output=True, check=True).stdout
    return b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


def test_nobody_listening_is_later() -> None:
    mailer = Mailer(MailSettings(smtp_url=Secret("smtp://127.0.0.1:1"), sender="a@b.example"))
    with pytest.raises(Unavailable):
        send(mailer)


@pytest.mark.parametrize(
    ("to", "answer"),
    [
        (DIALLED, "554 5.7.1 Your address is blocked"),
        ("EHLO HELO", "550 We do not know you"),
        ("AUTH", "535 5.7.8 Username and Password not accepted"),
        ("MAIL", "550 5.1.8 Sender address rejected: Domain not found"),
        ("MAIL", "552 5.2.2 Your quota is used up"),  # no SIZE= was said: it cannot be about the message
        ("RCPT", "530 5.7.0 Authentication required"),
        ("RCPT", "550 5.1.8 Sender address rejected: Domain not found"),
        ("RCPT", "554 5.7.1 <c@d.example>: Relay access denied"),
    ],
)
def test_what_is_about_us_is_later_whatever_its_code(to: str, answer: str) -> None:
    with scripted_relay(**dict.fromkeys(to.split(), answer)) as relay, pytest.raises(Unavailable) as raised:
        send(signing_in(relay.port))
    assert raised.value.denied
    assert raised.value.reason == answer
    assert until(lambda: relay.lines == 0, seconds=5)


@pytest.mark.parametrize(
    ("to", "answer"),
    [
        ("RCPT", "550 5.1.1 No such user"),
        ("RCPT", "554 5.7.1 Blocked"),
        ("RCPT", "550 5.1.1 host relay.d.example said: no such user"),
        ("DATA", "554 No valid recipients"),
        (MESSAGE, "552 5.3.4 Message too big"),
        (MESSAGE, "554 5.7.1 Spam"),
    ],
)
def test_what_is_about_the_recipient_or_the_message_is_never(to: str, answer: str) -> None:
    with scripted_relay(**{to: answer}) as relay, pytest.raises(Refused, match=re.escape(answer)):
        send(signing_in(relay.port))


def signing_in(port: int) -> Mailer:
    return Mailer(MailSettings(smtp_url=Secret(f"smtp://us:old@127.0.0.1:{port}"), sender="nos@b.example"))
