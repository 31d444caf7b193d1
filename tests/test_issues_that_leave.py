"""Issues that are moved, deleted or read in another language: followed by their ids, or ended well."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from bridge.reconcile import reconcile
from bridge.reconcile.gone import TOLD
from bridge.reconcile.missed import heal
from bridge.sandbox.control import Fault
from bridge.store import facts, sweeps
from bridge.store.tables import Event, Ticket
from tests.world import World

both = pytest.mark.parametrize("world", [{}, {"jira": "Server"}], indirect=True)
still = pytest.mark.parametrize("world", [{"still": True}], indirect=True)
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def rekeyed(world: World, key: str, new: str) -> None:
    """Somebody moves the issue to another project. No webhook tells of it: its filter names the project."""
    site = world.sandbox.jira.site
    with site.lock:
        issue = site.issue(key)
        issue.key = new
        site.touch(issue)


def calls(world: World, since: int) -> list[str]:
    found = world.sandbox.controls.calls(since)
    ours = {world.sandbox.settings.jira_user, "token"}
    return [
        f"{one['method']} {one['path']}" for one in found if one["who"] in ours and "/jira/" in one["path"]
    ]


@both
def test_a_deleted_issue_closes_the_ticket_and_nobody_asks_again(world: World) -> None:
    world.sandbox.jira.index_lag = 0.0
    key = world.filed()
    number = world.ticket_of(key).id
    world.jira("DELETE", f"issue/{key}")
    world.settle()
    ticket = world.ticket(number)
    assert (ticket.status, ticket.parked, ticket.retry_at, ticket.due_at) == ("Encerrado", "", None, None)
    assert f"{key} was deleted in Jira" in ticket.outcome
    with world.services.store.read() as db:
        events = db.scalars(select(Event).where(Event.ticket_id == number, Event.visible)).all()
    assert [event.text for event in events if event.kind == "gone"] == [TOLD]
    before = len(world.sandbox.controls.calls())
    with world.services.store.begin() as db:
        long_ago = world.services.clock().replace(year=2020)
        db.get_one(Ticket, number).reconciled_at = long_ago
    sweeps.hurry(world.services.store, now=world.services.clock())
    heal(world.services)
    world.settle()
    assert not [one for one in calls(world, before) if "/issue/" in one]


@on_sqlite
@still
def test_a_search_that_still_shows_a_deleted_issue_makes_one_look(world: World) -> None:
    number, key = world.filed_still()
    world.jira("DELETE", f"issue/{key}")
    world.look(number)
    before = len(world.sandbox.controls.calls())
    assert "the ticket is closed" in str(world.look(number))
    assert len([one for one in calls(world, before) if "/issue/" in one]) == 1
    assert world.ticket(number).retry_at is None


@on_sqlite
@still
def test_an_issue_that_only_the_account_cannot_see_closes_nothing(world: World) -> None:
    number, _key = world.filed_still()
    world.sandbox.controls.add(Fault(match="GET /jira/rest/api/*/issue/*", do="404", times=2))
    world.sandbox.controls.add(Fault(match="GET /jira/rest/api/*/project/CHAM", do="404"))
    world.look(number)
    assert world.ticket(number).parked == ""
    world.look(number, after=timedelta(minutes=6))
    assert world.ticket(number).status == "Triagem"
    assert world.ticket(number).parked
    world.look(number, after=timedelta(minutes=7))
    assert (world.ticket(number).status, world.ticket(number).parked) == ("Triagem", "")


@on_sqlite
@still
def test_an_issue_that_is_shown_again_is_read_as_ever(world: World) -> None:
    number, key = world.filed_still()
    match = f"GET {world.jira_path}/issue/{world.issue(key)['id']}"
    world.sandbox.controls.add(Fault(match=match, do="404", times=2))
    world.look(number)
    assert "the ticket is closed" in str(world.look(number, after=timedelta(minutes=6)))
    assert world.ticket(number).status == "Encerrado"
    world.look(number, after=timedelta(minutes=7))
    assert world.ticket(number).status == "Triagem"


@still
def test_a_moments_404_closes_nothing(world: World) -> None:
    number, key = world.filed_still()
    world.drag(key, "Backlog")
    match = f"GET {world.jira_path}/issue/{world.issue(key)['id']}"
    world.sandbox.controls.add(Fault(match=match, do="404", times=3))
    for seconds in (0, 60, 120):
        world.look(number, after=timedelta(seconds=seconds))
        assert (world.ticket(number).status, world.ticket(number).parked) == ("Triagem", "")
    world.look(number, after=timedelta(minutes=4))
    assert world.ticket(number).status == "Backlog"


@on_sqlite
@both
def test_a_moved_issue_is_followed_and_its_old_key_still_names_it(world: World) -> None:
    key = world.filed()
    world.approve_triage(key)
    number = world.ticket_of(key).id
    rekeyed(world, key, "DEV-77")
    world.open_pull(f"{key}-corrige")
    world.wait_status("DEV-77", "PR Review")
    world.settle()
    assert world.ticket(number).jira_key == "DEV-77"
    with world.services.store.read() as db:
        assert facts.tickets_by_key(db, {key, "DEV-77", "DEV-78"}) == {key: number, "DEV-77": number}
    world.open_pull("dev-77-mais")
    world.settle()
    assert len(world.issue("DEV-77")["remotelinks"]) == 2


@still
def test_what_changes_in_another_project_is_found_by_asking(world: World) -> None:
    number, key = world.filed_still()
    rekeyed(world, key, "DEV-1")
    world.look(number)
    world.drag("DEV-1", "Backlog")
    sweeps.hurry(world.services.store, now=world.services.clock())
    heal(world.services)
    reconcile(world.services, number, owner="test")
    assert world.ticket(number).status == "Backlog"


@on_sqlite
@both
def test_names_in_another_language_move_nothing_wrongly(world: World) -> None:
    """The account's profile is switched to English while we run: only ids are left to go by."""
    key = world.filed()
    made = world.sandbox.jira.site.made
    for status_id, status in made.statuses.items():
        made.statuses[status_id] = replace(status, name=f"translated {status_id}")
    for workflow in made.workflows.values():
        workflow.arrows = [replace(each, name=f"translated {each.id}") for each in workflow.arrows]
    ids = {name: status_id for status_id, name in world.services.jira.site.status_names.items()}
    for status in ("Backlog", "To Do", "Doing"):
        offered = world.jira("GET", f"issue/{key}/transitions")["transitions"]
        chosen = next(one["id"] for one in offered if one["to"]["id"] == ids[status])
        world.jira("POST", f"issue/{key}/transitions", json={"transition": {"id": chosen}})
    world.settle()
    world.open_pull(f"{key}-x")
    world.settle()
    assert world.ticket_of(key).status == "PR Review"
    assert world.issue(key)["status"] == f"translated {ids['PR Review']}"
    echoes = [one.outcome for one in world.deliveries() if "echo of our own change" in one.outcome]
    assert echoes
    with world.services.store.read() as db:
        told = db.scalars(select(Event.status).where(Event.kind == "status")).all()
    assert not [status for status in told if status.startswith("translated")]
