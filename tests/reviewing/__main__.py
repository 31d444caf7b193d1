"""Enumerate, compare, print."""

import time

import click

from tests.reviewing.machine import POLICIES, compare


@click.command()
@click.option("--events", default=6, show_default=True)
def main(events: int) -> None:
    """Every sequence of up to so many events under each policy."""
    for name, policy in POLICIES.items():
        began = time.monotonic()
        found = compare(policy, events=events)
        click.echo(
            f"{name}: {found.sequences} sequences of up to {events} events, {found.compared} compared, "
            f"{len(found.differences)} differences, {time.monotonic() - began:.1f} s"
        )
        for difference in found.differences[:20]:
            click.echo(f"  {difference}")


main()
