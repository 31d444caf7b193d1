"""Internal comments reach nobody: histories of comments made up from a seed, and broken rules that are found.

A few here; `CHAMADOS_TEST_ISSUES=500 pytest -s tests/test_leaks.py` plays more, and
`python -m tests.leaks --histories 20000 --jobs 2` the lot.
"""

import os
import time
from collections.abc import Iterator

import pytest

from tests.leaks.__main__ import summary
from tests.leaks.mutations import MUTATIONS
from tests.leaks.run import play_all, put_away

ISSUES = int(os.environ.get("CHAMADOS_TEST_ISSUES", "8"))
SEED = int(os.environ.get("CHAMADOS_TEST_SEED", "1"))
WITHIN = 100
"""Issues within which each broken rule must be seen to leak."""
SEEN_AT = {
    "missing_as_public": 3,
    "anything_true_as_public": 3,
    "software_projects_word_believed": 3,
    "restrictions_ignored": 2,
    "unknown_restriction_as_none": 5,
    "security_level_ignored": 11,
    "marker_anywhere": 2,
    "marker_over_jiras_word": 4,
    "our_own_comments_told": 10,
    "no_hold": 4,
    "hold_from_creation": 5,
    "what_was_told_stays": 4,
}
"""Seeds that have shown them before, tried first."""


@pytest.fixture(autouse=True, scope="module")
def _left_as_found() -> Iterator[None]:
    yield
    put_away()


def test_what_is_not_public_is_nowhere_to_be_read() -> None:
    began = time.monotonic()
    results = play_all(range(SEED, SEED + ISSUES))
    print("\n".join(summary(results, seed=SEED, seconds=time.monotonic() - began)))
    assert {result.seed: result.leaks for result in results if result.leaks} == {}
    assert {result.seed: result.lacks for result in results if result.lacks} == {}


@pytest.mark.parametrize("name", list(MUTATIONS))
def test_a_broken_rule_leaks(name: str) -> None:
    seeds = [SEEN_AT.get(name, SEED), *range(SEED, SEED + WITHIN)]
    with MUTATIONS[name]():
        found = next((seed for seed in seeds if play_all([seed])[0].leaks), None)
    print(f"{name} leaked with seed {found}")
    assert found is not None
