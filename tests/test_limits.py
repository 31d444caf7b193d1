"""How fast remotes are asked, and that a pause holds everybody back, and only at its scope."""

import os
import random
from datetime import UTC, datetime, timedelta
from unittest.mock import Mock

import pytest
from github import GithubException

from bridge.cli.waiting import until
from bridge.clients.errors import Unavailable, retry_after
from bridge.clients.github.failures import failure_of
from bridge.clients.github.patience import Patience
from bridge.clients.github.transport import Transport
from bridge.clients.limits import Limiter, Scope
from bridge.config import load
from bridge.sandbox.control import Fault
from bridge.store import Store
from tests.settings import SETTINGS
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


TOO_MUCH = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
ABUSE = "You have triggered an abuse detection mechanism. Please retry your request again later."
PLENTY = {"x-ratelimit-remaining": "4321", "x-ratelimit-reset": "1900000000"}


@pytest.mark.parametrize(
    ("status", "body", "headers", "wait"),
    [
        (403, {"message": TOO_MUCH}, PLENTY, 60),
        (429, {"message": TOO_MUCH}, PLENTY, 60),
        (403, {"message": ABUSE}, {}, 60),
        (400, {"errors": [{"message": TOO_MUCH}]}, PLENTY, 60),
        (403, {"message": TOO_MUCH}, {**PLENTY, "retry-after": "90"}, 90),
        (403, {"message": "API rate limit exceeded"}, {**PLENTY, "x-ratelimit-remaining": "0"}, 3600),
    ],
)
def test_a_secondary_limit_is_no_missing_permission(
    status: int, body: dict[str, object], headers: dict[str, str], wait: float
) -> None:
    told = failure_of(GithubException(status, body, headers), rest=lambda: 60.0)
    assert isinstance(told, Unavailable)
    assert (told.limited, told.denied, told.retry_after) == (True, False, wait)


def test_a_missing_permission_is_no_limit() -> None:
    refusal = GithubException(403, {"message": "Resource not accessible by integration"}, PLENTY)
    told = failure_of(refusal, rest=lambda: 60.0)
    assert isinstance(told, Unavailable)
    assert (told.limited, told.denied) == (False, True)


def test_github_rests_longer_each_time_until_it_answers(store: Store) -> None:
    time = Time()
    limiter = Limiter(store, clock=time, sleep=time.sleep)
    github = Transport(load(SETTINGS).github, connections=1, limiter=limiter)
    github._patience = Patience(clock=lambda: time().timestamp())

    def wait() -> float:
        """Until after the pause that comes of a refusal."""
        refusal = GithubException(403, {"message": TOO_MUCH}, PLENTY)
        with pytest.raises(Unavailable) as told:
            github.asked(Mock(side_effect=refusal))
        seconds = told.value.retry_after or 0
        time.sleep(seconds - 1)
        with pytest.raises(Unavailable, match="github rests"):
            github.asked(Mock())
        time.sleep(1)
        return seconds

    assert [wait() for _ in range(8)] == [60, 120, 240, 480, 960, 1920, 3600, 3600]
    github.asked(Mock())
    assert wait() == 60


def test_what_was_under_way_when_the_rest_began_does_not_lengthen_it() -> None:
    patience = Patience(clock=lambda: 10.0)
    assert [patience.rest("github", asked_at=9.0) for _ in range(5)] == [60] * 5
    patience.answered("github", asked_at=9.5)
    assert patience.rest("github", asked_at=70.0) == 120
    assert patience.rest("github content", asked_at=70.0) == 60


def test_retry_after_may_be_a_date() -> None:
    assert retry_after("7") == 7
    moment = datetime.now(UTC) + timedelta(seconds=90)
    assert retry_after(moment.strftime("%a, %d %b %Y %H:%M:%S GMT")) == pytest.approx(90, abs=3)
    assert retry_after("soon") is None
