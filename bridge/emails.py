"""E-mails composed: the mapping's words, one ticket and one recipient into one message. Pure."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from functools import lru_cache

import mrml
from jinja2 import StrictUndefined, Template
from jinja2.sandbox import SandboxedEnvironment

from mappings.model import EmailText, Mappings

_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
SUBJECT_LIMIT = 200


@dataclass(frozen=True, kw_only=True)
class TicketFacts:
    """What an e-mail may say of a ticket."""

    reference: str
    title: str
    opener: str
    url: str
    status: str
    """In the partner's words."""


@dataclass(frozen=True, kw_only=True)
class Addressee:
    email: str
    is_opener: bool


@dataclass(frozen=True)
class Block:
    """One paragraph of the body: `paragraph`, `quote` or `item`."""

    kind: str
    text: str


@dataclass(frozen=True, kw_only=True)
class _Rendered:
    headline: str
    preheader: str
    blocks: tuple[Block, ...]
    button: str
    button_url: str
    status: str
    reason: str
    ticket: TicketFacts | None


_CONTEXT = {"comment": "", "due_date": "", "due_date_changed": "", "staging_url": "", "version": ""}


def compose(
    kind: str,
    *,
    mappings: Mappings,
    ticket: TicketFacts,
    addressee: Addressee,
    context: Mapping[str, str],
    cause: str,
    sender: str,
    now: datetime,
) -> EmailMessage:
    """One e-mail about a ticket to one recipient. The same cause gives the same Message-ID each time."""
    text = mappings.emails[kind]
    values = {
        **_CONTEXT,
        **context,
        "ticket": ticket,
        "status": ticket.status,
        "recipient_is_opener": addressee.is_opener,
        "recipient": {"added_by": ticket.opener},
    }
    rendered = _Rendered(
        headline=_line(text.headline, values),
        preheader=_line(text.preheader, values),
        blocks=_blocks(_fill(text.body, values)),
        button=_line(text.button, values),
        button_url=_destination(text, ticket, values),
        status=ticket.status,
        reason=_why(ticket, addressee),
        ticket=ticket,
    )
    message = _message(rendered, mappings.layout, recipient=addressee.email, sender=sender, now=now)
    message["Subject"] = one_line(f"[{ticket.reference}] {ticket.title}")[:SUBJECT_LIMIT]
    domain = _domain(sender)
    root = f"<{ticket.reference.lower()}@{domain}>"
    message["Message-ID"] = f"<{ticket.reference.lower()}.{_short(cause)}.{_short(addressee.email)}@{domain}>"
    # One thread per ticket, even for whoever never got its first mail.
    message["In-Reply-To"] = root
    message["References"] = root
    message["X-Chamado"] = ticket.reference
    message["X-Chamado-Evento"] = kind
    return message


def sign_in(
    *, mappings: Mappings, partner_name: str, recipient: str, url: str, sender: str, now: datetime
) -> EmailMessage:
    """The e-mail with a link to sign in."""
    rendered = _Rendered(
        headline="Seu acesso aos chamados",
        preheader="O link vale por 10 minutos.",
        blocks=(
            Block("paragraph", f"Olá, {one_line(partner_name)}."),
            Block("paragraph", "Para entrar, abra o link no mesmo navegador em que você o pediu."),
            Block("paragraph", "Ele vale por 10 minutos e só funciona uma vez."),
            Block("paragraph", "Se não foi você quem pediu, ignore esta mensagem: nada acontece."),
        ),
        button="Entrar",
        button_url=url,
        status="",
        reason="Você recebe esta mensagem porque alguém pediu acesso com este e-mail.",
        ticket=None,
    )
    message = _message(rendered, mappings.layout, recipient=recipient, sender=sender, now=now)
    message["Subject"] = "Seu link para entrar nos chamados"
    message["Message-ID"] = f"<entrar.{_short(url)}@{_domain(sender)}>"
    return message


def operator_notice(
    *, subject: str, lines: Sequence[str], cause: str, recipient: str, sender: str, now: datetime
) -> EmailMessage:
    """A plain message to whoever runs the bridge."""
    message = EmailMessage()
    message["From"], message["To"] = sender, Address(addr_spec=recipient)
    message["Date"] = format_datetime(now)
    message["Auto-Submitted"] = "auto-generated"
    message["Subject"] = one_line(subject)
    message["Message-ID"] = f"<operator.{_short(cause)}@{_domain(sender)}>"
    message.set_content("\n".join(lines), cte="quoted-printable")
    return message


def one_line(text: str) -> str:
    """Text that cannot end a header or turn the writing direction."""
    return _UNSEEN.sub(" ", text).strip()


def _message(rendered: _Rendered, layout: str, *, recipient: str, sender: str, now: datetime) -> EmailMessage:
    message = EmailMessage()
    name, address = parseaddr(sender)
    message["From"] = Address(display_name=one_line(name), addr_spec=address)
    message["To"] = Address(addr_spec=recipient)
    message["Date"] = format_datetime(now)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(_text_part(rendered), cte="quoted-printable")
    message.add_alternative(_html_part(rendered, layout), subtype="html", cte="quoted-printable")
    return message


def _text_part(rendered: _Rendered) -> str:
    parts = [rendered.headline.upper(), *_joined(rendered.blocks)]
    if rendered.button_url:
        parts.append(f"{rendered.button}:\n{rendered.button_url}")
    if rendered.status:
        parts.append(f"Situação: {rendered.status}")
    foot = ["-- "]
    if rendered.ticket:
        foot.append(f"{rendered.ticket.reference} · {rendered.ticket.title}\n{rendered.ticket.url}")
    return "\n\n".join([*parts, "\n".join([*foot, rendered.reason])]) + "\n"


def _joined(blocks: Sequence[Block]) -> list[str]:
    """Paragraphs, with list items kept on neighbouring lines."""
    parts: list[str] = []
    previous = ""
    for block in blocks:
        text = _AS_TEXT[block.kind](block.text)
        if block.kind == previous == "item":
            parts[-1] += f"\n{text}"
        else:
            parts.append(text)
        previous = block.kind
    return parts


_AS_TEXT: Mapping[str, Callable[[str], str]] = {
    "paragraph": lambda text: text,
    "item": lambda text: f"- {text}",
    "quote": lambda text: "\n".join(f"> {line}" for line in text.split("\n")),
}


def _html_part(rendered: _Rendered, layout: str) -> str:
    return _layout(layout).render(
        headline=rendered.headline,
        preheader=rendered.preheader,
        blocks=rendered.blocks,
        button=rendered.button if rendered.button_url else "",
        button_url=rendered.button_url,
        status=rendered.status,
        reason=rendered.reason,
        ticket=rendered.ticket,
    )


@lru_cache(maxsize=4)
def _layout(source: str) -> Template:
    html = mrml.to_html(source).content
    return SandboxedEnvironment(autoescape=True, undefined=StrictUndefined).from_string(html)


_TEXTS = SandboxedEnvironment(autoescape=False, undefined=StrictUndefined, keep_trailing_newline=True)
"""Plain text: the HTML part escapes its blocks by itself."""
_QUOTE = "\x1e"
"""Marks the lines of a quotation, so that no line of the partner's own becomes a list item or a quotation."""
_TEXTS.filters["quote"] = lambda text: "\n".join(
    f"{_QUOTE}{_UNSEEN.sub(' ', line)}" for line in str(text).strip().splitlines() if text
)


def _fill(source: str, values: Mapping[str, object]) -> str:
    return _template(source).render(values)


@lru_cache(maxsize=64)
def _template(source: str) -> Template:
    return _TEXTS.from_string(source)


def _line(source: str, values: Mapping[str, object]) -> str:
    return one_line(_fill(source, values))


def _blocks(text: str) -> tuple[Block, ...]:
    blocks: list[Block] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        if line.startswith(_QUOTE):
            _add_quote(blocks, line[1:])
        elif line.startswith("- "):
            blocks.append(Block("item", line[2:].strip()))
        elif line.strip():
            blocks.append(Block("paragraph", line.strip()))
    return tuple(blocks)


def _add_quote(blocks: list[Block], line: str) -> None:
    if blocks and blocks[-1].kind == "quote":
        blocks[-1] = Block("quote", f"{blocks[-1].text}\n{line}")
    elif line.strip():
        blocks.append(Block("quote", line))


def _destination(text: EmailText, ticket: TicketFacts, values: Mapping[str, object]) -> str:
    if not text.button:
        return ""
    staging = str(values["staging_url"])
    return staging if text.action == "staging" and staging else ticket.url


def _why(ticket: TicketFacts, addressee: Addressee) -> str:
    if addressee.is_opener:
        return "Você recebe esta mensagem porque abriu este chamado."
    return f"Você recebe esta mensagem porque {one_line(ticket.opener)} pediu que este e-mail fosse avisado."


def _domain(sender: str) -> str:
    return parseaddr(sender)[1].rpartition("@")[2]


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
