"""Many tickets changed at once in Jira: the partner hears once, not once for each click."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bridge.cli.waiting import until
from bridge.store.tables import Mail
from tests.world import SECONDS, World

APART = timedelta(seconds=2)
# Data Center has no bulk operations over REST.
in_short = pytest.mark.parametrize("world", [{"bulk_hold": 2, "jira": "Cloud"}], indirect=True)


def bulk(world: World, keys: list[str], status: str) -> None:
    """Everything selected is moved at once, as on Jira's board."""
    offered = world.jira("GET", f"issue/{keys[0]}/transitions")["transitions"]
    chosen = next(one["id"] for one in offered if one["to"]["name"] == status)
    inputs = [{"selectedIssueIdsOrKeys": keys, "transitionId": chosen}]
    world.jira("POST", "bulk/issues/transition", json={"bulkTransitionInputs": inputs})


def told(world: World, key: str, recipient: str) -> list[Mail]:
    ticket = world.ticket_of(key)
    with world.services.store.read() as db:
        wanted = select(Mail).where(Mail.ticket_id == ticket.id, Mail.recipient == recipient)
        return [one for one in db.scalars(wanted.order_by(Mail.sent_at)) if one.kind != "recebido"]


@in_short
def test_moves_in_bulk_are_told_by_one_mail_for_each_ticket(world: World) -> None:
    keys = [world.filed() for _ in range(3)]
    for status in ("Faltam Informações", "Triagem", "Backlog"):
        bulk(world, keys, status)
    assert until(lambda: all(told(world, key, "colega@revenda.example") for key in keys), seconds=SECONDS)
    world.settle()
    assert [[one.kind for one in told(world, key, "colega@revenda.example")] for key in keys] == [
        ["aprovado"]
    ] * 3


@in_short
def test_two_mails_about_one_ticket_keep_their_distance(world: World) -> None:
    key = world.filed()
    bulk(world, [key], "Backlog")
    world.jira("PUT", f"issue/{key}", json={"fields": {"duedate": "2030-01-31"}})

    def both() -> list[Mail]:
        mails = told(world, key, "colega@revenda.example")
        return mails if [one.state for one in mails] == ["sent", "sent"] else []

    found = until(both, seconds=SECONDS)
    assert found
    first, second = found
    assert second.sent_at
    # A busy machine may have sent the first later than it was to go, and the second does not wait for that.
    assert second.sent_at - first.created_at >= APART
