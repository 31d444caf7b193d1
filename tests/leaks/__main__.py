"""`python -m tests.leaks --histories 20000 [--seed N] [--jobs 2] [-v]`: what leaked."""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import count, islice
from multiprocessing import get_context

from tests.leaks.run import Result, play_all

CHUNK = 25


def main() -> int:
    options = _options()
    if options.verbose:
        [result] = play_all([options.seed])
        print("\n".join([*result.log, *result.leaks, *result.lacks]) or "nothing")
        return bool(result.leaks or result.lacks)
    began = time.monotonic()
    results: list[Result] = []
    for chunk in _played(options.seed, options.jobs):
        results += chunk
        for result in chunk:
            if result.leaks or result.lacks:
                print(f"seed {result.seed}: {'; '.join([*result.leaks, *result.lacks])}", flush=True)
        if sum(one.comments for one in results) >= options.histories:
            break
    print("\n".join(summary(results, seed=options.seed, seconds=time.monotonic() - began)))
    return any(result.leaks or result.lacks for result in results)


def summary(results: Sequence[Result], *, seed: int, seconds: float) -> list[str]:
    leaking = [result.seed for result in results if result.leaks]
    lacking = [result.seed for result in results if result.lacks]
    return [
        f"{sum(one.comments for one in results)} histories of comments on {len(results)} issues "
        f"from seed {seed} in {seconds:.0f} s",
        f"{sum(one.versions for one in results)} texts of comments, "
        f"{sum(one.internal for one in results)} never public for as long as the hold",
        f"{sum(one.mails for one in results)} e-mails and {sum(one.answers for one in results)} pages, API "
        f"answers, spreadsheets and explanations read",
        f"{len(leaking)} leaked {leaking}; {len(lacking)} kept back what was public {lacking}",
    ]


def _played(seed: int, jobs: int) -> Iterator[list[Result]]:
    """Chunk after chunk, for as long as somebody wants more."""
    chunks = (range(first, first + CHUNK) for first in count(seed, CHUNK))
    if jobs == 1:
        yield from map(play_all, chunks)
        return
    with get_context("spawn").Pool(jobs) as pool:
        while True:
            yield from pool.imap_unordered(play_all, list(islice(chunks, jobs)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.leaks")
    parser.add_argument("--histories", type=int, default=1000, help="of single comments")
    parser.add_argument("--seed", type=int, default=1, help="the first one")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("-v", "--verbose", action="store_true", help="play one seed and print all of it")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
