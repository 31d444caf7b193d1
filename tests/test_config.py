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
