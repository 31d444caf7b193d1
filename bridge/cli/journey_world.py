"""The journey's people: what they do in Jira and GitHub over HTTP, and what they can see."""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import click
import requests

from bridge.cli.waiting import until
from bridge.sandbox.settings import SandboxSettings

SECONDS = 20.0
QUIET_LOOKS = 12
TRIAGE = "triagem@softhouse.example"
FOR_DEVELOPERS = re.compile(r"/(issues|statuses|check-runs)/|/check-runs$|/repos/[^/]+/[^/]+$")
"""What the check and the comment on a pull request cost, besides the look at the ticket."""
SIGN_IN = re.compile(r"/app/|/installation$")
"""An App's, once an hour."""
Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Cost:
    """The bridge's calls for one event."""

    cause: str
    github: int
    developers: int
    jira: int
    moved: bool


class JourneyFault(Exception):
    """A step did not lead where it should. The message says what was expected."""


@dataclass
class World:
    """The people of the journey and what they can see."""

    settings: SandboxSettings
    environment: dict[str, str]
    key: str = ""
    reference: str = ""
    mails_seen: int = 0
    rows: list[Cost] = field(default_factory=list)

    # --- looking

    def issue(self, reference: str) -> Json | None:
        found = requests.get(f"{self.settings.url}/_sandbox/jira/issues", timeout=10).json()
        return next((one for one in found if one["custom"].get("Referência") == reference), None)

    def mails(self) -> list[Json]:
        found: list[Json] = requests.get(f"{self.settings.url}/_sandbox/mails", timeout=10).json()
        return found

    def calls(self) -> list[Json]:
        found: list[Json] = requests.get(f"{self.settings.url}/_sandbox/calls", timeout=10).json()
        return found

    # --- doing

    @property
    def on_cloud(self) -> bool:
        return self.settings.jira_deployment == "Cloud"

    def jira(self, method: str, path: str, *, who: str, **body: Any) -> Any:
        url = f"{self.settings.url}/jira/rest/api/{3 if self.on_cloud else 2}/{path}"
        answer = requests.request(method, url, auth=(who, "human"), timeout=10, **body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def drag(self, status: str, *, who: str, key: str = "") -> None:
        """A person moves the issue on the board."""
        path = f"issue/{key or self.key}/transitions"
        offered = self.jira("GET", path, who=who)["transitions"]
        chosen = next((one["id"] for one in offered if one["to"]["name"] == status), None)
        if chosen is None:
            raise JourneyFault(f"Jira offers no transition to {status}")
        self.jira("POST", path, who=who, json={"transition": {"id": chosen}})

    def say(self, text: str, *, key: str = "") -> None:
        paragraph = {"type": "paragraph", "content": [{"type": "text", "text": text}]}
        document = {"type": "doc", "version": 1, "content": [paragraph]}
        body = {"body": document if self.on_cloud else text}
        self.jira("POST", f"issue/{key or self.key}/comment", who=TRIAGE, json=body)

    def github(self, method: str, path: str, *, who: str, **body: Any) -> Any:
        """`path`: within the repository, unless it begins with a slash."""
        within = path if path.startswith("/") else f"/repos/{self.settings.github_repository}/{path}"
        answer = requests.request(
            method,
            f"{self.settings.url}/github{within}",
            headers={"Authorization": f"token human:{who}"},
            timeout=10,
            **body,
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def hook_path(self) -> str:
        """The webhook's: the repository's, or the App's own."""
        if self.settings.github_app_key:
            return "/app/hook"
        return f"hooks/{self.github('GET', 'hooks', who='ana')[0]['id']}"

    def push(self, branch: str, message: str) -> None:
        content = base64.b64encode(message.encode()).decode()
        body = {"message": message, "content": content, "branch": branch}
        self.github("PUT", "contents/importacao.py", who="ana", json=body)

    # --- one step

    def step(
        self,
        cause: str,
        do: Callable[[], None],
        *,
        status: str,
        reference: str = "",
        mail: str = "",
        count: bool = False,
    ) -> None:
        """Do something and wait for what it must lead to; print cause, status and e-mails."""
        before = len(self.calls())
        do()
        name = reference or self.reference
        if not until(lambda: self._arrived(name, status, mail), seconds=SECONDS):
            issue = self.issue(name)
            now = issue["status"] if issue else "no issue"
            raise JourneyFault(f"{cause}: expected {status} and e-mail {mail or 'none'}; {name} is in {now}")
        if count:
            self._count(cause, before)
        sent = self.mails()[self.mails_seen :]
        self.mails_seen += len(sent)
        kinds = ", ".join(sorted({str(one["headers"].get("x-chamado-evento", "acesso")) for one in sent}))
        told = f"{kinds} ({len(sent)})" if sent else "-"
        click.echo(f"{cause:<58} {status:<26} {told}")

    def _arrived(self, reference: str, status: str, mail: str) -> bool:
        issue = self.issue(reference)
        if issue is None or issue["status"] != status:
            return False
        if not mail:
            return True
        fresh = self.mails()[self.mails_seen :]
        told = [one for one in fresh if one["headers"].get("x-chamado-evento") == mail]
        return len(told) >= (2 if reference == self.reference else 1)

    def _count(self, cause: str, before: int) -> None:
        """How many calls of the bridge's own an event cost."""
        self._wait_for_quiet()
        ours = [one for one in self.calls()[before:] if self._by_bridge(one)]
        github = [one["path"] for one in ours if one["path"].startswith("/github")]
        developers = sum(bool(FOR_DEVELOPERS.search(path)) for path in github)
        cost = Cost(
            cause=cause,
            github=sum(not SIGN_IN.search(path) for path in github) - developers,
            developers=developers,
            jira=sum(one["path"].startswith("/jira") for one in ours),
            moved=any(one["path"].endswith("/transitions") and one["method"] == "POST" for one in ours),
        )
        self.rows.append(cost)

    def _wait_for_quiet(self) -> None:
        """Until the bridge has asked nothing for a while."""
        counts: list[int] = []

        def quiet() -> bool:
            counts.append(len(self.calls()))
            return len(counts) > QUIET_LOOKS and len(set(counts[-QUIET_LOOKS:])) == 1

        until(quiet, seconds=SECONDS)

    def _by_bridge(self, call: Json) -> bool:
        return call["who"] in {"token", self.settings.jira_user}
