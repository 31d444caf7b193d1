"""Many tickets changed at once in Jira: the partner hears once, not once for each click."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bridge.store.tables import Mail
from tests.world import World

HOLD = timedelta(minutes=5)
GATHERED = timedelta(seconds=1)
"""Due dates are told in the look after the one that sees them, with what else has come."""
# Data Center has no bulk operations over REST.
still = pytest.mark.parametrize("world", [{"still": True, "jira": "Cloud"}], indirect=True)


def bulk(world: World, keys: list[str], status: str) -> None:
    """Everything selected is moved at once, as on Jira's board."""
    offered = world.jira("GET", f"issue/{keys[0]}/transitions")["transitions"]
    chosen = next(one["id"] for one in offered if one["to"]["name"] == status)
    inputs = [{"selectedIssueIdsOrKeys": keys, "transitionId": chosen}]
    world.jira("POST", "bulk/issues/transition", json={"bulkTransitionInputs": inputs})


def told(world: World, number: int) -> list[Mail]:
    """The news that the opener's colleague gets, in the order in which they go."""
    about = (Mail.ticket_id == number, Mail.recipient == "colega@revenda.example")
    with world.services.store.read() as db:
        queued = db.scalars(select(Mail).where(*about).order_by(Mail.due_at, Mail.id))
        return [one for one in queued if one.kind != "recebido"]


@still
def test_moves_in_bulk_are_told_by_one_mail_for_each_ticket(world: World) -> None:
    tickets = dict(world.filed_still() for _ in range(3))
    for status in ("Faltam Informações", "Triagem", "Backlog"):
        bulk(world, list(tickets.values()), status)
        for number in tickets:
            world.look(number)
    for number in tickets:
        world.look(number, after=HOLD - timedelta(seconds=60))
        assert told(world, number) == []
        world.look(number, after=HOLD)
        assert [one.kind for one in told(world, number)] == ["aprovado"]


@still
@pytest.mark.parametrize("after", [HOLD, timedelta(hours=8)], ids=["at once", "down meanwhile"])
def test_two_mails_about_one_ticket_keep_their_distance(world: World, after: timedelta) -> None:
    number, key = world.filed_still()
    bulk(world, [key], "Backlog")
    world.jira("PUT", f"issue/{key}", json={"fields": {"duedate": "2030-01-31"}})
    world.look(number, after=after)
    world.look(number, after=after + GATHERED)
    first, second = told(world, number)
    assert (first.kind, second.kind) == ("aprovado", "prazo")
    assert first.due_at
    assert second.due_at
    assert second.due_at - first.due_at >= HOLD


@still
def test_one_ticket_changed_by_itself_is_told_at_once(world: World) -> None:
    number, key = world.filed_still()
    world.drag(key, "Backlog")
    world.jira("PUT", f"issue/{key}", json={"fields": {"duedate": "2030-01-31"}})
    world.look(number)
    world.look(number, after=GATHERED)
    first, second = told(world, number)
    for mail in (first, second):
        assert mail.due_at
        assert mail.due_at - mail.created_at < HOLD / 2
