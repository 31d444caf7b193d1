"""How many calls to Jira each thing costs."""

import pytest

from tests.world import World

both = pytest.mark.parametrize("world", [{}, {"jira": "Server"}], indirect=True)
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def calls(world: World, since: int) -> list[str]:
    """The bridge's calls to Jira, sweeps' left out."""
    swept = ("/search", "/search/jql", "/attachment/meta")
    return [
        f"{one['method']} {one['path'].partition('/rest/api/')[2]}"
        for one in world.bridge_calls(since)
        if "/jira/" in one["path"] and not one["path"].endswith(swept)
    ]


def now(world: World) -> int:
    return len(world.sandbox.controls.calls())


@both
def test_a_ticket_is_filed_with_one_call(world: World) -> None:
    world.filed()  # the site's names are asked once
    before = now(world)
    key = world.filed(integracao="", ferramenta="Mobi")
    made = calls(world, before)
    version = "3" if world.services.jira.site.cloud else "2"
    assert [one for one in made if not one.startswith("GET")] == [f"POST {version}/issue"]
    assert len(made) <= 2, "the webhook may come before the answer to the creation"
    assert world.ticket_of(key).outcome.endswith(f"filed as {key}") or len(made) == 2


@both
def test_a_webhook_that_asks_for_nothing_costs_one_call_at_most(world: World) -> None:
    key = world.filed()
    before = now(world)
    world.jira("PUT", f"issue/{key}", json={"fields": {"summary": "Outro título"}})
    world.settle()
    made = calls(world, before)
    assert len(made) == 1
    assert made[0].startswith("GET")


@both
def test_our_own_changes_echoed_back_cost_nothing(world: World) -> None:
    key = world.filed()
    world.approve_triage(key)
    before = now(world)
    world.open_pull(f"{key}-x")
    world.wait_status(key, "PR Review")
    world.settle()
    echoes = [one for one in world.deliveries() if "is the echo of our own change" in one.outcome]
    assert len(echoes) >= 2, [one.outcome for one in world.deliveries()]
    looks = [one for one in calls(world, before) if one.startswith("GET") and one.count("/") == 2]
    rang = [one for one in world.deliveries() if one.source == "github" and one.result == "rang"]
    assert len(looks) <= len(rang)
    for one in echoes:
        assert one.result == "ignored"
