"""What the sandbox's parts agree on: who may call them, and where their webhooks go at first."""

from dataclasses import dataclass
from pathlib import Path

TEMPLATES = str(Path(__file__).with_name("templates"))


@dataclass(frozen=True, kw_only=True)
class SandboxSettings:
    """One sandbox installation. Every secret here is public by design: nothing real stands behind it."""

    host: str = "127.0.0.1"
    port: int = 8100
    smtp_port: int = 8125
    bridge_url: str = "http://127.0.0.1:8000"
    jira_user: str = "ponte@softhouse.example"
    jira_token: str = "sandbox-jira-token"  # noqa: S105
    jira_project: str = "CHAM"
    jira_webhook_secret: str = "sandbox-jira-webhook-secret"  # noqa: S105
    jira_deployment: str = "Cloud"  # or "Server", as serverInfo.deploymentType says it
    jira_empty: bool = False  # a fresh site: no project, no fields, nothing that the bridge needs
    github_token: str = "sandbox-github-token"  # noqa: S105
    github_app_id: str = "4711"
    github_app_key: str = ""  # PEM; with it the bridge comes as a GitHub App and has no token
    github_repository: str = "softhouse/erp"
    github_webhook_secret: str = "sandbox-github-webhook-secret"  # noqa: S105
    openai_key: str = "sandbox-openai-key"
    partner: str = "Revenda Modelo <parceiro@revenda.example>"

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"
