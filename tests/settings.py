"""Settings for tests: a bridge that reaches nobody, and what `chamados sandbox --env` prints."""

import shlex
from collections.abc import Iterable

SECRET = "It's a Secret to Everybody"
SETTINGS = {
    "CHAMADOS_PUBLIC_URL": "http://127.0.0.1:1",
    "CHAMADOS_SECRET_KEY": "0123456789abcdef",
    "CHAMADOS_JIRA_URL": "http://127.0.0.1:1",
    "CHAMADOS_JIRA_TOKEN": "t",
    "CHAMADOS_JIRA_PROJECT": "CHAM",
    "CHAMADOS_JIRA_WEBHOOK_SECRET": SECRET,
    "CHAMADOS_GITHUB_URL": "http://127.0.0.1:1",
    "CHAMADOS_GITHUB_TOKEN": "t",
    "CHAMADOS_GITHUB_WEBHOOK_SECRET": SECRET,
    "CHAMADOS_SMTP_URL": "smtp://127.0.0.1:1",
    "CHAMADOS_MAIL_FROM": "a@b.example",
}


def pairs(lines: Iterable[str]) -> dict[str, str]:
    """Name to value of each `export` line."""
    exports = (shlex.split(line) for line in lines if line.startswith("export"))
    return dict(words[1].split("=", 1) for words in exports)
