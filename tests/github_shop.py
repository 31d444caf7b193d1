"""A software house's GitHub: several repositories, release branches, cherry-picks and reverts."""

import base64
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.world import World

Json = dict[str, Any]


@dataclass
class Shop:
    """One repository and the people who work in it."""

    world: World
    repository: str
    merged: list[str] = field(default_factory=list)
    """The issue keys merged into main, in order."""

    @classmethod
    def found(cls, world: World, name: str) -> "Shop":
        """A new repository of the vendor's, with the bridge's webhook."""
        owner, _, short = name.partition("/")
        shop = cls(world, name)
        shop._ask("POST", f"{world.sandbox.url}/github/user/repos", who=owner, json={"name": short})
        config = {
            "url": f"{world.environment['CHAMADOS_PUBLIC_URL']}/webhooks/github",
            "content_type": "json",
            "secret": world.sandbox.settings.github_webhook_secret,
        }
        shop.do("POST", "hooks", json={"events": ["*"], "config": config})
        return shop

    def do(self, method: str, path: str, *, who: str = "ana", **body: Any) -> Any:
        url = f"{self.world.sandbox.url}/github/repos/{self.repository}/{path}"
        return self._ask(method, url, who=who, **body)

    def _ask(self, method: str, url: str, *, who: str, **body: Any) -> Any:
        headers = {"Authorization": f"token human:{who}"}
        answer = requests.request(method, url, headers=headers, timeout=10, **body)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def head(self, ref: str = "main") -> str:
        return str(self.do("GET", f"git/ref/heads/{ref}")["object"]["sha"])

    def branch(self, name: str, *, at: str) -> None:
        self.do("POST", "git/refs", json={"ref": f"refs/heads/{name}", "sha": at})

    def propose(self, branch: str, *, base: str = "main", title: str = "Corrige", body: str = "") -> int:
        """A pull request with one commit on a new branch."""
        self.branch(branch, at=self.head(base))
        content = base64.b64encode(branch.encode()).decode()
        self.do(
            "PUT",
            f"contents/{branch}.py",
            json={"message": "Corrige", "content": content, "branch": branch},
        )
        asked = {"title": title, "head": branch, "base": base, "body": body}
        return int(self.do("POST", "pulls", json=asked)["number"])

    def approve(self, number: int) -> None:
        self.do("POST", f"pulls/{number}/reviews", who="bruno", json={"event": "APPROVE", "body": "Bom."})

    def merge(self, number: int) -> None:
        self.do("PUT", f"pulls/{number}/merge", json={})

    def fix(self, key: str, *, base: str = "main", suffix: str = "") -> int:
        """A pull request that names the ticket, approved and merged."""
        number = self.propose(f"{key}{suffix}", base=base, title=f"{key} Corrige")
        self.approve(number)
        self.merge(number)
        if base == "main":
            self.merged.append(key)
        return number

    def revert(self, number: int, key: str) -> None:
        """As GitHub's Revert button does it."""
        reverting = self.propose(
            f"revert-{number}-{key}",
            title=f'Revert "{key} Corrige"',
            body=f"Reverts {self.repository}#{number}",
        )
        self.approve(reverting)
        self.merge(reverting)

    def deploy(self, ref: str, *, environment: str, url: str = "", state: str = "success") -> int:
        made = self.do("POST", "deployments", json={"ref": ref, "environment": environment})
        status = {"state": state, "environment_url": url}
        self.do("POST", f"deployments/{made['id']}/statuses", json=status)
        return int(made["id"])

    def release(self, tag: str, *, ref: str = "main") -> None:
        self.do("POST", "releases", json={"tag_name": tag, "target_commitish": ref})
