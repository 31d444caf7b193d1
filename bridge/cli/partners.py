"""`chamados partners`: who may open tickets."""

import json
from pathlib import Path

import click

from bridge.cli.common import EmailAddress, clean, fail, opened
from bridge.store import organisations, partner_list, people
from bridge.store.partner_list import ListRefused


def _one_line(ctx: click.Context, param: click.Parameter, value: str) -> str:
    if not value.replace("\xa0", " ").isprintable() or (param.required and not value.strip()):
        raise click.BadParameter("must be one line of text")
    return value.strip()


@click.group()
def partners() -> None:
    """The partners who may open tickets."""


@partners.command()
@click.argument("name", callback=_one_line)
@click.argument("email", type=EmailAddress(public=True))
@click.option("--organisation", default="", callback=_one_line, help="Its partners see each other's tickets.")
def add(name: str, email: str, organisation: str) -> None:
    """Register a partner, or give a known one another name or organisation."""
    services = opened()
    with services.store.begin() as db:
        partner = people.register(db, name=name, email=email, organisation=organisation, now=services.clock())
        partner.active = True
    click.echo(clean(f"{name} <{email}> may open tickets"))


@partners.command("import")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_(path: Path) -> None:
    """Register everybody in a CSV file (nome, email, organizacao), or nobody where a line is wrong."""
    try:
        rows = partner_list.read(path.read_bytes())
    except ListRefused as refusal:
        fail(*refusal.faults)
    services = opened()
    with services.store.begin() as db:
        partner_list.take(db, rows, now=services.clock())
    click.echo(f"{len(rows)} partners may open tickets")


@partners.command()
@click.argument("email")
def remove(email: str) -> None:
    """Let a partner in no more, at once and everywhere; what was written stays. `add` lets in again."""
    services = opened()
    with services.store.begin() as db:
        partner = people.by_email(db, email)
        if partner is not None:
            people.shut_out(db, partner)
    if partner is None:
        fail(f"{email} is not a registered partner")
    click.echo(clean(f"{email} may not come in any more"))


@partners.command("list")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def list_(as_json: bool) -> None:
    """Show the registered partners."""
    with (services := opened()).store.read() as db:
        rows = [
            {"name": one.name, "email": one.email, "organisation": members.name, "active": one.active}
            for members in organisations.everyone(db)
            for one in members.partners
        ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
    for row in [] if as_json else rows:
        shut_out = "" if row["active"] else " (may not come in)"
        organisation = f", {row['organisation']}" if row["organisation"] else ""
        click.echo(clean(f"{row['name']} <{row['email']}>{organisation}{shut_out}"))
    services.store.close()


@partners.command()
@click.argument("email")
def token(email: str) -> None:
    """Print a new API token for a partner; the one before it stops working."""
    services = opened()
    with services.store.begin() as db:
        partner = people.by_email(db, email)
        issued = people.issue_token(db, partner) if partner and partner.active else None
    if partner is None:
        fail(f"{email} is not a registered partner; `chamados partners add` registers one")
    if issued is None:
        fail(f"{email} may not come in: `chamados partners add` lets in again")
    click.echo(issued)


@partners.command()
@click.argument("email")
@click.argument("switch", type=click.Choice(["on", "off"]))
def ai(email: str, switch: str) -> None:
    """Let the AI read a partner's descriptions to propose better ones, or not."""
    services = opened()
    with services.store.begin() as db:
        partner = people.by_email(db, email)
        if partner:
            people.switch_ai(db, partner, on=switch == "on")
    if partner is None:
        fail(f"{email} is not a registered partner; `chamados partners add` registers one")
    click.echo(clean(f"the AI is {switch} for {email}"))
