"""Every sequence of events against the oracle, states that are alike taken together."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from bridge.rules.reviews import fix_verdict, pull_requests_verdict
from mappings.model import Reviews
from tests.reviewing.oracle import Oracle
from tests.reviewing.pull import EVENTS, Pull

POLICIES = {
    "1 approval": Reviews(approvals=1),
    "2 approvals": Reviews(approvals=2),
    "1 approval, stale on push": Reviews(approvals=1, stale_on_push=True),
    "2 approvals, stale on push": Reviews(approvals=2, stale_on_push=True),
}


@dataclass
class Comparison:
    sequences: int = 0
    """How many there are of up to so many events."""
    compared: int = 0
    """How many ends of sequences were looked at; the others are like one of them."""
    differences: list[str] = field(default_factory=list)


def compare(policy: Reviews, *, events: int) -> Comparison:
    """Each sequence that GitHub lets happen, of up to so many events."""
    found = Comparison()
    start = (Pull(), Oracle())
    frontier: dict[object, tuple[Pull, Oracle, str]] = {"": (*start, "")}
    many: Counter[object] = Counter({"": 1})
    for _ in range(events):
        following: dict[object, tuple[Pull, Oracle, str]] = {}
        count: Counter[object] = Counter()
        for key, (pull, oracle, told) in frontier.items():
            for event, after in _next(pull):
                said = oracle.after(event, stale_on_push=policy.stale_on_push)
                found.compared += 1
                found.differences += _differences(after, said, policy, f"{told}, {event}".lstrip(", "))
                alike = (after.key, said.key)
                following.setdefault(alike, (after, said, f"{told}, {event}".lstrip(", ")))
                count[alike] += many[key]
        frontier, many = following, count
        found.sequences += sum(count.values())
    return found


def _next(pull: Pull) -> Iterator[tuple[str, Pull]]:
    for event in EVENTS:
        after = pull.after(event)
        if after is not None:
            yield event, after


def _differences(pull: Pull, oracle: Oracle, policy: Reviews, told: str) -> Iterator[str]:
    one = pull.read()
    verdict = pull_requests_verdict([one], policy)
    said = verdict.triggers[0].value if verdict else None
    wanted = oracle.verdict(approvals=policy.approvals)
    if said != wanted:
        yield f"{told}: {said}, not {wanted}"
    if (fix_verdict([one], policy) is not None) != oracle.is_fixed():
        yield f"{told}: fix pushed differs"
