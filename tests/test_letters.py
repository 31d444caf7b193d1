"""E-mails taken apart: whatever comes, nothing raises, nothing is believed, and what is said is found."""

import os
import random
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from bridge.inbound import kinds, reports
from bridge.inbound.letter import MAXIMUM_TEXT, letter, sender_of
from bridge.inbound.parsing import DEEPEST, MAXIMUM_HEADERS, MAXIMUM_LINES, MAXIMUM_PARTS, parsed
from bridge.inbound.reply import Thread, own_words
from tests.mailroom.test_returns import arf, dsn
from tests.quickness import quick
from tests.replies import shapes
from tests.replies.table import ROWS

BROKEN = int(os.environ.get("CHAMADOS_TEST_LETTERS", "400"))
SEED = int(os.environ.get("CHAMADOS_TEST_SEED", "1"))
BITS = (
    b"\r\n",
    b"=?utf-8?q?=FF?=",
    b"=?x?b?!!?=",
    b"\x00",
    b"\xff",
    b"--b",
    b"<",
    b'"',
    b"charset=nope",
    b"filename*=utf-8''%FF",
    b"message/delivery-status",
    b'Content-Type: multipart/mixed; boundary="b"\r\n',
    b"Content-Transfer-Encoding: base64\r\n",
    b'From: a@b <c@d>, "x" <e@f>\r\n',
)


def broken(dice: random.Random, raw: bytes) -> bytes:
    """The e-mail after an accident."""
    left = bytearray(raw)
    for _ in range(dice.randint(1, 12)):
        place = dice.randrange(len(left))
        end = place + dice.randint(0, 40)
        left[place:end] = dice.choice([b"", dice.choice(BITS), bytes(left[place:end]) * 2, b"\x80"])
    return bytes(left)


def test_whatever_comes_is_taken_apart() -> None:
    dice = random.Random(SEED)
    whole = [shapes.raw(shape, answer) for shape, answer in ROWS] + [dsn("x@y.example"), arf(envelope="x@y")]
    thread = Thread(our_name="C", our_domains=("s.example",), writer="Ana", known=shapes.KNOWN)
    for number in range(BROKEN):
        raw = broken(dice, dice.choice(whole))
        message = parsed(raw)
        came = letter(message)
        said = [own_words(came.text, thread), came.sender, came.subject, came.message_id, came.fingerprint]
        said += [one.filename for one in came.enclosures]
        said += [kinds.automatic(message), str(reports.bounce(message)), str(reports.complaint(message))]
        reports.returned(message)
        assert all(text.encode() is not None for text in said), f"number {number} of seed {SEED}"


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("Ana Souza <Ana@Revenda.example>", ("Ana Souza", "ana@revenda.example")),
        ('"Souza, Ana" <ana@revenda.example>', ("Souza, Ana", "ana@revenda.example")),
        ("ana@revenda.example", ("", "ana@revenda.example")),
        ("ana@revenda.example <eve@elsewhere.example>", ("ana@revenda.example", "eve@elsewhere.example")),
        ("<ana@revenda.example> <eve@elsewhere.example>", ("", "")),
        ("ana@revenda.example, eve@elsewhere.example", ("", "")),
        ("<eve@elsewhere.example> ana@revenda.example", ("", "")),
        ("", ("", "")),
    ],
)
def test_an_address_that_could_be_read_in_two_ways_is_none(given: str, wanted: tuple[str, str]) -> None:
    assert sender_of(given) == wanted


def nested(depth: int) -> bytes:
    return b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (number, number)
        for number in range(depth)
    )


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (nested(DEEPEST + 1), "parts within parts"),
        (nested(60) + b"\r\n" * 200_000, "parts within parts"),
        (nested(1) + b"\r\n--0\r\n" * (MAXIMUM_PARTS + 1), "parts without end"),
        (b"To: a@b.example\r\n" * (MAXIMUM_HEADERS + 1), "headers without end"),
        (b"Subject: x\r\n\r\n" + b"\n" * (MAXIMUM_LINES + 1), "lines without end"),
        (b"Subject: x\r\n\r\n" + b"\r" * (MAXIMUM_LINES + 1), "lines without end"),
    ],
    ids=range(6),
)
def test_what_has_no_end_is_refused_and_not_followed(raw: bytes, said: str) -> None:
    with quick(2), pytest.raises(ValueError, match=said):
        parsed(raw)


@pytest.mark.parametrize(
    "field",
    [
        b"From: " + b"a" * 100_000,
        b"From: <" + b"a@" * 50_000,
        b"To: " + b"a" * 100_000,
        b"Subject: " + b"=?punycode?q?" + b"b" * 100_000 + b"?=",
        b"Content-Type: multipart/mixed; " + b";" * 500_000,
        b'Content-Disposition: attachment; x="' + b";" * 100_000,
    ],
    ids=lambda one: one[:20].decode(),
)
def test_long_headers_take_no_time(field: bytes) -> None:
    with quick(1):
        message = parsed(field + b"\r\nMessage-ID: <1@x>\r\n\r\nx")
        assert kinds.automatic(message) == ""
        assert letter(message).message_id == "<1@x>"


def test_flowed_paragraphs_are_joined_and_a_nameless_charset_is_guessed() -> None:
    flowed = (
        b"Content-Type: text/plain; format=flowed\r\n\r\num \r\ndois\r\ntres\r\n> a \r\n> b\r\n-- \r\nAna\r\n"
    )
    assert letter(parsed(flowed)).text == "um dois\ntres\n> a b\n-- \nAna"
    assert letter(parsed(b"Content-Type: text/plain\r\n\r\nn\xe3o\r\n")).text == "não"


def test_an_attached_e_mail_is_a_file_and_not_the_writers_words() -> None:
    inner, outer = EmailMessage(), EmailMessage()
    inner.set_content("palavras do cliente")
    outer.set_content("Veja o anexo.")
    outer.add_attachment(inner)
    came = letter(parsed(outer.as_bytes(policy=SMTP)))
    assert (came.text.strip(), [one.filename for one in came.enclosures]) == (
        "Veja o anexo.",
        ["mensagem.eml"],
    )


def test_texts_without_end_take_no_time() -> None:
    tags = f"Content-Type: text/html\r\n\r\n{'<p>a' * 40_000}\r\n--b\r\n" * 9
    domain = f"Content-Type: text/plain; charset=punycode\r\n\r\n{'b' * 200_000}"
    head = "From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
    with quick(5):
        came = letter(parsed((head + tags + domain).encode()))
    assert came.cut
    assert len(came.text) <= MAXIMUM_TEXT + 100
