"""`python -m tests.simulation --schedules 10000 [--seed N] [--jobs 2] [--silent] [-v]`: figures, faults."""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from multiprocessing import get_context

from tests.simulation.run import Result, play_all

CHUNK = 25


def main() -> int:
    options = _options()
    if options.verbose:
        result = play_all([options.seed], verbose=True, silent=options.silent)[0]
        print("\n".join(result.log))
        print("\n".join(result.faults) or "converged")
        return bool(result.faults)
    began = time.monotonic()
    results: list[Result] = []
    for chunk in _played(options):
        results += chunk
        for result in chunk:
            if result.faults:
                print(f"seed {result.seed}: {'; '.join(result.faults)}", flush=True)
        if options.progress:
            print(f"{len(results)} played in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    print("\n".join(summary(results, seconds=time.monotonic() - began)))
    return any(result.faults for result in results)


def summary(results: Sequence[Result], *, seconds: float) -> list[str]:
    failed = [result.seed for result in results if result.faults]
    slowest = sorted(results, key=lambda result: (-result.settled_after, result.seed))[:10]
    return [
        f"{len(results)} schedules of {min(one.events for one in results)} to "
        f"{max(one.events for one in results)} events in {seconds:.0f} s",
        f"{len(results) - len(failed)} converged, {len(failed)} failed: {failed}",
        f"{sum(one.mails for one in results)} e-mails, {sum(one.doubled for one in results)} in doubt, "
        f"{sum(one.copies for one in results)} second issues found and closed",
        "slowest to settle (seed: minutes of calm, looks in them): "
        + ", ".join(
            f"{one.seed}: {one.settled_after.total_seconds() / 60:.1f}, {one.looks}" for one in slowest
        ),
    ]


def _played(options: argparse.Namespace) -> Iterator[list[Result]]:
    seeds = range(options.seed, options.seed + options.schedules)
    chunks = [seeds[place : place + CHUNK] for place in range(0, options.schedules, CHUNK)]
    play = partial(play_all, silent=options.silent)
    if options.jobs == 1:
        yield from map(play, chunks)
        return
    with get_context("spawn").Pool(options.jobs) as pool:
        yield from pool.imap_unordered(play, chunks)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--schedules", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1, help="the first one")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--silent", action="store_true", help="GitHub tells nothing for two days")
    parser.add_argument("--progress", action="store_true")
    parser.add_argument("-v", "--verbose", action="store_true", help="play one seed and print all of it")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
