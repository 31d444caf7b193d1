"""A stateful GitHub that speaks the real REST paths below /github."""

from collections.abc import Callable
from datetime import datetime

from bridge.sandbox.github import (
    apps,
    graph,
    hook_routes,
    pages,
    publishing,
    pulls,
    repo_settings,
    repos,
    reviews,
    runs,
    talk,
)
from bridge.sandbox.github.core import Core
from bridge.sandbox.settings import SandboxSettings


class GitHubSandbox:
    """One GitHub. Tokens: the bridge's own or its App's, or `human:<login>` for a person in a script."""

    def __init__(self, settings: SandboxSettings, *, clock: Callable[[], datetime]) -> None:
        self._core = Core(settings, clock)
        self.app = self._core.app
        parts = (repos, repo_settings, pulls, reviews, graph, publishing, hook_routes, talk, runs, apps)
        for part in (*parts, pages):
            part.register(self._core)

    @property
    def granted(self) -> dict[str, str]:
        """What the bridge's token or App may do: permission to `read` or `write`."""
        return self._core.access.granted

    def reset(self) -> None:
        self._core.reset()

    def close(self) -> None:
        self._core.deliverer.close()
