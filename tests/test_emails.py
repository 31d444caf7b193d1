"""E-mails composed: asserted on the bytes that go over the wire, as two parsers read them."""

import os
import random
import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cache
from html.parser import HTMLParser

import fast_mail_parser
import pytest

from bridge.emails import House, operator_notice
from bridge.emails.letters import NO_REPLIES, STRANGERS_TITLE, WITHHELD
from bridge.emails.message import wire, wire_address
from tests.letters import GALLERY, HOUSE, LICENCE, MAPPINGS, NOW, html_of, letter, links, readers_of

each = pytest.mark.parametrize(("name", "message"), GALLERY, ids=[name for name, _ in GALLERY])
OF_A_TICKET = {name for name, _ in GALLERY if name != "entrar"}
HOSTILE = int(os.environ.get("CHAMADOS_TEST_MAILS", "300"))
GMAIL_CUTS_AT = 102_000
"""Bytes (users.md 2.3)."""
BUTTONS = re.compile(r'<a href="([^"]+)"[^>]*style="display:inline-block')
COPY = re.compile(r"ou copie este endereço: \S+")
"""What only the HTML part says: in text the address stands below its label anyway."""


def read(message: EmailMessage) -> EmailMessage:
    found = message_from_bytes(wire(message), policy=default)
    assert isinstance(found, EmailMessage)
    return found


def part(message: EmailMessage, kind: str) -> str:
    body = read(message).get_body((kind,))
    assert body
    return str(body.get_content()).replace("\r\n", "\n")


class _Words(HTMLParser):
    """What a reader sees of an HTML part, with the address of each link after its words."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.tags: list[str] = []
        self.hrefs: list[str] = []
        self._unseen = 0
        self._href: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = dict(attrs)
        self.tags.append(f"{tag} {' '.join(sorted(has))}")
        hidden = "display:none" in (has.get("style") or "").replace(" ", "")
        if self._unseen or hidden or tag in {"style", "title", "head"}:
            self._unseen += tag not in {"meta", "br", "link", "img"}
        elif tag == "a":
            self._href.append(has.get("href") or "")
            self.hrefs.append(has.get("href") or "")

    def handle_endtag(self, tag: str) -> None:
        if self._unseen:
            self._unseen -= 1
        elif tag == "a":
            href = self._href.pop()
            if self.said[-1].strip() != href:
                self.said.append(href)

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.said.append(data)


def seen(html: str) -> _Words:
    words = _Words()
    words.feed(html)
    return words


def normalised(text: str) -> list[str]:
    """Words alone: no marks of lists, quotations, signatures or labels; no capitals."""
    folded = COPY.sub("", " ".join(text.split()).casefold())
    return re.findall(r"https?://\S+|\w+", folded)


# --- what every e-mail is


@each
def test_it_is_ascii_in_short_lines_to_one_person(name: str, message: EmailMessage) -> None:
    raw = wire(message)
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    heads, _, body = raw.partition(b"\r\n\r\n")
    assert max(len(line) for line in body.split(b"\r\n")) <= 80
    assert len(raw) <= GMAIL_CUTS_AT
    assert re.findall(rb"(?m)^To: (\S+@\S+)\r$", heads) == [str(message["To"]).encode()]
    assert not re.search(rb"(?mi)^(cc|bcc|precedence):", heads)


@each
def test_13_one_click_stops_it_and_nothing_answers_it_by_machine(name: str, message: EmailMessage) -> None:
    raw = wire(message)
    assert b"\r\nAuto-Submitted: auto-generated\r\n" in raw
    if name in OF_A_TICKET:
        assert (
            b"\r\nList-Unsubscribe: <https://chamados.softhouse.example/avisos/1042.abcdefghijklmnop>\r\n"
            in raw
        )
        assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw
        assert re.search(rb"\r\nList-ID: CT-1042 <ct-1042\.chamados\.softhouse\.example>\r\n", raw)


@each
def test_two_parsers_read_the_same(name: str, message: EmailMessage) -> None:
    ours = read(message)
    theirs = fast_mail_parser.parse_email(wire(message))
    assert theirs.subject == str(ours["Subject"])
    for header in ("From", "To", "Message-ID", "References", "List-Unsubscribe", "Reply-To"):
        assert theirs.headers.get(header, []) == ([] if ours[header] is None else [str(ours[header])])
    texts = [one.replace("\r\n", "\n") for one in (*theirs.text_plain, *theirs.text_html)]
    assert texts == [part(message, "plain"), part(message, "html")]
    assert [one.defects for one in ours.walk()] == [[], [], []]


@each
def test_13_text_and_html_say_the_same(name: str, message: EmailMessage) -> None:
    html = " ".join(seen(part(message, "html")).said)
    assert normalised(html) == normalised(part(message, "plain"))


@each
def test_it_speaks_plainly_and_fetches_nothing(name: str, message: EmailMessage) -> None:
    html = part(message, "html")
    for text in (html, part(message, "plain")):
        assert not re.search(r"\{\{|\{%|Traceback|Undefined", text)
        assert not re.search(
            r"PR Review|PR Aprovado|To Do|Backlog|Error Fix|Test Finished|Doing|Triagem\b", text
        )
    assert not re.search(r"<img|<link|<script|<iframe|@import|url\(|src=", html)
    assert "prefers-color-scheme: dark" in html
    assert html.count('class="button') <= 1


@pytest.mark.parametrize("kind", sorted(MAPPINGS.emails))
def test_its_button_leads_where_its_text_does(kind: str) -> None:
    for reader in readers_of(kind):
        message = letter(kind, reader)
        buttons = BUTTONS.findall(part(message, "html"))
        assert len(buttons) <= 2
        assert all(url in part(message, "plain") for url in buttons)


@pytest.mark.parametrize("changed", ["", "yes"])
def test_a_due_date_is_told_without_a_promise_that_is_not_kept(changed: str) -> None:
    """One that is taken away sends nothing, and one that has passed is no forecast."""
    opener, other = (
        part(letter("prazo", one, due_date_changed=changed), "plain") for one in ("opener", "other")
    )
    for text in (opener, other):
        assert "se for marcada outra, avisamos por e-mail" in text
        assert "prevista" not in text
    assert ("página do chamado" in opener, "página do chamado" in other) == (True, False)


def test_the_staging_system_has_one_name() -> None:
    for kind in ("homologacao", "testing", "novo_endereco"):
        assert "base de testes" not in html_of(letter(kind)).casefold()
        assert "Abrir a base de homologação" in part(letter(kind), "plain")


def test_what_can_be_answered_has_a_button_each() -> None:
    message = letter("publicado")
    assert len(BUTTONS.findall(part(message, "html"))) == 2
    assert "dois links" not in part(message, "plain")


@pytest.mark.parametrize("kind", sorted(MAPPINGS.emails))
def test_13_a_ticket_is_one_thread(kind: str) -> None:
    for reader in readers_of(kind):
        message = read(letter(kind, reader))
        assert message["References"] == message["In-Reply-To"] == "<ct-1042@softhouse.example>"
        if reader != "stranger":
            assert message["Subject"] == (
                "[CT-1042] Não está salvando no ERP novos produtos cadastrados através de planilha"
            )


def test_the_same_cause_has_the_same_message_id() -> None:
    ids = {str(letter("recebido", cause=cause)["Message-ID"]) for cause in ("filed", "filed", "changelog:1")}
    assert len(ids) == 2


# --- who reads what


@pytest.mark.parametrize("kind", sorted(MAPPINGS.emails))
def test_nobody_but_the_opener_reads_the_end_customers_address(kind: str) -> None:
    words = f"A licença Admin@Cliente.example não é válida ({LICENCE})."
    for reader in readers_of(kind):
        raw = letter(kind, reader, comment=words, title=f"Erro em {LICENCE}")
        told = f"{read(raw)['Subject']} {part(raw, 'plain')} {part(raw, 'html')}".casefold()
        assert (LICENCE in told) == (reader in {"opener", "muted"})
        assert reader == "stranger" or reader in {"opener", "muted"} or WITHHELD in told


def test_a_stranger_reads_nothing_that_anybody_typed() -> None:
    plain = letter("acompanhar", "stranger")
    words = dict.fromkeys(("title", "opener", "comment", "version"), "CANARY")
    typed = letter("acompanhar", "stranger", **words)
    assert wire(plain) == wire(typed)
    assert "CANARY" not in part(letter("acompanhar", "stranger", replies=False, **words), "plain")
    assert read(plain)["Subject"] == f"[CT-1042] {STRANGERS_TITLE}"
    assert "ana@revenda.example pediu" in part(plain, "plain")


def test_a_muted_opener_is_told_why_it_comes_all_the_same() -> None:
    assert "Você silenciou este chamado." in part(letter("publicado", "muted"), "plain")
    assert "silenciou" not in part(letter("publicado"), "plain")


def test_it_says_where_answers_go() -> None:
    assert read(letter("recebido"))["Reply-To"] == links().reply_to
    deaf = letter("recebido", replies=False)
    assert deaf["Reply-To"] is None
    assert f"{NO_REPLIES} Use a página do chamado." in part(deaf, "plain")
    assert part(letter("recebido"), "plain").startswith("Para responder, escreva acima desta linha.\n")


def test_nobody_is_sent_to_a_page_that_they_cannot_open() -> None:
    text = part(letter("recebido", "other", replies=False), "plain")
    assert f"{NO_REPLIES} Fale com Revenda Modelo." in text
    assert "Use a página" not in text
    asked = part(letter("acompanhar", "stranger", replies=False), "plain")
    assert f"{NO_REPLIES} Fale com ana@revenda.example." in asked


def test_an_invitation_can_be_declined_and_all_else_stopped() -> None:
    asked, told = (part(letter("acompanhar", reader), "plain") for reader in ("stranger", "other"))
    assert "Quero receber:\n" in asked
    assert "Não quero receber:\n" in asked
    assert "Parar de receber" not in asked
    assert "Parar de receber, ou escolher o que receber:\n" in told


def test_a_deed_is_offered_to_the_opener_alone() -> None:
    for kind, reader in [(one, reader) for one in MAPPINGS.emails for reader in readers_of(one)]:
        assert ("/agir/" in part(letter(kind, reader), "plain")) == (
            reader in {"opener", "muted"}
            and kind in {"faltam_informacoes", "homologacao", "novo_endereco", "testing", "publicado"}
        )


# --- what is made of bad text


def test_a_quotation_stays_a_quotation() -> None:
    message = letter("comentario", comment="- não é item\n> nem citação\n\n<b>nem HTML</b>")
    assert "> - não é item" in part(message, "plain")
    assert "<b>nem" not in part(message, "html")
    assert "&lt;b&gt;nem HTML" in part(message, "html")


def test_a_long_comment_is_cut_and_said_to_be() -> None:
    message = letter("comentario", comment='Não 😀 "é" & ' * 20_000)
    assert len(wire(message)) <= GMAIL_CUTS_AT
    assert "(continua na página do chamado)" in part(message, "plain")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "hml.example", "//hml.example"])
def test_only_web_addresses_become_links(url: str) -> None:
    assert url not in seen(part(letter("homologacao", staging_url=url), "html")).hrefs


def test_addresses_are_written_as_dns_has_them() -> None:
    assert wire_address("ana@exemplo.com.br") == "ana@exemplo.com.br"
    assert wire_address("ana@açúcar.com.br") == "ana@xn--acar-0oa8i.com.br"


@pytest.mark.parametrize(
    "name", ['Chamados; "Suporte", ERP', "Chamados <x@y.example>", "Suporte é aqui", "a@b"]
)
def test_display_names_are_quoted(name: str) -> None:
    quoted = '"' + name.replace('"', '\\"') + '"'
    message = letter("recebido", house=House(sender=f"{quoted} <a@b.example>", now=NOW))
    [address] = read(message)["From"].addresses
    assert (address.display_name, address.addr_spec) == (name, "a@b.example")


PIECES = (
    *("\r\n", "\n", "\r", "\0", "\x0b", "\x1e", "\x85", "\u2028", "\u202e", "\u2066", "\ud800", "\t", "\x7f"),
    *("Bcc: x@y.example", "Subject: outro", "\r\n\r\n<html>", "--=", "\r\n.\r\n", "Content-Type: text/html"),
    *("=?utf-8?q?=0D=0ABcc:_x@y.example?=", "=?utf-8?b?DQpCY2M6IHhAeQ==?=", "=0D=0A", "%0d%0a", "&#13;&#10;"),
    *(
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '" onmouseover="alert(1)',
        "</style>",
        "-->",
    ),
    *("javascript:alert(1)", "<a href='javascript:x'>y</a>", "<!--[if mso]>", "</td></tr></table>", "]]>"),
    *(
        "{{ 7 * 7 }}",
        "{% for x in y %}",
        "{{ ticket.__class__ }}",
        "<mj-raw>",
        "- ",
        "> ",
        "-- \n",
        "&amp;lt;",
    ),
    *(
        "açúcar",
        "😀",
        "e\u0301",
        "x" * 300,
        " " * 90,
        "“título”",
        ";",
        ",",
        "@",
        "(",
        ")",
        "\\",
        '"',
        "'",
        ".",
    ),
)


def _hostile(dice: random.Random) -> str:
    return "".join(dice.choices(PIECES, k=dice.randint(1, 8)))


WORDS = ("title", "opener", "comment", "status", "version", "added_by")


@dataclass(frozen=True)
class _Shape:
    """What of an e-mail no text may change."""

    headers: list[str]
    headers_by_another_parser: list[str]
    parts: list[str]
    tags: list[str]
    hrefs: list[str]


def shape(raw: bytes) -> _Shape:
    message = message_from_bytes(raw, policy=default)
    [html] = (one for one in message.walk() if one.get_content_type() == "text/html")
    read_html = seen(html.get_content())
    return _Shape(
        headers=message.keys(),
        headers_by_another_parser=list(fast_mail_parser.parse_email(raw).headers),
        parts=[one.get_content_type() for one in message.walk()],
        tags=[tag for tag in read_html.tags if tag != "br "],  # a quotation's line ends
        hrefs=read_html.hrefs,
    )


@cache
def tame_shape(kind: str, reader: str) -> _Shape:
    return shape(wire(letter(kind, reader, **dict.fromkeys(WORDS, "x"))))


def test_no_text_adds_a_header_or_active_html() -> None:
    """`CHAMADOS_TEST_MAILS=50000` for the large run."""
    seed = int(os.environ.get("CHAMADOS_TEST_SEED", "7"))
    dice = random.Random(seed)
    kinds = sorted(MAPPINGS.emails)
    for number in range(HOSTILE):
        kind = dice.choice(kinds)
        reader = dice.choice(readers_of(kind))
        words = {name: "x" + _hostile(dice) for name in WORDS}
        raw = wire(letter(kind, reader, **words))
        assert raw.isascii(), (seed, number)
        assert shape(raw) == tame_shape(kind, reader), (seed, number, words)
    print(f"{HOSTILE} hostile e-mails, seed {seed}: 0 added headers, 0 active HTML")


def test_a_notice_to_the_operator_is_plain() -> None:
    notice = operator_notice(
        subject="Chamados:\r\nBcc: x@y.example",
        lines=["a"],
        cause="late:1",
        recipient="ti@softhouse.example",
        house=HOUSE,
    )
    assert read(notice).keys().count("Bcc") == 0
    assert read(notice)["To"] == "ti@softhouse.example"
