"""Questions that cost nothing while the answer stays the same."""

import json
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bridge.clients.github.transport import Transport
from bridge.clients.github.wire import strange
from bridge.clients.limits import Limiter
from bridge.config import GitHubSettings

Json = dict[str, Any]
KEPT = 200
"""Answers, of a list page at most each; the one that was needed the longest ago goes first."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    etag: str
    body: str
    following: str
    """The address of the next page."""


class Answers:
    """What GitHub last answered to each question."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Answer] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, address: str) -> Answer | None:
        with self._lock:
            if address in self._kept:
                self._kept.move_to_end(address)
            return self._kept.get(address)

    def keep(self, address: str, answer: Answer) -> None:
        with self._lock:
            self._kept[address] = answer
            self._kept.move_to_end(address)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)


class Conditional(Transport):
    """GETs with the ETag of the last answer: 304 counts against no limit, and the old answer holds.

    The answers are kept in this process: another one, or this one started anew, asks once at the full price.
    """

    def __init__(self, settings: GitHubSettings, *, connections: int, limiter: Limiter | None = None) -> None:
        super().__init__(settings, connections=connections, limiter=limiter)
        self._answers = Answers()

    def get(self, path: str, **parameters: str | int) -> Json:
        """One thing that GitHub knows by an id.

        Raises:
            Unavailable, Refused.
        """
        found = json.loads(self._answer(path, parameters).body)
        if not isinstance(found, dict) or "id" not in found:
            raise strange(f"GET {path}")
        return found

    def rows(self, path: str, *, within: str = "", **parameters: str | int) -> Iterator[Json]:
        """A list's rows, page by page, each page asked for when its first row is.

        `within`: where the answer is no list but has it under this name.

        Raises:
            Unavailable, Refused.
        """
        answer = self._answer(path, {"per_page": 100, **parameters})
        yield from _list(answer, within)
        while answer.following:
            answer = self._answer(answer.following, {})
            yield from _list(answer, within)

    def _answer(self, path: str, parameters: Mapping[str, str | int]) -> Answer:
        address = " ".join([path, *(f"{name}={value}" for name, value in sorted(parameters.items()))])
        known = self._answers.get(address)
        answer = self.asked(lambda: self._ask(path, parameters, known))
        self._answers.keep(address, answer)
        return answer

    def _ask(self, path: str, parameters: Mapping[str, str | int], known: Answer | None) -> Answer:
        requester = self._github.requester
        given = {"If-None-Match": known.etag} if known and known.etag else {}
        status, headers, body = requester.requestJson("GET", path, parameters=dict(parameters), headers=given)
        if status == 304 and known:
            return known
        if status >= 400:
            raise requester.createException(status, headers, _object(body))
        return Answer(etag=headers.get("etag", ""), body=body, following=_following(headers.get("link", "")))


def _list(answer: Answer, within: str) -> list[Json]:
    found = json.loads(answer.body)
    rows = found.get(within) if within and isinstance(found, dict) else found
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise strange(f"a list of {within or 'rows'}")
    return rows


def _object(body: str) -> Json:
    """The error's JSON; a proxy's page has none."""
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _following(link: str) -> str:
    """`<https://…?page=2>; rel="next", …`: the next page's address."""
    parts = [part.partition(";") for part in link.split(",")]
    return next((url.strip(" <>") for url, _, kind in parts if 'rel="next"' in kind), "")
