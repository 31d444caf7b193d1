"""What Jira and GitHub keep of what people and the bridge do, with its time."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

BRIDGE = "bridge"
REPOSITORY, REPOSITORY_ID = "softhouse/erp", 7
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
ARROWS = {
    "Triagem": ("Backlog", "Reprovado", "Faltam Informações"),
    "Reprovado": (),
    "Faltam Informações": ("Triagem",),
    "Backlog": ("To Do",),
    "To Do": ("Doing",),
    "Doing": ("PR Review",),
    "PR Review": ("Error Fix", "PR Aprovado", "Doing"),
    "Error Fix": ("Doing", "PR Review"),
    "PR Aprovado": ("Publicado em Homologação", "Error Fix", "PR Review"),
    "Publicado em Homologação": ("Testing", "Error Fix"),
    "Testing": ("Test Finished", "Error Fix"),
    "Test Finished": ("Publicado", "Error Fix"),
    "Publicado": ("Encerrado", "Error Fix"),
    "Encerrado": (),
}
"""DESIGN §2: the arrows that the board offers."""

Json = dict[str, Any]


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass(frozen=True, kw_only=True)
class Change:
    """One entry of a changelog, or a comment: `field` is status, duedate, assignee or comment."""

    id: int
    at: datetime
    by_bridge: bool
    field: str
    old: str
    new: str
    marker: str = ""


@dataclass(kw_only=True)
class Issue:
    id: str
    key: str
    marker: str
    at: datetime
    status: str = "Triagem"
    assignee: str | None = None
    due_date: date | None = None
    fields: dict[str, str] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    touched: list[datetime] = field(default_factory=list)
    """Each moment at which `updated` changed."""
    links: dict[str, tuple[str, bool]] = field(default_factory=dict)
    """Pull request name to the link's title and whether it shows as resolved."""
    duplicate_of: str = ""

    def of(self, *fields: str) -> list[Change]:
        return [one for one in self.changes if one.field in fields]


@dataclass(frozen=True, kw_only=True)
class Published:
    """A deployment or release; `contains` are the commits in its history."""

    identity: str
    subject: str
    sha: str
    contains: frozenset[str]
    environment: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Webhook:
    source: str
    event: str
    guid: str
    body: Json
