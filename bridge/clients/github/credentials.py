"""As whom we come: with a token, or as a GitHub App with its installation's tokens."""

import threading

from github import Auth, GithubException
from github.GithubIntegration import GithubIntegration

from bridge.config import GitHubSettings

TIMEOUT = 15


def credentials(settings: GitHubSettings) -> "Auth.Auth":
    if settings.app_id:
        return InstallationAuth(settings)
    return Auth.Token(settings.token.reveal())


def integration(settings: GitHubSettings) -> GithubIntegration:
    """The App itself, by JWT: it may ask about itself, its installation and its webhook, and nothing else."""
    return GithubIntegration(
        base_url=settings.url,
        auth=Auth.AppAuth(settings.app_id, settings.app_private_key.reveal()),
        timeout=TIMEOUT,
        retry=None,
        seconds_between_requests=None,
        seconds_between_writes=None,
    )


class InstallationAuth(Auth.Auth):
    """The tokens of the App's installation. Each lives for an hour and is renewed shortly before its end."""

    def __init__(self, settings: GitHubSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._installation: Auth.AppInstallationAuth | None = None

    @property
    def token_type(self) -> str:
        return "token"

    @property
    def token(self) -> str:
        """A token for now; asks GitHub for one where there is none or it ends."""
        with self._lock:
            if self._installation is None:
                self._installation = self._found()
            return self._installation.token

    def forget(self) -> None:
        """GitHub takes the token no more, whatever was said of its end."""
        with self._lock:
            self._installation = None

    def _found(self) -> Auth.AppInstallationAuth:
        app = integration(self._settings)
        number = installation_id(app, self._settings)
        return app.auth.get_installation_auth(number, requester=app.requester)


def installation_id(app: GithubIntegration, settings: GitHubSettings) -> int:
    """The installation on our repositories' account; without repositories in the settings, the only one."""
    if settings.repositories:
        owner, _, name = settings.repositories[0].partition("/")
        return app.get_repo_installation(owner, name).id
    found = list(app.get_installations())
    if len(found) != 1:
        raise GithubException(
            422, {"message": f"our App has {len(found)} installations; name CHAMADOS_GITHUB_REPOSITORIES"}
        )
    return found[0].id
