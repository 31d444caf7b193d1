"""Kills of each journey: a few here, more with `CHAMADOS_TEST_KILLS=200 pytest -s tests/test_crash.py`."""

import os
import random

import pytest

from tests.crash.sweep import JOURNEYS, Sweep, quiet
from tests.world import World

KILLS = int(os.environ.get("CHAMADOS_TEST_KILLS", "2"))
"""Of each journey on each engine."""
SEED = int(os.environ.get("CHAMADOS_TEST_SEED", "1"))


@pytest.mark.parametrize("journey", list(JOURNEYS))
@pytest.mark.parametrize("world", [{"still": True}], indirect=True)
def test_a_kill_at_any_boundary_loses_and_doubles_nothing(world: World, journey: str) -> None:
    sweep = Sweep(world)
    quiet(world)
    names = sweep.points(journey)
    assert len(names) > 5, names
    dice = random.Random(f"{SEED} {journey}")
    every = list(range(1, len(names) + 1))
    for point in dice.sample(every * (KILLS // len(every) + 1), KILLS):
        sweep.kill(journey, point)
    doubled = sum(sweep.tally.doubled.values())
    print(
        f"{journey}: {sweep.tally.kills} kills at {len(names)} points, "
        f"{len(sweep.tally.faults)} faults, {doubled} e-mails twice (seed {SEED})"
    )
    assert sweep.tally.faults == []
    assert sweep.tally.kills == KILLS
    # A message that the relay took while we died before noting it comes twice (RFC 1047), and no other.
    assert sweep.tally.doubled.keys() <= {"after final dot", "before commit"}
