"""What no webhook told is found in every repository that can be read, whatever ails another."""

import pytest
import requests

from bridge.sandbox.control import Fault
from bridge.store.tables import SweepRow
from tests.test_doctor import run
from tests.test_missed import _heal, _silence_github, _undelivered
from tests.world import World

TWO_REPOSITORIES = {"environment": {"CHAMADOS_GITHUB_REPOSITORIES": "softhouse/apagado,softhouse/erp"}}


def _swept(world: World) -> SweepRow:
    with world.services.store.read() as db:
        return db.get_one(SweepRow, "github")


@pytest.mark.wrong_requests
@pytest.mark.parametrize("world", [TWO_REPOSITORIES], indirect=True)
def test_a_repository_that_is_gone_keeps_nobody_from_the_others(world: World) -> None:
    key = world.filed()
    world.approve_triage(key)
    _silence_github(world)
    world.open_pull(f"{key}-x")
    began = world.services.clock()
    _heal(world)
    assert world.issue(key)["status"] == "PR Review"
    row = _swept(world)
    assert row.outcome.endswith(
        "; 2 doorbells rung; refused: softhouse/apagado (GitHub: does not show it (404))"
    )
    assert row.watermark >= began
    ready = requests.get(f"{world.services.config.public_url}/readyz", timeout=5).json()
    assert "softhouse/apagado" in ready["sweeps"]["github"]["outcome"]


@pytest.mark.wrong_requests
@pytest.mark.parametrize("world", [TWO_REPOSITORIES], indirect=True)
def test_a_repository_that_does_not_answer_is_looked_at_from_the_same_moment_again(world: World) -> None:
    key = world.filed()
    world.approve_triage(key)
    _silence_github(world)
    world.open_pull(f"{key}-x")
    before = _swept(world)
    world.sandbox.controls.add(Fault(match="GET /github/repos/softhouse/apagado", do="503", times=1))
    _heal(world)
    assert world.issue(key)["status"] == "PR Review"
    row = _swept(world)
    assert (row.watermark, row.finished_at) == (before.watermark, before.finished_at)
    assert row.outcome.startswith("cut short: 1 repositories read")
    assert row.outcome.endswith("did not answer: softhouse/apagado (GitHub: failed (503))")


@pytest.mark.wrong_requests
def test_a_token_that_is_not_accepted_anywhere_lets_nothing_pass(world: World) -> None:
    world.filed()
    _heal(world)
    before = _swept(world).watermark
    world.sandbox.controls.add(Fault(match="GET /github/*", do="401"))
    _heal(world)
    row = _swept(world)
    assert row.watermark == before
    assert row.outcome == "cut short: GitHub: does not accept our token (401), softhouse/erp"


@pytest.mark.wrong_requests
@pytest.mark.parametrize(
    "world", [{"still": True, "environment": {"CHAMADOS_GITHUB_REPOSITORIES": "a/b"}}], indirect=True
)
def test_reconcile_fails_where_no_repository_can_be_read(world: World) -> None:
    code, said = run(world, "reconcile")
    assert code == 1
    assert "sweep github: cut short: GitHub: does not show it (404), a/b" in said


@pytest.mark.wrong_requests
@pytest.mark.parametrize(
    ("answer", "said"), [("403", "does not accept our token (403)"), ("404", "does not show it (404)")]
)
def test_a_delivery_that_github_will_not_repeat_holds_nothing_up(
    world: World, answer: str, said: str
) -> None:
    key = world.filed()
    world.approve_triage(key)
    _undelivered(world, key)
    attempts = "POST /github/repos/*/hooks/*/deliveries/*/attempts"
    world.sandbox.controls.add(Fault(match=attempts, do=answer, times=1))
    began = world.services.clock()
    _heal(world)
    assert world.issue(key)["status"] == "PR Review"
    row = _swept(world)
    assert row.watermark >= began
    assert "failed deliveries asked for again" in row.outcome
    assert row.outcome.endswith(f"refused: a delivery of softhouse/erp (GitHub: {said})")
