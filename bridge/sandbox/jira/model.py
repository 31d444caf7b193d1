"""What this Jira remembers."""

import copy
import hashlib
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class User:
    login: str
    name: str
    admin: bool = False

    @property
    def account_id(self) -> str:
        return "712020:" + str(uuid.uuid5(uuid.NAMESPACE_DNS, self.login))

    @property
    def username(self) -> str:
        return self.login.partition("@")[0]


@dataclass(frozen=True)
class Rich:
    """A paragraph text, kept in both of Jira's notations."""

    adf: Json
    wiki: str


@dataclass(frozen=True)
class Change:
    id: str
    author: User
    created: datetime
    items: tuple[Json, ...]


@dataclass(kw_only=True)
class Comment:
    id: str
    author: User
    updater: User
    body: Rich
    created: datetime
    updated: datetime
    visibility: Json | None = None
    properties: Json = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Attachment:
    id: str
    filename: str
    mime: str
    content: bytes
    author: User
    created: datetime

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(kw_only=True)
class RemoteLink:
    id: int
    given: Json  # globalId, application, relationship, object: as the caller sent them


@dataclass(frozen=True, kw_only=True)
class IssueLink:
    """`source` <outward> `destination`: "CHAM-2 duplicates CHAM-1"."""

    id: str
    type_id: str
    source: str
    destination: str


@dataclass(kw_only=True)
class Issue:
    id: str
    key: str
    creator: User
    created: datetime
    updated: datetime
    status: str  # the status' id
    status_since: datetime
    values: Json = field(default_factory=dict)
    comments: list[Comment] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    remote_links: list[RemoteLink] = field(default_factory=list)
    history: list[Change] = field(default_factory=list)
    properties: Json = field(default_factory=dict)
    watchers: list[User] = field(default_factory=list)

    def snapshot(self) -> "Issue":
        """A copy that later writes do not reach; what never changes is shared."""
        twin = copy.copy(self)
        twin.values, twin.properties = dict(self.values), dict(self.properties)
        twin.comments = [copy.copy(comment) for comment in self.comments]
        twin.remote_links = [copy.copy(link) for link in self.remote_links]
        twin.attachments, twin.history = list(self.attachments), list(self.history)
        twin.watchers = list(self.watchers)
        return twin


def stamp(moment: datetime) -> str:
    """As Jira writes time: 2026-11-24T10:11:12.123+0000."""
    moment = moment.astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0000"


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
