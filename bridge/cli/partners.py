"""`chamados partners`: who may open tickets."""

import json

import click
from email_validator import EmailNotValidError, validate_email

from bridge.cli.common import clean, fail, opened
from bridge.store import people


@click.group()
def partners() -> None:
    """The partners who may open tickets."""


@partners.command()
@click.argument("name")
@click.argument("email")
def add(name: str, email: str) -> None:
    """Register a partner, or rename one."""
    try:
        address = validate_email(email, check_deliverability=False).normalized
    except EmailNotValidError as error:
        fail(f"{email} is not an e-mail address: {error}")
    services = opened()
    with services.store.begin() as db:
        people.register(db, name=name, email=address, now=services.clock())
    click.echo(clean(f"{name} <{address}> may open tickets"))


@partners.command("list")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def list_(as_json: bool) -> None:
    """Show the registered partners."""
    with (services := opened()).store.read() as db:
        rows = [{"name": one.name, "email": one.email} for one in people.all_partners(db)]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
    for row in [] if as_json else rows:
        click.echo(clean(f"{row['name']} <{row['email']}>"))
    services.store.close()


@partners.command()
@click.argument("email")
def token(email: str) -> None:
    """Print a new API token for a partner; the one before it stops working."""
    services = opened()
    with services.store.begin() as db:
        partner = people.by_email(db, email)
        issued = people.issue_token(db, partner) if partner else None
    if issued is None:
        fail(f"{email} is not a registered partner; `chamados partners add` registers one")
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
