"""E-mails that come back, and complaints: who gets no more, what is sent again, and what is nobody's."""

from datetime import timedelta

import pytest

from bridge import proofs
from bridge.inbound import reports
from bridge.mailroom.returns import SOFT_WAITS
from bridge.reconcile.outbox import send_due
from bridge.store import suppressed
from bridge.store.tables import Entry
from tests.mailroom.conftest import ANA, BIA, DOMAIN, EVE, Office


def returned_to(office: Office, mail_id: int) -> str:
    return proofs.bounce_address(office.services.config.secret_key, mail_id=mail_id, domain=DOMAIN)


def dsn(
    to: str, *, status: str = "5.1.1", action: str = "failed", diagnostic: str = "", who: str = ANA
) -> bytes:
    """As Postfix writes it (RFC 3464)."""
    diagnostic = diagnostic or f"smtp; 550 {status} <{who}>: Recipient address rejected: User unknown"
    return f"""\
Return-Path: <>
From: MAILER-DAEMON@mx.revenda.example (Mail Delivery System)
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Message-ID: <{status}.{action}.{to.partition("@")[0]}@mx>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.revenda.example
X-Postfix-Queue-ID: 4B1
Arrival-Date: Tue, 24 Nov 2026 10:12:00 -0300 (-03)

Final-Recipient: rfc822; {who}
Original-Recipient: rfc822;{who}
Action: {action}
Status: {status}
Remote-MTA: dns; mx.revenda.example
Diagnostic-Code: {diagnostic}

--b
Content-Type: text/rfc822-headers

From: Chamados <chamados@softhouse.example>
Subject: [CT-1]

--b--
""".replace("\n", "\r\n").encode()


def arf(*, envelope: str = "", reply_to: str = "", kind: str = "abuse") -> bytes:
    """As a provider's feedback loop writes it (RFC 5965)."""
    sender = f"Original-Mail-From: <{envelope}>\n" if envelope else ""
    answers = f"Reply-To: {reply_to}\n" if reply_to else ""
    return f"""\
From: <feedback@provider.example>
To: <abuse@resposta.softhouse.example>
Subject: FW: [CT-1]
Message-ID: <{kind}@provider>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is an email abuse report.

--b
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: Provider/1.0
Version: 1
{sender}
--b
Content-Type: message/rfc822

From: Chamados <chamados@softhouse.example>
{answers}Subject: [CT-1]

Ola
--b--
""".replace("\n", "\r\n").encode()


def test_an_address_that_does_not_exist_gets_no_more(office: Office) -> None:
    mail = office.sent()
    said = office.bring(dsn(returned_to(office, mail.id)))
    assert said.endswith("the address is suppressed")
    assert office.suppressed() == {ANA: "bounce"}
    assert office.mail(mail.id).state == "failed"
    assert any("User unknown" in one.outcome for one in office.rows(Entry))
    assert office.incoming()[0].result == "reported"


@pytest.mark.parametrize(
    ("status", "diagnostic", "severity"),
    [
        ("5.1.1", "", reports.Severity.HARD),
        ("5.1.2", "", reports.Severity.HARD),
        ("5.2.1", "", reports.Severity.HARD),
        ("5.0.0", "smtp; 550 5.1.1 no such user", reports.Severity.HARD),
        ("5.0.0", "smtp; 550 no such user", reports.Severity.HARD),
        ("5.2.2", "", reports.Severity.SOFT),
        ("4.4.7", "smtp; delivery time expired", reports.Severity.SOFT),
        ("5.7.1", "smtp; 550 5.7.1 blocked as spam", reports.Severity.REFUSED),
        ("5.0.0", "smtp; 554 5.7.1 blocked", reports.Severity.REFUSED),
        ("5.3.4", "smtp; 552 5.3.4 message too big", reports.Severity.REFUSED),
        ("5.6.1", "", reports.Severity.REFUSED),
        ("5.1.7", "", reports.Severity.REFUSED),
        ("5.0.0", "smtp; 550 5.1.8 Sender address rejected: Domain not found", reports.Severity.REFUSED),
    ],
)
def test_what_a_status_means(
    office: Office, status: str, diagnostic: str, severity: reports.Severity
) -> None:
    mail = office.sent()
    office.bring(dsn(returned_to(office, mail.id), status=status, diagnostic=diagnostic))
    hard, soft = severity is reports.Severity.HARD, severity is reports.Severity.SOFT
    assert office.suppressed() == ({ANA: "bounce"} if hard else {})
    assert office.mail(mail.id).state == ("queued" if soft else "failed")


def test_a_full_mailbox_is_tried_three_times_more(office: Office) -> None:
    mail = office.sent()
    for wait in SOFT_WAITS:
        office.bring(dsn(returned_to(office, mail.id), status="5.2.2"))
        due_at = office.mail(mail.id).due_at
        assert due_at
        assert abs(due_at - office.now[0] - wait) < timedelta(seconds=1)
    office.bring(dsn(returned_to(office, mail.id), status="5.2.2"))
    assert (office.mail(mail.id).state, office.suppressed()) == ("failed", {})


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed"])
def test_news_of_a_delivery_change_nothing(office: Office, action: str) -> None:
    mail = office.sent()
    office.bring(dsn(returned_to(office, mail.id), status="4.4.1", action=action))
    assert (office.mail(mail.id).state, office.suppressed()) == ("sent", {})


def test_nobody_can_silence_another(office: Office) -> None:
    """A report that does not come to the envelope's own address is nobody's."""
    mail = office.sent()
    forged = [
        f"bounce+{mail.id}.{'a' * 16}@{DOMAIN}",
        returned_to(office, mail.id).replace(f"+{mail.id}.", f"+{mail.id + 1}."),
        office.address(),
        "chamados@softhouse.example",
    ]
    for address in forged:
        assert office.bring(dsn(address)) == "a report on no e-mail of ours"
    office.bring(arf(envelope=forged[0]))
    office.bring(arf(reply_to=f"ct-{office.number}+{'a' * 16}@{DOMAIN}", kind="fraud"))
    assert (office.suppressed(), office.mail(mail.id).state) == ({}, "sent")


def test_a_report_in_mere_words_is_read_too(office: Office) -> None:
    mail = office.sent()
    message = office.letter(
        "Hi. This is the qmail-send program at mx.revenda.example.\n\n"
        "<ana@revenda.example>:\n10.0.0.1 does not like recipient.\n"
        "Remote host said: 550 5.1.1 User unknown\nGiving up on 10.0.0.1.\n",
        sender="MAILER-DAEMON@mx.revenda.example",
        to=returned_to(office, mail.id),
    )
    office.bring(message)
    assert office.suppressed() == {ANA: "bounce"}


def test_an_absence_told_to_the_envelope_is_no_bounce(office: Office) -> None:
    mail = office.sent()
    headers = {"Auto_Submitted": "auto-replied"}
    office.bring(office.letter("Estou de férias até 30/11.", to=returned_to(office, mail.id), **headers))
    assert (office.suppressed(), office.mail(mail.id).state) == ({}, "sent")
    assert office.notices() == []


@pytest.mark.parametrize("by", ["envelope", "reply_to"])
def test_who_calls_it_spam_gets_no_more(office: Office, by: str) -> None:
    mail = office.sent(BIA)
    proof = {"envelope": returned_to(office, mail.id), "reply_to": office.address(BIA)}[by]
    office.bring(arf(**{by: proof}))
    assert office.suppressed() == {BIA: "complaint"}


def test_where_the_server_diagnoses_nothing_its_words_are_read(office: Office) -> None:
    """As Exim writes of its own refusals."""
    mail = office.sent()
    raw = dsn(returned_to(office, mail.id), status="5.0.0").replace(b"Diagnostic-Code", b"X-Nothing")
    office.bring(raw.replace(b"could not be delivered.", b"came back:\r\n\r\n    552 5.2.2 Mailbox full"))
    assert (office.mail(mail.id).state, office.suppressed()) == ("queued", {})


def test_who_takes_it_back_is_not_stopped(office: Office) -> None:
    mail = office.sent(BIA)
    office.bring(arf(envelope=returned_to(office, mail.id), kind="not-spam"))
    assert office.suppressed() == {}


def test_nothing_is_handed_over_for_a_suppressed_address(office: Office) -> None:
    """The relay of these tests does not exist: an attempt would be queued again."""
    mail = office.sent(BIA)
    office.bring(dsn(returned_to(office, mail.id), who=BIA))
    office.queue(BIA, name="2")
    office.queue(BIA, name="3", kind="entrar")
    send_due(office.services)
    states = {one.message_id.partition("@")[0]: one.state for one in office.mails()}
    assert states == {"<1": "failed", "<2": "failed", "<3": "queued"}
    assert "suppressed" in office.mails()[1].outcome
    with office.services.store.begin() as db:
        assert suppressed.release(db, BIA.upper())
        assert not suppressed.release(db, EVE)
    office.queue(BIA, name="4")
    send_due(office.services)
    assert office.mails()[3].state == "queued"


@pytest.mark.parametrize(
    ("answer", "stopped"),
    [
        ("550 5.1.1 No such mailbox", True),
        ("550 5.2.1 Mailbox disabled", True),
        ("550 No such user", False),
        ("554 5.7.1 Spam", False),
        ("552 5.2.2 Full", False),
        ("530 5.7.0 Must issue STARTTLS", False),
        ("535 5.7.8 Bad credentials", False),
        ("550 5.1.10 Domain takes no mail", True),
        ("550 5.1.0 Address rejected", False),
        ("550 5.1.7 Sender address rejected", False),
        ("550 5.1.8 Sender address rejected: Domain not found", False),
    ],
)
def test_the_relays_own_refusal_stops_an_address_only_if_it_says_so(answer: str, stopped: bool) -> None:
    assert reports.names_no_mailbox(answer) is stopped


def test_a_report_in_words_may_hold_what_no_database_takes(office_anywhere: Office) -> None:
    office = office_anywhere
    to = returned_to(office, office.sent().id)
    head = f"Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example\r\nTo: {to}\r\n\r\n"
    assert office.bring(head.encode() + b"550 5.1.1 no \0such user\r\n").endswith("is suppressed")
    assert office.suppressed() == {ANA: "bounce"}
