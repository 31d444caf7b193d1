"""What the bridge talks about: facts seen in Jira and GitHub, and what partners say. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from mappings.model import Trigger

REFERENCE_PREFIX = "CT-"


def reference(ticket_id: int) -> str:
    """`CT-1042`: the name that partners know a ticket by."""
    return f"{REFERENCE_PREFIX}{ticket_id}"


def ticket_id(text: str) -> int | None:
    """The number in `CT-1042` (any case); None when the text is no reference."""
    prefix, number = text[: len(REFERENCE_PREFIX)].upper(), text[len(REFERENCE_PREFIX) :]
    if prefix != REFERENCE_PREFIX or not number.isascii() or not number.isdigit() or len(number) > 18:
        return None
    return int(number)


# --- what Jira says


@dataclass(frozen=True, kw_only=True)
class StatusChange:
    """One entry of an issue's changelog that changed its status; its `id` says nothing of the order."""

    id: str
    at: datetime
    author: str
    by_bridge: bool
    from_status: str
    to_status: str


@dataclass(frozen=True, kw_only=True)
class DueDateChange:
    id: str
    at: datetime
    author: str
    from_date: date | None
    to_date: date | None


@dataclass(frozen=True, kw_only=True)
class JiraComment:
    """A comment as the issue shows it now. `restricted`: it, or its whole issue, is for some people only."""

    id: str
    at: datetime
    author: str
    by_bridge: bool
    text: str
    edited_at: datetime
    """When it was last changed; `at` when it never was."""
    restricted: bool
    service_desk_public: bool | None
    """`jsdPublic` where Jira sends it, else None."""


@dataclass(frozen=True, kw_only=True)
class Attachment:
    id: str
    filename: str
    size: int
    """In bytes."""


@dataclass(frozen=True, kw_only=True)
class Issue:
    """An issue as one GET showed it."""

    key: str
    id: str
    status: str
    assignee: str | None
    due_date: date | None
    updated_at: datetime | None
    staging_url: str
    version: str
    status_changes: tuple[StatusChange, ...]
    due_date_changes: tuple[DueDateChange, ...]
    comments: tuple[JiraComment, ...]
    transitions: Mapping[str, str]
    """Target status name to the id of the transition that leads there, as offered now."""
    attachments: tuple[Attachment, ...] = ()
    assignee_account: str = ""
    """Whom `assignee` is the name of: several bear the same, and each may change theirs."""
    assigned_before: frozenset[str] = frozenset()
    """The accounts that have been its assignee, whoever made them that."""


# --- what GitHub says


class ReviewState(StrEnum):
    APPROVED = "APPROVED"
    CHANGES_REQUESTED = "CHANGES_REQUESTED"
    COMMENTED = "COMMENTED"
    DISMISSED = "DISMISSED"
    PENDING = "PENDING"


@dataclass(frozen=True, kw_only=True)
class Review:
    id: int
    reviewer: str
    state: ReviewState
    commit: str
    """The head that was reviewed."""
    at: datetime | None
    asked_again: bool = False
    """The reviewer was asked for another review since."""
    other_base: bool = False
    """The base branch has been changed since."""


@dataclass(frozen=True, kw_only=True)
class PullRequest:
    """A pull request as one look at GitHub showed it."""

    repository_id: int
    repository: str
    number: int
    title: str
    body: str
    url: str
    author: str
    branch: str
    head: str
    is_open: bool
    draft: bool
    merged: bool
    merge_commit: str
    reviews: tuple[Review, ...]
    base: str = ""
    """The branch that it is merged into; empty in rows from before it was read."""
    fork: bool = False
    """From another repository, or from one that is gone."""
    author_association: str = ""
    """What GitHub says that the author is to the repository: `MEMBER`, `NONE`."""
    commit_keys: tuple[str, ...] = ()
    """What may be issue keys in its commits' messages."""
    decision: str = ""
    """GitHub's own `APPROVED`, `CHANGES_REQUESTED` or `REVIEW_REQUIRED`; empty without such a rule."""
    queued: bool = False
    """In the merge queue."""
    created_at: str = ""
    """ISO 8601; empty in rows from before it was read."""

    @property
    def name(self) -> str:
        """For people: repositories are renamed and transferred."""
        return f"{self.repository}#{self.number}"

    @property
    def key(self) -> str:
        """The same for as long as the pull request lives."""
        return f"{self.repository_id}#{self.number}"

    @property
    def pin(self) -> str:
        """The pull request at its present head."""
        return f"{self.key}@{self.head}"


@dataclass(frozen=True, kw_only=True)
class Unnamed:
    """A pull request that does not name the ticket, or does no more."""

    pull_request: PullRequest


@dataclass(frozen=True, kw_only=True)
class Branch:
    """A branch that names a ticket: by its own name, or only in its commits' messages."""

    repository_id: int
    name: str
    by_name: bool = True
    is_there: bool = True


class Stage(StrEnum):
    STAGING = "staging"
    PRODUCTION = "production"


@dataclass(frozen=True, kw_only=True)
class Publication:
    """A deployment or release that contains a ticket's fix. `identity` is `deployment:9` or `release:4`."""

    identity: str
    stage: Stage
    environment: str
    url: str
    version: str
    contains: frozenset[str]
    """`PullRequest.pin` of each pull request whose commits it was seen to contain."""
    at: datetime
    active: bool = True
    """False once GitHub says that the deployment is inactive, or failed after all."""


@dataclass(frozen=True, kw_only=True)
class Overdue:
    """Something published before the ticket had the pull request: a doorbell that nobody could ring then."""

    kind: str
    subject: str


Fact = PullRequest | Unnamed | Branch | Publication | Overdue
"""What a look at GitHub may bring."""


# --- what the partner says


class PartnerVerb(StrEnum):
    ANSWERED = "answered"
    CONFIRMED = "confirmed"
    STILL_FAILING = "still_failing"
    COMMENTED = "commented"
    """Said without being asked: it moves nothing."""

    @property
    def trigger(self) -> Trigger | None:
        return None if self is PartnerVerb.COMMENTED else Trigger(self.value)


@dataclass(frozen=True, kw_only=True)
class PartnerAction:
    """A click of the partner's on the ticket page or an e-mail, and what was written with it."""

    id: int
    verb: PartnerVerb
    author: str
    text: str
    at: datetime
    email: str = ""
    """The address of whoever did it."""
    comment_id: str | None
    """The Jira comment that carries it; None until there is one."""


# --- what is told


Quotes = Mapping[str, str | None]
"""Comment id to what is quoted of it; empty: it is public no more; None: its text is to be said anew."""
