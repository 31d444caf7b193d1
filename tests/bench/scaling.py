"""One, two and four workers on PostgreSQL; and four of which one is killed each second."""

import time

import click

from bridge.cli.waiting import until
from tests.bench.many import LIMIT, Workers, many

WARM_UP = 8
"""Tickets filed for each worker before the clock runs: a process asks Jira about its site first."""


@click.command()
@click.option("--tickets", default=400, show_default=True)
@click.option("--latency", default=100, show_default=True, help="Milliseconds of each call to Jira.")
@click.option("--threads", default=2, show_default=True, help="CHAMADOS_WORKERS of each process.")
@click.option("--counts", default="1,2,4", show_default=True, help="Processes of each run; empty: no run.")
@click.option("--kills/--no-kills", default=True, show_default=True, help="Then kill one each second.")
def scaling(tickets: int, latency: int, threads: int, counts: str, kills: bool) -> None:
    """Throughput of 1, 2 and 4 worker processes, overlaps and inversions; then the same under kill -9."""
    rates: list[float] = []
    for count in map(int, filter(None, counts.split(","))):
        with many(threads=threads) as place:
            rates.append(_run(place, count, tickets=tickets, latency=latency, threads=threads))
        if len(rates) > 1:
            click.echo(f"  {rates[-1] / rates[0]:.2f} times the first run")
    if kills:
        with many(threads=threads) as place:
            _killed(place, tickets=tickets, latency=latency)


def _run(place: Workers, count: int, *, tickets: int, latency: int, threads: int) -> float:
    for _ in range(count):
        place.start()
    place.wait_ready()
    place.latency(latency)
    place.file(WARM_UP * count)
    place.wait_rested()
    before, began = place.cpu_seconds(), time.monotonic()
    place.file(tickets)
    place.wait_rested()
    seconds = time.monotonic() - began
    spent = [(after - then) * 1000 / tickets for after, then in zip(place.cpu_seconds(), before, strict=True)]
    click.echo(
        f"{count} processes of {threads} threads, {latency} ms Jira: {tickets} tickets in {seconds:.1f} s, "
        f"{tickets / seconds:.1f}/s; CPU a ticket: workers {spent[0]:.0f} ms, sandbox {spent[1]:.0f} ms"
    )
    _moves(place)
    return tickets / seconds


def _moves(place: Workers) -> None:
    """Every issue is dragged twice while doorbells for it keep ringing."""
    began = place.told()
    place.move_all_by_hand()
    for _ in range(5):
        place.ring_all()
    place.wait_rested()
    assert until(lambda: place.unsent() == 0, seconds=LIMIT)
    click.echo(
        f"  {place.told() - began} moves by hand told; {place.overlaps()} overlaps, "
        f"{place.inversions()} inversions"
    )


def _killed(place: Workers, *, tickets: int, latency: int) -> None:
    place.latency(latency)
    for _ in range(4):
        place.start()
    place.wait_ready()
    place.file(tickets)
    began, kills = time.monotonic(), 0
    doubts = (0, 0)
    while place.waiting() or place.unsent():
        time.sleep(1)
        place.kill_oldest()
        place.start()
        kills += 1
        if kills % 60 == 0:
            creations, mails = place.let_doubts_pass()
            doubts = (doubts[0] + creations, doubts[1] + mails)
        assert time.monotonic() - began < LIMIT, f"{place.waiting()} tickets do not rest"
    click.echo(
        f"4 processes, {kills} kills: {tickets} tickets done in {time.monotonic() - began:.0f} s, "
        f"{len(place.issues())} issues, {place.duplicate_issues()} duplicates, {place.overlaps()} overlaps; "
        f"left in doubt: {doubts[0]} creations, {doubts[1]} e-mails; e-mails twice: {place.duplicate_mails()}"
    )
