"""Settings: every fault at once, secrets never shown."""

from pathlib import Path

import pytest

from bridge.config import ConfigError, Secret, load
from tests.test_webhooks import SETTINGS


def test_every_fault_is_reported_at_once_by_name() -> None:
    broken = {
        **SETTINGS,
        "CHAMADOS_PUBLIC_URL": "chamados.example",
        "CHAMADOS_SECRET_KEY": "short",
        "CHAMADOS_SMTP_URL": "localhost",
        "CHAMADOS_WORKERS": "many",
        "CHAMADOS_GITHUB_REPOSITORIES": "erp",
    }
    with pytest.raises(ConfigError) as raised:
        load(broken)
    named = {fault.partition(":")[0] for fault in raised.value.faults}
    assert named == {
        f"CHAMADOS_{one}"
        for one in ("PUBLIC_URL", "SECRET_KEY", "SMTP_URL", "WORKERS", "GITHUB_REPOSITORIES")
    }


UNUSABLE = {
    "SMTP_URL": [
        "smtp://user:can[ary@host:587",
        "smtp://user:can#ary@host:587",
        "smtp://user:12/canary@host:587",
        "smtp://host:abc",
        "smtp://host:99999",
        "smtp://user:canary@host:587?tls=STARTTLS",
        "smtp://user:canary@host:587?tls=",
        "smtp://user:canary@host:587?starttls=1",
    ],
    "IMAP_URL": [
        "imaps://user:can#ary@host/INBOX",
        "imaps://user:can]ary@host",
        "imap://user:canary@host?tls=true",
        "imap://user:canary@host?done=Lidas&ssl=1",
    ],
    "PUBLIC_URL": ["http://[x", "http://a:zz", "http://a.example/#top"],
    "JIRA_URL": ["https://user:can[ary@jira.example"],
    "OPENAI_BASE_URL": ["nope"],
    "MAIL_FROM": ['"x <a@canary.example>', "a@b@canary.example", "josé@canary.example", "@canary.example"],
    "OPERATOR": ["a@b, canary"],
    "PARTNERS": ['"x <a@canary.example>; Bia <bia@canary.example>'],
    "DATABASE_URL": [
        "canary",
        "mysql://u:canary@h/d",
        "postgresql://u:canary@h:abc/d",
        "sqlite:////etc/hostname",
        "sqlite:////nowhere/chamados.db",
    ],
    "FILES": ["/etc/hostname"],
    "WORKERS": ["²", "9" * 5000, "-1"],
    "DELIVERIES_DAYS": ["999999"],
    "LICENCES": ["/nowhere/canary.csv", "https://user:can[ary@h.example", "https://h.example:x/"],
    "ANTIVIRUS": ["clamd", "tcp://[x", "tcp://h:x", "tcp://", "unix://"],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in UNUSABLE.items() for value in values]
)
def test_what_cannot_be_used_is_one_fault_by_name_and_is_not_repeated(name: str, value: str) -> None:
    with pytest.raises(ConfigError) as raised:
        load({**SETTINGS, "CHAMADOS_MAIL_REPLIES": "b.example", f"CHAMADOS_{name}": value})
    assert [fault.partition(":")[0] for fault in raised.value.faults] == [f"CHAMADOS_{name}"]
    assert "ary" not in str(raised.value)


def test_what_can_be_used_is_no_fault() -> None:
    config = load({**SETTINGS, "CHAMADOS_SMTP_URL": "smtp://user:can%23ary@[::1]:587?tls=starttls"})
    assert config.mail.smtp_url.reveal().endswith("?tls=starttls")
    config = load({**SETTINGS, "CHAMADOS_DATABASE_URL": "postgres://u:p@h/d"})
    assert config.database_url.reveal() == "postgresql://u:p@h/d"


def test_a_file_that_cannot_be_read_is_told_once() -> None:
    settings = {name: value for name, value in SETTINGS.items() if name != "CHAMADOS_JIRA_TOKEN"}
    with pytest.raises(ConfigError) as raised:
        load({**settings, "CHAMADOS_JIRA_TOKEN_FILE": "/etc/hostname/x", "CHAMADOS_JIRA_ADMIN_TOKEN": "t"})
    assert raised.value.faults == [
        "CHAMADOS_JIRA_TOKEN: the file that CHAMADOS_JIRA_TOKEN_FILE names cannot be read"
    ]


def test_a_setting_may_lie_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("from-a-file\n", "utf-8")
    settings = {name: value for name, value in SETTINGS.items() if name != "CHAMADOS_JIRA_TOKEN"}
    config = load({**settings, "CHAMADOS_JIRA_TOKEN_FILE": str(secret)})
    assert config.jira.token.reveal() == "from-a-file"


def test_no_secret_shows_itself() -> None:
    settings = {
        **SETTINGS,
        "CHAMADOS_SECRET_KEY": "canary-" * 4,
        "CHAMADOS_JIRA_TOKEN": "canary-1",
        "CHAMADOS_GITHUB_TOKEN": "canary-2",
        "CHAMADOS_JIRA_WEBHOOK_SECRET": "canary-3,canary-4",
        "CHAMADOS_DATABASE_URL": "postgresql://u:canary-5@h/d",
        "CHAMADOS_SMTP_URL": "smtp://u:canary-6@h:587",
    }
    config = load(settings)
    assert "canary" not in repr(config)
    assert config.jira.webhook_secrets == (Secret("canary-3"), Secret("canary-4"))
