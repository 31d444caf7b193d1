"""`chamados jira plan` and `apply`: hold a Jira site against the mappings, and make it as they want it."""

import json
import sys
from collections.abc import Sequence

import click

from bridge.cli.common import clean, fail, faults_said
from bridge.cli.differences import PENDING, agree, document, print_changes, print_steps
from bridge.clients.errors import Refused, Unavailable
from bridge.clients.jira.administration import Administration
from bridge.clients.jira.builder import Builder
from bridge.clients.jira.survey import look
from bridge.config import Config, load
from bridge.provision import Change, Kind, Live, Wanted, Way, compare, counted, unchecked, wanted_site
from bridge.provision.live import LiveHook
from mappings import load as load_mappings

PLACE = "Jira's"
PASSES = 3
"""What a new project needs besides is known once it is there."""


@click.group()
def jira() -> None:
    """Set up the Jira site that the mappings describe."""


@jira.command()
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def plan(as_json: bool) -> None:
    """Say what `apply` would do. Exit 0: nothing; 2: changes are pending; 1: the site could not be read."""
    site, wanted = _opened()
    live = _seen(site, wanted)
    changes = compare(wanted, live)
    if as_json:
        click.echo(json.dumps(document(changes, unchecked(wanted, live)), ensure_ascii=False))
    else:
        print_changes(changes, unchecked(wanted, live), place=PLACE)
    raise SystemExit(PENDING if any(change.pending for change in changes) else 0)


@jira.command()
@click.option("--adopt", is_flag=True, help="Use fields that exist already under the names of fields.yaml.")
@click.option(
    "--secret", is_flag=True, help="Save the webhook's secret again: Jira never shows the one it has."
)
@click.option("--yes", is_flag=True, help="Do not ask.")
def apply(adopt: bool, secret: bool, yes: bool) -> None:
    """Make the site as the mappings want it. May be interrupted and run again at any point; deletes nothing.

    Exit 0: the site is as it should be; 2: something is left for a person to do; 1: something failed.
    """
    site, wanted = _opened()
    failed: list[tuple[Change, str]] = []
    changes: list[Change] = []
    for turn in range(PASSES):
        live = _seen(site, wanted)
        changes = compare(wanted, live)
        todo = [] if failed else [change for change in changes if change.way in {Way.ADD, Way.CHANGE}]
        if secret and turn == 0 and live.hook:
            todo.append(_secret_again(wanted, live.hook))
        if turn == 0 or todo:
            print_changes(changes, unchecked(wanted, live), place=PLACE)
        _agree(todo, adopt=adopt, yes=yes)
        failed += _carry_out(Builder(site, wanted, live), todo)
        if not todo:
            break
    _end(changes, failed)


def _secret_again(wanted: Wanted, hook: LiveHook) -> Change:
    return Change(
        kind=Kind.WEBHOOK,
        name=wanted.hook_url,
        way=Way.CHANGE,
        detail="gets the secret of the settings",
        facts={"id": hook.id},
    )


def _opened() -> tuple[Administration, Wanted]:
    with faults_said():
        config = load()
        mappings = load_mappings(config.mappings)
    wanted = wanted_site(mappings, project=config.jira.project, public_url=config.public_url)
    return _administration(config), wanted


def _administration(config: Config) -> Administration:
    try:
        return Administration(config.jira, administrator=config.jira_administrator)
    except (Refused, Unavailable) as error:
        fail(str(error))
        raise


def _seen(site: Administration, wanted: Wanted) -> Live:
    try:
        return look(site, wanted)
    except (Refused, Unavailable) as error:
        fail(f"the site cannot be read: {error}")
        raise


def _agree(todo: Sequence[Change], *, adopt: bool, yes: bool) -> None:
    """Ask before anything is done. Fields of others are taken into use only when that is said."""
    foreign = [change.name for change in todo if change.adopts]
    if foreign and not adopt:
        question = f"Use the existing fields {', '.join(foreign)}?"
        if yes or not sys.stdin.isatty() or not click.confirm(question):
            click.echo(
                f"Nothing was done: these fields exist already: {', '.join(foreign)}. "
                "Say --adopt to use them, rename them, or name others in fields.yaml.",
                err=True,
            )
            raise SystemExit(PENDING)
    if todo and not yes:
        agree(todo)


def _carry_out(builder: Builder, todo: Sequence[Change]) -> list[tuple[Change, str]]:
    """Each change in turn, said as it is done. What this account may not do is left for a person."""
    failed = []
    try:
        for number, change in enumerate(todo, start=1):
            try:
                builder.carry_out(change)
            except (Refused, Unavailable) as error:
                if isinstance(error, Unavailable) and not error.denied:
                    fail(
                        f"stopped at {number} of {len(todo)}, {change.title}: {error}",
                        "Run it again to go on.",
                    )
                failed.append((change, str(error)))
                click.echo(clean(f"[{number}/{len(todo)}] {change.title}: {error}"), err=True)
            else:
                click.echo(clean(f"[{number}/{len(todo)}] {change.title}"))
    finally:
        _remember(builder)
    return failed


def _remember(builder: Builder) -> None:
    try:
        builder.remember()
    except (Refused, Unavailable) as error:
        fail(f"the ids could not be recorded on the project: {error}", "Run it again to go on.")


def _end(left: Sequence[Change], failed: Sequence[tuple[Change, str]]) -> None:
    """What a person has to do, if anything, and how it went."""
    manual = [change for change in left if change.way is Way.MANUAL]
    steps = [(change, f" ({reason})") for change, reason in failed]
    print_steps([*steps, *((change, "") for change in manual)], place=PLACE)
    if failed:
        fail(
            f"{counted(len(failed), 'change')} could not be made.",
            "Run `chamados jira apply` again once that is mended.",
        )
    if any(change.pending for change in left):
        click.echo("The rest is for you; `chamados jira plan` says when nothing is left.")
        raise SystemExit(PENDING)
    click.echo("0 changes: the site is as the mappings want it.")
