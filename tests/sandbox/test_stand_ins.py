"""The stand-ins refuse what the real services refuse, and deliver webhooks as they do."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
import requests

from bridge.cli.waiting import free_port, until
from bridge.sandbox.server import Sandbox
from bridge.sandbox.settings import SandboxSettings

pytestmark = pytest.mark.wrong_requests
Json = dict[str, Any]


class Doorstep:
    """Where webhooks arrive: answers what it is told to, and keeps what came."""

    def __init__(self, port: int) -> None:
        self.came: list[dict[str, str]] = []
        self.answers: list[int] = []
        doorstep = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                doorstep.came.append(dict(self.headers))
                self.send_response(doorstep.answers.pop(0) if doorstep.answers else 202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def doorstep() -> Iterator[Doorstep]:
    found = Doorstep(free_port())
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def sandbox(doorstep: Doorstep) -> Iterator[Sandbox]:
    port = doorstep.server.server_address[1]
    running = Sandbox(SandboxSettings(port=0, smtp_port=0, bridge_url=f"http://127.0.0.1:{port}"))
    running.start()
    yield running
    running.stop()


def jira(sandbox: Sandbox, method: str, path: str, who: str = "triagem", **body: Any) -> requests.Response:
    return requests.request(
        method, f"{sandbox.url}/jira/rest/api/3/{path}", auth=(who, "human"), timeout=10, **body
    )


def github(sandbox: Sandbox, method: str, path: str, who: str = "ana", **body: Any) -> requests.Response:
    url = f"{sandbox.url}/github/repos/softhouse/erp/{path}"
    return requests.request(method, url, headers={"Authorization": f"token human:{who}"}, timeout=10, **body)


def new_issue(sandbox: Sandbox, **fields: Any) -> requests.Response:
    given = {"project": {"key": "CHAM"}, "issuetype": {"name": "Chamado Técnico"}, "summary": "Um", **fields}
    return jira(sandbox, "POST", "issue", json={"fields": given})


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"summary": ""}, "summary"),
        ({"summary": "a\nb"}, "summary"),
        ({"summary": "a" * 256}, "summary"),
        ({"labels": ["with space"]}, "labels"),
        ({"customfield_99999": "x"}, "customfield_99999"),
        ({"description": "plain text in v3"}, "description"),
    ],
)
def test_jira_refuses_a_bad_field_by_name(sandbox: Sandbox, fields: Json, named: str) -> None:
    answer = new_issue(sandbox, **fields)
    assert answer.status_code == 400
    assert named in answer.json()["errors"]


def test_jira_offers_only_declared_transitions(sandbox: Sandbox) -> None:
    key = new_issue(sandbox).json()["key"]
    offered = jira(sandbox, "GET", f"issue/{key}/transitions").json()["transitions"]
    assert {one["to"]["name"] for one in offered} == {"Backlog", "Reprovado", "Faltam Informações"}
    assert all(one["name"] != one["to"]["name"] for one in offered)
    refused = jira(sandbox, "POST", f"issue/{key}/transitions", json={"transition": {"id": "99999"}})
    assert refused.status_code == 400


def test_jiras_search_lags_behind_its_writes(sandbox: Sandbox) -> None:
    sandbox.jira.index_lag = 3600.0
    key = new_issue(sandbox, labels=["br-1"]).json()["key"]
    query = {"json": {"jql": 'labels = "br-1"', "fields": ["summary"]}}
    assert jira(sandbox, "POST", "search/jql", **query).json()["issues"] == []
    assert jira(sandbox, "GET", f"issue/{key}").ok
    assert jira(sandbox, "GET", "search?jql=order%20by%20created").status_code == 410


def test_data_centers_search_refuses_what_it_does_not_know() -> None:
    server = Sandbox(SandboxSettings(port=0, smtp_port=0, jira_deployment="Server"))
    server.start()
    url, auth = f"{server.url}/jira/rest/api/2/search", ("triagem@softhouse.example", "human")
    known = {"jql": "order by created", "fields": ["created"], "startAt": 0, "validateQuery": True}
    assert requests.post(url, auth=auth, json=known, timeout=5).ok
    for name in ("properties", "fieldsByKeys", "nextPageToken"):
        answer = requests.post(url, auth=auth, json={**known, name: ["x"]}, timeout=5)
        assert answer.status_code == 400
        assert f'Unrecognized field "{name}"' in answer.json()["errorMessages"][0]
    server.stop()


def test_jira_tries_again_on_5xx_and_not_on_4xx(sandbox: Sandbox, doorstep: Doorstep) -> None:
    doorstep.answers = [503]
    new_issue(sandbox)
    assert until(lambda: len(doorstep.came) == 2, seconds=10)
    first, second = doorstep.came
    assert first["X-Atlassian-Webhook-Identifier"] == second["X-Atlassian-Webhook-Identifier"]
    assert "X-Atlassian-Webhook-Retry" not in first
    assert second["X-Atlassian-Webhook-Retry"] == "1"
    doorstep.answers = [404]
    new_issue(sandbox)
    assert until(lambda: [one["status"] for one in sandbox.jira.deliveries()][-1] == 404, seconds=10)
    assert len(doorstep.came) == 3


def test_nobody_comes_in_without_credentials(sandbox: Sandbox) -> None:
    assert requests.get(f"{sandbox.url}/jira/rest/api/3/myself", timeout=5).status_code == 401
    assert requests.get(f"{sandbox.url}/github/user", timeout=5).status_code == 401
    assert requests.post(f"{sandbox.url}/openai/v1/responses", json={}, timeout=5).status_code == 401


@pytest.fixture
def pull(sandbox: Sandbox) -> int:
    main = github(sandbox, "GET", "git/ref/heads/main").json()["object"]["sha"]
    github(sandbox, "POST", "git/refs", json={"ref": "refs/heads/x", "sha": main})
    empty = github(sandbox, "POST", "pulls", json={"title": "t", "head": "x", "base": "main"})
    assert empty.status_code == 422
    github(sandbox, "PUT", "contents/a", json={"message": "m", "content": "YQ==", "branch": "x"})
    made = github(sandbox, "POST", "pulls", json={"title": "t", "head": "x", "base": "main", "draft": True})
    return int(made.json()["number"])


def test_github_refuses_what_github_refuses(sandbox: Sandbox, pull: int) -> None:
    twice = github(sandbox, "POST", "pulls", json={"title": "t", "head": "x", "base": "main"})
    assert twice.status_code == 422
    own = github(sandbox, "POST", f"pulls/{pull}/reviews", json={"event": "APPROVE"})
    assert own.status_code == 422
    silent = github(sandbox, "POST", f"pulls/{pull}/reviews", "bruno", json={"event": "REQUEST_CHANGES"})
    assert silent.status_code == 422
    author = github(sandbox, "POST", f"pulls/{pull}/requested_reviewers", json={"reviewers": ["ana"]})
    assert author.status_code == 422
    assert github(sandbox, "PUT", f"pulls/{pull}/merge", json={}).status_code == 405  # a draft
    assert github(sandbox, "GET", "pulls/99").status_code == 404


def test_github_delivers_once_and_again_only_when_asked(
    sandbox: Sandbox, doorstep: Doorstep, pull: int
) -> None:
    assert until(lambda: any(one["X-GitHub-Event"] == "pull_request" for one in doorstep.came), seconds=10)
    hook = github(sandbox, "GET", "hooks").json()[0]
    assert hook["config"]["secret"] == "********"
    before = len(doorstep.came)
    doorstep.answers = [500]
    github(sandbox, "POST", f"pulls/{pull}/reviews", "bruno", json={"event": "APPROVE"})
    path = f"hooks/{hook['id']}/deliveries"
    assert until(lambda: github(sandbox, "GET", path).json()[0]["status_code"] == 500, seconds=10)
    assert len(doorstep.came) == before + 1
    failed = github(sandbox, "GET", path).json()[0]
    assert github(sandbox, "POST", f"{path}/{failed['id']}/attempts").status_code == 202
    assert until(lambda: github(sandbox, "GET", path).json()[0]["redelivery"], seconds=10)
    again = github(sandbox, "GET", path).json()[0]
    assert again["guid"] == failed["guid"]
    assert again["id"] != failed["id"]


def test_every_call_is_logged_and_faults_are_scripted(sandbox: Sandbox) -> None:
    fault = {"match": "GET /jira/rest/api/*/myself", "do": "429", "times": 1, "retry_after": 2}
    assert requests.post(f"{sandbox.url}/_sandbox/faults", json=fault, timeout=5).status_code == 201
    refused = jira(sandbox, "GET", "myself")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "2")
    assert refused.headers["RateLimit-Reason"] == "jira-burst-based"
    assert jira(sandbox, "GET", "myself").ok
    calls = requests.get(f"{sandbox.url}/_sandbox/calls", timeout=5).json()
    assert [(one["method"], one["path"], one["status"]) for one in calls] == [
        ("GET", "/jira/rest/api/3/myself", 429),
        ("GET", "/jira/rest/api/3/myself", 200),
    ]
    wrong = requests.post(f"{sandbox.url}/_sandbox/faults", json={"match": "*", "do": "explode"}, timeout=5)
    assert wrong.status_code == 400


@pytest.mark.parametrize("path", ["/", "/jira/", "/jira/browse/CHAM-1", "/github/", "/_sandbox/inbox"])
def test_the_pages_for_people_open(sandbox: Sandbox, path: str) -> None:
    new_issue(sandbox, summary="<script>alert(1)</script>")
    page = requests.get(f"{sandbox.url}{path}", timeout=5)
    assert page.status_code == 200
    assert "<script>alert" not in page.text
