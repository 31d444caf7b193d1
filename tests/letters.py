"""E-mails to look at: every kind, as each of its readers gets it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

from bridge.emails import Addressee, House, Links, TicketFacts, compose, sign_in
from bridge.emails.message import wire
from mappings import load
from mappings.model import Mappings

MAPPINGS = load()
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUSE = House(sender="Chamados <chamados@softhouse.example>", now=NOW)
LICENCE = "admin@cliente.example"
SITE = "https://chamados.softhouse.example"
CONTEXT = {
    "comment": "Qual planilha foi usada?\n\n- a do modelo\n- ou outra",
    "staging_url": "https://hml.softhouse.example/base/42",
    "version": "v7.12.3",
    "due_date": "18/12/2026",
    "due_date_changed": "",
}
ADDRESSEES = {
    "opener": Addressee(email="ana@revenda.example", is_opener=True, can_enter=True),
    "muted": Addressee(email="ana@revenda.example", is_opener=True, can_enter=True, muted=True),
    "colleague": Addressee(email="bia@revenda.example", is_opener=False, can_enter=True, added_by="Revenda"),
    "other": Addressee(email="caio@revenda.example", is_opener=False, added_by="Revenda Modelo"),
    "stranger": Addressee(
        email="dora@longe.example", is_opener=False, proved=False, added_by="ana@revenda.example"
    ),
}


def links(*, replies: bool = True) -> Links:
    token = "1042.still_failing.1767182400.abcdefghijklmnop.qrstuvwxyz234567"
    return Links(
        ticket=f"{SITE}/chamados/CT-1042",
        following=f"{SITE}/avisos/1042.abcdefghijklmnop",
        deeds=dict.fromkeys(("answered", "confirmed", "still_failing"), f"{SITE}/agir/{token}"),
        reply_to="ct-1042+abcdefghijklmnop@respostas.softhouse.example" if replies else "",
    )


def letter(kind: str, reader: str = "opener", *, replies: bool = True, **changes: Any) -> EmailMessage:
    """An e-mail; `changes` to the ticket's facts, to the context, or `added_by`, `cause`, `house`."""
    facts = {
        "reference": "CT-1042",
        "title": "Não está salvando no ERP novos produtos cadastrados através de planilha",
        "opener": "Revenda Modelo",
        "status": "Em análise pela triagem",
        "withheld": LICENCE,
    }
    addressee = ADDRESSEES[reader]
    addressee = replace(addressee, added_by=changes.get("added_by", addressee.added_by))
    return compose(
        kind,
        mappings=changes.get("mappings", MAPPINGS),
        ticket=TicketFacts(**{name: changes.get(name, value) for name, value in facts.items()}),
        addressee=addressee,
        links=links(replies=replies),
        context={name: changes.get(name, value) for name, value in CONTEXT.items()},
        cause=changes.get("cause", "changelog:1"),
        house=changes.get("house", HOUSE),
    )


def readers_of(kind: str, mappings: Mappings = MAPPINGS) -> list[str]:
    """Who gets this kind; strangers get the first e-mail alone."""
    if kind == mappings.workflow.moments.get("added"):  # type: ignore[call-overload]
        return ["other", "stranger"]
    return (
        ["opener", "muted", "colleague", "other"]
        if mappings.emails[kind].needs_action
        else [
            "opener",
            "colleague",
            "other",
        ]
    )


def gallery() -> Iterator[tuple[str, EmailMessage]]:
    """A name and an e-mail for every kind and reader, and the link to sign in."""
    for kind in sorted(MAPPINGS.emails):
        for reader in readers_of(kind):
            yield f"{kind}-{reader}", letter(kind, reader)
    yield "prazo-mudou", letter("prazo", due_date_changed="yes")
    yield "comentario-so", letter("comentario", due_date="")
    yield "homologacao-sem-url", letter("homologacao", staging_url="")
    yield "recebido-sem-respostas", letter("recebido", replies=False)
    url = f"{SITE}/entrar/{'t' * 43}"
    yield (
        "entrar",
        sign_in(
            mappings=MAPPINGS,
            partner_name="Revenda Modelo",
            recipient="ana@revenda.example",
            url=url,
            house=HOUSE,
        ),
    )


GALLERY = list(gallery())


def html_of(message: EmailMessage) -> str:
    [part] = (one for one in message.walk() if one.get_content_type() == "text/html")
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


def raw(message: EmailMessage) -> bytes:
    return wire(message)
