"""A Jira to set up: one stand-in for the whole directory, as on its first day for each test that asks."""

import json
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from bridge.cli import main
from bridge.sandbox.jira.configuration import Configuration
from bridge.sandbox.server import Sandbox, env_lines
from bridge.sandbox.settings import SandboxSettings

Json = dict[str, Any]
ADMINISTRATOR = {
    "CHAMADOS_JIRA_ADMIN_USER": "triagem@softhouse.example",
    "CHAMADOS_JIRA_ADMIN_TOKEN": "human",
}


@dataclass
class Workplace:
    """An administrator's shell beside a Jira."""

    sandbox: Sandbox
    environment: dict[str, str]
    _since: list[int] = field(default_factory=lambda: [0])

    @property
    def made(self) -> Configuration:
        return self.sandbox.jira.site.made

    def run(self, *arguments: str, said: str = "", **changes: str) -> tuple[int, str]:
        environment = {**self.environment, **changes}
        result = CliRunner().invoke(main, arguments, env=environment, input=said)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.output

    def apply(self, *options: str, **changes: str) -> tuple[int, str]:
        return self.run("jira", "apply", "--yes", *options, **changes)

    def plan(self, **changes: str) -> tuple[int, Json]:
        code, said = self.run("jira", "plan", "--json", **changes)
        return code, json.loads(said)

    def pending(self, **changes: str) -> list[str]:
        """Each pending difference as plan tells it."""
        _, told = self.plan(**changes)
        return [_sentence(one) for one in told["changes"] if one["action"] != "extra"]

    def doctor(self) -> list[str]:
        """Each difference as doctor tells it."""
        _, said = self.run("doctor", "--json")
        return [
            one["detail"] for one in json.loads(said) if one["name"] == "drift" and one["state"] == "error"
        ]

    def writes(self) -> list[str]:
        """What was sent to Jira since the last time, questions left out."""
        calls = self.sandbox.controls.calls(0)[self._since[0] :]
        self._since[0] += len(calls)
        asked = ("/workflows", "/mapping")
        return [
            f"{one['method']} {one['path']}"
            for one in calls
            if one["method"] != "GET" and "/jira/" in one["path"] and not one["path"].endswith(asked)
        ]

    def demote(self, *, administrator: bool = False) -> None:
        """Take Administer Jira from the bridge's account, or give it back."""
        site = self.sandbox.jira.site
        site.bridge = replace(site.bridge, admin=administrator)
        site.users[site.bridge.login] = site.bridge

    def jira(self, method: str, path: str, **body: Any) -> Any:
        """An administrator at work in Jira."""
        version = "3" if self.sandbox.settings.jira_deployment == "Cloud" else "2"
        url = f"{self.sandbox.url}/jira/rest/api/{version}/{path}"
        answer = requests.request(
            method, url, auth=("triagem@softhouse.example", "human"), timeout=10, **body
        )
        assert answer.status_code < 400, answer.text
        return answer.json() if answer.content else None


def _sentence(change: Json) -> str:
    return f'{change["what"]} "{change["name"]}" {change["detail"]}'


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    running = Sandbox(SandboxSettings(port=0, smtp_port=0, jira_empty=True))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def workplace(stand_in: Sandbox, tmp_path: Path) -> Workplace:
    """A fresh Jira."""
    return _workplace(stand_in, tmp_path, empty=True)


@pytest.fixture
def ready(stand_in: Sandbox, tmp_path: Path) -> Workplace:
    """The vendor's Jira, set up by hand."""
    return _workplace(stand_in, tmp_path, empty=False)


def _workplace(sandbox: Sandbox, folder: Path, *, empty: bool) -> Workplace:
    sandbox.reset(empty=empty)
    return Workplace(sandbox=sandbox, environment=environment(sandbox, folder))


def environment(sandbox: Sandbox, folder: Path) -> dict[str, str]:
    pairs = (shlex.split(line)[1].split("=", 1) for line in env_lines(sandbox.settings))
    return {**dict(pairs), "CHAMADOS_DATABASE_URL": f"sqlite:///{folder / 'c.db'}"}


Injection = Callable[[Workplace], None]
