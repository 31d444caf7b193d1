"""The receivers: every real payload, and everything that must not come in."""

import hashlib
import hmac
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from bridge.config import ConfigError, Secret, load
from bridge.rules.keys import MOST, keys_in, keys_in_any_case
from bridge.services import Services, build
from bridge.store import Store
from bridge.store.tables import Counter, Delivery, Ring
from mappings import load as load_mappings
from tests.outcomes import real
from tests.quickness import quick
from tests.settings import SECRET, SETTINGS
from webhooks import github, jira
from webhooks.inbox import signed


@pytest.fixture
def services(store: Store) -> Services:
    return build(load(SETTINGS), load_mappings(), store)


@pytest.fixture
def client(services: Services) -> FlaskClient:
    return _client(services)


def _client(services: Services) -> FlaskClient:
    app = Flask("receivers")
    app.register_blueprint(github.blueprint(services))
    app.register_blueprint(jira.blueprint(services))
    return app.test_client()


def sign(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def post_github(
    client: FlaskClient, body: bytes, *, guid: str = "g-1", event: str = "push", **changes: Any
) -> TestResponse:
    headers = {
        "X-GitHub-Delivery": guid,
        "X-GitHub-Event": event,
        "X-Hub-Signature-256": sign(body),
        "Content-Type": "application/json",
        **changes,
    }
    return client.post("/webhooks/github", data=body, headers=headers)


def post_jira(client: FlaskClient, body: bytes, *, name: str = "j-1", **changes: Any) -> TestResponse:
    headers = {"X-Atlassian-Webhook-Identifier": name, "X-Hub-Signature": sign(body), **changes}
    return client.post("/webhooks/jira", data=body, headers=headers)


def rows(store: Store, table: Any) -> int:
    with store.read() as db:
        return db.scalar(select(func.count()).select_from(table)) or 0


def test_every_real_github_payload_gets_a_sentence_once(
    shared: Path, client: FlaskClient, store: Store
) -> None:
    payloads = [(one.event, one.body) for one in real(shared)]
    assert len(payloads) == 363
    for number, (event, body) in enumerate(payloads):
        answer = post_github(client, body, guid=f"g-{number}", event=event)
        assert answer.status_code == 202, (event, answer.json)
        assert answer.json
        assert answer.json["outcome"].startswith("ignored: ")
    assert rows(store, Delivery) == 363
    for number, (event, body) in list(enumerate(payloads))[::12]:
        assert post_github(client, body, guid=f"g-{number}", event=event).status_code == 200
    assert rows(store, Delivery) == 363
    assert rows(store, Ring) == 0


def test_every_real_jira_payload_gets_a_sentence_once(
    shared: Path, client: FlaskClient, store: Store
) -> None:
    payloads = [one.read_bytes() for one in sorted((shared / "data/jira-webhooks/mattermost").glob("*.json"))]
    assert len(payloads) == 55
    for number, body in enumerate(payloads):
        answer = post_jira(client, body, name=f"j-{number}")
        assert answer.status_code == 202, answer.json
        assert answer.json
        assert answer.json["outcome"].startswith("ignored: ")
    for number, body in enumerate(payloads):
        assert post_jira(client, body, name=f"j-{number}").status_code == 200
    assert rows(store, Delivery) == 55


def test_the_vendors_test_vector() -> None:
    given = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
    assert signed(b"Hello World!", given, [Secret(SECRET)])
    assert not signed(b"Hello World!", given.replace("sha256", "md5"), [Secret(SECRET)])


@pytest.mark.parametrize(
    "signature",
    ["", "sha256=", "sha256=00", "sha1=" + hmac.new(SECRET.encode(), b"{}", hashlib.sha1).hexdigest(), "é"],
)
def test_what_is_not_signed_by_us_leaves_only_a_count(
    client: FlaskClient, store: Store, signature: str
) -> None:
    encoded = signature.encode("utf-8").decode("latin-1")
    answers = [
        post_github(client, b"{}", **{"X-Hub-Signature-256": encoded}),
        post_jira(client, b"{}", **{"X-Hub-Signature": encoded}),
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert rows(store, Delivery) == 0
    with store.read() as db:
        assert {one.name: one.value for one in db.scalars(select(Counter))} == {
            "github webhooks refused": 1,
            "jira webhooks refused": 1,
        }


def test_a_changed_byte_is_refused(client: FlaskClient, store: Store) -> None:
    body = b'{"zen": "Keep it logically awesome."}'
    for place in range(len(body)):
        changed = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        answer = post_github(client, changed, **{"X-Hub-Signature-256": sign(body)})
        assert answer.status_code == 401
    assert rows(store, Delivery) == 0


def test_two_secrets_are_accepted_while_one_replaces_the_other(services: Services) -> None:
    both = (Secret("new"), Secret("old"))
    config = replace(services.config, github=replace(services.config.github, webhook_secrets=both))
    client = _client(replace(services, config=config))
    for number, secret in enumerate(["new", "old"]):
        signature = {"X-Hub-Signature-256": sign(b"{}", secret)}
        assert post_github(client, b"{}", guid=str(number), event="ping", **signature).status_code == 202
    assert post_github(client, b"{}", **{"X-Hub-Signature-256": sign(b"{}", "older")}).status_code == 401


@pytest.mark.parametrize("name", ["GITHUB", "JIRA"])
def test_without_a_webhook_secret_nothing_starts(name: str) -> None:
    settings = {key: value for key, value in SETTINGS.items() if key != f"CHAMADOS_{name}_WEBHOOK_SECRET"}
    with pytest.raises(ConfigError, match=f"CHAMADOS_{name}_WEBHOOK_SECRET: is not set"):
        load(settings)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b"[" * 100_000, b"{}", b"payload=", b"payload=&a=1"]
)
def test_a_signed_body_that_cannot_be_read_is_kept_for_the_operator(
    client: FlaskClient, store: Store, body: bytes
) -> None:
    answer = post_github(client, body, event="pull_request")
    assert answer.status_code == 422
    assert answer.json
    assert answer.json["outcome"].startswith("ignored: unreadable")
    assert rows(store, Delivery) == 1


def _pull(**changes: Any) -> dict[str, Any]:
    one: dict[str, Any] = {
        "number": 7,
        "title": "x",
        "body": "",
        "head": {"ref": "a", "repo": REPOSITORY},
        "base": {"ref": "main", "repo": REPOSITORY},
        "author_association": "MEMBER",
    }
    payload = {"action": "opened", "pull_request": one, "repository": REPOSITORY}
    one.update({name: value for name, value in changes.items() if name in one})
    return {**payload, **{name: value for name, value in changes.items() if name not in one}}


NO_NUMBERS = (10**30, 2**63, 0, -1, 1.5, True, None, "7", [1], {"a": 1})
NO_WORDS = ("\ud800", "a\0", [1])
REPOSITORY = {"id": 1, "full_name": "softhouse/erp"}


def _deployment(environment: str) -> dict[str, Any]:
    return {
        "deployment": {"id": 1, "environment": environment},
        "deployment_status": {"id": 1, "state": "success"},
        "repository": REPOSITORY,
    }


def test_a_value_that_cannot_be_is_githubs_fault(client: FlaskClient, store: Store) -> None:
    assert post_github(client, json.dumps(_pull()).encode(), event="pull_request").status_code == 202
    wrong: list[dict[str, Any]] = [
        *({"number": number} for number in NO_NUMBERS),
        *({"repository": {**REPOSITORY, "id": one}} for one in NO_NUMBERS),
        *({"action": action} for action in NO_WORDS),
        {"repository": {**REPOSITORY, "full_name": "softhouse/\udfff"}},
        *({"head": {"ref": name, "repo": REPOSITORY}} for name in NO_WORDS),
    ]
    sent = [("pull_request", _pull(**changes)) for changes in wrong]
    sent += [("deployment_status", _deployment(name)) for name in ("\ud800", "a\0")]
    for number, (event, payload) in enumerate(sent):
        body, guid = json.dumps(payload).encode(), f"wrong-{number}"
        answer = post_github(client, body, event=event, guid=guid)
        assert answer.status_code == 422, payload
        with store.read() as db:
            kept = db.scalars(select(Delivery).where(Delivery.delivery_id == guid)).one()
        assert (kept.result, kept.body) == ("unreadable", body)
        assert kept.outcome.startswith("ignored: unreadable: ")


def test_a_value_that_cannot_be_is_jiras_fault(client: FlaskClient, store: Store) -> None:
    for number, payload in enumerate(
        (
            {"webhookEvent": "\ud800"},
            {"webhookEvent": "jira:\0"},
            {"webhookEvent": "jira:issue_updated", "issue": {"key": "CHAM-\ud800", "id": "1"}},
            {"webhookEvent": "jira:issue_updated", "issue": {"key": "CHAM-1", "id": "\0"}},
        )
    ):
        answer = post_jira(client, json.dumps(payload).encode(), name=f"j-{number}")
        assert answer.status_code == 422, payload
    assert rows(store, Delivery) == 4


def test_half_a_character_elsewhere_hinders_nobody(client: FlaskClient) -> None:
    issue = {"key": "CHAM-1", "id": "1", "fields": {"description": "\ud83d", "labels": ["\ud83d", "a\0"]}}
    body = json.dumps({"webhookEvent": "jira:issue_updated", "issue": issue}).encode()
    assert post_jira(client, body).status_code == 202


def test_an_endless_name_is_kept_in_short(client: FlaskClient, store: Store) -> None:
    payload = _deployment("a" * 100_000)
    answer = post_github(client, json.dumps(payload).encode(), event="deployment_status")
    assert answer.status_code == 202
    with store.read() as db:
        [kept] = db.scalars(select(Delivery.outcome))
    assert len(kept) == 500
    assert answer.get_json()["outcome"] == kept


def test_the_same_delivery_with_another_body_is_refused(client: FlaskClient) -> None:
    assert post_github(client, b'{"a": 1}', event="ping").status_code == 202
    assert post_github(client, b'{"a": 2}', event="ping").status_code == 409


def test_a_delivery_without_an_id_is_the_senders_fault(client: FlaskClient) -> None:
    assert post_github(client, b"{}", guid="").status_code == 400


def test_github_may_send_its_json_as_a_form(client: FlaskClient) -> None:
    body = b"payload=" + json.dumps({"zen": "x"}).replace('"', "%22").encode()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert post_github(client, body, event="ping", **form).status_code == 202


def test_our_own_trouble_is_503_so_that_jira_sends_again(services: Services, client: FlaskClient) -> None:
    with services.store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE deliveries RENAME TO elsewhere")
    answer = post_jira(client, b'{"webhookEvent": "x"}')
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


@pytest.mark.parametrize(
    ("body", "event"),
    [
        (b'{"timestamp": 1, "webhookEvent" : "comment_created"}', "comment_created"),
        (b'{"x": "\\"webhookEvent\\": \\"y\\""}', ""),
        (b"{}", ""),
    ],
)
def test_jiras_events_are_kept_by_name(client: FlaskClient, store: Store, body: bytes, event: str) -> None:
    assert post_jira(client, body).status_code == 202
    with store.read() as db:
        assert db.scalars(select(Delivery.event)).all() == [event]


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("CHAM-12-fix", {"CHAM-12"}),
        ("feature/cham-12_x", set()),  # in prose "nf-10" is no key
        ("Cham-12", set()),
        ("UTF-8 and SHA-256", {"UTF-8", "SHA-256"}),
        ("CHAM-12 CHAM-13", {"CHAM-12", "CHAM-13"}),
        ("XCHAM-1a", set()),
        ("CHAM-0", set()),
        ("fix_CHAM-12", {"CHAM-12"}),
        ("_CHAM-12", {"CHAM-12"}),
        ("CHAM-12_CHAM-13", {"CHAM-12", "CHAM-13"}),
        # Only the database knows which of them is a project.
        ("V2_CHAM-12", {"V2_CHAM-12", "CHAM-12"}),
        ("A_B_CHAM-12", {"A_B_CHAM-12", "B_CHAM-12", "CHAM-12"}),
        ("X-12", set()),
    ],
)
def test_what_may_be_an_issue_key(text: str, keys: set[str]) -> None:
    assert keys_in(text, None) == keys


@pytest.mark.parametrize("name", ["CHAM-12-fix", "feature/cham-12_x", "feature/Cham-12", "cham-12"])
def test_branches_and_titles_are_written_in_any_case(name: str) -> None:
    assert keys_in_any_case(name) == {"CHAM-12"}


@pytest.mark.parametrize(
    "name", ["fix_CHAM-12", "joao_cham-12", "feature/hotfix_CHAM-12", "Hotfix_cham-12: x"]
)
def test_what_is_joined_to_a_key_with_an_underscore_does_not_hide_it(name: str) -> None:
    assert "CHAM-12" in keys_in_any_case(name)


def test_keys_in_a_hostile_text_take_no_time() -> None:
    joined, keys = "a_" * 50_000, "".join("A_" * 20 + f"A-{number} " for number in range(1, 1_701))
    with quick(2):
        assert keys_in(joined) == keys_in_any_case(joined) == set()
        assert len(keys_in(keys)) == MOST


def test_what_is_too_large_is_not_read(client: FlaskClient, store: Store) -> None:
    body = b"x" * (25 * 1024 * 1024 + 1)
    assert post_github(client, body).status_code == 413
    assert rows(store, Delivery) == 0
