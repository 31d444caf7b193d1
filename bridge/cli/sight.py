"""`chamados explain`, `deliveries`, `tickets` and `workflow`: what happened, and why."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import click
from sqlalchemy import select
from sqlalchemy.orm import defer

from bridge.cli.common import NUMBER, clean, fail, faults_said, opened
from bridge.config import mappings_directory
from bridge.domain import reference, ticket_id
from bridge.services import Services
from bridge.store.counts import refused
from bridge.store.tables import Delivery, Event, Ticket
from bridge.store.tickets import park_by_hand, release
from bridge.story import Story, one_line, story
from mappings import load
from mappings.diagram import mermaid
from webhooks import replay

SHOWN = 50
RESULTS = ("rang", "ignored", "unreadable")


class Ago(click.ParamType[datetime]):
    """A moment, or how long ago it was."""

    name = "ago"
    _UNITS: ClassVar = {"m": "minutes", "h": "hours", "d": "days"}

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        age = re.fullmatch(r"(\d{1,6})([mhd])", value)
        try:
            if age:
                return datetime.now(UTC) - timedelta(**{self._UNITS[age[2]]: int(age[1])})
            return datetime.fromisoformat(value).astimezone(UTC)
        except OverflowError:
            return self.fail(f"{value!r} was before all times")
        except ValueError:
            return self.fail(f"{value!r} is neither an age (90m, 2h, 3d) nor a time (2026-11-24T10:00)")


AGO = Ago()


@click.command()
@click.argument("ref")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def explain(ref: str, as_json: bool) -> None:
    """Why a ticket is where it is: first in one sentence, then every cause and effect, in order."""
    services = opened()
    told = story(services, _ticket(services, ref))
    if as_json:
        click.echo(json.dumps(told.document(), ensure_ascii=False))
        return
    click.echo(clean(told.headline))
    click.echo(clean(f"{told.reference} {told.issue}, {told.status}: {told.title}"))
    for line in told.journal:
        click.echo(clean(f"{line.at:%Y-%m-%d %H:%M:%S}  {line.act:<7} {line.outcome}  [{line.cause}]"))
    for heading, sentences in _sections(told):
        for sentence in sentences:
            click.echo(clean(f"{heading:<7} {sentence}"))


def _sections(told: Story) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return ("verdict", told.verdicts), ("GitHub", told.pull_requests), ("file", told.files)


def _ticket(services: Services, ref: str) -> Ticket:
    number = ticket_id(ref)
    with services.store.read() as db:
        ticket = db.get(Ticket, number) if number is not None else None
    if ticket is None:
        fail(f"there is no ticket {ref}")
    assert ticket is not None
    return ticket


@click.group()
def deliveries() -> None:
    """The webhooks that came."""


@deliveries.command("list")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
@click.option("--limit", type=NUMBER, default=SHOWN, show_default=True)
@click.option("--since", type=AGO, help="As for `replay`.")
@click.option("--status", type=click.Choice(RESULTS), help="Only those with this outcome.")
def list_deliveries(as_json: bool, limit: int, since: datetime | None, status: str | None) -> None:
    """The newest deliveries, what came of each, and how many were refused unread."""
    query = select(Delivery).options(defer(Delivery.body)).order_by(Delivery.id.desc()).limit(limit)
    query = query.where(Delivery.received_at >= since) if since else query
    query = query.where(Delivery.result == status) if status else query
    with opened().store.read() as db:
        rows = [_delivery(one) for one in db.scalars(query)]
        forged = refused(db)
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        again = f" (came {row['repeats'] + 1} times)" if row["repeats"] else ""
        click.echo(clean(f"{row['id']:>6}  {row['at']}  {row['source']:<6}  {row['outcome']}{again}"))
    for source, (count, at) in sorted(forged.items()):
        last = f", the last at {at:%Y-%m-%d %H:%M:%S}" if at else ""
        click.echo(
            f"refused {count} from {source}{last} (401): the signature does not match "
            f"CHAMADOS_{source.upper()}_WEBHOOK_SECRET"
        )


@deliveries.command("show")
@click.argument("number", type=NUMBER)
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def show_delivery(number: int, as_json: bool) -> None:
    """One delivery with its body."""
    with opened().store.read() as db:
        found = db.get(Delivery, number)
    if found is None:
        fail(f"there is no delivery {number}")
    assert found is not None
    body = found.body.decode("utf-8", "replace")
    if as_json:
        click.echo(json.dumps({**_delivery(found), "body": body}, ensure_ascii=False))
        return
    for name, value in _delivery(found).items():
        click.echo(clean(f"{name}: {value}"))
    click.echo(clean(body) or "(its body is kept no longer)")


@deliveries.command("replay")
@click.argument("numbers", type=NUMBER, nargs=-1)
@click.option(
    "--since", type=AGO, help="Those received since: 90m, 2h, 3d or a time such as 2026-11-24T10:00."
)
@click.option("--status", type=click.Choice(RESULTS), help="Only those with this outcome.")
def replay_deliveries(numbers: tuple[int, ...], since: datetime | None, status: str | None) -> None:
    """Ring again what stored deliveries ring now. Harmless: a doorbell only asks for a look."""
    if not numbers and since is None:
        raise click.UsageError("name the deliveries, or say --since")
    services = opened()
    for number in _chosen_deliveries(services, numbers, since=since, status=status):
        click.echo(clean(f"{number:>6}  {replay(services, number)}"))


def _chosen_deliveries(
    services: Services, numbers: tuple[int, ...], *, since: datetime | None, status: str | None
) -> list[int]:
    query = select(Delivery.id, Delivery.result).order_by(Delivery.id)
    if numbers:
        query = query.where(Delivery.id.in_(numbers))
    if since is not None:
        query = query.where(Delivery.received_at >= since)
    with services.store.read() as db:
        rows = db.execute(query).all()
    missing = set(numbers) - {number for number, _ in rows} if since is None else set()
    if missing:
        fail(*(f"there is no delivery {number}" for number in sorted(missing)))
    return [number for number, result in rows if status is None or result == status]


def _delivery(one: Delivery) -> dict[str, Any]:
    return {
        "id": one.id,
        "at": one.received_at.isoformat(timespec="seconds"),
        "source": one.source,
        "delivery_id": one.delivery_id,
        "event": one.event,
        "repeats": one.repeats,
        "result": one.result,
        "outcome": one.outcome,
    }


@click.group()
def tickets() -> None:
    """The tickets and where they stand."""


@tickets.command("list")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
@click.option("--parked", is_flag=True, help="Only those that wait for somebody to act.")
def list_tickets(as_json: bool, parked: bool) -> None:
    """Every ticket with its status and last outcome."""
    query = select(Ticket).order_by(Ticket.id)
    with opened().store.read() as db:
        found = db.scalars(query.where(Ticket.parked != "") if parked else query)
        rows = [_row(one) for one in found]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        issue = row["issue"] or "-"
        click.echo(clean(f"{row['reference']:<8} {issue:<10} {row['status']:<26} {one_line(row['outcome'])}"))


@tickets.command("show")
@click.argument("ref")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def show_ticket(ref: str, as_json: bool) -> None:
    """One ticket's timeline as it is kept: in Jira's own names, each line with what came of it.

    The partner reads only a part of it, in other words, on the ticket's page.
    """
    services = opened()
    ticket = _ticket(services, ref)
    with services.store.read() as db:
        query = select(Event).where(Event.ticket_id == ticket.id).order_by(Event.at)
        events = [_event(one) for one in db.scalars(query)]
    if as_json:
        click.echo(json.dumps({**_row(ticket), "timeline": events}, ensure_ascii=False))
        return
    for one in events:
        at = datetime.fromisoformat(one["at"])
        what = one["status"] or one["text"] or one["kind"]
        click.echo(clean(f"{at:%Y-%m-%d %H:%M:%S}  {what}  ({one['outcome']})"))


def _row(ticket: Ticket) -> dict[str, Any]:
    return {
        "reference": reference(ticket.id),
        "issue": ticket.jira_key,
        "status": ticket.status,
        "parked": ticket.parked,
        "outcome": ticket.outcome,
    }


def _event(one: Event) -> dict[str, Any]:
    told = {name: getattr(one, name) for name in ("kind", "author", "status", "text", "visible", "outcome")}
    return {"at": one.at.isoformat(timespec="seconds"), **told}


@tickets.command("retry")
@click.argument("ref")
def retry_ticket(ref: str) -> None:
    """Look at a ticket again now: a parked one, or one that waits for a remote."""
    services = opened()
    ticket = _ticket(services, ref)
    with services.store.begin() as db:
        release(db, ticket.id, now=services.clock())
    click.echo(f"{reference(ticket.id)} will be looked at")


@tickets.command("park")
@click.argument("ref")
@click.argument("reason")
def park_ticket(ref: str, reason: str) -> None:
    """Leave a ticket alone until `tickets retry`; what happens meanwhile is kept and done then."""
    services = opened()
    ticket = _ticket(services, ref)
    with services.store.begin() as db:
        park_by_hand(db, ticket.id, reason=f"parked by the operator: {reason}", now=services.clock())
    click.echo(f"{reference(ticket.id)} is parked until `chamados tickets retry {reference(ticket.id)}`")


@click.command()
def workflow() -> None:
    """Print the workflow as a Mermaid diagram, from workflow.yaml."""
    with faults_said():
        directory = mappings_directory()
        click.echo(mermaid(load(directory).workflow))
