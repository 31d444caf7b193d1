"""One installation's settings, each in its own type."""

from dataclasses import dataclass, field
from pathlib import Path

from bridge.environment import Secret


class ConfigError(Exception):
    """The settings cannot be used. `faults` holds one sentence for each."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))


@dataclass(frozen=True, kw_only=True)
class JiraSettings:
    url: str
    user: str
    """Empty on Data Center, where the token alone is enough (a personal access token)."""
    token: Secret
    project: str
    webhook_secrets: tuple[Secret, ...]


@dataclass(frozen=True, kw_only=True)
class GitHubSettings:
    url: str
    """The API's base: `https://api.github.com`, or `https://<host>/api/v3` on GitHub Enterprise Server."""
    token: Secret
    """Empty where the bridge comes as a GitHub App."""
    app_id: str
    app_private_key: Secret
    """PEM; empty where the bridge comes with a token."""
    webhook_secrets: tuple[Secret, ...]
    repositories: tuple[str, ...]
    """`owner/name`, lower case; empty means every repository whose webhook bears our signature."""


@dataclass(frozen=True, kw_only=True)
class MailSettings:
    smtp_url: Secret
    """`smtp://user:password@host:587?tls=starttls`."""
    sender: str
    idempotency_header: str = field(default="")
    """Named, each message bears its id there: a relay that knows the header sends it once (reference 1.5)."""
    operator: str = field(default="")
    """Who is told of e-mails that do not get through; empty: only the log says so."""
    replies: str = field(default="")
    """A domain of which every address reaches our mailbox, for answers and bounces; empty: there is none."""
    imap_url: Secret = field(default_factory=lambda: Secret(""))
    """That mailbox: `imaps://user:password@host/INBOX`."""
    dkim_selector: str = field(default="")
    dkim_key: Secret = field(default_factory=lambda: Secret(""))
    """PEM; empty: the relay signs, or nobody does."""


@dataclass(frozen=True, kw_only=True)
class OpenAISettings:
    api_key: Secret
    """Empty switches the AI off."""
    base_url: str
    model: str
    everybody: bool = field(default=False)
    """Every partner may use it but those switched off; else only those switched on."""
    daily: int = field(default=500)
    """Proposals a day, of all partners together."""


@dataclass(frozen=True, kw_only=True)
class IdentitySettings:
    """The vendor's own sign-in (OpenID Connect)."""

    issuer: str
    """Empty: partners sign in by e-mail only."""
    client_id: str
    client_secret: Secret
    label: str
    """What the vendor calls it, on the button."""


@dataclass(frozen=True, kw_only=True)
class UploadSettings:
    maximum: int = 250 * 1024**2
    """Bytes of one file."""
    quota: int = 2048 * 1024**2
    """Bytes of one partner's files that belong to no ticket yet, those on their way included."""
    antivirus: str = ""
    """`tcp://host:3310` or `unix:///path` of ClamAV's daemon; empty: nothing is scanned."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """One installation's settings."""

    database_url: Secret
    public_url: str
    secret_key: Secret
    mappings: Path | None
    jira: JiraSettings
    jira_administrator: JiraSettings | None
    """Whose account `jira plan` and `jira apply` use, where that is not the bridge's own."""
    github: GitHubSettings
    mail: MailSettings
    openai: OpenAISettings
    licences: Secret
    """A CSV file's path, or an https address (which may hold a password)."""
    partners: tuple[tuple[str, str], ...]
    """(name, e-mail) of partners registered at start; the sandbox names one."""
    files: Path
    """Where uploaded files are kept."""
    uploads: UploadSettings
    mail_hold: int
    """Seconds that a status e-mail waits, so that an undone move sends nothing."""
    comment_hold: int
    """Seconds that a public comment waits after its last edit, so that one made internal goes nowhere."""
    reason_hold: int
    """Seconds that the e-mail of a status that wants a public comment waits for one; 0: not at all."""
    bulk_hold: int
    """Seconds that changes of many tickets at once wait, and that their e-mails lie apart."""
    gather_idle: int
    gather_longest: int
    """Seconds: news are e-mailed together when no more have come for so long, or the first has waited so."""
    workers: int
    """Tickets looked at side by side in one process; 0: `serve` leaves them to `chamados worker`."""
    metrics_token: Secret = field(default_factory=lambda: Secret(""))
    """Opens `/metrics`; empty: nobody may read it."""
    url_check: str = field(default="")
    """Which staging addresses must answer before a partner is sent there: `public` or `private` (those of our
    own network too); empty: none is asked.
    """
    log: str = field(default="")
    """`json` or `text`; empty: text on a terminal, JSON elsewhere."""
    identity: IdentitySettings = field(
        default_factory=lambda: IdentitySettings(issuer="", client_id="", client_secret=Secret(""), label="")
    )
    operators: frozenset[str] = field(default=frozenset())
    """E-mails, lower case, of who may open the console."""
    reopen_days: int = field(default=30)
    """For so long a closed ticket's problem may be reported as back."""
    deliveries_days: int = field(default=30)
    """For so long the bodies of webhooks are kept; 0: for ever."""
    proxies: int = field(default=0)
    """Reverse proxies in front whose X-Forwarded-* headers are believed."""
