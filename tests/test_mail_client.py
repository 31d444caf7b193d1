"""Handing messages to a relay that refuses, greylists or breaks off."""

from collections.abc import Iterator

import pytest

from bridge.clients.errors import Refused, Unavailable
from bridge.clients.mail import Mailer
from bridge.config import MailSettings, Secret
from bridge.sandbox.control import Controls, Fault
from bridge.sandbox.mail import Inbox

RAW = b"Subject: oi\r\nFrom: a@b.example\r\n\r\ncorpo\r\n"


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
    assert mailer.send(RAW, recipient="c@d.example", key="<1@x>").startswith("250")
    [mail] = inbox.mails()
    assert (mail["mail_from"], mail["rcpt_tos"]) == ("nos@b.example", ["c@d.example"])


def test_4xx_is_later_and_5xx_is_never(relay: tuple[Mailer, Inbox, Controls]) -> None:
    mailer, inbox, controls = relay
    controls.add(Fault(match="SMTP *", do="451"))
    with pytest.raises(Unavailable) as later:
        mailer.send(RAW, recipient="c@d.example", key="<1@x>")
    assert not later.value.unknown_outcome
    controls.add(Fault(match="SMTP *", do="550"))
    with pytest.raises(Refused, match="550"):
        mailer.send(RAW, recipient="c@d.example", key="<1@x>")
    assert inbox.mails() == []


def test_a_break_after_the_final_dot_is_in_doubt(relay: tuple[Mailer, Inbox, Controls]) -> None:
    mailer, inbox, controls = relay
    controls.add(Fault(match="SMTP *", do="drop_after"))
    with pytest.raises(Unavailable) as lost:
        mailer.send(RAW, recipient="c@d.example", key="<1@x>")
    assert lost.value.unknown_outcome
    assert len(inbox.mails()) == 1


def test_nobody_listening_is_later() -> None:
    mailer = Mailer(MailSettings(smtp_url=Secret("smtp://127.0.0.1:1"), sender="a@b.example"))
    with pytest.raises(Unavailable):
        mailer.send(RAW, recipient="c@d.example", key="<1@x>")
