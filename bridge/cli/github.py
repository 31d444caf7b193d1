"""`chamados github plan` and `apply`: what GitHub lets the bridge do and tells it of, and its webhooks."""

import json
from collections.abc import Sequence

import click

from bridge.cli.common import clean, fail, faults_said
from bridge.cli.differences import PENDING, agree, document, print_changes, print_steps
from bridge.clients.errors import Refused, Unavailable
from bridge.clients.github.survey import Survey
from bridge.config import Config, load
from bridge.provision import Change, Kind, Way, counted
from bridge.provision.github import (
    LiveGitHub,
    WantedGitHub,
    compare_github,
    unchecked_github,
    wanted_github,
)
from mappings import Mappings
from mappings import load as load_mappings

PLACE = "GitHub's"


@click.group()
def github() -> None:
    """Set up GitHub: the permissions of the token or App, and the webhooks."""


@github.command()
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def plan(as_json: bool) -> None:
    """Say what `apply` would do. Exit 0: nothing; 2: changes are pending; 1: GitHub could not be read."""
    config, wanted = _opened()
    live = _seen(Survey(config.github), wanted)
    changes = compare_github(wanted, live)
    if as_json:
        click.echo(json.dumps(document(changes, unchecked_github(wanted, live)), ensure_ascii=False))
    else:
        print_changes(changes, unchecked_github(wanted, live), place=PLACE)
    raise SystemExit(PENDING if changes else 0)


@github.command()
@click.option("--secret", is_flag=True, help="Save the webhooks' secret again: GitHub never shows it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def apply(secret: bool, yes: bool) -> None:
    """Register and repair the webhooks. May be run again at any point; deletes nothing.

    Exit 0: GitHub is as it should be; 2: something is left for a person to do; 1: something failed.
    """
    config, wanted = _opened()
    survey = Survey(config.github)
    live = _seen(survey, wanted)
    changes = compare_github(wanted, live)
    todo = [change for change in changes if change.way in {Way.ADD, Way.CHANGE}]
    todo += _secrets_again(wanted, live, todo) if secret else []
    print_changes(changes, unchecked_github(wanted, live), place=PLACE)
    if todo and not yes:
        agree(todo)
    failed = _carry_out(survey, todo, wanted, secret=config.github.webhook_secrets[0].reveal())
    _end(compare_github(wanted, _seen(survey, wanted)) if todo else changes, failed)


def wanted_of(config: Config, mappings: Mappings) -> WantedGitHub:
    return wanted_github(
        mappings.workflow,
        repositories=config.github.repositories,
        public_url=config.public_url,
        is_app=bool(config.github.app_id),
    )


def _opened() -> tuple[Config, WantedGitHub]:
    with faults_said():
        config = load()
        mappings = load_mappings(config.mappings)
    return config, wanted_of(config, mappings)


def _seen(survey: Survey, wanted: WantedGitHub) -> LiveGitHub:
    try:
        return survey.look(wanted)
    except (Refused, Unavailable) as error:
        fail(f"GitHub cannot be read: {error}")
        raise


def _secrets_again(wanted: WantedGitHub, live: LiveGitHub, todo: Sequence[Change]) -> list[Change]:
    """Each webhook that is there and not to be changed anyway."""
    known = {name: one.hook for name, one in live.repositories.items() if one.hook}
    again = [
        Change(
            kind=Kind.WEBHOOK,
            name=f"{name} → {wanted.hook_url}",
            way=Way.CHANGE,
            detail="gets the secret of the settings",
            facts={"repository": name, "id": hook.id},
        )
        for name, hook in known.items()
    ]
    if live.app:
        again.append(
            Change(kind=Kind.WEBHOOK, name=wanted.hook_url, way=Way.CHANGE, detail="gets the secret")
        )
    return [change for change in again if change.name not in {one.name for one in todo}]


def _carry_out(
    survey: Survey, todo: Sequence[Change], wanted: WantedGitHub, *, secret: str
) -> list[tuple[Change, str]]:
    failed = []
    for number, change in enumerate(todo, start=1):
        try:
            survey.carry_out(change, wanted, secret=secret)
        except (Refused, Unavailable) as error:
            failed.append((change, f" ({error})"))
            click.echo(clean(f"[{number}/{len(todo)}] {change.title}: {error}"), err=True)
        else:
            click.echo(clean(f"[{number}/{len(todo)}] {change.title}"))
    return failed


def _end(left: Sequence[Change], failed: Sequence[tuple[Change, str]]) -> None:
    if failed:
        print_steps(failed, place=PLACE)
        fail(f"{counted(len(failed), 'change')} could not be made.", "Run it again once that is mended.")
    if left:
        click.echo("The rest is for you; `chamados github plan` says when nothing is left.")
        raise SystemExit(PENDING)
    click.echo("0 changes: GitHub is as it should be.")
