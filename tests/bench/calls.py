"""What each event costs in calls to GitHub and Jira, beside what it costs others."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import structlog
from sqlalchemy import update

from bridge.cli.journey_world import FOR_DEVELOPERS
from bridge.cli.waiting import until
from bridge.reconcile.missed import heal
from bridge.store.tables import SweepRow
from tests.conftest import installed
from tests.world import SECONDS, World

MOVE = "/transitions"
PEERS = ("openedx-webhooks", "jira-bugzilla-int.", "Sync2Jira", "flafl", "gh-jira-sync-bot")
FIELD: dict[str, tuple[str, ...]] = {
    "a ticket is filed": ("1", "7", "12", "-", "8"),
    "pull request opened": ("20", "-", "15", "3", "0"),
    "the same event delivered again": ("5", "3", "8", "3", "5"),
    "review: changes requested": ("0, ignored", "-", "0, ignored", "3", "0"),
    "merged": ("5", "-", "10", "3", "0"),
    "a person moves the issue": ("-", "3", "2", "2", "2"),
}
"""All calls of each peer for the event, as reference/field.md §4 measured or read them."""


@dataclass(frozen=True, kw_only=True)
class Row:
    event: str
    github: int
    free: int
    """Of GitHub's, answered 304."""
    jira: int
    later: int
    """Of Jira, once the e-mail's hold has ended: what is sent is as Jira has it then."""
    developers: int


@dataclass
class Ledger:
    world: World
    rows: list[Row] = field(default_factory=list)

    def of(self, event: str, happens: Callable[[], object], *, status: str = "", key: str = "") -> None:
        before = len(self.world.sandbox.controls.calls())
        happens()
        if status:
            self.world.wait_status(key, status)
        self.world.settle()
        made = self.world.bridge_calls(before)
        github = [one for one in made if one["path"].startswith("/github")]
        jira = [one for one in made if one["path"].startswith("/jira")]
        moves = [n for n, one in enumerate(jira) if one["method"] == "POST" and one["path"].endswith(MOVE)]
        later = jira[moves[-1] + 1 :] if moves else []
        developers = [one for one in github if FOR_DEVELOPERS.search(one["path"]) and one["status"] != 304]
        self.rows.append(
            Row(
                event=event,
                github=len(github) - len(developers),
                free=sum(one["status"] == 304 for one in github),
                jira=len(jira) - len(later),
                later=len(later),
                developers=len(developers),
            )
        )


@click.command()
def calls() -> None:
    """One ticket through its events: the calls of each, in-process and not timed."""
    logging.disable(logging.INFO)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with TemporaryDirectory() as folder:
        database = f"sqlite:///{folder}/chamados.db"
        with installed(database, Path(folder), {}) as world:
            _echo_head()
            for row in ledger(world):
                _echo(row)
    click.echo("later: of Jira, when the hold of the e-mail about the move has ended")
    click.echo("GitHub 304: answered as unchanged, at no cost in quota")
    click.echo("for developers: the check and the comment on the pull request, where they have to change")


def ledger(world: World) -> list[Row]:
    world.filed()  # the site's names are asked once
    book, filed = Ledger(world), list[str]()
    book.of("a ticket is filed", lambda: filed.append(world.filed(titulo="Outro")))
    [key] = filed
    _develop(world, book, key)
    _publish(world, book, key)
    _sweep(world)
    _sweep(world)
    book.of("a sweep, nothing changed", lambda: _sweep(world))
    return book.rows


def _develop(world: World, book: Ledger, key: str) -> None:
    world.approve_triage(key)
    branch, numbers = f"{key}-x", list[int]()
    world.branch(branch)
    world.push(branch)
    world.settle()
    asked = {"title": "Corrige", "head": branch, "base": "main"}

    def opened() -> None:
        numbers.append(world.github("POST", "pulls", json=asked)["number"])

    def review(event: str) -> Callable[[], object]:
        return lambda: world.review(numbers[0], event)

    again = {"json": {"reviewers": ["bruno"]}}
    book.of("pull request opened", opened, status="PR Review", key=key)
    book.of("the same event delivered again", lambda: _redeliver(world))
    book.of("review: a comment only", review("COMMENT"))
    book.of("review: changes requested", review("REQUEST_CHANGES"), status="Error Fix", key=key)
    book.of(
        "review requested again",
        lambda: world.github("POST", f"pulls/{numbers[0]}/requested_reviewers", **again),
        status="PR Review",
        key=key,
    )
    book.of("review: approved", review("APPROVE"), status="PR Aprovado", key=key)
    book.of("merged", lambda: world.github("PUT", f"pulls/{numbers[0]}/merge", json={}))


def _publish(world: World, book: Ledger, key: str) -> None:
    book.of("deployed to staging", world.deploy, status="Publicado em Homologação", key=key)
    book.of("a person moves the issue", lambda: world.drag(key, "Testing"), status="Testing", key=key)
    world.drag(key, "Test Finished")
    world.settle()
    release: dict[str, Any] = {"json": {"tag_name": "v1", "target_commitish": "main"}}
    book.of("released", lambda: world.github("POST", "releases", **release), status="Publicado", key=key)


def _redeliver(world: World) -> None:
    [hook] = world.github("GET", "hooks")
    path = f"hooks/{hook['id']}/deliveries"
    told = next(one for one in world.github("GET", path) if one["event"] == "pull_request")
    world.github("POST", f"{path}/{told['id']}/attempts")
    assert until(lambda: any(one["redelivery"] for one in world.github("GET", path)), seconds=SECONDS)


def _sweep(world: World) -> None:
    """Some minutes later: what has just changed is looked at once more."""
    for repo in world._repos():
        for one in repo.pulls.values():
            one.updated_at = "2026-01-01T00:00:00Z"
    with world.services.store.begin() as db:
        db.execute(update(SweepRow).values(due_at=world.services.clock()))
    heal(world.services)


def _echo_head() -> None:
    ours = f"{'GitHub':>7} {'304':>4} {'Jira':>5} {'later':>6} {'developers':>11}"
    click.echo(f"{'calls for':<32}{ours}   {' '.join(f'{name:>18}' for name in PEERS)}")


def _echo(row: Row) -> None:
    ours = f"{row.github:>7} {row.free:>4} {row.jira:>5} {row.later:>6} {row.developers:>11}"
    theirs = FIELD.get(row.event, ("",) * len(PEERS))
    click.echo(f"{row.event:<32}{ours}   {' '.join(f'{one:>18}' for one in theirs)}")
