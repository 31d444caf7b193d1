"""Webhooks that never came: after the next sweep all is as if they had."""

import os
from datetime import timedelta

import pytest
import requests
from sqlalchemy import select, update

from bridge.app import _is_dead
from bridge.cli.waiting import until
from bridge.reconcile.missed import heal
from bridge.sandbox.control import Fault
from bridge.store import Store, sweeps
from bridge.store.claims import LeaseLost, claim, hold, release_dead, writing
from bridge.store.tables import Delivery, PullRequestRow, SweepRow, Ticket, TicketPullRequest
from bridge.store.tickets import release, ring
from tests.conftest import NOW
from tests.wiki_notation import read
from tests.world import SECONDS, World


def _silence_github(world: World) -> None:
    for repo in world.sandbox.github._core.world.repos.values():
        repo.hooks.clear()


def _silence_jira(world: World) -> None:
    for hook in list(world.sandbox.jira.hooks.known.values()):
        hook.enabled = False


def _heal(world: World) -> None:
    """The sweeps' turn comes."""
    with world.services.store.begin() as db:
        db.execute(update(SweepRow).values(due_at=world.services.clock()))
    heal(world.services)
    world.settle()


def test_reviews_that_github_never_told_move_the_ticket(world: World) -> None:
    key = world.filed()
    world.approve_triage(key)
    _silence_github(world)
    number = world.open_pull(f"{key}-x")
    world.review(number, "REQUEST_CHANGES")
    _heal(world)
    assert world.issue(key)["status"] == "Error Fix"
    world.review(number, "APPROVE")
    world.github("PUT", f"pulls/{number}/merge", json={})
    world.deploy(url="https://hml.softhouse.example")
    _heal(world)
    _heal(world)
    assert world.issue(key)["status"] == "Publicado em Homologação"
    assert len(world.wait_mail("homologacao", 2)) == 2


def test_of_two_tickets_the_one_that_read_too_early_reads_again(world: World) -> None:
    """GitHub's API can lag behind its webhooks; that the other has read it since is no reason to rest."""
    first, second = world.filed(), world.filed()
    for key in (first, second):
        world.approve_triage(key)
    number = world.open_pull("os-dois", title=f"{first}, {second}: corrige")
    for key in (first, second):
        world.wait_status(key, "PR Review")
    world.settle()
    _silence_github(world)
    world.review(number, "REQUEST_CHANGES")
    ticket, now = world.ticket_of(first), world.services.clock()
    with world.services.store.begin() as db:
        ring(db, ticket.id, kind="pull_request", subject=f"softhouse/erp#{number}", now=now)
    world.wait_status(first, "Error Fix")
    world.settle()
    assert world.issue(second)["status"] == "PR Review"
    with world.services.store.begin() as db:
        later = {"seen_at": now + timedelta(hours=1)}
        db.execute(update(PullRequestRow).values(later))
        db.execute(update(TicketPullRequest).where(TicketPullRequest.ticket_id == ticket.id).values(later))
    _heal(world)
    assert world.issue(second)["status"] == "Error Fix"


def test_a_rewind_outlives_the_sweep_that_was_at_work(store: Store) -> None:
    """A key that is learned while a sweep reads is looked for by the next one."""
    since = sweeps.take(store, "github", now=NOW, every=timedelta(minutes=10))
    assert since
    with store.begin() as db:
        sweeps.rewind(db, "github", to=since - timedelta(days=1), now=NOW)
    sweeps.finished(store, "github", since=since, began=NOW, now=NOW, outcome="read")
    assert sweeps.take(store, "github", now=NOW, every=timedelta(minutes=10)) == since - timedelta(days=1)


def test_a_pull_request_that_named_the_key_before_we_knew_it_is_found(world: World) -> None:
    _heal(world)
    world.sandbox.jira.index_lag = 3600.0
    world.sandbox.controls.add(Fault(match=f"POST {world.jira_path}/issue", do="drop_after", times=1))
    _silence_jira(world)
    number = world.file()
    assert until(lambda: world.ticket(number).create_state == "in_doubt", seconds=SECONDS)
    [issue] = world.issues()
    pull = world.open_pull(f"{issue['key']}-x")
    told = until(lambda: [one for one in world.deliveries() if one.event == "pull_request"], seconds=SECONDS)
    assert told
    assert "none of ours" in told[0].outcome
    _heal(world)
    world.sandbox.jira.index_lag = 0.0
    with world.services.store.begin() as db:
        release(db, number, now=world.services.clock())
    assert until(lambda: world.ticket(number).jira_key == issue["key"], seconds=SECONDS)
    heal(world.services)
    world.settle()
    [link] = world.issue(issue["key"])["remotelinks"]
    assert f"#{pull}" in link["object"]["title"]


def test_a_branch_and_a_release_that_github_never_told_are_found(world: World) -> None:
    key, number = world.approved()
    other = world.filed()
    for status in ("Backlog", "To Do"):
        world.drag(other, status)
    world.settle()
    _silence_github(world)
    world.branch(f"feature/{other.lower()}-exporta")
    world.github("PUT", f"pulls/{number}/merge", json={})
    world.deploy()
    _heal(world)
    assert world.issue(other)["status"] == "Doing"
    for status in ("Testing", "Test Finished"):
        world.drag(key, status, who="tester@softhouse.example")
    world.github("POST", "releases", json={"tag_name": "v8"})
    _heal(world)
    assert world.issue(key)["status"] == "Publicado"


def _undelivered(world: World, key: str) -> None:
    """A pull request of which no webhook arrived, though GitHub has sent them."""
    hook = world.github("GET", "hooks")[0]["id"]
    [stored] = world.sandbox.github._core.world.repos.values()
    address = stored.hooks[hook].url
    stored.hooks[hook].url = "http://127.0.0.1:9/webhooks/github"
    world.open_pull(f"{key}-x")
    assert until(
        lambda: (
            all(one.get("status") for one in stored.hooks[hook].deliveries)
            and len(stored.hooks[hook].deliveries) >= 4
        ),
        seconds=SECONDS,
    )
    stored.hooks[hook].url = address


def test_a_delivery_that_failed_is_asked_for_again_once(world: World) -> None:
    key = world.filed()
    world.approve_triage(key)
    _undelivered(world, key)
    _heal(world)
    assert world.issue(key)["status"] == "PR Review"
    recorded = [one.delivery_id for one in world.deliveries()]
    _heal(world)
    with world.services.store.read() as db:
        rows = db.scalars(select(Delivery).where(Delivery.source == "github")).all()
    assert [one.repeats for one in rows] == [0] * len(rows)
    assert [one.delivery_id for one in world.deliveries()] == recorded


@pytest.mark.parametrize("world", [{}, {"jira": "Server"}], indirect=True)
def test_what_jira_never_told_reaches_the_partner(world: World) -> None:
    world.sandbox.jira.index_lag = 0.0
    key = world.filed()
    _heal(world)
    _silence_jira(world)
    world.drag(key, "Backlog")
    world.say(key, "/parceiro Está na fila.")
    world.settle()
    assert world.mails("aprovado") == []
    _heal(world)
    assert len(world.wait_mail("aprovado", 2)) == 2
    before = len(world.sandbox.controls.calls())
    _heal(world)
    calls = [one["path"] for one in world.bridge_calls(before)]
    assert not [path for path in calls if f"/issue/{world.ticket_of(key).jira_id}" in path], calls


def test_what_search_has_missed_is_read_directly_in_the_end(world: World) -> None:
    key = world.filed()
    _silence_jira(world)
    world.sandbox.jira.index_lag = 1e6
    world.drag(key, "Backlog")
    with world.services.store.begin() as db:
        db.execute(update(Ticket).values(reconciled_at=world.services.clock() - timedelta(hours=7)))
    _heal(world)
    assert len(world.wait_mail("aprovado", 2)) == 2


def test_a_sweep_cut_short_looks_from_the_same_moment_again(world: World) -> None:
    world.filed()
    _heal(world)
    with world.services.store.read() as db:
        before = db.get_one(SweepRow, "jira").watermark
    from bridge.sandbox.control import Fault

    world.sandbox.controls.add(Fault(match="POST /jira/rest/api/*/search*", do="503"))
    _heal(world)
    with world.services.store.read() as db:
        row = db.get_one(SweepRow, "jira")
    assert row.watermark == before
    assert row.outcome.startswith("cut short: Jira")
    assert row.due_at <= world.services.clock() + sweeps.OVERLAP
    ready = requests.get(f"{world.services.config.public_url}/readyz", timeout=5).json()
    assert ready["sweeps"]["jira"]["outcome"] == row.outcome
    assert ready["sweeps"]["github"]["reconciled_at"]


def test_one_process_takes_a_sweeps_turn(world: World) -> None:
    now = world.services.clock() + timedelta(days=1)
    turns = [sweeps.take(world.services.store, "jira", now=now, every=timedelta(minutes=5)) for _ in range(3)]
    assert [turn is not None for turn in turns] == [True, False, False]


# --- two issues for one ticket


@pytest.mark.parametrize("world", [{}, {"jira": "Server"}], indirect=True)
def test_a_creation_that_surfaces_after_the_quarantine_is_linked_and_closed(world: World) -> None:
    from bridge.sandbox.control import Fault

    _silence_jira(world)
    world.services.jira.site  # noqa: B018
    world.sandbox.jira.index_lag = 1e6
    world.sandbox.controls.add(Fault(match="POST /jira/rest/api/*/issue", do="drop_after"))
    number = world.file()
    assert until(lambda: world.ticket(number).create_state == "in_doubt", seconds=SECONDS)
    with world.services.store.begin() as db:
        late = world.services.clock() - timedelta(minutes=16)
        db.execute(update(Ticket).values(create_started_at=late, due_at=late))
    assert until(lambda: world.ticket(number).jira_key, seconds=SECONDS)
    world.settle()
    older, younger = (one["key"] for one in world.issues())
    assert world.ticket(number).jira_key == younger
    _heal(world)
    assert world.ticket(number).jira_key == younger
    world.sandbox.jira.index_lag = 0.0
    _heal(world)
    assert world.ticket(number).jira_key == older
    assert (world.issue(older)["status"], world.issue(younger)["status"]) == ("Triagem", "Reprovado")
    said = read(str(world.issue(younger)["comments"]))
    assert f"CT-{number} continua em {older}" in said
    _heal(world)
    assert len(world.issue(younger)["comments"]) == 1
    assert {one["headers"]["x-chamado-evento"] for one in world.mails()} == {"recebido"}
    world.drag(older, "Backlog")
    _heal(world)
    assert len(world.wait_mail("aprovado", 2)) == 2


# --- leases


def test_a_worker_that_slept_through_its_lease_acts_no_more(world: World) -> None:
    key = world.filed()
    world.settle()
    number, store = world.ticket_of(key).id, world.services.store
    now = world.services.clock() + timedelta(hours=1)  # beyond what the carrier's own sweep would take
    with store.begin() as db:
        db.execute(update(Ticket).where(Ticket.id == number).values(retry_at=now - timedelta(seconds=1)))
        ring(db, number, kind="cli", subject="test", now=now)
    sleeper = claim(store, number, owner="a", now=now, lease=timedelta(minutes=1))
    assert sleeper
    hold(store, sleeper, now=now + timedelta(seconds=40))
    assert sleeper.until == now + timedelta(seconds=100)
    assert (
        claim(store, number, owner="b", now=now + timedelta(seconds=99), lease=timedelta(minutes=1)) is None
    )
    assert claim(store, number, owner="b", now=now + timedelta(seconds=101), lease=timedelta(minutes=1))
    with pytest.raises(LeaseLost):
        hold(store, sleeper, now=now + timedelta(seconds=102))
    with pytest.raises(LeaseLost), writing(store, sleeper):
        pass


def test_a_dead_processes_tickets_are_free_at_once(world: World) -> None:
    key = world.filed()
    number, store = world.ticket_of(key).id, world.services.store
    now = world.services.clock()
    me, dead, elsewhere = f"here:{os.getpid()}", "here:999999999", "there:999999999"
    assert [_is_dead(owner, me=me) for owner in (me, dead, elsewhere, f"here:{os.getppid()}", "x")] == [
        True, True, False, False, False,
    ]  # fmt: skip
    with store.begin() as db:
        db.execute(
            update(Ticket)
            .where(Ticket.id == number)
            .values(lease_owner=dead, lease_until=now + timedelta(minutes=1))
        )
    assert release_dead(store, is_dead=lambda owner: _is_dead(owner, me=me), now=now) == 1
    assert world.ticket(number).lease_until is None
