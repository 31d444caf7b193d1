"""Internal comments reach nobody: histories of comments made up from a seed, and broken rules that are found.

A few here; `CHAMADOS_TEST_ISSUES=500 pytest -s tests/test_leaks.py` plays more, and
`python -m tests.leaks --histories 20000 --jobs 2` the lot.
"""

import os
import time
from itertools import count

import pytest

from tests.leaks.__main__ import summary
from tests.leaks.mutations import MUTATIONS
from tests.leaks.run import play_all

ISSUES = int(os.environ.get("CHAMADOS_TEST_ISSUES", "12"))
SEED = int(os.environ.get("CHAMADOS_TEST_SEED", "1"))
WITHIN = 100
"""Issues within which each broken rule must be seen to leak."""


def test_what_is_not_public_is_nowhere_to_be_read() -> None:
    began = time.monotonic()
    results = play_all(range(SEED, SEED + ISSUES))
    print("\n".join(summary(results, seed=SEED, seconds=time.monotonic() - began)))
    assert {result.seed: result.leaks for result in results if result.leaks} == {}
    assert {result.seed: result.lacks for result in results if result.lacks} == {}


@pytest.mark.parametrize("name", list(MUTATIONS))
def test_a_broken_rule_leaks(name: str) -> None:
    with MUTATIONS[name]():
        found = next(number for number in count(1) if number > WITHIN or play_all([SEED + number])[0].leaks)
    print(f"{name} leaked on issue {found}")
    assert found <= WITHIN
