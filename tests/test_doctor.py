"""`doctor` and `reconcile --dry-run` as an operator runs them."""

import pytest
from click.testing import CliRunner

from bridge.cli import main
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
