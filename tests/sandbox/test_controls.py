"""What scripts may set: whatever would break each call that follows is refused by its field."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from bridge.sandbox.server import Sandbox
from bridge.sandbox.settings import SandboxSettings

GOOD = {"match": "GET /jira/*", "do": "503"}


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    sandbox = Sandbox(SandboxSettings(port=0, smtp_port=0))
    sandbox.start()
    yield sandbox
    sandbox.stop()


def post(running: Sandbox, path: str, body: Any) -> requests.Response:
    return requests.post(f"{running.url}/_sandbox/{path}", json=body, timeout=5)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({**GOOD, "times": "3"}, "times"),
        ({**GOOD, "times": 0}, "times"),
        ({**GOOD, "match": 5}, "match"),
        ({**GOOD, "do": [1]}, "do"),
        ({**GOOD, "seconds": None}, "seconds"),
        ({**GOOD, "retry_after": "2"}, "retry_after"),
        ({**GOOD, "tmies": 3}, "tmies"),
        ({"match": "*"}, "do"),
        ([1], "object"),
    ],
)
def test_a_fault_that_cannot_be_is_refused(running: Sandbox, wrong: Any, field: str) -> None:
    answer = post(running, "faults", wrong)
    assert answer.status_code == 400
    assert field in answer.json()["error"]
    assert running.controls.faults == []


@pytest.mark.parametrize("wrong", [{"ms": "x"}, {"ms": None}, {"ms": -5}, {"match": 5}, "x", [1]])
def test_a_latency_that_cannot_be_is_refused(running: Sandbox, wrong: Any) -> None:
    answer = post(running, "latency", wrong)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert running.controls.latencies == []


def test_faults_are_forgotten_with_the_lag(running: Sandbox) -> None:
    usual = running.jira.index_lag
    assert post(running, "faults", [GOOD, {"match": "*", "do": "lag", "seconds": 60}]).status_code == 201
    assert running.jira.index_lag == 60
    assert requests.delete(f"{running.url}/_sandbox/faults", timeout=5).status_code == 204
    assert (running.jira.index_lag, running.controls.faults) == (usual, [])
