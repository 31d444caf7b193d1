"""Schedules played one after the other, each compared with the model."""

import gc
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from tests.simulation.comparison import faults_of
from tests.simulation.installation import Installation
from tests.simulation.mail_model import WANTS_REASON
from tests.simulation.outside import Outside
from tests.simulation.simulation import Simulation

SOON = timedelta(minutes=15)
"""After silence all is right within this."""


@dataclass(kw_only=True)
class Result:
    seed: int
    faults: list[str]
    events: int
    settled_after: timedelta = timedelta(0)
    looks: int = 0
    doubled: int = 0
    mails: int = 0
    copies: int = 0
    log: list[str] = field(default_factory=list)


def play(installation: Installation, seed: int, *, verbose: bool = False, silent: bool = False) -> Result:
    """One schedule, compared with the model."""
    simulation = Simulation(installation, seed, verbose=verbose, silent=silent)
    simulation.storm()
    began = simulation.clock()
    looks = len(simulation.weather.looks)
    last = simulation.calm()
    faults = [*simulation.escaped, *faults_of(simulation)]
    if last is None:
        faults.insert(0, "does not come to rest")
    elif silent and last > began + SOON and not _waits_for_reason(simulation.outside):
        faults.append(f"was right only after {last - began}")
    return Result(
        seed=seed,
        faults=faults,
        events=simulation.people.deeds,
        settled_after=(last or simulation.clock()) - began,
        looks=len(simulation.weather.looks) - looks,
        doubled=sum(simulation.mailer.in_doubt.values()),
        mails=len(simulation.outside.mails),
        copies=len([one for one in simulation.outside.issues if one.duplicate_of]),
        log=simulation.lines,
    )


def _waits_for_reason(outside: Outside) -> bool:
    """Whether an e-mail may have waited for the triager's comment, as it would have with every webhook."""
    return any(change.new in WANTS_REASON for one in outside.issues for change in one.of("status"))


_installation: list[Installation] = []
"""This process's, made at its first schedule."""


def play_all(seeds: Sequence[int], *, verbose: bool = False, silent: bool = False) -> list[Result]:
    if not _installation:
        _installation.append(Installation())
    gc.disable()  # what a schedule leaves is collected once, after the last
    results = [play(_installation[0], seed, verbose=verbose, silent=silent) for seed in seeds]
    gc.enable()
    gc.collect()
    return results


def put_away() -> None:
    """This process is as before."""
    while _installation:
        _installation.pop().close()
