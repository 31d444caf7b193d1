"""Schedules of people's deeds under faults: all converge, and broken rules are seen.

A few here; `CHAMADOS_TEST_SCHEDULES=150 pytest -s tests/test_simulation.py` plays more, and
`python -m tests.simulation --schedules 10000 --jobs 2` the lot.
"""

import os
import time
from collections.abc import Iterator

import pytest

from tests.simulation.__main__ import summary
from tests.simulation.mutations import MUTATIONS
from tests.simulation.run import play_all, put_away

SCHEDULES = int(os.environ.get("CHAMADOS_TEST_SCHEDULES", "5"))
SEED = int(os.environ.get("CHAMADOS_TEST_SEED", "1"))
WITHIN = 100
"""Schedules within which each broken rule must be seen."""
SEEN_AT = {
    "edge_triggered_reviews": 2,
    "never_spent": 7,
    "mailed_by_delivery": 2,
    "no_sweep": 2,
    "blind_creation": 17,
    "no_hold": 4,
}
"""Seeds that have shown them before, tried first."""


@pytest.fixture(autouse=True, scope="module")
def _left_as_found() -> Iterator[None]:
    yield
    put_away()


def test_every_schedule_ends_as_the_model_allows() -> None:
    began = time.monotonic()
    results = play_all(range(SEED, SEED + SCHEDULES))
    print("\n".join(summary(results, seconds=time.monotonic() - began)))
    assert {result.seed: result.faults for result in results if result.faults} == {}


def test_after_two_days_of_silence_all_is_right_within_a_quarter_of_an_hour() -> None:
    results = play_all(range(SEED, SEED + max(2, SCHEDULES // 2)), silent=True)
    print("\n".join(summary(results, seconds=0)))
    assert {result.seed: result.faults for result in results if result.faults} == {}


def test_a_seed_replays_to_the_letter() -> None:
    first, second = (play_all([SEED], verbose=True)[0] for _ in range(2))
    assert first.log == second.log
    assert len(first.log) > 20


@pytest.mark.parametrize("name", list(MUTATIONS))
def test_a_broken_rule_is_seen(name: str) -> None:
    seeds = [SEEN_AT.get(name, SEED), *range(SEED, SEED + WITHIN)]
    with MUTATIONS[name]():
        found = next((seed for seed in seeds if play_all([seed])[0].faults), None)
    print(f"{name} was seen with seed {found}")
    assert found is not None
