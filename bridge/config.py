"""Settings, read once from the environment. All faults are reported together, by name."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

from environs import EnvValidationError, FileAwareEnv

MINIMUM_SECRET = 16  # characters: what is shorter can be guessed


class ConfigError(Exception):
    """The settings cannot be used. `faults` holds one sentence for each."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))


class Secret:
    """A value that never shows itself: not in a repr, a log or a traceback."""

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "Secret(…)" if self._value else "Secret('')"


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
    token: Secret
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


@dataclass(frozen=True, kw_only=True)
class OpenAISettings:
    api_key: Secret
    """Empty switches the AI off."""
    base_url: str
    model: str


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
    licences: str
    partners: tuple[tuple[str, str], ...]
    """(name, e-mail) of partners registered at start; the sandbox names one."""
    files: Path
    """Where uploaded files are kept until Jira has them."""
    mail_hold: int
    bulk_hold: int
    """Seconds that a status e-mail waits, so that an undone move sends nothing."""
    workers: int
    """Tickets looked at side by side in one process; 0: `serve` leaves them to `chamados worker`."""
    metrics_token: Secret = field(default_factory=lambda: Secret(""))
    """Opens `/metrics`; empty: nobody may read it."""
    log: str = field(default="")
    """`json` or `text`; empty: text on a terminal, JSON elsewhere."""
    proxies: int = field(default=0)
    """Reverse proxies in front whose X-Forwarded-* headers are believed."""


def load(environ: Mapping[str, str] | None = None) -> Config:
    """Read the settings. `NAME_FILE` may name a file that holds the value of `NAME`.

    Raises:
        ConfigError: with every fault found, each naming its setting.
    """
    reader = _Reader(os.environ if environ is None else environ)
    config = Config(
        database_url=Secret(reader.text("DATABASE_URL", "sqlite:///chamados.db")),
        public_url=reader.url("PUBLIC_URL"),
        secret_key=reader.secret("SECRET_KEY", minimum=MINIMUM_SECRET),
        mappings=_path(reader.text("MAPPINGS", "")),
        jira=_jira(reader),
        jira_administrator=_administrator(reader),
        github=_github(reader),
        mail=_mail(reader),
        openai=OpenAISettings(
            api_key=reader.secret("OPENAI_API_KEY", required=False),
            base_url=reader.text("OPENAI_BASE_URL", "https://api.openai.com/v1"),
            model=reader.text("OPENAI_MODEL", "gpt-5-mini"),
        ),
        licences=reader.text("LICENCES", ""),
        partners=_partners(reader),
        files=Path(reader.text("FILES", "chamados-files")),
        mail_hold=reader.number("MAIL_HOLD", 30),
        bulk_hold=reader.number("MAIL_BULK_HOLD", 300),
        workers=reader.number("WORKERS", 16),
        metrics_token=reader.secret("METRICS_TOKEN", required=False, minimum=MINIMUM_SECRET),
        log=reader.choice("LOG", ("", "json", "text")),
        proxies=reader.number("PROXIES", 0),
    )
    if reader.faults:
        raise ConfigError(reader.faults)
    return config


def database_url(environ: Mapping[str, str] | None = None) -> Secret:
    """The one setting that `db` commands need."""
    return Secret(
        _Reader(os.environ if environ is None else environ).text("DATABASE_URL", "sqlite:///chamados.db")
    )


def mappings_directory(environ: Mapping[str, str] | None = None) -> Path | None:
    """The one setting that printing the workflow needs; None for the mappings that we ship."""
    return _path(_Reader(os.environ if environ is None else environ).text("MAPPINGS", ""))


def _path(text: str) -> Path | None:
    return Path(text) if text else None


def _jira(reader: "_Reader") -> JiraSettings:
    return JiraSettings(
        url=reader.url("JIRA_URL"),
        user=reader.text("JIRA_USER", ""),
        token=reader.secret("JIRA_TOKEN"),
        project=reader.required("JIRA_PROJECT"),
        webhook_secrets=reader.webhook_secrets("JIRA_WEBHOOK_SECRET"),
    )


def _administrator(reader: "_Reader") -> JiraSettings | None:
    token = reader.secret("JIRA_ADMIN_TOKEN", required=False)
    if not token:
        return None
    return replace(_jira(reader), user=reader.text("JIRA_ADMIN_USER", ""), token=token)


def _github(reader: "_Reader") -> GitHubSettings:
    names = reader.text("GITHUB_REPOSITORIES", "").replace(",", " ").split()
    reader.check(
        "GITHUB_REPOSITORIES", all(name.count("/") == 1 for name in names), "write each as owner/name"
    )
    return GitHubSettings(
        url=reader.url("GITHUB_URL", "https://api.github.com"),
        token=reader.secret("GITHUB_TOKEN"),
        webhook_secrets=reader.webhook_secrets("GITHUB_WEBHOOK_SECRET"),
        repositories=tuple(name.lower() for name in names),
    )


def _mail(reader: "_Reader") -> MailSettings:
    header = reader.text("MAIL_IDEMPOTENCY_HEADER", "")
    reader.check(
        "MAIL_IDEMPOTENCY_HEADER",
        not header or (header.isascii() and header.replace("-", "").isalnum()),
        "must be a header's name, such as Resend-Idempotency-Key",
    )
    operator = reader.text("OPERATOR", "")
    reader.check("OPERATOR", not operator or "@" in operator, "must be an e-mail address")
    return MailSettings(
        smtp_url=Secret(reader.smtp("SMTP_URL")),
        sender=reader.address("MAIL_FROM"),
        idempotency_header=header,
        operator=operator,
    )


def _partners(reader: "_Reader") -> tuple[tuple[str, str], ...]:
    parsed = [parseaddr(entry) for entry in reader.text("PARTNERS", "").split(";") if entry.strip()]
    reader.check(
        "PARTNERS", all("@" in email for _, email in parsed), "write each as Name <e-mail>, split by ;"
    )
    return tuple((name or email, email) for name, email in parsed)


class _Reader:
    """Reads settings one by one and gathers what is wrong with them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        # environs reads os.environ itself; tests hand in their own mapping.
        self._env = FileAwareEnv(eager=True, prefix="CHAMADOS_", strip_whitespace=True)
        self._env._environ = dict(environ)
        self.faults: list[str] = []

    def check(self, name: str, good: bool, remedy: str) -> None:
        if not good:
            self.faults.append(f"CHAMADOS_{name}: {remedy}")

    def text(self, name: str, default: str) -> str:
        try:
            return self._env.str(name, default).strip()
        except (EnvValidationError, ValueError) as error:
            self.faults.append(f"CHAMADOS_{name}: {error}")
            return default

    def required(self, name: str) -> str:
        value = self.text(name, "")
        self.check(name, bool(value), "is not set")
        return value

    def secret(self, name: str, *, required: bool = True, minimum: int = 0) -> Secret:
        value = self.required(name) if required else self.text(name, "")
        self.check(name, not value or len(value) >= minimum, f"needs at least {minimum} characters")
        return Secret(value)

    def webhook_secrets(self, name: str) -> tuple[Secret, ...]:
        """One secret, or two split by a comma or a line break while one replaces the other."""
        words = [word.strip() for word in self.text(name, "").replace("\n", ",").split(",") if word.strip()]
        self.check(
            name, bool(words), "is not set; without a secret anybody could move tickets, so nothing starts"
        )
        self.check(
            name, len(words) <= 2, "holds more than two secrets; keep the new one and the one it replaces"
        )
        return tuple(Secret(word) for word in words)

    def url(self, name: str, default: str = "") -> str:
        value = (self.text(name, default) if default else self.required(name)).rstrip("/")
        self.check(name, not value or _is_http(value), "must be an http:// or https:// address")
        return value

    def smtp(self, name: str) -> str:
        value = self.required(name)
        parts = urlsplit(value)
        good = parts.scheme in {"smtp", "smtps"} and bool(parts.hostname)
        self.check(name, not value or good, "must look like smtp://user:password@host:587?tls=starttls")
        return value

    def address(self, name: str) -> str:
        value = self.required(name)
        self.check(
            name, not value or "@" in parseaddr(value)[1], "must be an e-mail address, as Name <a@b.example>"
        )
        return value

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        value = self.text(name, "").lower()
        self.check(name, value in choices, f"must be one of {', '.join(filter(None, choices))}")
        return value

    def number(self, name: str, default: int) -> int:
        value = self.text(name, str(default))
        self.check(name, value.isdigit(), "must be a whole number")
        return int(value) if value.isdigit() else default


def _is_http(value: str) -> bool:
    parts = urlsplit(value)
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
