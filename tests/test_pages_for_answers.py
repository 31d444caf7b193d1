"""GitHub behind a proxy that shows a page, or answers something else: later, and said in a sentence."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import update

from bridge.cli import main
from bridge.clients.errors import Unavailable
from bridge.clients.github import GitHub
from bridge.clients.github.wire import _check
from bridge.reconcile import missed
from bridge.sandbox.control import Fault
from bridge.store.tables import SweepRow
from tests.conftest import installed
from tests.world import World

PAGE = "answered with a page instead of data"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[World]:
    with installed(f"sqlite:///{tmp_path / 'c.db'}", tmp_path, {"still": True}) as world:
        yield world


def _pages(desk: World, match: str = "* /github/*") -> None:
    desk.sandbox.controls.add(Fault(match=match, do="html", times=50))


def test_every_verb_says_that_a_page_came(desk: World) -> None:
    github: GitHub = desk.services.github
    name = desk.sandbox.settings.github_repository
    _pages(desk)
    verbs = [
        lambda: github.pull_request(name, 1),
        lambda: github.pull_requests_of(name, "a"),
        lambda: github.repository_id(name),
        lambda: github.branches(name),
        lambda: github.branch_exists(name, "a"),
        lambda: github.is_private(name),
        lambda: github.release(name, "v1"),
        lambda: github.contains(name, head="a" * 40, commit="b" * 40),
        lambda: github.write_comment(name, 1, body="x", marker="m", known=""),
    ]
    for verb in verbs:
        with pytest.raises(Unavailable, match=PAGE) as raised:
            verb()
        assert raised.value.retry_after is None


@pytest.mark.parametrize(
    ("kind", "body"), [("application/json", '{"a":'), ("application/json", '"x"'), ("", "[]")]
)
def test_what_is_no_data_is_unavailable(kind: str, body: str) -> None:
    with pytest.raises(Unavailable):
        _check(kind, body, asked="GET /x")


def test_commands_say_a_sentence(desk: World) -> None:
    _pages(desk)
    for command in (["reconcile", "--json"], ["github", "plan"], ["doctor"]):
        told = CliRunner().invoke(main, command, env=desk.environment)
        assert isinstance(told.exception, SystemExit | None), command
        assert PAGE in told.output, command


def test_one_sweeps_fault_stops_no_other(desk: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> missed.Findings:
        raise TypeError("string indices must be integers")

    every, _ = missed.SWEEPS["jira"]
    monkeypatch.setitem(missed.SWEEPS, "jira", (every, broken))
    with desk.services.store.begin() as db:
        db.execute(update(SweepRow).values(due_at=desk.services.clock()))
    outcomes = missed.heal(desk.services)
    assert outcomes["jira"] == "cut short: bug: TypeError: string indices must be integers"
    assert "repositories read" in outcomes["github"]
    with desk.services.store.read() as db:
        row = db.get_one(SweepRow, "jira")
    assert row.outcome == outcomes["jira"]
    assert row.due_at > desk.services.clock()
