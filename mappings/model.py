"""The operator's choices as frozen values: statuses, triggers, people, e-mails; `mappings.form` has the form.

Everything here is built by `mappings.load()`, which has checked it; nothing here does I/O.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mappings.form import Form


class Trigger(StrEnum):
    """What may move a ticket. The vocabulary is closed: a new trigger is code, not configuration."""

    FILED = "filed"
    ANSWERED = "answered"
    ASSIGNED = "assigned"
    WORK_STARTED = "work_started"
    REVIEW_PENDING = "review_pending"
    CHANGES_REQUESTED = "changes_requested"
    FIX_PUSHED = "fix_pushed"
    APPROVED = "approved"
    BACK_TO_DRAFT = "back_to_draft"
    DEPLOYED_STAGING = "deployed_staging"
    DEPLOYED_PRODUCTION = "deployed_production"
    CONFIRMED = "confirmed"
    STILL_FAILING = "still_failing"


class Category(StrEnum):
    """Jira's status categories, by their `key` in the REST API."""

    NEW = "new"
    IN_PROGRESS = "indeterminate"
    DONE = "done"


class Moment(StrEnum):
    """What sends an e-mail without being a status: the ticket was filed, a date set, a comment published,
    the fix deployed to staging at another address.
    """

    FILED = "filed"
    ADDED = "added"
    DUE_DATE = "due_date"
    PUBLIC_COMMENT = "public_comment"
    REDEPLOYED = "redeployed"


@dataclass(frozen=True, kw_only=True)
class Status:
    """One column of the board."""

    name: str
    category: Category
    plain: str
    """What the partner reads instead of the board's name."""
    leaves_to: tuple[str, ...]
    initial: bool = False
    email: str | None = None
    """The kind of e-mail that entering this status sends."""
    wants_comment: bool = False
    """True when the e-mail must carry the triager's public comment (a reason, a question)."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Where a trigger leads, from which statuses, and through which others it may walk to get there."""

    trigger: Trigger
    to: str
    moves_from: tuple[str, ...]
    through: tuple[str, ...] = ()


class Mention(StrEnum):
    """Where a pull request may name its tickets."""

    BRANCH = "branch"
    TITLE = "title"
    BODY = "body"
    COMMITS = "commits"


@dataclass(frozen=True, kw_only=True)
class Linking:
    """Which pull requests belong to which tickets."""

    trust: tuple[tuple[Mention, ...], ...] = (
        (Mention.BRANCH, Mention.TITLE, Mention.BODY),
        (Mention.COMMITS,),
    )
    """The most trusted places first; a later rank is read only when none before it names a ticket of ours."""
    fork_authors: tuple[str, ...] = ()
    """What GitHub must call the author of a fork's pull request (`MEMBER`); empty: anything."""

    def reads(self, place: Mention) -> bool:
        return any(place in rank for rank in self.trust)


@dataclass(frozen=True, kw_only=True)
class Reviews:
    """What counts as approved. `approvals`: how many reviewers; `stale_on_push`: a push withdraws them."""

    approvals: int = 1
    by_protection: bool = False
    """GitHub itself says whether the reviews suffice: by the branch's rules, code owners included."""
    stale_on_push: bool = False
    ignored: tuple[str, ...] = ()
    """Logins whose reviews count for nothing; `*` stands for any text."""


@dataclass(frozen=True, kw_only=True)
class Environments:
    """Globs over GitHub's deployment environment names (case-insensitive), and what a release means."""

    staging: tuple[str, ...]
    production: tuple[str, ...]
    release_is_production: bool = True
    staging_workflows: tuple[str, ...] = ()
    production_workflows: tuple[str, ...] = ()
    """Globs over names of GitHub Actions workflows whose success means the same as a deployment."""


@dataclass(frozen=True, kw_only=True)
class OnPullRequests:
    """What developers read on a pull request: the check, one comment, and the partner's "Ainda ocorre"."""

    check: bool = True
    comment: bool = True
    still_failing: bool = True


@dataclass(frozen=True, kw_only=True)
class MailPolicy:
    """To whom e-mails go and when: to everyone and soon, but for what is named here."""

    gathered: frozenset[Moment] = frozenset()
    """What waits for more of its kind, to go out in one e-mail."""
    opener_only: frozenset[str] = frozenset()
    """Kinds of e-mail that only the opener gets."""


UNKNOWN_STATUS = "Em andamento"


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """The board, the triggers and the e-mails of `workflow.yaml`."""

    statuses: Mapping[str, Status]
    rules: Mapping[Trigger, Rule]
    moments: Mapping[Moment, str]
    """Moment to e-mail kind; a moment that is not here sends nothing."""
    mails: MailPolicy = MailPolicy()
    links: Linking = Linking()
    reviews: Reviews
    environments: Environments
    comment_marker: str
    """A Jira comment that starts with this word is meant for the partner (`/parceiro`)."""
    on_pull_requests: OnPullRequests = OnPullRequests()

    @property
    def initial(self) -> Status:
        return next(status for status in self.statuses.values() if status.initial)

    @property
    def done(self) -> frozenset[str]:
        """Where a ticket has come to its end."""
        return frozenset(one.name for one in self.statuses.values() if one.category is Category.DONE)

    def plain(self, status: str) -> str:
        """What the partner reads for a status; also for one that this board does not have."""
        found = self.statuses.get(status)
        return found.plain if found else UNKNOWN_STATUS

    @property
    def on_staging(self) -> frozenset[str]:
        """Where the partner tests: from the status of a staging deployment on, before that of production."""
        staging, production = (
            self.rules[one].to for one in (Trigger.DEPLOYED_STAGING, Trigger.DEPLOYED_PRODUCTION)
        )
        anywhere = Rule(trigger=Trigger.DEPLOYED_PRODUCTION, to=production, moves_from=tuple(self.statuses))
        way = self.path(rule=anywhere, start=staging) or ()
        return frozenset({staging, *way} - {production})

    def path(self, *, rule: Rule, start: str) -> tuple[str, ...] | None:
        """The shortest walk of declared transitions from `start` to the rule's target, `start` left out.

        Passes only statuses that the rule may leave or pass. None when there is no such walk.
        """
        allowed = {*rule.moves_from, *rule.through, rule.to}
        queue: deque[tuple[str, ...]] = deque([(start,)])
        seen = {start}
        while queue:
            walk = queue.popleft()
            if walk[-1] == rule.to:
                return walk[1:]
            for following in self._following(walk[-1], allowed - seen):
                seen.add(following)
                queue.append((*walk, following))
        return None

    def _following(self, name: str, allowed: set[str]) -> Iterator[str]:
        status = self.statuses.get(name)
        return (to for to in (status.leaves_to if status else ()) if to in allowed)


@dataclass(frozen=True, kw_only=True)
class People:
    """Who is who on GitHub and in Jira."""

    assign_author: bool = True
    """True when a pull request's author becomes the assignee of a ticket that has none."""
    accounts: Mapping[str, str] = field(default_factory=dict)
    """GitHub login, lower case, to account id (Cloud) or user name (Data Center)."""


@dataclass(frozen=True, kw_only=True)
class EmailText:
    """One e-mail's words, as Jinja sources: `emails/<kind>.txt`."""

    kind: str
    headline: str
    preheader: str
    body: str
    button: str
    """The button's label; empty when the e-mail has none."""
    action: str
    """Where the button leads: `ticket`, `staging`, `following`, or to a deed (a partner's verb)."""
    second: str
    """The label of a second button, a plain one, to `second_action`; empty when there is none."""
    second_action: str
    needs_action: bool
    source: str
    """The file, for error messages."""


@dataclass(frozen=True, kw_only=True)
class Mappings:
    """All that the operator may change, loaded and checked."""

    workflow: Workflow
    form: Form
    people: People
    emails: Mapping[str, EmailText]
    layout: str
    """The MJML frame that every e-mail's HTML part is set in."""
