"""The contract check would notice a wrong request."""

from pathlib import Path
from typing import Any

import pytest
import requests

from tests.contract import Recorder

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


def faults(shared: Path, method: str, path: str, **body: Any) -> list[str]:
    recorder = Recorder("ponte")
    url = f"http://127.0.0.1:1/jira/rest/api/3/{path}"
    recorder.requests.append(requests.Request(method, url, **body).prepare())
    return recorder.faults(shared)


def test_a_good_request_passes(shared: Path) -> None:
    fields = {"project": {"key": "CHAM"}, "summary": "a", "description": DOCUMENT}
    assert faults(shared, "POST", "issue", json={"fields": fields}) == []


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
    [fault] = faults(shared, method, path, **body)
    assert fault.startswith(f"{method} /rest/api/3/{path}: ")
