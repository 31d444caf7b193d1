"""How `plan` and `apply` tell what differs, of Jira and of GitHub alike."""

from collections.abc import Sequence

import click

from bridge.cli.common import clean
from bridge.provision import Change, Way, counted

PENDING = 2
"""The exit status when something is left to do."""


def agree(todo: Sequence[Change]) -> None:
    """Ask whether the changes may be made; leave where they may not, or nobody answers."""
    try:
        agreed = click.confirm(f"Make {counted(len(todo), 'change')}?")
    except click.Abort:
        click.echo("\nNothing was done: say --yes where nobody can be asked.", err=True)
        raise SystemExit(PENDING) from None
    if not agreed:
        click.echo("Nothing was done.", err=True)
        raise SystemExit(PENDING)


def print_changes(changes: Sequence[Change], unseen: Sequence[str], *, place: str) -> None:
    """`place`: whose administration a person needs, such as `Jira's`."""
    for change in changes:
        if change.way is not Way.MANUAL:
            click.echo(clean(f"{change.title}: {change.detail}"))
    print_steps([(change, "") for change in changes if change.way is Way.MANUAL], place=place)
    for one in unseen:
        click.echo(clean(f"? not checked: {one}"))
    click.echo(_summary(changes))


def print_steps(steps: Sequence[tuple[Change, str]], *, place: str) -> None:
    if steps:
        click.echo(f"For a person with {place} administration:")
    for number, (change, reason) in enumerate(steps, start=1):
        click.echo(
            clean(f'{number:>3}. {change.step}  [{change.kind} "{change.name}" {change.detail}]{reason}')
        )


def document(changes: Sequence[Change], unseen: Sequence[str]) -> dict[str, object]:
    """For scripts."""
    shown = [change.shown() for change in changes]
    return {"changes": shown, "unchecked": list(unseen), "summary": _counts(changes)}


def _counts(changes: Sequence[Change]) -> dict[str, int]:
    return {way.value: sum(change.way is way for change in changes) for way in Way}


def _summary(changes: Sequence[Change]) -> str:
    counts = _counts(changes)
    pending = sum(change.pending for change in changes)
    parts = f"{counts['add']} to add, {counts['change']} to change, {counts['manual']} by hand"
    extra = f"; {counts['extra']} of others left alone" if counts["extra"] else ""
    return f"{counted(pending, 'change')}: {parts}{extra}"
