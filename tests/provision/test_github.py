"""GitHub set up: webhooks registered and repaired, each missing permission named, by token and as an App."""

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests

from bridge.clients.github import GitHub
from bridge.config import load
from bridge.sandbox.github.access import EVERYTHING
from bridge.sandbox.server import Sandbox
from bridge.sandbox.settings import SandboxSettings
from tests.conftest import app_key
from tests.provision.conftest import Workplace, environment

Json = dict[str, Any]


@pytest.fixture(scope="module")
def app_stand_in() -> Iterator[Sandbox]:
    running = Sandbox(SandboxSettings(port=0, smtp_port=0, github_app_key=app_key()))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def as_app(app_stand_in: Sandbox, tmp_path: Path) -> Workplace:
    app_stand_in.reset()
    return Workplace(sandbox=app_stand_in, environment=environment(app_stand_in, tmp_path))


def plan(workplace: Workplace) -> tuple[int, Json]:
    code, said = workplace.run("github", "plan", "--json")
    return code, json.loads(said)


def doctor(workplace: Workplace) -> list[str]:
    _, said = workplace.run("doctor", "--json")
    return [one["detail"] for one in json.loads(said) if one["name"] == "github" and one["state"] != "ok"]


# --- webhooks


def test_a_webhook_is_registered_and_repaired(ready: Workplace) -> None:
    [repo] = ready.sandbox.github._core.world.repos.values()
    assert plan(ready)[0] == 0
    repo.hooks.clear()
    code, told = plan(ready)
    assert (code, [one["action"] for one in told["changes"]]) == (2, ["add"])
    assert ready.run("github", "apply", said="n\n")[0] == 2
    code, said = ready.run("github", "apply")
    assert (code, "Nothing was done: say --yes where nobody can be asked" in said) == (2, True)
    assert not repo.hooks
    code, said = ready.run("github", "apply", "--yes")
    assert code == 0, said
    assert "0 changes: GitHub is as it should be." in said
    [hook] = repo.hooks.values()
    assert hook.secret == ready.environment["CHAMADOS_GITHUB_WEBHOOK_SECRET"]
    hook.active, hook.content_type, hook.secret, hook.events = False, "form", "", ["push"]
    _, told = plan(ready)
    [detail] = [one["detail"] for one in told["changes"]]
    assert detail.startswith("is switched off; is not signed; sends form, not json; does not tell of create")
    assert doctor(ready)[0].endswith(detail)
    assert ready.run("github", "apply", "--yes")[0] == 0
    assert (hook.active, hook.content_type) == (True, "json")
    assert plan(ready)[0] == 0
    hook.secret = "another"
    assert plan(ready)[0] == 0
    assert ready.run("github", "apply", "--yes", "--secret")[0] == 0
    assert hook.secret == ready.environment["CHAMADOS_GITHUB_WEBHOOK_SECRET"]


def test_where_webhooks_are_not_ours_to_see_a_step_says_what_to_do(ready: Workplace) -> None:
    ready.sandbox.github.granted.pop("repository_hooks")
    code, told = plan(ready)
    [unseen] = told["unchecked"]
    assert code == 0
    assert 'lacks "Webhooks: write"' in unseen
    assert "/webhooks/github" in unseen
    assert doctor(ready) == [f"not checked: {unseen}"]


# --- permissions

NEEDED = {
    "contents": "Contents: read",
    "pull_requests": "Pull requests: write",
    "deployments": "Deployments: read",
    "statuses": "Commit statuses: write",
}


def test_doctor_names_each_missing_permission(ready: Workplace) -> None:
    granted = ready.sandbox.github.granted
    for name, label in NEEDED.items():
        granted.update(EVERYTHING)
        granted.pop(name)
        if name == "pull_requests":
            granted.pop("issues")  # either of the two lets us comment
        found = doctor(ready)
        assert len(found) == 1, found
        assert f'lacks "{label}"' in found[0]
    granted.clear()
    granted["metadata"] = "read"
    lacking = doctor(ready)
    assert [label for label in NEEDED.values() if any(label in one for one in lacking)] == list(
        NEEDED.values()
    )
    assert "Webhooks: write" in lacking[-1]


def test_trying_a_permission_writes_nothing(ready: Workplace) -> None:
    [repo] = ready.sandbox.github._core.world.repos.values()
    before = len(repo.hooks)
    assert doctor(ready) == []
    assert (repo.commit_statuses, len(repo.hooks)) == ({}, before)


def test_reading_is_not_writing(ready: Workplace) -> None:
    ready.sandbox.github.granted.update(statuses="read", pull_requests="read", issues="read")
    assert len(doctor(ready)) == 2


def test_a_workflow_that_is_mapped_needs_actions(ready: Workplace, tmp_path: Path) -> None:
    source = Path(__file__).parents[2] / "mappings"
    for file in [*source.glob("*.yaml"), *source.glob("emails/*")]:
        target = tmp_path / "m" / file.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(
            file.read_text("utf-8").replace("staging_workflows: []", "staging_workflows: [Hml]")
        )
    ready.environment["CHAMADOS_MAPPINGS"] = str(tmp_path / "m")
    ready.sandbox.github.granted.pop("actions")
    assert 'lacks "Actions: read"' in doctor(ready)[0]


def test_a_repository_that_is_not_shown_is_named(ready: Workplace) -> None:
    ready.environment["CHAMADOS_GITHUB_REPOSITORIES"] = "softhouse/erp softhouse/nowhere"
    assert doctor(ready) == ['permissions "softhouse/nowhere" is not shown to us']


# --- as an App


def test_an_apps_permissions_and_webhook(as_app: Workplace) -> None:
    world = as_app.sandbox.github._core.world
    assert plan(as_app)[0] == 0
    as_app.sandbox.github.granted.pop("checks")
    world.app_hook.forget()
    world.app_hook.events.remove("release")
    found = doctor(as_app)
    assert 'softhouse/erp" lacks "Checks: write": to show the check' in found[0]
    assert "goes to nowhere; is not signed; sends form, not json" in found[1]
    assert found[2].endswith("the App does not tell of release")
    code, _ = as_app.run("github", "apply", "--yes")
    assert code == 2
    assert world.app_hook.url.endswith("/webhooks/github")
    assert world.app_hook.secret == as_app.environment["CHAMADOS_GITHUB_WEBHOOK_SECRET"]
    world.app_hook.events.append("release")
    assert len(doctor(as_app)) == 1


def test_an_installations_token_is_kept_and_renewed(as_app: Workplace) -> None:
    github = GitHub(load(as_app.environment).github, connections=1)
    access = as_app.sandbox.github._core.access
    for _ in range(3):
        github.repository_id("softhouse/erp")
    assert len(access.tokens) == 1
    access.tokens.clear()
    with pytest.raises(Exception, match="401"):
        github.repository_id("softhouse/erp")
    github.repository_id("softhouse/erp")
    assert len(access.tokens) == 1


def _signed(key: str, algorithm: str = "RS256", **claims: object) -> str:
    now = int(time.time())
    facts = {"iat": now - 10, "exp": now + 300, "iss": "4711", **claims}
    return jwt.encode({name: value for name, value in facts.items() if value is not None}, key, algorithm)


def test_the_stand_in_checks_jwts_as_github_does(as_app: Workplace) -> None:
    def status(token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return requests.get(f"{as_app.sandbox.url}/github/app", headers=headers, timeout=10).status_code

    now = int(time.time())
    assert status(_signed(app_key())) == 200
    assert status(_signed(app_key(), exp=now + 700)) == 401
    assert status(_signed(app_key(), exp=now - 1)) == 401
    assert status(_signed(app_key(), exp=None)) == 401
    assert status(_signed(app_key(), iat=now + 300)) == 401
    assert status(_signed(app_key(), iss="4712")) == 404
    assert status(_signed("x" * 32, "HS256")) == 401
    head, body, signature = _signed(app_key()).split(".")
    forged = base64.urlsafe_b64encode(json.dumps({"iss": "4711"}).encode()).decode().rstrip("=")
    assert status(f"{head}.{forged}.{signature}") == 401
    assert status(f"{head}.{body}.") == 401


# --- addresses


@pytest.mark.parametrize(
    ("given", "base"),
    [
        ("https://github.com", "https://api.github.com"),
        ("https://api.github.com/", "https://api.github.com"),
        ("https://github.softhouse.example", "https://github.softhouse.example/api/v3"),
        ("https://github.softhouse.example/api/v3", "https://github.softhouse.example/api/v3"),
        ("https://api.softhouse.ghe.com", "https://api.softhouse.ghe.com"),
    ],
)
def test_the_address_of_an_enterprise_server_is_enough(ready: Workplace, given: str, base: str) -> None:
    assert load({**ready.environment, "CHAMADOS_GITHUB_URL": given}).github.url == base
