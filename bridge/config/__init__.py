"""Settings, read once from the environment. All faults are reported together, by name."""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from email.utils import parseaddr
from pathlib import Path
from typing import TypeVar

from bridge.config.database import database
from bridge.config.settings import (
    Config,
    ConfigError,
    GitHubSettings,
    IdentitySettings,
    JiraSettings,
    MailSettings,
    OpenAISettings,
    UploadSettings,
)
from bridge.environment import Reader, Secret, is_address, is_domain

__all__ = [
    "Config",
    "ConfigError",
    "GitHubSettings",
    "IdentitySettings",
    "JiraSettings",
    "MailSettings",
    "OpenAISettings",
    "Secret",
    "UploadSettings",
    "database_url",
    "load",
    "mappings_directory",
]

Setting = TypeVar("Setting")
MINIMUM_SECRET = 16  # characters: what is shorter can be guessed
CENTURY = 36_500  # days


def load(environ: Mapping[str, str] | None = None) -> Config:
    """Read the settings. `NAME_FILE` may name a file that holds the value of `NAME`.

    Raises:
        ConfigError: with every fault found, each naming its setting.
    """
    reader = Reader(os.environ if environ is None else environ)
    config = Config(
        database_url=_database(reader),
        public_url=reader.url("PUBLIC_URL"),
        secret_key=reader.secret("SECRET_KEY", minimum=MINIMUM_SECRET),
        mappings=_mappings(reader),
        jira=_jira(reader),
        jira_administrator=_administrator(reader),
        github=_github(reader),
        mail=_mail(reader),
        openai=OpenAISettings(
            api_key=reader.secret("OPENAI_API_KEY", required=False),
            base_url=reader.url("OPENAI_BASE_URL", "https://api.openai.com/v1"),
            model=reader.text("OPENAI_MODEL", "gpt-5-mini"),
            everybody=reader.choice("OPENAI_PARTNERS", ("", "chosen", "all")) == "all",
            daily=reader.number("OPENAI_DAILY", 500),
        ),
        licences=_licences(reader),
        partners=_partners(reader),
        files=reader.folder("FILES", "chamados-files"),
        uploads=_uploads(reader),
        mail_hold=reader.number("MAIL_HOLD", 30),
        comment_hold=reader.number("MAIL_COMMENT_HOLD", 60),
        reason_hold=reader.number("MAIL_REASON_HOLD", 7200),
        bulk_hold=reader.number("MAIL_BULK_HOLD", 300),
        gather_idle=reader.number("MAIL_GATHER_IDLE", 180),
        gather_longest=reader.number("MAIL_GATHER_LONGEST", 600),
        workers=reader.number("WORKERS", 16),
        metrics_token=reader.secret("METRICS_TOKEN", required=False, minimum=MINIMUM_SECRET),
        url_check=reader.choice("URL_CHECK", ("", "public", "private")),
        log=reader.choice("LOG", ("", "json", "text")),
        identity=_identity(reader),
        operators=_operators(reader),
        reopen_days=reader.number("REOPEN_DAYS", 30, most=CENTURY),
        deliveries_days=reader.number("DELIVERIES_DAYS", 30, most=CENTURY),
        proxies=reader.number("PROXIES", 0),
    )
    if reader.faults:
        raise ConfigError(reader.faults)
    return config


def database_url(environ: Mapping[str, str] | None = None) -> Secret:
    """The one setting that `db` commands need.

    Raises:
        ConfigError: it cannot be used.
    """
    return _only(environ, _database)


def mappings_directory(environ: Mapping[str, str] | None = None) -> Path | None:
    """The one setting that printing the workflow needs; None for the mappings that we ship.

    Raises:
        ConfigError: it cannot be used.
    """
    return _only(environ, _mappings)


def _only(environ: Mapping[str, str] | None, read: Callable[[Reader], Setting]) -> Setting:
    reader = Reader(os.environ if environ is None else environ)
    value = read(reader)
    if reader.faults:
        raise ConfigError(reader.faults)
    return value


def _database(reader: Reader) -> Secret:
    return Secret(database(reader, "DATABASE_URL", "sqlite:///chamados.db"))


def _mappings(reader: Reader) -> Path | None:
    folder = reader.text("MAPPINGS", "")
    return Path(folder) if folder else None


def _jira(reader: Reader) -> JiraSettings:
    return JiraSettings(
        url=reader.url("JIRA_URL"),
        user=reader.text("JIRA_USER", ""),
        token=reader.secret("JIRA_TOKEN"),
        project=reader.required("JIRA_PROJECT"),
        webhook_secrets=reader.webhook_secrets("JIRA_WEBHOOK_SECRET"),
    )


def _administrator(reader: Reader) -> JiraSettings | None:
    token = reader.secret("JIRA_ADMIN_TOKEN", required=False)
    if not token:
        return None
    return replace(_jira(reader), user=reader.text("JIRA_ADMIN_USER", ""), token=token)


def _github(reader: Reader) -> GitHubSettings:
    names = reader.text("GITHUB_REPOSITORIES", "").replace(",", " ").split()
    reader.check(
        "GITHUB_REPOSITORIES", all(name.count("/") == 1 for name in names), "write each as owner/name"
    )
    token, app_id = reader.secret("GITHUB_TOKEN", required=False), reader.text("GITHUB_APP_ID", "")
    reader.check("GITHUB_TOKEN", bool(token or app_id), "is not set, and neither is CHAMADOS_GITHUB_APP_ID")
    reader.check("GITHUB_TOKEN", not (token and app_id), "give a token or a GitHub App, not both")
    return GitHubSettings(
        url=_api_base(reader, reader.url("GITHUB_URL", "https://api.github.com")),
        token=token,
        app_id=app_id,
        app_private_key=_app_private_key(reader, wanted=bool(app_id)),
        webhook_secrets=reader.webhook_secrets("GITHUB_WEBHOOK_SECRET"),
        repositories=tuple(name.lower() for name in names),
    )


def _app_private_key(reader: Reader, *, wanted: bool) -> Secret:
    key = reader.text("GITHUB_APP_PRIVATE_KEY", "").replace("\\n", "\n")
    reader.check("GITHUB_APP_PRIVATE_KEY", bool(key) == wanted, "goes with CHAMADOS_GITHUB_APP_ID")
    reader.check(
        "GITHUB_APP_PRIVATE_KEY",
        not key or key.startswith("-----BEGIN"),
        "must be the PEM text of the key file that GitHub gave",
    )
    return Secret(key)


def _api_base(reader: Reader, url: str) -> str:
    """The API's address, where the site's was given: github.com, or an Enterprise Server's."""
    parts = reader.parts("GITHUB_URL", url)
    if parts.hostname in {"github.com", "www.github.com"}:
        return "https://api.github.com"
    if parts.path or (parts.hostname or "").startswith("api."):
        return url
    return f"{url}/api/v3"


def _mail(reader: Reader) -> MailSettings:
    header = reader.text("MAIL_IDEMPOTENCY_HEADER", "")
    reader.check(
        "MAIL_IDEMPOTENCY_HEADER",
        not header or (header.isascii() and header.replace("-", "").isalnum()),
        "must be a header's name, such as Resend-Idempotency-Key",
    )
    operator = reader.text("OPERATOR", "")
    reader.check("OPERATOR", not operator or is_address(operator), "must be an e-mail address")
    replies = reader.text("MAIL_REPLIES", "").lower()
    reader.check("MAIL_REPLIES", not replies or is_domain(replies), "must be a domain, without @")
    mailbox = Secret(reader.imap("IMAP_URL"))
    reader.check("IMAP_URL", not mailbox or bool(replies), "needs CHAMADOS_MAIL_REPLIES, its domain")
    selector, key = reader.text("MAIL_DKIM_SELECTOR", ""), reader.secret("MAIL_DKIM_KEY", required=False)
    reader.check(
        "MAIL_DKIM_SELECTOR", bool(selector) == bool(key), "needs CHAMADOS_MAIL_DKIM_KEY, and it this"
    )
    reader.check(
        "MAIL_DKIM_KEY", not key or "PRIVATE KEY-----" in key.reveal(), "must be an RSA private key in PEM"
    )
    return MailSettings(
        smtp_url=Secret(reader.smtp("SMTP_URL")),
        sender=reader.address("MAIL_FROM"),
        idempotency_header=header,
        operator=operator,
        replies=replies,
        imap_url=mailbox,
        dkim_selector=selector,
        dkim_key=key,
    )


def _licences(reader: Reader) -> Secret:
    source = reader.text("LICENCES", "")
    if "://" in source:
        parts = reader.parts("LICENCES", source)
        # Who asks for what crosses the network: customers' addresses.
        local = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost"}
        good = local or (parts.scheme == "https" and bool(parts.hostname))
        reader.check("LICENCES", good, "must be a CSV file's path or an https:// address")
    else:
        reader.check("LICENCES", not source or os.path.isfile(source), "names a file that does not exist")
    return Secret(source)


def _uploads(reader: Reader) -> UploadSettings:
    maximum, quota = reader.number("FILE_MB", 250), reader.number("FILES_QUOTA_MB", 2048)
    reader.check("FILE_MB", maximum > 0, "must be at least 1")
    reader.check("FILES_QUOTA_MB", quota >= maximum, "must be at least CHAMADOS_FILE_MB")
    antivirus = reader.text("ANTIVIRUS", "")
    parts = reader.parts("ANTIVIRUS", antivirus)
    good = (parts.scheme == "tcp" and bool(parts.hostname)) or (parts.scheme == "unix" and bool(parts.path))
    reader.check(
        "ANTIVIRUS", not antivirus or good, "must look like tcp://host:3310 or unix:///run/clamav/clamd.ctl"
    )
    return UploadSettings(maximum=maximum * 1024**2, quota=quota * 1024**2, antivirus=antivirus)


def _partners(reader: Reader) -> tuple[tuple[str, str], ...]:
    parsed = [parseaddr(entry) for entry in reader.text("PARTNERS", "").split(";") if entry.strip()]
    good = all(is_address(email) for _, email in parsed)
    reader.check("PARTNERS", good, "write each as Name <e-mail>, split by ;")
    return tuple((name or email, email) for name, email in parsed)


def _identity(reader: Reader) -> IdentitySettings:
    issuer = reader.url("OIDC_ISSUER") if reader.text("OIDC_ISSUER", "") else ""
    given = bool(issuer)
    return IdentitySettings(
        issuer=issuer,
        client_id=reader.required("OIDC_CLIENT_ID") if given else "",
        client_secret=reader.secret("OIDC_CLIENT_SECRET", required=given),
        label=reader.text("OIDC_LABEL", "Painel do Parceiro"),
    )


def _operators(reader: Reader) -> frozenset[str]:
    emails = reader.text("OPERATORS", "").replace(",", " ").replace(";", " ").lower().split()
    reader.check("OPERATORS", all(map(is_address, emails)), "must be e-mail addresses")
    return frozenset(emails)
