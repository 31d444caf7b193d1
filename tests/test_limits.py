"""How fast remotes are asked, and that a pause holds everybody back, and only at its scope."""

import os
import random
from datetime import UTC, datetime, timedelta

import pytest

from bridge.cli.waiting import until
from bridge.clients.errors import Unavailable, retry_after
from bridge.clients.limits import Limiter, Scope
from bridge.sandbox.control import Fault
from bridge.store import Store
from tests.world import SECONDS, World

STEPS = int(os.environ.get("CHAMADOS_TEST_STEPS", "1000"))
RATED = Scope(name="jira GET issue/*", rate=10.0, capacity=10.0)


class Time:
    """A clock that sleeping moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def test_two_processes_together_keep_to_one_rate(store: Store) -> None:
    time = Time()
    began = time.now
    both = [Limiter(store, clock=time, sleep=time.sleep) for _ in range(2)]
    for number in range(60):
        both[number % 2].take("Jira", [RATED])
    # ten at once, then ten a second; what either has in hand counts
    assert 4.0 <= (time.now - began).total_seconds() <= 6.0


def test_nothing_passes_before_the_pause_is_over(store: Store) -> None:
    """Whatever order requests, refusals and processes come in."""
    time, dice = Time(), random.Random(7)
    both = [Limiter(store, clock=time, sleep=time.sleep) for _ in range(2)]
    scopes = [Scope(name=name) for name in ("jira", "jira POST issue", "jira issue 7")]
    until_when: dict[str, datetime] = {}
    early = refused = wrong = paused = 0
    for _ in range(STEPS):
        time.now += timedelta(seconds=dice.random() * 3)
        asked = dice.sample(scopes, dice.randint(1, 3))
        try:
            dice.choice(both).take("Jira", asked)
        except Unavailable as held:
            refused += 1
            resting = [until_when[one.name] for one in asked if one.name in until_when]
            wait = (max(resting) - time.now).total_seconds()
            wrong += held.retry_after != pytest.approx(max(wait, 1.0))
            continue
        early += any(until_when.get(one.name, time.now) > time.now for one in asked)
        if dice.random() < 0.2:
            named = dice.choice(asked).name
            seconds = dice.choice([0, 1, 5, 30, 10_000_000])
            dice.choice(both).pause(named, seconds=seconds, reason="429")
            paused += 1
            end = time.now + timedelta(seconds=min(max(seconds, 1), 3600))
            until_when[named] = max(end, until_when.get(named, end))
            if seconds > 3600:
                time.now = end
    assert (early, wrong) == (0, 0)
    print(f"{paused} refusals told how long to wait, {refused} requests held back, {early} sent early")
    assert refused > 50


def test_a_429_at_one_endpoint_rests_that_endpoint_for_every_ticket(world: World) -> None:
    first, second = world.filed(), world.filed()
    for key in (first, second):
        world.approve_triage(key)
    match = f"POST {world.jira_path}/issue/*/transitions"
    world.sandbox.controls.add(Fault(match=match, do="429", retry_after=3))
    began = len(world.sandbox.controls.calls())
    world.open_pull(f"{first}-x")
    assert until(lambda: world.ticket_of(first).retry_at, seconds=SECONDS)
    world.open_pull(f"{second}-x")
    world.wait_status(first, "PR Review")
    world.wait_status(second, "PR Review")
    calls = [one for one in world.bridge_calls() if one["n"] > began]
    moves = [one for one in calls if one["path"].endswith("/transitions") and one["method"] == "POST"]
    assert moves[0]["status"] == 429
    limited, following = (datetime.fromisoformat(one["time"]) for one in moves[:2])
    assert (following - limited).total_seconds() >= 3
    # links go on meanwhile
    resting = [one for one in calls if limited < datetime.fromisoformat(one["time"]) < following]
    sent = [one["path"] for one in resting if one["method"] == "POST" and one["path"].startswith("/jira")]
    assert {path.rpartition("/")[2] for path in sent} <= {"remotelink"}


def test_githubs_limit_rests_github_alone(world: World) -> None:
    key = world.filed()
    world.sandbox.controls.add(Fault(match="GET /github/*/branches/*", do="429", retry_after=3600))
    world.drag(key, "Backlog")
    world.settle()
    world.branch(f"{key}-x")
    assert until(lambda: world.ticket_of(key).retry_at, seconds=SECONDS)
    assert "GitHub" in world.ticket_of(key).outcome
    other = world.file()
    assert until(lambda: world.ticket(other).jira_key, seconds=SECONDS)


def test_retry_after_may_be_a_date() -> None:
    assert retry_after("7") == 7
    moment = datetime.now(UTC) + timedelta(seconds=90)
    assert retry_after(moment.strftime("%a, %d %b %Y %H:%M:%S GMT")) == pytest.approx(90, abs=3)
    assert retry_after("soon") is None
