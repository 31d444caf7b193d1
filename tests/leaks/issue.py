"""A Jira issue with its comments in Jira's own JSON, and the plain truth about who may read what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.simulation.records import Clock

HOLD = timedelta(seconds=60)
MISSING = object()
"""A key that Jira's answer does not have."""
BRIDGE = "bridge"

Json = dict[str, Any]


@dataclass(kw_only=True)
class Comment:
    """`words`: what nobody but the rightful may read, unlike any other words. `body`: as the API shows it."""

    id: str
    author: str
    created: datetime
    updated: datetime
    words: str
    body: Any
    marked: bool
    """True when the text a person sees begins with the marker."""
    visibility: Any = MISSING
    jsd_public: Any = MISSING
    properties: list[Json] = field(default_factory=list)


@dataclass
class Version:
    """Some words, and since when they have been public; `waited` when that was long enough."""

    public_since: datetime | None = None
    waited: bool = False


@dataclass(kw_only=True)
class Issue:
    """One issue on one kind of site. Everything that changes it goes through `changed`."""

    cloud: bool
    service: bool
    clock: Clock
    statuses: Mapping[str, str]
    """Name to id."""
    id: str = ""
    status: str = "Triagem"
    security: Any = None
    comments: list[Comment] = field(default_factory=list)
    histories: list[Json] = field(default_factory=list)
    versions: dict[str, Version] = field(default_factory=dict)
    """Words to what is true of them."""
    _number: int = 100

    def number(self) -> str:
        self._number += 1
        return str(self._number)

    def is_public(self, comment: Comment) -> bool:
        """The rule in words of its own: nothing forbids it, and the marker or Jira's own word allows it."""
        forbidden = (
            self.security is not None
            or comment.visibility not in (MISSING, None)
            or comment.author == BRIDGE
            or (self.service and comment.jsd_public is False)
        )
        return not forbidden and (comment.marked or (self.service and comment.jsd_public is True))

    def public_words(self) -> set[str]:
        return {one.words for one in self.comments if one.words and self.is_public(one)}

    def changed(self) -> None:
        """Keep the books: which words are public from now on, and which no longer are."""
        public, edited = self.public_words(), {one.words: one.updated for one in self.comments}
        for words in {*edited, *self.versions} - {""}:
            version = self.versions.setdefault(words, Version())
            if words in public:
                version.public_since = version.public_since or edited[words]
            else:
                version.waited = self.has_waited(words)
                version.public_since = None

    def has_waited(self, words: str) -> bool:
        version = self.versions[words]
        since = version.public_since
        return version.waited or (since is not None and self.clock() >= since + HOLD)

    # --- what people do

    def say(self, author: str, words: str, body: Any, *, marked: bool, **audience: Any) -> Comment:
        now = self.clock()
        comment = Comment(
            id=self.number(),
            author=author,
            created=now,
            updated=now,
            words=words,
            body=body,
            marked=marked,
            **audience,
        )
        self.comments.append(comment)
        self.changed()
        return comment

    def move(self, to: str, *, author: str) -> None:
        item = {
            "field": "status",
            "from": self.statuses[self.status],
            "fromString": self.status,
            "to": self.statuses[to],
            "toString": to,
        }
        entry = {"id": self.number(), "created": stamp(self.clock()), "author": who(author), "items": [item]}
        self.histories.append(entry)
        self.status = to

    # --- as the API shows it

    def fields(self, wanted: str) -> Json:
        shown: Json = {
            "status": {"id": self.statuses[self.status], "name": self.status},
            "assignee": None,
            "duedate": None,
            "updated": stamp(self.clock()),
            "attachment": [],
            "labels": [],
            "comment": {"comments": self.shown_comments(), "total": len(self.comments)},
            "security": self.security,
        }
        return {name: value for name, value in shown.items() if name in wanted.split(",")}

    def shown_comments(self) -> list[Json]:
        return [self._shown(one) for one in self.comments]

    def _shown(self, one: Comment) -> Json:
        found = {
            "id": one.id,
            "author": who(one.author),
            "body": one.body,
            "created": stamp(one.created),
            "updated": stamp(one.updated),
            "visibility": one.visibility,
            "jsdPublic": one.jsd_public,
        }
        return {key: value for key, value in found.items() if value is not MISSING}


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}+0000"


def who(name: str) -> Json:
    return {"accountId": name, "name": name, "displayName": name.title()}
