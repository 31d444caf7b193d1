"""A stateful GitHub that speaks the real REST paths below /github."""

from collections.abc import Callable
from datetime import datetime

from bridge.sandbox.github import pages, publishing, pulls, repos
from bridge.sandbox.github.core import Core
from bridge.sandbox.settings import SandboxSettings


class GitHubSandbox:
    """One GitHub Enterprise server. Tokens: the bridge's, or `human:<login>` for a person in a script."""

    def __init__(self, settings: SandboxSettings, *, clock: Callable[[], datetime]) -> None:
        self._core = Core(settings, clock)
        self.app = self._core.app
        for part in (repos, pulls, publishing, pages):
            part.register(self._core)

    def reset(self) -> None:
        self._core.reset()

    def close(self) -> None:
        self._core.deliverer.close()
