"""`chamados db`: the schema's life."""

import json

import click

from bridge.cli.common import fail, faults_said
from bridge.config import database_url
from bridge.store import Store, schema


@click.group()
def db() -> None:
    """The database's tables."""


@db.command()
def upgrade() -> None:
    """Bring the tables to this program's version."""
    with faults_said():
        click.echo(f"the database is at {schema.upgrade(Store(database_url().reveal()))}")


@db.command()
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def check(as_json: bool) -> None:
    """Say whether the tables are this program's; exit 2 when an upgrade is pending."""
    with faults_said():
        store = Store(database_url().reveal())
        found, wanted, fault = schema.revision(store), schema.head(), schema.carrier_fault(store)
    if as_json:
        click.echo(json.dumps({"found": found, "wanted": wanted, "fault": fault}))
        raise SystemExit(1 if fault else 0 if found == wanted else 2)
    if fault:
        fail(fault)
    if found == wanted:
        click.echo(f"the database is at {found}, as this program needs it")
        return
    if found is None:
        click.echo("the database is empty; `chamados db upgrade` makes its tables")
    else:
        click.echo(f"the database is at {found}, this program needs {wanted}: run `chamados db upgrade`")
    raise SystemExit(2)
