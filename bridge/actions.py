"""What a look at a ticket decides to do. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bridge.domain import PartnerAction, PullRequest, Quotes
from bridge.verdicts import Lane, Verdict
from mappings.model import Trigger


@dataclass(frozen=True, kw_only=True)
class Link:
    """Show a pull request on the issue (or bring its title up to date)."""

    pull_request: PullRequest
    title: str
    summary: str
    resolved: bool


@dataclass(frozen=True, kw_only=True)
class Assign:
    """Make the author of a pull request the issue's assignee."""

    account: str
    """Account id (Cloud) or user name (Data Center)."""
    login: str
    pull_request: str


@dataclass(frozen=True, kw_only=True)
class Unlink:
    """Take a pull request that does not name the ticket any more off the issue."""

    pull_request: PullRequest
    reason: str


@dataclass(frozen=True, kw_only=True)
class SetField:
    """`field` is `staging_url` or `version`."""

    field: str
    value: str
    cause: str


@dataclass(frozen=True, kw_only=True)
class Move:
    """Walk the issue along `path`; an empty path spends the verdict, for the issue is there already."""

    verdict: Verdict
    trigger: Trigger
    path: tuple[str, ...]
    after: str = "0"
    """How many moves of the bridge's own to where the verdict leads were seen: this one is one more."""


@dataclass(frozen=True, kw_only=True)
class Wait:
    """A verdict that its guard refuses now; it is tried again while it holds."""

    verdict: Verdict
    reason: str
    ask_again: bool = False
    """True where nothing rings once the reason is gone: somebody has to look."""


@dataclass(frozen=True, kw_only=True)
class Recede:
    """A lane has other reasons for the same than when it was last looked at, or says nothing any more.

    What it has lost will be news when it comes back.
    """

    lane: Lane
    verdict: Verdict | None
    """What is left of it; None: nothing."""


@dataclass(frozen=True, kw_only=True)
class Comment:
    """Write the partner's words into the issue."""

    action: PartnerAction


@dataclass(frozen=True, kw_only=True)
class Ask:
    """Ask the triager, inside Jira, for the public comment that a status wants. `source`: asked once."""

    source: str
    status: str
    at: datetime
    until: datetime
    """When the e-mail goes without it."""


@dataclass(frozen=True, kw_only=True)
class Tell:
    """A fact for the ticket's timeline, and the e-mail that it sends (or why it sends none)."""

    source: str
    """Where the fact is from: `changelog:10023`, `comment:77`, `filed`. Told once."""
    at: datetime
    kind: str
    """`status`, `comment`, `due_date`, `filed`, `redeployed`."""
    author: str
    status: str
    """The status this fact is about, by its board name; empty for other kinds."""
    text: str
    visible: bool
    """True when the partner may read it on the timeline."""
    email: str | None
    outcome: str
    context: Mapping[str, str]
    """What the e-mail may say: `comment`, `due_date`, `due_date_changed`, `staging_url`, `version`."""
    quotes: Quotes = field(default_factory=dict)
    """The comments that `text` and the e-mail are made of."""
    news: bool = False
    """It goes into an e-mail with what else comes (`Gathered`)."""
    caused_by: str = ""
    """The address of the person whose doing it was, where it was one of the partner's."""


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """One e-mail of all the news that have come together, up to a line of the timeline."""

    through: int
    since: datetime
    """When the first of them happened."""
    email: str
    recipients: tuple[str, ...]
    context: Mapping[str, str]
    quotes: Quotes


@dataclass(frozen=True, kw_only=True)
class Correct:
    """What was told of comments is so no longer: the timeline follows, and e-mails that have not gone yet."""

    source: str
    status: str
    text: str
    visible: bool
    quotes: Quotes
    email: str | None
    """The kind of the e-mails that say it anew; None: there is nothing to say, or not yet."""
    context: Mapping[str, str]


Action = Link | Unlink | Assign | SetField | Recede | Move | Wait | Comment | Ask | Correct | Tell | Gathered


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a look at a ticket decided, in order, and when to look again without being rung."""

    actions: tuple[Action, ...]
    look_again_at: datetime | None
