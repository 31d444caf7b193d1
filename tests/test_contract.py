"""The contract checks would notice a wrong request, whoever sends it."""

from pathlib import Path
from typing import Any

import pytest
import requests

from bridge.sandbox.server import Sandbox
from bridge.sandbox.settings import SandboxSettings
from tests.conftest import RECORDERS
from tests.contract import GITHUB, GITHUB_TOLERATED, JIRA, TOLERATED, Recorder, kept

DOCUMENT = {
    "type": "doc",
    "version": 1,
    "content": [{"type": "paragraph", "content": [{"type": "text", "text": "a"}]}],
}
EMPTY_TEXT = {
    "type": "doc",
    "version": 1,
    "content": [{"type": "paragraph", "content": [{"type": "text", "text": ""}]}],
}


def judged(shared: Path, method: str, path: str, **body: Any) -> tuple[Recorder, list[str]]:
    recorder = Recorder(JIRA)
    url = f"http://127.0.0.1:1/jira/rest/{path}"
    recorder.waiting.append(requests.Request(method, url, **body).prepare())
    return recorder, recorder.faults(shared)


def test_a_good_request_passes_and_is_counted(shared: Path) -> None:
    fields = {"project": {"key": "CHAM"}, "summary": "a", "description": DOCUMENT}
    recorder, faults = judged(shared, "POST", "api/3/issue", json={"fields": fields})
    assert faults == []
    assert recorder.summary() == (
        "1 requests to Jira held against its description (1 different), "
        "1 documents against the ADF schema; tolerated: none"
    )


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "issue", {"json": {"fields": 3}}),
        ("POST", "issue", {"json": {"fields": {"description": EMPTY_TEXT}}}),
        ("GET", "issues/CHAM-1", {}),
        ("DELETE", "myself", {}),
        ("PUT", "issue/CHAM-1", {"data": b"not json", "headers": {"Content-Type": "application/json"}}),
    ],
)
def test_a_wrong_request_is_named(shared: Path, method: str, path: str, body: dict[str, Any]) -> None:
    _, [fault] = judged(shared, method, f"api/3/{path}", **body)
    assert fault.startswith(f"{method} /rest/api/3/{path}: ")


def test_a_wrong_request_fails_the_test_that_sends_it(shared: Path) -> None:
    """As in every test: through the suite's transport, to a Jira that answers."""
    sandbox = Sandbox(SandboxSettings(port=0, smtp_port=0))
    sandbox.start()

    def ask(path: str) -> None:
        with kept(RECORDERS, shared):
            requests.get(f"{sandbox.url}/jira/rest/api/3/{path}", auth=("triagem", "human"), timeout=5)

    ask("issue/CHAM-1")
    with pytest.raises(AssertionError, match="GET /rest/api/3/issues/CHAM-1: "):
        ask("issues/CHAM-1")
    sandbox.stop()


def test_what_is_tolerated_has_a_reason_and_is_counted(shared: Path) -> None:
    assert all(one.reason.endswith(".") for one in (*TOLERATED, *GITHUB_TOLERATED))
    recorder, faults = judged(shared, "GET", "webhooks/1.0/webhook")
    assert (faults, recorder.judged) == ([], 0)
    assert recorder.summary().endswith("tolerated: 1 administrators' webhooks")


# --- GitHub


def judged_by_github(shared: Path, method: str, path: str, **body: Any) -> tuple[Recorder, list[str]]:
    recorder = Recorder(GITHUB)
    url = f"http://127.0.0.1:1/github/{path}"
    recorder.waiting.append(requests.Request(method, url, **body).prepare())
    return recorder, recorder.faults(shared)


SHA = "a" * 40


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "repos/softhouse/erp/branches/cham-1-x", {}),
        ("POST", f"repos/softhouse/erp/statuses/{SHA}", {"json": {"state": "success", "context": "chamado"}}),
        ("PATCH", "app/hook/config", {"json": {"url": "https://a.example", "content_type": "json"}}),
    ],
)
def test_a_good_request_to_github_is_counted(
    shared: Path, method: str, path: str, body: dict[str, Any]
) -> None:
    recorder, faults = judged_by_github(shared, method, path, **body)
    assert faults == []
    assert recorder.summary() == (
        "1 requests to GitHub held against its description (1 different); tolerated: none"
    )


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", f"repos/softhouse/erp/statuses/{SHA}", {"json": {"state": "neutral"}}),
        ("POST", "repos/softhouse/erp/check-runs", {"json": {"name": "chamado", "status": "completed"}}),
        ("GET", "repos/softhouse/erp/pulls?state=merged", {}),
        ("GET", "repos/softhouse/erp/pull/1", {}),
        ("DELETE", "repos/softhouse/erp/hooks/1", {}),
    ],
)
def test_a_wrong_request_to_github_is_named(
    shared: Path, method: str, path: str, body: dict[str, Any]
) -> None:
    _, [fault] = judged_by_github(shared, method, path, **body)
    assert fault.startswith(f"{method} /{path.partition('?')[0]}: ")


def test_only_the_bridges_requests_to_github_are_judged() -> None:
    def concerned(**headers: str) -> bool:
        asked = requests.Request("GET", "http://127.0.0.1:1/github/user", headers=headers)
        return GITHUB.concerns(asked.prepare())

    assert concerned(Authorization="token ghs_x")
    assert not concerned(Authorization="token human:ana")
    assert not concerned()
