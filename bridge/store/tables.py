"""The tables (DESIGN §3). Times are UTC; the truth about a ticket is its row in `tickets`."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime on every database; SQLite itself forgets the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime has no place in the store")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  (SQLAlchemy reads it as a class attribute)
        datetime: UtcDateTime,
        date: Date,
        str: Text,
        dict[str, Any]: JSON,
        list[Any]: JSON,
    }


# SQLite gives row ids out again after a delete unless told not to; a reference must never be given twice.
_NEVER_REUSED = {"sqlite_autoincrement": True}
_Id = BigInteger().with_variant(Integer, "sqlite")


# --- who ------------------------------------------------------------------------------------------------


class Organisation(Base):
    """Partners who see each other's tickets. Every partner is in one; one without a name is one partner's."""

    __tablename__ = "organisations"
    __table_args__ = (_NEVER_REUSED,)

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    name: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime]


class Partner(Base):
    __tablename__ = "partners"
    __table_args__ = (_NEVER_REUSED,)

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    # Never empty; but SQLite adds no column that says so to a table that has rows.
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), nullable=True, index=True)
    name: Mapped[str]
    email: Mapped[str] = mapped_column(String(320), unique=True)
    """Lower case."""
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    """SHA-256 of the API token."""
    created_at: Mapped[datetime]
    notice_version: Mapped[str] = mapped_column(default="")
    """The version of the notice that the partner has read ("Entendi")."""
    ai: Mapped[bool | None]
    """Whether the AI may read this partner's words; None: as CHAMADOS_OPENAI_PARTNERS says."""
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    """False: may not come in any more; what was written stays."""


class Identity(Base):
    """Who a partner is to the vendor's own sign-in: known by issuer and subject, never by e-mail."""

    __tablename__ = "identities"

    issuer: Mapped[str] = mapped_column(String(255), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id", ondelete="CASCADE"), index=True)
    linked_at: Mapped[datetime]


class LoginLink(Base):
    __tablename__ = "login_links"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id", ondelete="CASCADE"))
    browser_hash: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the cookie of the browser that asked for the link."""
    next_url: Mapped[str] = mapped_column(default="")
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    """Wrong codes typed in that browser."""


class PortalSession(Base):
    __tablename__ = "portal_sessions"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    device: Mapped[str] = mapped_column(String(64), default="")
    """Browser and system, as they call themselves."""


class Draft(Base):
    """A form as typed so far, with its files; becomes a ticket."""

    __tablename__ = "drafts"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id", ondelete="CASCADE"), index=True)
    answers: Mapped[dict[str, Any]]
    proposal: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The AI's proposal and what the partner decided about it."""
    updated_at: Mapped[datetime]
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id", ondelete="SET NULL"))
    continues_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id", ondelete="SET NULL"))
    """The closed ticket whose problem is back."""


class Upload(Base):
    """A file that a partner sent. Its bytes lie in the files folder under `stored_as`."""

    __tablename__ = "uploads"
    __table_args__ = (_NEVER_REUSED,)

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id", ondelete="CASCADE"), index=True)
    draft_id: Mapped[str | None] = mapped_column(ForeignKey("drafts.id", ondelete="SET NULL"), index=True)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    action_id: Mapped[int | None] = mapped_column(ForeignKey("partner_actions.id", ondelete="CASCADE"))
    filename: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    stored_as: Mapped[str]
    created_at: Mapped[datetime]
    jira_id: Mapped[str | None]
    refusal: Mapped[str] = mapped_column(default="")
    """Why Jira would not take it; the ticket lives on without it."""
    ours: Mapped[bool] = mapped_column(Boolean, default=False)
    """Made by the bridge, of texts that are too long for the issue."""


class ArrivingFile(Base):
    """A file on its way, in pieces. Its bytes so far lie in the files folder under `<id>.part`."""

    __tablename__ = "arriving_files"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id", ondelete="CASCADE"), index=True)
    draft_id: Mapped[str] = mapped_column(ForeignKey("drafts.id", ondelete="CASCADE"), index=True)
    filename: Mapped[str]
    length: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    upload_id: Mapped[int | None] = mapped_column(ForeignKey("uploads.id", ondelete="CASCADE"))
    """The file that it has become."""


UNSETTLED = {
    "waiting": "generation > observed_generation",
    "parked": "parked <> ''",
    "in_doubt": "create_state = 'in_doubt'",
    "retrying": "attempts > 0",
}
"""What a ticket can be besides settled: few are, so that each has a small index of its own."""


# --- tickets --------------------------------------------------------------------------------------------


class Ticket(Base):
    __tablename__ = "tickets"
    __table_args__ = (
        UniqueConstraint("partner_id", "idempotency_key"),
        # For counting and listing without reading the rows, which hold the whole form.
        Index("ix_tickets_status", "status"),
        Index(
            "ix_tickets_panel", "organisation_id", "id", "status", "status_since", "due_date", "search_text"
        ),
        *(
            Index(f"ix_tickets_{name}", "id", sqlite_where=text(where), postgresql_where=text(where))
            for name, where in UNSETTLED.items()
        ),
        _NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), nullable=True)
    """The partner's when it was filed: who moves on leaves the tickets there. Never empty."""
    continues_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id", ondelete="SET NULL"))
    """The closed ticket whose problem is back."""
    search_text: Mapped[str] = mapped_column(default="")
    """What the panel's search looks into, folded."""
    idempotency_key: Mapped[str | None] = mapped_column(String(255))
    request_hash: Mapped[str] = mapped_column(String(64), default="")
    """SHA-256 of the API request that made it: another body under the same key is refused."""
    answers: Mapped[dict[str, Any]]
    """The form as sent, by field name."""
    original: Mapped[str] = mapped_column(default="")
    """The partner's own description, when the AI's proposal was accepted in its place."""
    title: Mapped[str]
    created_at: Mapped[datetime]

    marker: Mapped[str] = mapped_column(String(64), unique=True)
    """`br-<ulid>`: the label by which the issue is found when Jira's answer was lost."""
    create_state: Mapped[str] = mapped_column(String(16), default="none")
    """none, started, in_doubt or created."""
    create_started_at: Mapped[datetime | None]
    create_posts: Mapped[int] = mapped_column(default=0)
    """How often the creation was sent: from the second time on, there may be two issues."""
    jira_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    jira_id: Mapped[str | None] = mapped_column(String(32), unique=True)
    jira_updated_at: Mapped[datetime | None]
    """The issue's `updated` when it was last read."""

    bulk_at: Mapped[datetime | None]
    """When Jira last told of a change that was one of many made at once."""

    status: Mapped[str]
    """The last status seen in Jira, by its board name."""
    status_since: Mapped[datetime]
    moving_to: Mapped[str] = mapped_column(default="")
    """The status of the bridge's own last move, written before it is asked for, to know its echo."""
    assigning: Mapped[str] = mapped_column(default="")
    """The account that the bridge makes the assignee, written before it is asked for, to know its echo."""
    assigned: Mapped[str] = mapped_column(default="")
    """The account that the bridge has made the assignee, or that Jira did not take: not tried again."""
    due_date: Mapped[date | None]
    staging_url: Mapped[str] = mapped_column(default="")
    version: Mapped[str] = mapped_column(default="")

    generation: Mapped[int] = mapped_column(default=0)
    observed_generation: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    """When to look again without being rung: a mail on hold, a search for a lost answer."""
    retry_at: Mapped[datetime | None]
    """Not before: the outside was unavailable."""
    lease_owner: Mapped[str] = mapped_column(String(64), default="")
    lease_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0)
    """Grows with each claim; every write of a reconcile requires its own."""
    attempts: Mapped[int] = mapped_column(default=0)
    parked: Mapped[str] = mapped_column(default="")
    """Why nothing more is tried until the ticket is rung again; empty when all is well."""
    held: Mapped[bool] = mapped_column(Boolean, default=False)
    """Parked by the operator: doorbells wait until `tickets retry`."""
    outcome: Mapped[str] = mapped_column(default="")
    reconciled_at: Mapped[datetime | None]
    """When a look last ended well."""


class FormerKey(Base):
    """A key that a ticket's issue had before it was moved. Jira gives it to no other issue."""

    __tablename__ = "former_keys"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), index=True)


class Recipient(Base):
    __tablename__ = "recipients"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    email: Mapped[str] = mapped_column(String(320), primary_key=True)
    is_opener: Mapped[bool] = mapped_column(Boolean, default=False)
    added_by: Mapped[str] = mapped_column(default="")
    """Who added the address later, by name; empty: the opener, in the form."""
    muted_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    """Not in the list any more; the row stays, so that who muted it and is added again stays undisturbed."""
    news_after: Mapped[int] = mapped_column(BigInteger, default=0)
    """The line of the timeline up to which nothing is news any more."""


class Reader(Base):
    """What the person behind an address has said about being written to, whatever the ticket."""

    __tablename__ = "readers"

    email: Mapped[str] = mapped_column(String(320), primary_key=True)
    """Lower case."""
    wants: Mapped[bool | None]
    """E-mails at all; None: not said yet."""
    answered_at: Mapped[datetime | None]
    pace: Mapped[str] = mapped_column(String(16), default="soon")
    """When comments and due dates come: soon, daily or never."""


class Ring(Base):
    """A doorbell: this ticket deserves a look, at this subject; rung again, it is the same one."""

    __tablename__ = "rings"
    __table_args__ = (
        Index("ix_rings_ticket_id_kind_subject", "ticket_id", "kind", "subject", unique=True),
        _NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    generation: Mapped[int]
    kind: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str]
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("deliveries.id", ondelete="SET NULL"))
    at: Mapped[datetime]


class PartnerActionRow(Base):
    __tablename__ = "partner_actions"
    __table_args__ = (_NEVER_REUSED,)

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    verb: Mapped[str] = mapped_column(String(16))
    author: Mapped[str]
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partners.id", ondelete="SET NULL"))
    """Whose session it was; none when it came by an e-mail's link."""
    text: Mapped[str]
    at: Mapped[datetime]
    email: Mapped[str] = mapped_column(String(320), default="")
    """The address of whoever did it: nobody is written to about their own doing."""
    link_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    """SHA-256 of the e-mail's link by which it was done: it serves once."""
    comment_id: Mapped[str | None]


# --- the outside, as last seen --------------------------------------------------------------------------


class Delivery(Base):
    """A webhook, stored once."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("source", "delivery_id"),
        Index("ix_deliveries_source_result", "source", "result"),
        _NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    source: Mapped[str] = mapped_column(String(16))
    delivery_id: Mapped[str] = mapped_column(String(128))
    event: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(index=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    body_sha256: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[str]
    result: Mapped[str] = mapped_column(String(16))
    """rang, ignored or unreadable."""
    repeats: Mapped[int] = mapped_column(default=0)


class RepositoryRow(Base):
    """A repository of GitHub's: renamed or transferred, it keeps its id."""

    __tablename__ = "repositories"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    name: Mapped[str]
    """`owner/name` as GitHub last said."""
    mapped_as: Mapped[str]
    """The name, in small letters, by which CHAMADOS_GITHUB_REPOSITORIES means it."""


class PullRequestRow(Base):
    __tablename__ = "pull_requests"
    __table_args__ = (UniqueConstraint("repository_id", "number"), _NEVER_REUSED)

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    repository_id: Mapped[int] = mapped_column(BigInteger)
    number: Mapped[int]
    facts: Mapped[dict[str, Any]]
    """A `domain.PullRequest`, as `store.facts` writes it."""
    seen_at: Mapped[datetime]


class TicketPullRequest(Base):
    __tablename__ = "ticket_pull_requests"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    pull_request_id: Mapped[int] = mapped_column(ForeignKey("pull_requests.id"), primary_key=True, index=True)
    linked_as: Mapped[str] = mapped_column(default="")
    """The remote link's title and summary as Jira last took them; empty before the first link."""


class BranchRow(Base):
    """A branch that names a ticket."""

    __tablename__ = "branches"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    repository_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    seen_at: Mapped[datetime]
    by_name: Mapped[bool] = mapped_column(default=True)
    """False where only its commits' messages name the ticket."""


class PublicationRow(Base):
    __tablename__ = "publications"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    identity: Mapped[str] = mapped_column(String(64), primary_key=True)
    stage: Mapped[str] = mapped_column(String(16))
    environment: Mapped[str]
    url: Mapped[str]
    version: Mapped[str]
    contains: Mapped[list[Any]]
    """`<repository id>#7@<head>` of each pull request whose commits it was seen to contain."""
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    """False once GitHub says that the deployment is inactive, or failed after all."""
    at: Mapped[datetime]


class Remark(Base):
    """Something that developers read on a pull request: the check, the comment, what a partner said."""

    __tablename__ = "remarks"
    __table_args__ = (UniqueConstraint("repository_id", "number", "cause"), _NEVER_REUSED)

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    repository_id: Mapped[int] = mapped_column(BigInteger)
    repository: Mapped[str]
    number: Mapped[int]
    cause: Mapped[str] = mapped_column(String(32))
    """check, comment, or `action:12`: the partner's "Ainda ocorre"."""
    written: Mapped[str] = mapped_column(default="")
    """What GitHub has, to know whether it has it already."""
    remote_id: Mapped[str] = mapped_column(String(32), default="")
    """GitHub's id of the check or the comment."""
    rung_at: Mapped[datetime]
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    busy_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    outcome: Mapped[str] = mapped_column(default="")


# --- what was decided and done --------------------------------------------------------------------------


class LaneRow(Base):
    """The last verdict of a lane, and whether it has moved the ticket."""

    __tablename__ = "lanes"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    lane: Mapped[str] = mapped_column(String(32), primary_key=True)
    identity: Mapped[str]
    reason: Mapped[str]
    spent_at: Mapped[datetime | None]
    refusal: Mapped[str] = mapped_column(default="")
    moving_after: Mapped[str] = mapped_column(String(32), default="")
    """The newest changelog entry when the bridge set out to move the ticket by it; empty before that."""
    at: Mapped[datetime]


class Entry(Base):
    """The journal: every act on the outside and every decision, in order, with its cause. Only added to."""

    __tablename__ = "journal"
    __table_args__ = (_NEVER_REUSED,)

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    act: Mapped[str] = mapped_column(String(32))
    cause: Mapped[str]
    outcome: Mapped[str]


class Event(Base):
    """One line of a ticket's timeline, told once (`source`)."""

    __tablename__ = "timeline"
    __table_args__ = (UniqueConstraint("ticket_id", "source"), _NEVER_REUSED)

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    source: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(16))
    author: Mapped[str]
    status: Mapped[str]
    text: Mapped[str]
    quotes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The Jira comments that `text` is made of (`domain.Quotes`)."""
    edited_at: Mapped[datetime | None]
    """When `text` last followed a comment that was changed."""
    visible: Mapped[bool]
    news: Mapped[bool] = mapped_column(Boolean, default=False)
    """It goes into an e-mail with what else comes at about the same time."""
    outcome: Mapped[str]


class Mail(Base):
    """One e-mail to one recipient, written with its cause."""

    __tablename__ = "mails"
    __table_args__ = (
        UniqueConstraint("ticket_id", "cause", "recipient"),
        Index("ix_mails_state_created_at", "state", "created_at"),
        _NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    cause: Mapped[str] = mapped_column(String(128))
    kind: Mapped[str] = mapped_column(String(32))
    recipient: Mapped[str] = mapped_column(String(320))
    message_id: Mapped[str] = mapped_column(String(255), unique=True)
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    """The message as it goes over the wire."""
    quotes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The Jira comments that it quotes, id to text: it goes only while each says just that in public."""
    state: Mapped[str] = mapped_column(String(16), default="queued")
    """queued, sending, sent, failed or withdrawn."""
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(default="")
    late: Mapped[bool] = mapped_column(Boolean, default=False)
    """The operator has been warned that it does not get through."""
    bounces: Mapped[int] = mapped_column(default=0)
    """How often it came back though it may get through another time."""


class IncomingMail(Base):
    """An e-mail that lay in our mailbox, taken once; its words are where they went, not here."""

    __tablename__ = "incoming_mails"
    __table_args__ = (UniqueConstraint("mailbox", "uid_validity", "uid"), _NEVER_REUSED)

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    mailbox: Mapped[str] = mapped_column(String(255))
    uid_validity: Mapped[int] = mapped_column(BigInteger)
    uid: Mapped[int] = mapped_column(BigInteger)
    fingerprint: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Of a reply that was taken: the same e-mail brought twice is one."""
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    sender: Mapped[str] = mapped_column(String(320))
    result: Mapped[str] = mapped_column(String(16))
    """taken, refused, ignored, reported (on an e-mail of ours) or broken."""
    outcome: Mapped[str]
    at: Mapped[datetime]


class SuppressedAddress(Base):
    """An address that gets no e-mail until somebody says so."""

    __tablename__ = "suppressed_addresses"

    email: Mapped[str] = mapped_column(String(320), primary_key=True)
    """Lower case."""
    kind: Mapped[str] = mapped_column(String(16))
    """bounce or complaint."""
    reason: Mapped[str]
    """The other server's words."""
    at: Mapped[datetime]


class SweepRow(Base):
    """A look at a remote for what no webhook told: from which moment on, and when next."""

    __tablename__ = "sweeps"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    watermark: Mapped[datetime]
    """Everything before it has been seen."""
    due_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str]


class BucketRow(Base):
    """How many requests a remote's scope may still take, and until when it rests."""

    __tablename__ = "buckets"

    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    tokens: Mapped[float] = mapped_column(Float)
    at: Mapped[datetime]
    """When `tokens` was counted."""
    paused_until: Mapped[datetime | None]
    reason: Mapped[str]


class Counter(Base):
    """Things counted and not kept: forged webhooks, for one."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger, default=0)
    at: Mapped[datetime | None]
    """The last time."""
