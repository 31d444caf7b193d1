"""What is logged over a whole journey, and what never is."""

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests
import structlog

from bridge import logs
from bridge.config import Config, ConfigError, load
from bridge.sandbox.control import Fault
from bridge.store.tables import Delivery
from tests.quickness import quick
from tests.test_engine import _answer, _upload
from tests.test_webhooks import SETTINGS, sign
from tests.world import World

CANARY = "canário-do-parceiro"


class Written:
    """Stderr so far."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self._text = ""

    @property
    def text(self) -> str:
        self._text += self._capsys.readouterr().err
        return self._text

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Iterator[Written]:
    """What is logged from here on; logging is as before afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield Written(capsys)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers, root.level = handlers, level
    logging.getLogger("werkzeug").setLevel(logging.NOTSET)


def test_a_journey_is_logged_by_reference_and_without_a_secret(world: World, written: Written) -> None:
    logs.configure(world.services.config)
    key = world.filed(titulo=f"{CANARY} título", descricao=f"{CANARY} descrição")
    _upload(world, 1, f"{CANARY}.png", b"PNG")
    world.settle()
    world.say(key, f"/parceiro {CANARY} pergunta")
    world.drag(key, "Faltam Informações")
    world.settle()
    _answer(world, key, f"{CANARY} resposta")
    world.wait_status(key, "Triagem")
    world.approve_triage(key)
    world.sandbox.controls.add(Fault(match="SMTP *", do="550", times=1))
    world.say(key, f"/parceiro {CANARY} aviso")
    world.settle()
    world.open_pull(f"{key}-x")
    world.wait_status(key, "PR Review")
    world.settle()
    text, events = written.text, written.events
    assert CANARY not in text
    assert not [word for word in logs._secrets(world.services.config) if word in text]
    assert not re.findall(r"[\w.]+@\w+\.example", text)
    assert {one["ticket"] for one in events if one["event"] in {"reconciled", "mail"}} == {"CT-1"}
    assert "moved to PR Review by review_pending" in text
    assert "550 5.1.1 No such mailbox" in text
    known = {one.delivery_id for one in world.deliveries()}
    assert {one["delivery"] for one in events if one["event"] == "webhook"} == known


def test_a_request_bears_its_id_and_shows_no_query(world: World, written: Written) -> None:
    logs.configure(world.services.config)
    url = world.services.config.public_url
    answer = requests.get(f"{url}/entrar/{CANARY}?token={CANARY}", timeout=5)
    requests.get(f"{url}/nada/{CANARY}", timeout=5)
    requests.get(f"{url}/healthz", timeout=5)
    asked = [one for one in written.events if one["event"] == "request"]
    assert [(one["route"], one["status"]) for one in asked] == [
        ("/entrar/<token>", answer.status_code),
        ("(none)", 404),
    ]
    assert asked[0]["request"] == answer.headers["X-Request-Id"] != asked[1]["request"]
    assert CANARY not in written.text


def test_trouble_with_the_database_shows_no_body(world: World, written: Written) -> None:
    logs.configure(world.services.config)
    with world.services.store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE deliveries RENAME TO elsewhere")
    body = json.dumps({"zen": CANARY}, ensure_ascii=False).encode()
    secret = world.services.config.github.webhook_secrets[0].reveal()
    headers = {"X-GitHub-Delivery": "g", "X-GitHub-Event": "ping", "X-Hub-Signature-256": sign(body, secret)}
    url = f"{world.services.config.public_url}/webhooks/github"
    assert requests.post(url, data=body, headers=headers, timeout=5).status_code == 503
    [trouble] = [one for one in written.events if one["event"] == "the database is unavailable"]
    assert Delivery.__tablename__ in trouble["exception"]
    assert CANARY not in written.text


def _config(**changes: str) -> Config:
    return load({**SETTINGS, **changes})


def test_secrets_addresses_and_keys_are_taken_out_of_everything(written: Written) -> None:
    config = _config(
        CHAMADOS_JIRA_TOKEN="canary-jira-token",
        CHAMADOS_SMTP_URL="smtp://user:canary-password@mx.example:587",
        CHAMADOS_DATABASE_URL="postgresql://chamados:canary-database@db/x",
    )
    logs.configure(config)
    words = "canary-jira-token canary-password canary-database ana@revenda.com.br /entrar/canary-link"
    structlog.get_logger().warning(words, again=[words])
    logging.getLogger("gunicorn.error").warning("Invalid request: %s", words)
    try:
        raise ValueError(words)
    except ValueError:
        logging.getLogger("urllib3").exception("broken")
    assert len(written.events) == 3
    assert "canary" not in written.text
    assert "ana@" not in written.text
    assert "…@revenda.com.br" in written.text


@pytest.mark.parametrize("unit", ["a", "a.", "a@", "@", "a@b.", "a@b-", "%", "/entrar/", "é"])
def test_an_endless_value_is_cut_and_written_at_once(written: Written, unit: str) -> None:
    secret = "canary-jira-token"
    logs.configure(_config(CHAMADOS_JIRA_TOKEN=secret))
    with quick(2):
        structlog.get_logger().info("webhook", outcome=unit * (1_000_000 // len(unit)))
        structlog.get_logger().info("webhook", outcome="x" * (logs.LONGEST - 5) + secret)
    assert all(len(one["outcome"]) <= logs.LONGEST for one in written.events)
    assert "canar" not in written.text


@pytest.mark.parametrize(("form", "as_json"), [("", True), ("json", True), ("text", False)])
def test_the_setting_chooses_the_form(written: Written, form: str, as_json: bool) -> None:
    logs.configure(_config(CHAMADOS_LOG=form))
    structlog.get_logger().info("olá")
    assert written.text.startswith("{") == as_json
    quiet = replace(_config(), log="json")
    logs.configure(quiet, quiet=True)
    structlog.get_logger().info("nobody reads this")
    assert "nobody" not in written.text


def test_another_form_is_no_setting() -> None:
    with pytest.raises(ConfigError, match="CHAMADOS_LOG: must be one of json, text"):
        _config(CHAMADOS_LOG="xml")
