"""Handing messages to a relay that refuses, greylists or breaks off."""

import base64
import re
import subprocess
from collections.abc import Iterator

import dkim
import pytest

from bridge.clients.errors import Refused, Unavailable
from bridge.clients.mail import Mailer
from bridge.config import MailSettings, Secret
from bridge.emails import wire
from bridge.sandbox.control import Controls, Fault
from bridge.sandbox.mail import Inbox
from tests.letters import letter

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
