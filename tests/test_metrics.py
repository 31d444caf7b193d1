"""`/metrics`: the database's truth, for who bears the token, and cheap."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from alembic import command
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Executable, update
from sqlalchemy.dialects import sqlite

from bridge import probes
from bridge.config import Secret, load
from bridge.services import Services, build
from bridge.store import Store, buckets, counts, people, schema, sweeps
from bridge.store.filing import Submission, file_ticket
from bridge.store.tables import UNSETTLED, Delivery, Mail, Ticket
from mappings import load as load_mappings
from tests.test_webhooks import SETTINGS, _client, post_github

TOKEN = "a-token-of-the-monitoring"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def services(store: Store) -> Services:
    config = replace(load(SETTINGS), metrics_token=Secret(TOKEN))
    return replace(build(config, load_mappings(), store), clock=lambda: NOW)


def _scrape(services: Services, **headers: str) -> tuple[int, str]:
    app = Flask("probes")
    app.register_blueprint(probes.blueprint(services))
    answer = app.test_client().get("/metrics", headers=headers)
    return answer.status_code, answer.text


def _numbers(services: Services) -> dict[str, float]:
    """Name and labels to value."""
    code, text = _scrape(services, Authorization=f"Bearer {TOKEN}")
    assert code == 200
    families = text_string_to_metric_families(text)
    return {
        " ".join([sample.name.removeprefix("chamados_"), *sample.labels.values()]): sample.value
        for family in families
        for sample in family.samples
    }


def _fill(services: Services) -> None:
    store = services.store
    with store.begin() as db:
        partner = people.register(db, name="Revenda Canário", email="canario@revenda.example", now=NOW)
        db.flush()
        answers = {"titulo": "canário", "notificar": []}
        for hours in (3, 2, 1, 0):
            then = NOW - timedelta(hours=hours)
            file_ticket(db, Submission(partner=partner, answers=answers), status="Triagem", now=then)
        for number, values in enumerate(
            ({"held": True, "parked": "by hand"}, {"attempts": 3}, {"create_state": "in_doubt"}), start=1
        ):
            db.execute(update(Ticket).where(Ticket.id == number).values(**values))
        db.execute(update(Ticket).where(Ticket.id == 4).values(observed_generation=1, status="Backlog"))
        for state, minutes in (("queued", 10), ("queued", 1), ("sent", 90)):
            at = NOW - timedelta(minutes=minutes)
            db.add(
                Mail(
                    cause="c", kind="recebido", recipient="canario@revenda.example", raw=b"", state=state,
                    message_id=f"<{state}{minutes}@x>", created_at=at,
                )
            )  # fmt: skip
    sweeps.take(store, "jira", now=NOW - timedelta(minutes=9), every=timedelta(minutes=5))
    sweeps.finished(store, "jira", since=NOW, began=NOW, now=NOW - timedelta(minutes=2), outcome="")
    buckets.pause(store, "jira POST issue", until=NOW + timedelta(seconds=30), reason="")
    client = _client(services)
    post_github(client, b"{}", guid="1", event="ping")
    post_github(client, b"{", guid="2", event="ping")
    post_github(client, b"{}", guid="3", **{"X-Hub-Signature-256": "sha256=00"})


def test_every_number_is_the_databases(services: Services) -> None:
    _fill(services)
    assert _numbers(services) == {
        "deliveries_total ignored github": 1,
        "deliveries_total unreadable github": 1,
        "webhooks_refused_total github": 1,
        "tickets Triagem": 3,
        "tickets Backlog": 1,
        "tickets_unsettled waiting": 3,
        "tickets_unsettled parked": 1,
        "tickets_unsettled in_doubt": 1,
        "tickets_unsettled retrying": 1,
        "tickets_oldest_waiting_seconds": 2 * 3600,  # the one parked by hand is nobody's delay
        "tickets_retries": 3,
        "mails queued": 2,
        "mails sent": 1,
        "mails_oldest_queued_seconds": 600,
        "sweep_age_seconds jira": 120,
        "pause_seconds jira": 30,
    }


def test_nobody_is_named(services: Services) -> None:
    _fill(services)
    _, text = _scrape(services, Authorization=f"Bearer {TOKEN}")
    assert not [word for word in ("anário", "canario", "CT-", "softhouse") if word in text]


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", "Bearer ç"])
def test_without_the_token_the_page_is_not_there(services: Services, given: str) -> None:
    assert _scrape(services, Authorization=given.encode().decode("latin-1"))[0] == 404
    closed = replace(services, config=replace(services.config, metrics_token=Secret("")))
    assert _scrape(closed, Authorization=given.encode().decode("latin-1"))[0] == 404


def test_no_scrape_reads_a_whole_table(services: Services) -> None:
    if not services.store.is_sqlite:
        pytest.skip("SQLite's plan does not depend on how much there is")
    asked: list[Executable] = [
        counts.DELIVERIES, counts.TICKETS, counts.MAILS, counts.QUEUED_SINCE, counts.RETRIES,
        *map(counts.unsettled, UNSETTLED),
    ]  # fmt: skip
    for query in asked:
        plan = _plan(services.store, query)
        assert "INDEX ix_" in plan, (query, plan)


def _plan(store: Store, query: Executable) -> str:
    said = query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})  # type: ignore[attr-defined]
    with store.read() as db:
        rows = db.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {said}").all()
    return "; ".join(str(row[3]) for row in rows)


def test_old_deliveries_are_counted_by_their_sentence(store: Store) -> None:
    config = schema._config()
    with store.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0002")
        for number, outcome in enumerate(["rang CT-1: x", "ignored: y", "ignored: unreadable: z"]):
            connection.exec_driver_sql(
                "INSERT INTO deliveries (source, delivery_id, event, received_at, body, body_sha256, outcome,"
                f" repeats) VALUES ('github', '{number}', '', '2026-11-24', '', '', '{outcome}', 0)"
            )
        command.upgrade(config, "head")
        connection.commit()
    with store.read() as db:
        assert [one.result for one in db.query(Delivery).order_by(Delivery.id)] == [
            "rang",
            "ignored",
            "unreadable",
        ]
