"""Answers by e-mail: whose they are, what becomes of them, and what is said to whom when they are refused."""

from base64 import b32encode
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import DataError
from structlog.testing import capture_logs

from bridge.clients.errors import Unavailable
from bridge.inbound.letter import MAXIMUM_ADDRESSES, MAXIMUM_TEXT
from bridge.mailroom import replies
from bridge.store.tables import Mail, Recipient, Ring, Upload
from tests.mailroom.conftest import ANA, BIA, DOMAIN, EVE, Office
from tests.portal.conftest import PNG


def body(mail: Mail) -> str:
    part = message_from_bytes(mail.raw, policy=policy.default).get_body(("plain",))
    assert part
    return str(part.get_content())


# --- taken


def test_an_answer_is_written_down_and_the_ticket_is_rung(office: Office) -> None:
    assert office.bring(office.letter()) == "answered with 0 files, 0 refused"
    assert office.said() == [("answered", "É o usuário vendas01.")]
    [ring] = [one for one in office.rows(Ring) if one.kind == "partner"]
    assert ring.subject == "action:1"
    assert (office.box.done_, office.box.lying, office.notices()) == ([1], {}, [])


def test_where_nothing_was_asked_it_is_a_comment(office: Office) -> None:
    office.move("Doing")
    office.bring(office.letter())
    assert office.said() == [("commented", "É o usuário vendas01.")]


def test_who_did_not_open_the_ticket_comments(office: Office) -> None:
    office.bring(office.letter("Vi o mesmo aqui.", sender=BIA, to=office.address(BIA)))
    assert office.said() == [("commented", "Vi o mesmo aqui.")]


def test_what_we_wrote_is_not_taken_for_an_answer(office: Office) -> None:
    office.sent()
    quoted = "> A pergunta é: qual usuário?"
    office.bring(office.letter(f"Vendas01.\n\nEm 24/11/2026 10:12, Chamados Softhouse escreveu:\n{quoted}\n"))
    assert office.said() == [("answered", "Vendas01.")]


def test_files_come_under_the_rules_of_the_form(office: Office) -> None:
    message = office.letter("Segue.")
    message.add_attachment(PNG, maintype="image", subtype="png", filename="tela.png")
    message.add_attachment(b"MZ\x90", maintype="image", subtype="png", filename="virus.png")
    message.add_attachment(b"x", maintype="application", subtype="x-exe", filename="setup.exe")
    office.bring(message)
    assert office.files() == ["tela.png"]
    kept = {one.stem for one in office.services.config.files.iterdir()}
    assert kept == {one.stored_as for one in office.rows(Upload)}
    [notice] = office.notices()
    assert notice.recipient == ANA
    assert "virus.png" in body(notice)
    assert "setup.exe" in body(notice)
    assert office.said() == [("answered", "Segue.")]


def test_a_logo_of_the_signature_is_no_file_and_a_print_in_the_text_is_one(office: Office) -> None:
    text = "Veja:\n\n[cid:print@1]\n\nAtt,\nAna Souza\n[cid:logo@1]\n"
    message = office.letter(text)
    for name in ("print", "logo"):
        message.add_attachment(
            PNG,
            maintype="image",
            subtype="png",
            filename=f"{name}.png",
            disposition="inline",
            cid=f"<{name}@1>",
        )
    office.bring(message)
    assert (office.files(), office.said()) == (["print.png"], [("answered", "Veja:")])


def test_files_alone_are_an_answer(office: Office) -> None:
    message = office.letter("")
    message.add_attachment(PNG, maintype="image", subtype="png", filename="tela.png")
    office.bring(message)
    assert (office.said(), office.files()) == ([("answered", replies.ONLY_FILES)], ["tela.png"])


# --- once


def test_the_same_mail_brought_twice_is_one(office_anywhere: Office) -> None:
    office = office_anywhere
    office.bring(office.letter(message_id="<same@x>"))
    again = office.letter(message_id="<same@x>")
    assert office.bring(again) == "a copy of number 1, which was taken"
    assert len(office.said()) == 1


def test_another_mail_with_the_same_id_is_another(office: Office) -> None:
    office.bring(office.letter("um", message_id="<same@x>"))
    office.bring(office.letter("dois", message_id="<same@x>"))
    assert [text for _, text in office.said()] == ["um", "dois"]


def test_a_mailbox_made_anew_does_not_repeat_what_was_taken(office: Office) -> None:
    raw = office.letter().as_bytes(policy=SMTP)
    office.bring(raw)
    office.box.validity, office.box.next_uid = 8, 1
    office.bring(raw)
    assert len(office.said()) == 1


def test_what_was_taken_is_only_put_away(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(uid: int) -> None:
        raise Unavailable("IMAP", "cut off")

    with monkeypatch.context() as broken:
        broken.setattr(office.box, "done", cut)
        office.bring(office.letter())
    assert (len(office.said()), list(office.box.lying)) == (1, [1])
    office.look()
    assert (len(office.said()), list(office.box.lying)) == (1, [])


def test_one_mail_that_cannot_be_read_stops_no_other(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    real = replies.letter

    def picky(message: object) -> object:
        came = real(message)  # type: ignore[arg-type]
        if "veneno" in came.text:
            raise ValueError("cannot be read")
        return came

    monkeypatch.setattr(replies, "letter", picky)
    office.box.bring(office.letter("veneno").as_bytes(policy=SMTP))
    office.bring(office.letter("bom"))
    office.look()
    assert office.said() == [("answered", "bom")]
    assert (office.box.flagged_, list(office.box.lying)) == ({1}, [1])
    assert [one.result for one in office.incoming()] == ["broken", "taken"]


def test_parts_nested_without_end_stop_no_other_mail(office: Office) -> None:
    nested = b"".join(
        b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (n, n) for n in range(1500)
    )
    office.box.bring(b"From: eve@elsewhere.example\r\nTo: " + office.address().encode() + b"\r\n" + nested)
    with capture_logs():  # by itself, structlog draws each of the traceback's frames
        office.bring(office.letter("bom"))
    assert office.said() == [("answered", "bom")]
    assert (office.box.flagged_, list(office.box.lying)) == ({1}, [1])
    assert [(one.result, one.sender) for one in office.incoming()] == [("broken", ""), ("taken", ANA)]


def test_what_the_database_refuses_for_good_stops_no_other(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*given: object, **more: object) -> None:
        raise DataError("INSERT", {}, ValueError("cannot contain NUL"))

    office.box.bring(office.letter("veneno").as_bytes(policy=SMTP))
    with monkeypatch.context() as broken, capture_logs():
        broken.setattr(replies, "write_down", refused)
        office.look()
    office.bring(office.letter("bom"))
    assert office.said() == [("answered", "bom")]
    assert office.box.flagged_ == {1}


# --- refused


def refused(office: Office, message: EmailMessage | bytes, *, notices: int, said: str = "") -> None:
    assert "refused" in office.bring(message)
    assert office.said() == []
    assert len(office.notices()) == notices
    if said:
        [notice] = office.notices()
        assert said in " ".join(body(notice).split())


def test_a_stranger_with_the_address_is_refused_and_its_holder_told(office: Office) -> None:
    refused(office, office.letter("canário", sender=EVE), notices=1, said="não participa deste chamado")
    [notice] = office.notices()
    assert notice.recipient == ANA
    assert "canário" not in body(notice)
    assert EVE.encode() not in notice.raw


def test_a_member_without_the_address_is_refused(office: Office) -> None:
    """From says Bia, and anybody can write that: the address is Eve's guess."""
    forged = f"ct-{office.number}+{'a' * 16}@{office.address().partition('@')[2]}"
    refused(office, office.letter(sender=BIA, to=forged), notices=1, said="não confere")
    assert office.notices()[0].recipient == BIA


def test_a_stranger_without_the_address_hears_nothing(office: Office) -> None:
    forged = f"ct-{office.number}+{'a' * 16}@{office.address().partition('@')[2]}"
    refused(office, office.letter(sender=EVE, to=forged), notices=0)


def test_another_tickets_address_opens_no_other(office: Office) -> None:
    other = office.address(number=office.number + 1).replace(f"ct-{office.number + 1}", f"ct-{office.number}")
    refused(office, office.letter(to=other), notices=1)


def test_who_was_taken_off_the_ticket_answers_no_more(office: Office) -> None:
    with office.services.store.begin() as db:
        db.delete(db.scalars(select(Recipient).where(Recipient.email == BIA)).one())
    refused(office, office.letter(sender=BIA, to=office.address(BIA)), notices=0)


def guessed(office: Office, count: int) -> str:
    """So many addresses as we give them, of the ticket, with tags that were never given."""
    tags = (b32encode(b"%010d" % number).decode().lower() for number in range(count))
    return ", ".join(f"ct-{office.number}+{tag}@{DOMAIN}" for tag in tags)


def test_guessed_addresses_are_asked_for_a_few_times_only(office: Office) -> None:
    asked: list[str] = []
    event.listen(
        office.services.store.engine, "before_cursor_execute", lambda *given: asked.append(str(given[2]))
    )
    refused(office, office.letter(sender=EVE, to=guessed(office, 2_000)), notices=0)
    assert sum("FROM recipients" in one for one in asked) == MAXIMUM_ADDRESSES
    assert len(asked) < 10 * MAXIMUM_ADDRESSES


def test_other_recipients_and_a_few_guesses_keep_nobody_from_answering(office: Office) -> None:
    others = ", ".join(f"pessoa{number}@revenda.example" for number in range(200))
    office.bring(office.letter(to=f"{others}, {guessed(office, 9)}, {office.address()}"))
    assert office.said() == [("answered", "É o usuário vendas01.")]


def test_an_empty_answer_is_refused_with_the_reason(office: Office) -> None:
    quoted = "Em 24/11/2026 10:12, Chamados Softhouse escreveu:\n> A pergunta é: qual usuário?\n"
    refused(office, office.letter(quoted), notices=1, said="Não encontramos nenhum texto seu")


def test_what_is_too_long_or_too_large_is_refused_with_the_reason(office: Office) -> None:
    refused(office, office.letter("palavra " * 3000), notices=1, said="longo demais")
    office.box.largest = 5000
    office.bring(office.letter("palavra " * 1000))
    assert "grande demais" in body(office.notices()[1])
    assert office.said() == []


def html(office: Office, words: str) -> EmailMessage:
    message = office.letter()
    message.set_content(words, subtype="html")
    return message


def test_of_a_text_that_is_not_read_to_its_end_nothing_is_taken(office: Office) -> None:
    long = "<p style='margin: 0'></p>" * (MAXIMUM_TEXT // 20)
    refused(office, html(office, f"<p>Vendas01.</p>{long}<p>E o 02.</p>"), notices=1, said="longo demais")


def test_a_picture_written_into_the_html_is_not_counted(office: Office) -> None:
    picture = f"<img src='data:image/png;base64,{'A' * MAXIMUM_TEXT}'>"
    office.bring(html(office, f"<p>Vendas01.</p>{picture}<p>E o 02.</p>"))
    assert office.said() == [("answered", "Vendas01.\n\nE o 02.")]


def test_a_flood_is_stopped_and_two_programs_do_not_answer_each_other_for_ever(office: Office) -> None:
    for number in range(replies.AT_ONCE + 20):
        office.box.bring(office.letter(f"texto {number}").as_bytes(policy=SMTP))
    office.look()
    assert len(office.said()) == replies.AT_ONCE
    assert len(office.notices()) == replies.NOTICES_A_DAY


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"X_Autoreply": "yes"},
        {"Return_Path": "<>"},
        {"X_Chamado": "CT-1"},
    ],
    ids=lambda one: next(iter(one)),
)
def test_programs_are_not_listened_to_and_not_answered(office: Office, headers: dict[str, str]) -> None:
    office.bring(office.letter("Estou de férias até 30/11.", **headers))
    assert (office.said(), office.notices()) == ([], [])
    assert office.incoming()[0].result == "ignored"


@pytest.mark.parametrize(
    ("subject", "sender"),
    [
        ("Resposta automática: [CT-1] Não salva", ANA),
        ("Ausência temporária Re: [CT-1] Não salva", ANA),
        ("Re: [CT-1]", "no-reply@revenda.example"),
        ("Re: [CT-1]", "chamados@softhouse.example"),
    ],
)
def test_programs_are_known_by_their_looks(office: Office, subject: str, sender: str) -> None:
    message = office.letter(sender=sender)
    message.replace_header("Subject", subject)
    office.bring(message)
    assert (office.said(), office.notices()) == ([], [])


def test_a_person_may_write_of_an_automatic_answer(office: Office) -> None:
    message = office.letter()
    message.replace_header("Subject", "Re: Resposta automática: [CT-1] Não salva")
    office.bring(message)
    assert len(office.said()) == 1


def test_mail_for_somebody_else_is_let_lie(office: Office) -> None:
    outcome = office.bring(office.letter(to="vendas@softhouse.example"))
    assert outcome == "it is to no reply address of a ticket"
    assert office.notices() == []


def test_notices_hold_no_header_of_the_writers(office: Office) -> None:
    evil = office.letter("", message_id="<x\ty>")
    evil.replace_header("Subject", "oi")
    raw = evil.as_bytes(policy=SMTP).replace(b"Message-ID: <x\ty>", b"Message-ID: <x\r\n Bcc: eve@x>")
    office.bring(raw)
    [notice] = office.notices()
    parsed = message_from_bytes(notice.raw, policy=policy.default)
    assert parsed["Bcc"] is None
    assert parsed["Auto-Submitted"] == "auto-replied"
