"""`chamados reconcile`: look now, at one ticket or at everything, or say what a look would do."""

import json
from collections import defaultdict
from datetime import datetime

import click
from sqlalchemy import select

from bridge.cli.common import clean, fail, opened, owner
from bridge.cli.waiting import until
from bridge.clients.errors import Refused, Unavailable
from bridge.domain import reference, ticket_id
from bridge.reconcile import reconcile as look
from bridge.reconcile.findings import Findings, told
from bridge.reconcile.foresight import foresee
from bridge.reconcile.missed import CUT_SHORT, SWEEPS, foresee_sweep, heal
from bridge.reconcile.outbox import send_due
from bridge.services import Services
from bridge.store import sweeps
from bridge.store.claims import claimable
from bridge.store.tables import Ticket
from bridge.store.tickets import ring
from bridge.story import one_line

PATIENCE = 15.0
"""Seconds that another worker is given to end its look."""
MOST = 10_000
"""Tickets that a dry run speaks of."""

Said = dict[str, list[str]]
"""A sweep's name or a ticket's reference to what came of it, or would."""
Bells = dict[int, list[tuple[str, str]]]
"""Ticket to the (kind, subject) of what would ring."""


@click.command()
@click.argument("ref", required=False)
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def reconcile(ref: str | None, dry_run: bool, as_json: bool) -> None:
    """Look at one ticket (CT-7) now; without one, sweep for what no webhook told and look at all of them.

    A dry run without a ticket says what the sweeps would ring, and what would be done for every ticket that
    deserves a look or would be rung.
    """
    services = opened()
    number = _number(services, ref)
    swept, looked, failed = (_foreseen if dry_run else _done)(services, number)
    if as_json:
        click.echo(json.dumps({"sweeps": swept, "tickets": looked, "failed": failed}, ensure_ascii=False))
    else:
        for name, said in swept.items():
            click.echo(clean(f"sweep {name}: {'; '.join(said)}"))
        for name, said in looked.items():
            click.echo(clean(f"{name}: {'; '.join(map(one_line, said)) or 'nothing to do'}"))
    raise SystemExit(1 if failed else 0)


def _number(services: Services, ref: str | None) -> int | None:
    """The ticket asked for; None for all."""
    if ref is None:
        return None
    number = ticket_id(ref)
    with services.store.read() as db:
        if number is None or db.get(Ticket, number) is None:
            fail(f"there is no ticket {ref}")
    return number


# --- done


def _done(services: Services, number: int | None) -> tuple[Said, Said, bool]:
    swept: Said = {}
    if number is None:
        sweeps.hurry(services.store, now=services.clock())
        swept = {name: [outcome] for name, outcome in heal(services).items()}
    failed = any(said[0].startswith(CUT_SHORT) for said in swept.values())
    looked: Said = {}
    for one in _chosen(services, number):
        outcome, went_well = _looked(services, one)
        looked[reference(one)] = [outcome]
        failed = failed or not went_well
    send_due(services)
    return swept, looked, failed


def _chosen(services: Services, number: int | None) -> list[int]:
    if number is not None:
        return [number]
    with services.store.read() as db:
        return list(db.scalars(select(Ticket.id).order_by(Ticket.id)))


def _looked(services: Services, number: int) -> tuple[str, bool]:
    """What came of a look, and whether it went well: to its end, and neither parked nor put off."""
    with services.store.begin() as db:
        ring(db, number, kind="cli", subject="reconcile", now=services.clock())
    outcomes: list[str] = []
    ticket = until(lambda: _looked_at(services, number, outcomes), seconds=PATIENCE)
    if ticket is None:
        return "another worker has it", False
    outcome = outcomes[-1] if outcomes else None
    if outcome is None and ticket.generation > ticket.observed_generation:
        return _why_not(ticket, now=services.clock()), False
    postponed = ticket.retry_at is not None and ticket.retry_at > services.clock()
    in_doubt = ticket.create_state == "in_doubt"
    said = outcome if outcome is not None else f"another worker has just looked: {ticket.outcome}"
    return said, not (postponed or in_doubt or ticket.parked)


def _looked_at(services: Services, number: int, outcomes: list[str]) -> Ticket | None:
    """The ticket, once somebody has looked at it: what a sweep rings, a running worker takes at once."""
    outcome = look(services, number, owner=owner())
    outcomes += [outcome] if outcome is not None else []
    now = services.clock()
    with services.store.read() as db:
        ticket = db.get_one(Ticket, number)
    leased = ticket.lease_until is not None and ticket.lease_until > now
    waits = ticket.generation > ticket.observed_generation
    may_wait = ticket.held or (ticket.retry_at is not None and ticket.retry_at > now)
    return None if (leased and ticket.lease_owner != owner()) or (waits and not may_wait) else ticket


def _why_not(ticket: Ticket, *, now: datetime) -> str:
    """Why a ticket that was rung is not looked at."""
    name = reference(ticket.id)
    if ticket.held:
        return f"it is parked by hand ({ticket.parked}); `chamados tickets retry {name}` lets it go on"
    if ticket.retry_at and ticket.retry_at > now:
        return f"it rests until {ticket.retry_at:%H:%M:%S} UTC after {ticket.outcome}"
    return "another worker has it"


# --- foreseen


def _foreseen(services: Services, number: int | None) -> tuple[Said, Said, bool]:
    if number is not None:
        said, failed = _would(services, number, [])
        return {}, {reference(number): said}, failed
    swept, bells, failed = _sweeps_foreseen(services)
    waiting = claimable(services.store, now=services.clock(), limit=MOST)
    looked: Said = {}
    for one in sorted({*waiting, *bells}):
        looked[reference(one)], broke = _would(services, one, bells[one])
        failed = failed or broke
    return swept, looked, failed


def _sweeps_foreseen(services: Services) -> tuple[Said, Bells, bool]:
    swept: Said = {}
    bells: Bells = defaultdict(list)
    failed = False
    for name in SWEEPS:
        try:
            found = foresee_sweep(services, name)
        except (Unavailable, Refused) as error:
            swept[name], failed = [str(error)], True
            continue
        swept[name] = _findings(found)
        failed = failed or not all(one.is_for_good for one in found.failures)
        for one, kind, subject in found.bells:
            bells[one].append((kind, subject))
    return swept, bells, failed


def _findings(found: Findings) -> list[str]:
    bells = dict.fromkeys(found.bells)
    would = [f"would ring {reference(one)} ({kind} {subject})" for one, kind, subject in bells]
    again = [f"would ask GitHub again for delivery {lost.guid}" for _, lost in found.lost]
    return [found.said, *(would or ["would ring nobody"]), *again, *told(found.failures)]


def _would(services: Services, number: int, rings: list[tuple[str, str]]) -> tuple[list[str], bool]:
    try:
        return foresee(services, number, rings=rings), False
    except (Unavailable, Refused) as error:
        return [str(error)], True
