"""A pull request as GitHub's API shows it after each event, and what GitHub lets happen to it."""

from dataclasses import dataclass, replace
from typing import Any

from bridge.clients.github import query
from bridge.domain import PullRequest

REVIEWERS = {"A": "bruno", "B": "carla"}
EVENTS = (
    "open",
    "open as draft",
    "draft",
    "ready",
    "approve A",
    "approve B",
    "request changes A",
    "request changes B",
    "comment A",
    "dismiss A",
    "re-request A",
    "push",
    "close",
    "reopen",
    "merge",
)
Json = dict[str, Any]
STATES = {"approve": "APPROVED", "request changes": "CHANGES_REQUESTED", "comment": "COMMENTED"}


@dataclass(frozen=True)
class Pull:
    """Its facts; `timeline` holds (kind, who, state, head at that time), the oldest first."""

    state: str = ""
    draft: bool = False
    head: int = 0
    timeline: tuple[tuple[str, str, str, int], ...] = ()
    asked: frozenset[str] = frozenset()

    def after(self, event: str) -> "Pull | None":
        """None where GitHub refuses it, or where it would change nothing."""
        verb, _, letter = event.rpartition(" ") if event[-1] in REVIEWERS else (event, "", "")
        if not self.state:
            return Pull(state="OPEN", draft=event == "open as draft") if event.startswith("open") else None
        if verb in STATES:
            item = ("PullRequestReview", letter, STATES[verb], self.head)
            return replace(self, timeline=(*self.timeline, item), asked=self.asked - {letter})
        match verb:
            case "dismiss":
                return self._dismissed(letter)
            case "re-request" if self.state == "OPEN" and self._last(letter) is not None:
                item = ("ReviewRequestedEvent", letter, "", 0)
                fresh = replace(self, timeline=(*self.timeline, item), asked=self.asked | {letter})
                return None if letter in self.asked else fresh
        return self._turned(event)

    def _turned(self, event: str) -> "Pull | None":
        is_open = self.state == "OPEN"
        possible = {
            "draft": (is_open and not self.draft, {"draft": True}),
            "ready": (is_open and self.draft, {"draft": False}),
            "push": (is_open, {"head": self.head + 1}),
            "close": (is_open, {"state": "CLOSED"}),
            "reopen": (self.state == "CLOSED", {"state": "OPEN"}),
            "merge": (is_open and not self.draft, {"state": "MERGED"}),
        }
        may, changes = possible.get(event, (False, {}))
        return replace(self, **changes) if may else None

    def _last(self, letter: str) -> int | None:
        """Where the reviewer's last review is that is more than a comment."""
        places = [
            place
            for place, (kind, who, state, _) in enumerate(self.timeline)
            if kind == "PullRequestReview" and who == letter and state != "COMMENTED"
        ]
        return places[-1] if places else None

    def _dismissed(self, letter: str) -> "Pull | None":
        place = self._last(letter)
        if place is None or self.timeline[place][2] == "DISMISSED":
            return None
        kind, who, _, head = self.timeline[place]
        items = (*self.timeline[:place], (kind, who, "DISMISSED", head), *self.timeline[place + 1 :])
        return replace(self, timeline=items)

    @property
    def key(self) -> Any:
        """What may still matter: heads by their distance to the present one, no comments."""
        items = tuple(
            (kind, who, state, self.head - head if kind == "PullRequestReview" else 0)
            for kind, who, state, head in self.timeline
            if state != "COMMENTED"
        )
        return self.state, self.draft, items, self.asked

    def read(self, number: int = 1) -> PullRequest:
        """As our client reads GitHub's answer."""
        nodes = [self._node(place, number) for place in range(len(self.timeline))]
        merged = self.state == "MERGED"
        answer: Json = {
            "number": number,
            "title": "CHAM-1 Corrige",
            "body": "",
            "url": f"https://github.example/softhouse/erp/pull/{number}",
            "state": self.state,
            "isDraft": self.draft,
            "merged": merged,
            "isInMergeQueue": False,
            "isCrossRepository": False,
            "authorAssociation": "MEMBER",
            "reviewDecision": None,
            "headRefName": "x",
            "headRefOid": _sha(self.head),
            "baseRefName": "main",
            "repository": {"databaseId": 7, "nameWithOwner": "softhouse/erp"},
            "author": {"__typename": "User", "login": "ana"},
            "mergeCommit": {"oid": "f" * 40} if merged else None,
            "commits": {"nodes": []},
        }
        return query.pull_request(answer, nodes)

    def _node(self, place: int, number: int) -> Json:
        kind, letter, state, head = self.timeline[place]
        actor = {"__typename": "User", "login": REVIEWERS[letter]}
        if kind != "PullRequestReview":
            return {"__typename": kind, "requestedReviewer": actor}
        return {
            "__typename": kind,
            "fullDatabaseId": str(100 * number + place),
            "state": state,
            "submittedAt": "2026-11-24T12:00:00Z",
            "author": actor,
            "commit": {"oid": _sha(head)},
        }


def _sha(head: int) -> str:
    return f"{head:07x}".ljust(40, "0")
