"""`chamados mail`: which e-mails there are, what they look like, and whether they arrive."""

import json
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from bridge.cli.common import NUMBER, EmailAddress, clean, fail, faults_said, opened
from bridge.clients.errors import Refused, Unavailable
from bridge.clients.mail import Mailer
from bridge.config import mappings_directory
from bridge.domain import reference, ticket_id
from bridge.emails import Addressee, House, Links, TicketFacts, compose, wire, wire_address
from bridge.reconcile.letters import Happening, letter
from bridge.rules.matrix import matrix as lines_of
from bridge.store import followers, mails, suppressed
from bridge.store.tables import Mail, Ticket
from mappings import Mappings
from mappings import load as load_mappings

SITE = "https://chamados.example"
EXAMPLE = {
    "comment": "Qual planilha foi usada na importação?\n\nSe puder, anexe um print da tela inteira.",
    "staging_url": "https://homologacao.example/base/42",
    "version": "v7.12.3",
    "due_date": "18/12/2026",
    "due_date_changed": "",
}


@click.group()
def mail() -> None:
    """The e-mails to partners."""


@mail.command()
def matrix() -> None:
    """Print which event sends which e-mail, to whom and when, from the mappings."""
    mappings = _mappings()
    table = Table("event", "e-mail", "opener", "others", "when", box=None, pad_edge=False)
    for line in lines_of(mappings):
        opener = "even muted" if line.even_muted else "yes" if line.opener else "–"
        table.add_row(line.event, line.email or "–", opener, "yes" if line.others else "–", line.when)
    Console(width=150, highlight=False).print(table)


@mail.command()
@click.argument("kind")
@click.option("--ref", default="", help="Of this ticket, such as CT-7; without one, of an example.")
@click.option("--to", "reader", type=click.Choice(["opener", "other", "stranger"]), default="opener")
@click.option("--text", "as_text", is_flag=True, help="Print the text part.")
@click.option("--raw", "as_raw", is_flag=True, help="Print the message as it goes over the wire.")
def preview(kind: str, ref: str, reader: str, as_text: bool, as_raw: bool) -> None:
    """Open an e-mail in the browser. Nothing is sent."""
    message = _of_ticket(kind, ref, reader) if ref else _example(kind, reader)
    if as_raw:
        click.echo(wire(message).decode("ascii").replace("\r\n", "\n"), nl=False)
    elif as_text:
        click.echo(clean(_part(message, "plain")), nl=False)
    else:
        page = Path(tempfile.mkdtemp()) / f"{kind}.html"
        page.write_text(_part(message, "html"), encoding="utf-8")
        click.echo(page)
        click.launch(page.as_uri())


@mail.command("send-test")
@click.argument("address", type=EmailAddress(public=False))
@click.option("--kind", default="recebido", show_default=True)
def send_test(address: str, kind: str) -> None:
    """Send an example through the relay, now: even while the bridge lets the relay rest."""
    services = opened()
    house = House(sender=services.config.mail.sender, now=services.clock())
    message = _example(kind, "opener", house=house, to=address)
    try:
        with Mailer(services.config.mail).open() as relay:
            key = str(message["Message-ID"])
            said = relay.send(wire(message), recipient=wire_address(address), key=key)
    except (Unavailable, Refused) as error:
        fail(str(error))
    click.echo(clean(f"{said}: {message['Subject']}"))


@mail.command("suppressed")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def list_suppressed(as_json: bool) -> None:
    """List the addresses that get no e-mail, because one came back for good or was called spam."""
    with opened().store.read() as db:
        rows = suppressed.everyone(db)
    if as_json:
        told = [
            {"email": row.email, "kind": row.kind, "at": row.at.isoformat(), "reason": row.reason}
            for row in rows
        ]
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for row in rows:
        click.echo(clean(f"{row.email}  {row.kind}  {row.at:%Y-%m-%d %H:%M} UTC  {row.reason}"))


@mail.command()
@click.argument("address")
def release(address: str) -> None:
    """Let an address have e-mails again. What was not sent meanwhile stays unsent."""
    with opened().store.begin() as db:
        released = suppressed.release(db, address)
    if not released:
        fail(f"{address} is not suppressed")
    click.echo(clean(f"{address} gets e-mails again"))


@mail.command("failed")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def list_failed(as_json: bool) -> None:
    """List the e-mails that were refused or given up, each with its number and why."""
    with opened().store.read() as db:
        rows = [_told(one) for one in mails.unsent_for_good(db)]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        about = f"{row['ticket']}: " if row["ticket"] else ""
        click.echo(clean(f"{row['id']:>6}  {about}{row['kind']} to {row['to']}  {row['outcome']}"))


@mail.command()
@click.argument("numbers", type=NUMBER, nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All that `failed` lists.")
def retry(numbers: tuple[int, ...], everything: bool) -> None:
    """Send e-mails that have failed once more, when what was wrong is mended."""
    if not numbers and not everything:
        raise click.UsageError("name the e-mails (`chamados mail failed` lists them), or say --all")
    services = opened()
    with services.store.begin() as db:
        failed = {one.id: one for one in mails.unsent_for_good(db)}
        missing = set(numbers) - failed.keys()
        if missing:
            fail(*(f"e-mail {number} has not failed" for number in sorted(missing)))
        for number in numbers or failed:
            mails.send_again(db, failed[number], now=services.clock())
            click.echo(clean(f"{number:>6}  {failed[number].kind} to {failed[number].recipient}: queued"))


def _told(one: Mail) -> dict[str, Any]:
    return {
        "id": one.id,
        "ticket": reference(one.ticket_id) if one.ticket_id else None,
        "kind": one.kind,
        "to": one.recipient,
        "at": one.created_at.isoformat(timespec="seconds"),
        "outcome": one.outcome,
    }


def _mappings() -> Mappings:
    with faults_said():
        return load_mappings(mappings_directory())


def _known(kind: str, mappings: Mappings) -> None:
    if kind not in mappings.emails:
        fail(f"there is no e-mail {kind}; there are {', '.join(sorted(mappings.emails))}")


def _of_ticket(kind: str, ref: str, reader: str) -> EmailMessage:
    services = opened()
    _known(kind, services.mappings)
    with services.store.read() as db:
        ticket = db.get(Ticket, ticket_id(ref) or 0)
        if ticket is None:
            fail(f"there is no ticket {ref}")
        about = followers.of_ticket(db, ticket)
        if not about:
            fail(f"nobody follows {ref}: no e-mail of it goes to anybody")
        follower = replace(about[0], is_opener=reader == "opener", proved=reader != "stranger")
        return letter(
            db, services, ticket, follower, Happening(kind=kind, cause="preview", context=_said(ticket))
        )


def _said(ticket: Ticket) -> dict[str, str]:
    """The example's words, with what is known of the ticket."""
    day = {"due_date": ticket.due_date.strftime("%d/%m/%Y")} if ticket.due_date else {}
    known = {name: value for name in ("staging_url", "version") if (value := getattr(ticket, name))}
    return {**EXAMPLE, **day, **known}


def _example(
    kind: str, reader: str, *, house: House | None = None, to: str = "ana@revenda.example"
) -> EmailMessage:
    mappings = _mappings()
    _known(kind, mappings)
    opener = reader == "opener"
    status = next((one.plain for one in mappings.workflow.statuses.values() if one.email == kind), "")
    return compose(
        kind,
        mappings=mappings,
        ticket=TicketFacts(
            reference="CT-1042",
            title="Não está salvando no ERP novos produtos cadastrados através de planilha",
            opener="Revenda Modelo",
            status=status or mappings.workflow.initial.plain,
        ),
        addressee=Addressee(
            email=to,
            is_opener=opener,
            can_enter=opener,
            proved=reader != "stranger",
            added_by="Revenda Modelo",
        ),
        links=Links(ticket=f"{SITE}/chamados/CT-1042", following=f"{SITE}/avisos/exemplo"),
        context=EXAMPLE,
        cause=f"example:{datetime.now(UTC).isoformat()}",
        house=house or House(sender="Chamados <chamados@softhouse.example>", now=datetime.now(UTC)),
    )


def _part(message: EmailMessage, kind: str) -> str:
    body: Any = message.get_body((kind,))
    return str(body.get_payload(decode=True).decode())
