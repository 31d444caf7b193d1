"""What the operator sees and does about deliveries and tickets."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from bridge.cli.waiting import until
from bridge.portal import leftovers
from bridge.sandbox.control import Fault
from bridge.store import Store
from bridge.store.engine import network_file_system
from bridge.store.tables import Base, TicketPullRequest
from tests.test_doctor import run
from tests.test_missed import _silence_github
from tests.world import SECONDS, World


def test_a_delivery_that_rang_nobody_rings_when_replayed(world: World) -> None:
    number = world.open_pull("sem-chave", title="Corrige CHAM-1")
    world.settle()
    assert until(lambda: [one for one in world.deliveries() if one.event == "pull_request"], seconds=SECONDS)
    key = world.filed()
    world.approve_triage(key)
    with world.services.store.begin() as db:
        db.execute(delete(TicketPullRequest))
    code, said = run(world, "deliveries", "replay", "--since", "1h", "--status", "ignored")
    assert code == 0
    assert f"rang CT-1: softhouse/erp#{number} opened" in said
    world.wait_status(key, "PR Review")
    assert run(world, "deliveries", "replay", "99999")[0] == 1
    assert run(world, "deliveries", "replay")[0] == 2
    assert run(world, "deliveries", "replay", "--since", "ontem")[0] == 2


def test_the_bodies_of_old_webhooks_are_forgotten(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers, "PORTION", 2)
    key = world.filed()
    world.approve_triage(key)
    world.settle()
    before = world.deliveries()

    def tidy(age: timedelta) -> str:
        return leftovers.tidy(replace(world.services, clock=lambda: before[0].received_at + age))

    assert "bodies of 0 webhooks" in tidy(timedelta(days=29))
    assert f"bodies of {len(before)} webhooks" in tidy(timedelta(days=30, minutes=1))
    after = world.deliveries()
    assert {one.body for one in after} == {b""}
    assert [one.outcome for one in after] == [one.outcome for one in before]
    number = str(after[0].id)
    assert "(its body is kept no longer)" in run(world, "deliveries", "show", number)[1]
    assert "rang nothing: its body is kept no longer" in run(world, "deliveries", "replay", number)[1]
    assert world.deliveries()[0].outcome == before[0].outcome


def test_a_parked_ticket_is_left_alone_until_it_is_retried(world: World) -> None:
    key = world.filed()
    world.approve_triage(key)
    code, said = run(world, "tickets", "park", "CT-1", "o quadro está sendo refeito")
    assert code == 0, said
    number = world.open_pull(f"{key}-x")
    assert until(
        lambda: world.ticket_of(key).generation > world.ticket_of(key).observed_generation, seconds=SECONDS
    )
    before = len(world.sandbox.controls.calls())
    world.branch("outra")
    assert until(lambda: len(world.deliveries()) > 4, seconds=SECONDS)
    assert world.bridge_calls(before) == []
    assert "o quadro está sendo refeito" in run(world, "tickets", "list", "--parked")[1]
    run(world, "tickets", "retry", "CT-1")
    world.wait_status(key, "PR Review")
    world.settle()
    assert world.ticket_of(key).parked == ""
    said = run(world, "explain", "CT-1")[1]
    assert "parked by the operator" in said
    assert f"softhouse/erp#{number}" in said


def test_sqlite_on_a_network_file_system_is_named(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    store = Store(f"sqlite:///{tmp_path}/share/chamados.db")
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nserver:/x {tmp_path}/share nfs4 rw 0 0\n")
    assert network_file_system(store, mounts=mounts) == "nfs4"
    mounts.write_text(f"server:/x {tmp_path}/elsewhere nfs4 rw 0 0\n/dev/sda1 / ext4 rw 0 0\n")
    assert network_file_system(store, mounts=mounts) is None


def test_a_dry_run_of_everything_says_what_it_would_find_and_writes_nothing(world: World) -> None:
    key = world.filed()
    world.approve_triage(key)
    _silence_github(world)
    number = world.open_pull(f"{key}-x")
    before = _rows(world)
    code, said = run(world, "reconcile", "--dry-run", "--json")
    assert code == 0, said
    found = json.loads(said)
    assert f"would ring CT-1 (pull_request softhouse/erp#{number})" in found["sweeps"]["github"]
    assert any(one.startswith("would move it to PR Review") for one in found["tickets"]["CT-1"])
    assert _rows(world) == before
    assert world.issue(key)["status"] == "Doing"
    code, said = run(world, "reconcile")
    assert code == 0, said
    assert "sweep github: 1 repositories read" in said
    world.wait_status(key, "PR Review")
    world.settle()


@pytest.mark.parametrize("world", [{"still": True}], indirect=True)
def test_a_dry_run_foresees_the_issue(world: World) -> None:
    world.file()
    code, said = run(world, "reconcile", "--dry-run")
    assert (code, said.splitlines()[-1]) == (0, "CT-1: would send the receipt; would file the issue")
    assert world.issues() == []
    world.sandbox.controls.add(Fault(match="* /github/*", do="503", times=1))
    code, said = run(world, "reconcile", "--dry-run")
    assert code == 1
    assert "sweep github: GitHub: failed (503)" in said
    assert "sweep jira: 0 issues" in said


def _rows(world: World) -> dict[str, list[object]]:
    """Everything in the database but how many requests may still be made."""
    with world.services.store.read() as db:
        tables = [table for name, table in Base.metadata.tables.items() if name != "buckets"]
        return {table.name: [tuple(row) for row in db.execute(select(table))] for table in tables}
