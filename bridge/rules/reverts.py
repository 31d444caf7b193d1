"""What a revert means: the fix that it takes back is no fix any more, and a revert is never one itself."""

import re
from collections.abc import Collection, Iterable

from bridge.domain import PullRequest

_TAKES_BACK = re.compile(r"^Reverts (?P<repository>[\w.-]+/[\w.-]+)?#(?P<number>[1-9][0-9]{0,9})\s*$", re.M)
"""What GitHub's Revert button writes into the new pull request; REST tells of it nowhere else."""


def takes_back(one: PullRequest) -> frozenset[tuple[int, int]]:
    """The pull requests that this one reverts, by repository id and number."""
    return frozenset(
        (one.repository_id, int(found["number"]))
        for found in _TAKES_BACK.finditer(one.body.replace("\r\n", "\n"))
        # A revert is opened after what it reverts, in the same repository.
        if int(found["number"]) < one.number
        and (found["repository"] or one.repository).lower() == one.repository.lower()
    )


def stands(one: PullRequest, among: Collection[PullRequest]) -> bool:
    """Whether none of `among` takes it back; a revert that is itself reverted takes nothing back."""
    return not any(
        (one.repository_id, one.number) in takes_back(other) and stands(other, among) for other in among
    )


def fixes(pull_requests: Iterable[PullRequest]) -> tuple[PullRequest, ...]:
    """Those that bring something: no reverts, and none that a merged revert has taken back."""
    known = tuple(pull_requests)
    merged = [one for one in known if one.merged]
    return tuple(one for one in known if not takes_back(one) and stands(one, merged))
