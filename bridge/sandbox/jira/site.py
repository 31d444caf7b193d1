"""The state of the Jira site: who is there, which issues exist, what search has noticed so far."""

import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bridge.sandbox.jira import catalogue, founding
from bridge.sandbox.jira.catalogue import Field, Status
from bridge.sandbox.jira.configuration import Arrow, Configuration, Project
from bridge.sandbox.jira.errors import Refusal, no_issue
from bridge.sandbox.jira.model import Attachment, Change, Comment, Issue, IssueLink, Json, User
from bridge.sandbox.settings import SandboxSettings

INDEX_LAG = 1.0
"""Seconds after which the search knows of a change."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something a webhook may tell. `issue` is as it was left by the event."""

    name: str
    user: User
    at: datetime
    issue: Issue
    kind: str | None = None  # issue_event_type_name
    change: Change | None = None
    comment: Comment | None = None
    attachment: Attachment | None = None
    link: IssueLink | None = None
    bulk: bool = False  # one of many changes made at once


@dataclass(frozen=True)
class _Indexed:
    written: datetime
    lag: float
    issue: Issue | None  # None: deleted


@dataclass
class Site:
    """Everything in memory, behind one lock that each request holds."""

    settings: SandboxSettings
    clock: Callable[[], datetime]
    deployment: str
    tell: Callable[[Event], None]
    index_lag: float = INDEX_LAG
    upload_limit: int = 10 * 1024 * 1024
    service_project: bool = False
    changelog_page: int = 100
    denied: set[str] = field(default_factory=set)  # permissions that mypermissions denies to the bridge
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.by_id: dict[str, Issue] = {}
        self.media: dict[str, str] = {}  # attachment id -> the token of its media address
        self.links: dict[str, IssueLink] = {}
        self._index: dict[str, list[_Indexed]] = {}
        self._serials = {name: itertools.count(start) for name, start in _SERIALS.items()}
        self.users: dict[str, User] = {}
        self.bridge = self._person(self.settings.jira_user, "Ponte de Chamados", admin=True)
        for login, name in catalogue.PEOPLE.items():
            self._person(login, name, admin=login == catalogue.TRIAGER)
        lead = self.users[catalogue.TRIAGER]
        self.made: Configuration = (
            founding.fresh() if self.settings.jira_empty else founding.ready(self.settings.jira_project, lead)
        )
        self.tasks: dict[str, int] = {}  # a long task's id -> how often it is still asked about in vain

    @property
    def fields(self) -> dict[str, Field]:
        return self.made.fields

    @property
    def statuses(self) -> dict[str, Status]:
        return self.made.statuses

    @property
    def server(self) -> bool:
        return self.deployment == "Server"

    def serial(self, name: str) -> str:
        number = next(self._serials[name])
        return str(_of_two_nodes(number) if self.server and name in _BANKED else number)

    # people

    def _person(self, login: str, name: str, *, admin: bool = False) -> User:
        return self.users.setdefault(login, User(login, name, admin))

    def human(self, login: str) -> User:
        """A person of the software house; one not met before is made up from the login."""
        login = login if "@" in login else f"{login}@softhouse.example"
        return self._person(login, login.partition("@")[0].replace(".", " ").title())

    def user_by(self, attribute: str, wanted: str) -> User | None:
        return next((user for user in self.users.values() if getattr(user, attribute) == wanted), None)

    # issues

    def new_issue(self, user: User, project: Project, type_id: str) -> Issue:
        now = self.clock()
        return Issue(
            id=self.serial("issue"),
            key=f"{project.key}-{next(project.issues)}",
            creator=user,
            created=now,
            updated=now,
            status=self.made.workflow_of(project, type_id).initial,
            status_since=now,
        )

    def find(self, id_or_key: str) -> Issue | None:
        key = id_or_key.upper()
        return self.by_id.get(key) or next((each for each in self.by_id.values() if each.key == key), None)

    def issue(self, id_or_key: str) -> Issue:
        issue = self.find(id_or_key)
        if issue is None:
            raise no_issue()
        return issue

    def place_of(self, issue: Issue) -> tuple[Project, str]:
        """Its project and its issue type's id."""
        return self.made.projects[issue.values["project"]], issue.values["issuetype"]

    def issues_of(self, project: Project) -> list[Issue]:
        return [each for each in self.by_id.values() if each.values["project"] == project.id]

    def offered(self, issue: Issue) -> list[Arrow]:
        """R9: only what leaves the present status; never the status it is in already."""
        arrows = self.made.workflow_of(*self.place_of(issue)).arrows
        return [
            each
            for each in arrows
            if each.source == issue.status or (each.source is None and each.target != issue.status)
        ]

    def links_of(self, issue: Issue) -> list[IssueLink]:
        return [link for link in self.links.values() if issue.id in (link.source, link.destination)]

    # what a write leaves behind

    def touch(self, issue: Issue) -> None:
        """Note that the issue was written: at once for direct reads, later for search."""
        issue.updated = self.clock()
        self._note(issue.id, issue.snapshot())

    def forget(self, issue: Issue) -> None:
        del self.by_id[issue.id]
        self.links = {key: link for key, link in self.links.items() if link not in self.links_of(issue)}
        self._note(issue.id, None)

    def record(self, issue: Issue, user: User, items: list[Json]) -> Change | None:
        """A changelog entry; an edit that changed nothing leaves none."""
        if not items:
            return None
        change = Change(self.serial("change"), user, self.clock(), tuple(items))
        issue.history.append(change)
        return change

    def publish(self, name: str, issue: Issue, user: User, **more: Any) -> None:
        self.tell(Event(name=name, user=user, at=self.clock(), issue=issue, **more))

    # search

    def _note(self, issue_id: str, snapshot: Issue | None) -> None:
        entries = self._index.setdefault(issue_id, [])
        entries.append(_Indexed(self.clock(), self.index_lag, snapshot))
        seen = [n for n, entry in enumerate(entries) if self._visible(entry)]
        del entries[: seen[-1] if seen else 0]

    def _visible(self, entry: _Indexed) -> bool:
        # a lag lowered meanwhile releases what waits; a lag raised meanwhile hides nothing again
        lag = min(entry.lag, self.index_lag)
        return entry.written + timedelta(seconds=lag) <= self.clock()

    def indexed(self, *, reconciled: frozenset[str] = frozenset()) -> Iterator[Issue]:
        """The issues as search knows them (R6: it lags); `reconciled` ids are read directly."""
        for issue_id, entries in self._index.items():
            if issue_id in reconciled:
                found = self.by_id.get(issue_id)
            else:
                found = next((each.issue for each in reversed(entries) if self._visible(each)), None)
            if found is not None:
                yield found


_SERIALS = {
    "issue": 10000, "change": 10500, "comment": 20000, "attachment": 30000, "remote": 40000,
    "link": 50000, "option": 60000,
    "field": 10200, "context": 10500, "status": 10300, "type": 10020, "project": 10010, "scheme": 10200,
    "screen": 10200, "tab": 10200, "grant": 20000, "task": 70000,
}  # fmt: skip


_BANKED = {"change", "comment"}
_BANK = 100


def _of_two_nodes(number: int) -> int:
    """Data Center's nodes answer in turn, each from a hundred ids drawn ahead: a later one may be smaller."""
    place, node = divmod(number % (2 * _BANK), 2)
    return number - number % (2 * _BANK) + (1 - node) * _BANK + place


def permitted(user: User) -> None:
    if not user.admin:
        raise Refusal(403, "You must have global administrator permission.")
