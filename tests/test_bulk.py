"""Many tickets changed at once in Jira: the partner hears once, not once for each click."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from bridge.cli.waiting import until
from bridge.reconcile import reconcile
from bridge.store.tables import Mail
from bridge.store.tickets import ring
from tests.world import SECONDS, World

HOLD = timedelta(minutes=5)
GATHERED = timedelta(seconds=1)
"""Due dates are told in the look after the one that sees them, with what else has come."""
# Data Center has no bulk operations over REST.
still = pytest.mark.parametrize("world", [{"still": True, "jira": "Cloud"}], indirect=True)


def filed(world: World, count: int = 1) -> list[str]:
    numbers = [world.file() for _ in range(count)]
    for number in numbers:
        reconcile(world.services, number, owner="test")
    return [world.ticket(number).jira_key or "" for number in numbers]


def bulk(world: World, keys: list[str], status: str) -> None:
    """Everything selected is moved at once, as on Jira's board."""
    offered = world.jira("GET", f"issue/{keys[0]}/transitions")["transitions"]
    chosen = next(one["id"] for one in offered if one["to"]["name"] == status)
    inputs = [{"selectedIssueIdsOrKeys": keys, "transitionId": chosen}]
    world.jira("POST", "bulk/issues/transition", json={"bulkTransitionInputs": inputs})


def look(world: World, keys: list[str], *, after: timedelta) -> None:
    """So long from now, at tickets that Jira's webhooks have rung."""
    assert until(world._webhooks_arrived, seconds=SECONDS)
    later = replace(world.services, clock=lambda: world.services.clock() + after)
    for key in keys:
        number = world.ticket_of(key).id
        with later.store.begin() as db:
            ring(db, number, kind="cli", subject="test", now=later.clock())
        reconcile(later, number, owner="test")


def told(world: World, key: str) -> list[Mail]:
    """The news that the opener's colleague gets, in the order in which they go."""
    about = (Mail.ticket_id == world.ticket_of(key).id, Mail.recipient == "colega@revenda.example")
    with world.services.store.read() as db:
        queued = db.scalars(select(Mail).where(*about).order_by(Mail.due_at, Mail.id))
        return [one for one in queued if one.kind != "recebido"]


@still
def test_moves_in_bulk_are_told_by_one_mail_for_each_ticket(world: World) -> None:
    keys = filed(world, 3)
    for status in ("Faltam Informações", "Triagem", "Backlog"):
        bulk(world, keys, status)
        look(world, keys, after=timedelta(0))
    look(world, keys, after=HOLD - timedelta(seconds=30))
    assert [told(world, key) for key in keys] == [[], [], []]
    look(world, keys, after=HOLD)
    assert [[one.kind for one in told(world, key)] for key in keys] == [["aprovado"]] * 3


@still
@pytest.mark.parametrize("after", [HOLD, timedelta(hours=8)], ids=["at once", "down meanwhile"])
def test_two_mails_about_one_ticket_keep_their_distance(world: World, after: timedelta) -> None:
    [key] = filed(world)
    bulk(world, [key], "Backlog")
    world.jira("PUT", f"issue/{key}", json={"fields": {"duedate": "2030-01-31"}})
    look(world, [key], after=after)
    look(world, [key], after=after + GATHERED)
    first, second = told(world, key)
    assert (first.kind, second.kind) == ("aprovado", "prazo")
    assert first.due_at
    assert second.due_at
    assert second.due_at - first.due_at >= HOLD


@still
def test_one_ticket_changed_by_itself_is_told_at_once(world: World) -> None:
    [key] = filed(world)
    world.drag(key, "Backlog")
    world.jira("PUT", f"issue/{key}", json={"fields": {"duedate": "2030-01-31"}})
    look(world, [key], after=timedelta(0))
    look(world, [key], after=GATHERED)
    for mail in told(world, key):
        assert mail.due_at
        assert mail.due_at - mail.created_at < HOLD / 2
