"""`doctor` and `reconcile --dry-run` as an operator runs them."""

import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge.cli import doctor, main
from bridge.clients.names import Names
from tests.test_mail_checks import ANSWERS, DOMAIN, IN_ORDER, Published, keys
from tests.world import World


def run(world: World, *arguments: str, **changes: str) -> tuple[int, str]:
    environment = {**world.environment, **changes}
    result = CliRunner().invoke(main, arguments, env=environment)
    return result.exit_code, result.output


def test_doctor_names_exactly_what_is_wrong(world: World) -> None:
    code, said = run(world, "doctor")
    assert code == 0, said
    code, said = run(
        world,
        "doctor",
        CHAMADOS_JIRA_TOKEN="canary-token",
        CHAMADOS_SMTP_URL="smtp://127.0.0.1:1",
        CHAMADOS_GITHUB_REPOSITORIES="softhouse/elsewhere",
    )
    wrong = [line.split()[1] for line in said.splitlines() if line.startswith("error")]
    assert (code, wrong) == (1, ["jira", "github", "smtp"])
    assert "softhouse/elsewhere" in said
    assert "canary" not in said


def test_19_doctor_reports_exactly_four_faults_each_with_a_fix(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Wrong Jira token, closed SMTP port, missing DKIM record, pending migration."""
    monkeypatch.setattr(doctor, "Names", lambda: Names(Published(IN_ORDER)))
    with sqlite3.connect(tmp_path / "old.db") as old:
        old.execute("CREATE TABLE alembic_version (version_num TEXT)")
        old.execute("INSERT INTO alembic_version VALUES ('0001')")
    code, said = run(
        world,
        "doctor",
        CHAMADOS_DATABASE_URL=f"sqlite:///{tmp_path / 'old.db'}",
        CHAMADOS_JIRA_TOKEN="canary-token",
        CHAMADOS_SMTP_URL="smtp://ana:canary-password@127.0.0.1:1",
        CHAMADOS_MAIL_FROM=f"Chamados <chamados@{DOMAIN}>",
        CHAMADOS_MAIL_REPLIES=ANSWERS,
        CHAMADOS_MAIL_DKIM_SELECTOR="s1",
        CHAMADOS_MAIL_DKIM_KEY=keys(1)[0],
    )
    lines = said.splitlines()
    wrong = [place for place, line in enumerate(lines) if line.startswith("error")]
    assert [lines[place].split()[1] for place in wrong] == ["database", "jira", "smtp", "dkim"], said
    assert all(lines[place + 1].strip().startswith("-> ") for place in wrong)
    assert code == 1
    assert "canary" not in said
    assert "PRIVATE" not in said


def test_doctor_names_a_missing_permission_and_a_renamed_field(world: World) -> None:
    world.sandbox.jira.site.denied.add("TRANSITION_ISSUES")
    code, said = run(world, "doctor")
    assert code == 1
    assert "grant the bridge's account TRANSITION_ISSUES" in said


def test_a_dry_run_says_what_it_would_do(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    key = world.filed()
    world.drag(key, "Backlog")
    world.settle()
    code, said = run(world, "reconcile", "CT-1", "--dry-run")
    assert (code, said) == (0, "CT-1: nothing to do\n")
    assert run(world, "reconcile", "CT-99")[0] == 1
    code, said = run(world, "explain", "CT-1")
    assert code == 0
    assert f"created {key}" in said
