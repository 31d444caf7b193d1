"""The e-mails that there are: about a ticket, with a link to sign in, to the operator."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage

from bridge.emails.message import House, empty, fill, header_text, short
from bridge.emails.parts import Content
from bridge.emails.texts import Block, blocks, line, one_line, shortened
from bridge.proofs import REPLY_MARK
from mappings.model import EmailText, Mappings

SUBJECT_LIMIT = 200
COMMENT_LIMIT = 4000
"""Characters: in both parts, escaped and encoded, still well below the 102 kB at which Gmail cuts."""
CONTINUES = "… (continua na página do chamado)"
WITHHELD = "(e-mail do cliente)"
NO_REPLIES = "Respostas a este endereço não são lidas."
STOP = "Parar de receber, ou escolher o que receber"
REFUSE = "Não quero receber"
"""To who receives nothing yet."""
STRANGERS_TITLE = "Chamado técnico"


@dataclass(frozen=True, kw_only=True)
class TicketFacts:
    """What an e-mail may say of a ticket."""

    reference: str
    title: str
    opener: str
    status: str
    """In the partner's words."""
    withheld: str = ""
    """The end customer's address: nobody but the opener reads it, wherever it was written."""


@dataclass(frozen=True, kw_only=True)
class Addressee:
    email: str
    is_opener: bool
    proved: bool = True
    """The address has shown that it wants these e-mails, or the opener may speak for it."""
    can_enter: bool = False
    """Signs in to the panel and sees the ticket there."""
    muted: bool = False
    added_by: str = ""


@dataclass(frozen=True, kw_only=True)
class Links:
    """Where an e-mail leads. None of these does anything by being opened."""

    ticket: str
    following: str
    """Where the recipient chooses what to receive, and POST stops it (RFC 8058)."""
    deeds: Mapping[str, str] = field(default_factory=dict)
    """By verb, what the recipient may do without signing in."""
    reply_to: str = ""


_CONTEXT = {"comment": "", "due_date": "", "due_date_changed": "", "staging_url": "", "version": ""}


def compose(
    kind: str,
    *,
    mappings: Mappings,
    ticket: TicketFacts,
    addressee: Addressee,
    links: Links,
    context: Mapping[str, str],
    cause: str,
    house: House,
) -> EmailMessage:
    """One e-mail about a ticket to one recipient. The same cause gives the same Message-ID each time."""
    ticket = _told_to(addressee, ticket)
    text = mappings.emails[kind]
    values = _values(ticket, addressee, links, _guarded(context, ticket, addressee))
    name = f"{ticket.reference.lower()}.e{short(cause)}.r{short(addressee.email.lower())}"
    message = empty(house, recipient=addressee.email, name=name)
    message["Subject"] = header_text(shortened(f"[{ticket.reference}] {ticket.title}", SUBJECT_LIMIT))
    _thread(message, ticket.reference, house)
    _list_headers(message, ticket.reference, links, house)
    message["X-Chamado"] = ticket.reference
    message["X-Chamado-Evento"] = kind
    fill(message, _content(text, ticket, addressee, links, values), mappings.layout)
    return message


def _thread(message: EmailMessage, reference: str, house: House) -> None:
    """One thread per ticket, even for whoever never got its first e-mail."""
    root = f"<{reference.lower()}@{house.domain}>"
    message["In-Reply-To"] = root
    message["References"] = root


def _list_headers(message: EmailMessage, reference: str, links: Links, house: House) -> None:
    message["List-ID"] = f"{reference} <{reference.lower()}.chamados.{house.domain}>"
    message["List-Unsubscribe"] = f"<{links.following}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058 3.1
    if links.reply_to:
        message["Reply-To"] = Address(addr_spec=links.reply_to)


def _told_to(addressee: Addressee, ticket: TicketFacts) -> TicketFacts:
    """What of the ticket this recipient may read; to a stranger nothing that anybody has typed."""
    title = ticket.title if addressee.proved else STRANGERS_TITLE
    return TicketFacts(
        reference=ticket.reference,
        title=one_line(title if addressee.is_opener else _withhold(title, ticket.withheld)),
        opener=one_line(ticket.opener),
        status=one_line(ticket.status),
        withheld=ticket.withheld,
    )


def _guarded(context: Mapping[str, str], ticket: TicketFacts, addressee: Addressee) -> dict[str, str]:
    """What happened, as this recipient may read it."""
    kept = {name: one_line(value) for name, value in {**_CONTEXT, **context}.items() if name != "comment"}
    comment = context.get("comment", "")
    if not addressee.is_opener:
        comment = _withhold(comment, ticket.withheld)
    is_web = kept["staging_url"].lower().startswith(("https://", "http://"))
    return {
        **kept,
        "comment": shortened(comment, COMMENT_LIMIT, rest=CONTINUES),
        "staging_url": kept["staging_url"] if is_web else "",
    }


def _withhold(text: str, words: str) -> str:
    return re.sub(re.escape(words), WITHHELD, text, flags=re.IGNORECASE) if words else text


def _values(
    ticket: TicketFacts, addressee: Addressee, links: Links, context: Mapping[str, str]
) -> dict[str, object]:
    """What the mapping's texts may name."""
    return {
        **context,
        "ticket": {
            "reference": ticket.reference,
            "title": ticket.title,
            "opener": ticket.opener,
            "url": links.ticket,
        },
        "status": ticket.status,
        "recipient_is_opener": addressee.is_opener,
        "recipient": {
            "added_by": one_line(addressee.added_by or ticket.opener),
            "proved": addressee.proved,
            "can_enter": addressee.can_enter,
        },
    }


def _content(
    text: EmailText,
    ticket: TicketFacts,
    addressee: Addressee,
    links: Links,
    values: Mapping[str, object],
) -> Content:
    button, second = line(text.button, values), line(text.second, values)
    places = {"ticket": links.ticket, "following": links.following}
    if addressee.is_opener:
        places |= links.deeds
    places["staging"] = str(values["staging_url"]) or links.ticket
    return Content(
        mark=REPLY_MARK if links.reply_to else "",
        reference=ticket.reference,
        headline=line(text.headline, values),
        preheader=line(text.preheader, values),
        blocks=blocks(text.body, values),
        button=button,
        button_url=places.get(text.action, links.ticket) if button else "",
        second=second,
        second_url=places.get(text.second_action, links.ticket) if second else "",
        status=ticket.status if addressee.proved else "",
        title=ticket.title,
        ticket_url=links.ticket if addressee.can_enter else "",
        reason=_why(text, addressee),
        notes=() if links.reply_to else (f"{NO_REPLIES} {_instead(addressee, ticket)}",),
        choice=STOP if addressee.proved else REFUSE,
        choice_url=links.following,
    )


def _instead(addressee: Addressee, ticket: TicketFacts) -> str:
    """Where to turn instead of answering: nobody is sent to a page that they cannot open."""
    if addressee.can_enter:
        return "Use a página do chamado."
    known = ticket.opener if addressee.proved else one_line(addressee.added_by)
    return f"Fale com {known}."


def _why(text: EmailText, addressee: Addressee) -> str:
    if addressee.is_opener and addressee.muted and text.needs_action:
        return (
            "Você silenciou este chamado. Esta mensagem chega mesmo assim porque depende de você, "
            "que o abriu."
        )
    if addressee.is_opener:
        return "Você recebe esta mensagem porque abriu este chamado."
    adder = one_line(addressee.added_by)
    return f"Você recebe esta mensagem porque {adder} pediu que este e-mail fosse avisado."


# --- e-mails about no ticket


def sign_in(*, mappings: Mappings, partner_name: str, recipient: str, url: str, house: House) -> EmailMessage:
    """The e-mail with a link to sign in."""
    message = empty(house, recipient=recipient, name=f"entrar.{short(url)}")
    message["Subject"] = "Seu link para entrar nos chamados"
    content = Content(
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
        reason="Você recebe esta mensagem porque alguém pediu acesso com este e-mail.",
    )
    fill(message, content, mappings.layout)
    return message


def operator_notice(
    *, subject: str, lines: Sequence[str], cause: str, recipient: str, house: House
) -> EmailMessage:
    """A plain message to whoever runs the bridge."""
    message = empty(house, recipient=recipient, name=f"operator.{short(cause)}")
    message["Subject"] = header_text(subject)
    message.set_content("\n".join(lines), cte="quoted-printable")
    return message
