"""`chamados mail` as an operator types it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from bridge.cli import main
from bridge.store import Store, schema, suppressed
from bridge.store.tables import Mail
from tests.letters import MAPPINGS
from tests.mailroom.conftest import BIA, ENVIRONMENT, EVE


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path / 'chamados.db'}")
    schema.prepare(store)
    yield store
    store.close()


def run(tmp_path: Path, *arguments: str) -> tuple[int, str]:
    """(exit status, what it said)."""
    environment = {**ENVIRONMENT, "CHAMADOS_DATABASE_URL": f"sqlite:///{tmp_path / 'chamados.db'}"}
    result = CliRunner().invoke(main, ["mail", *arguments], env=environment)
    return result.exit_code, result.output


def test_who_gets_no_e_mail_is_listed_and_let_again(store: Store, tmp_path: Path) -> None:
    assert run(tmp_path, "suppressed") == (0, "")
    at = datetime(2026, 11, 24, 12, tzinfo=UTC)
    with store.begin() as db:
        suppressed.suppress(db, BIA, kind=suppressed.BOUNCE, reason="550 5.1.1 \x1b[31mgone", now=at)
    assert run(tmp_path, "suppressed") == (
        0,
        f"{BIA}  bounce  2026-11-24 12:00 UTC  550 5.1.1 ?[31mgone\n",
    )
    told = json.loads(run(tmp_path, "suppressed", "--json")[1])
    assert [(one["email"], one["kind"], one["at"]) for one in told] == [
        (BIA, "bounce", "2026-11-24T12:00:00+00:00")
    ]
    assert run(tmp_path, "release", EVE) == (1, f"{EVE} is not suppressed\n")
    assert run(tmp_path, "release", BIA.upper()) == (0, f"{BIA.upper()} gets e-mails again\n")
    assert run(tmp_path, "suppressed") == (0, "")


def test_what_failed_is_listed_and_sent_once_more(store: Store, tmp_path: Path) -> None:
    at = datetime(2026, 11, 24, 12, tzinfo=UTC)
    with store.begin() as db:
        for number, state in ((1, "failed"), (2, "sent"), (3, "failed")):
            row = {"ticket_id": None, "kind": "publicado", "raw": b"x", "created_at": at, "attempts": 14}
            names = {"cause": f"c:{number}", "recipient": BIA, "message_id": f"<{number}@x>"}
            db.add(Mail(id=number, state=state, outcome="550 5.7.1 no", **row, **names))
    assert run(tmp_path, "failed") == (
        0,
        f"     1  publicado to {BIA}  550 5.7.1 no\n     3  publicado to {BIA}  550 5.7.1 no\n",
    )
    assert [one["id"] for one in json.loads(run(tmp_path, "failed", "--json")[1])] == [1, 3]
    assert run(tmp_path, "retry")[0] == 2
    assert run(tmp_path, "retry", "1", "2") == (1, "e-mail 2 has not failed\n")
    assert run(tmp_path, "retry", "3") == (0, f"     3  publicado to {BIA}: queued\n")
    assert run(tmp_path, "retry", "--all")[0] == 0
    with store.read() as db:
        states = {one.id: (one.state, one.due_at is not None) for one in db.scalars(select(Mail))}
    assert states == {1: ("queued", True), 2: ("sent", False), 3: ("queued", True)}
    assert run(tmp_path, "failed") == (0, "")


def test_every_kind_can_be_looked_at_before_it_is_sent(tmp_path: Path) -> None:
    for kind in sorted(MAPPINGS.emails):
        code, said = run(tmp_path, "preview", kind, "--text")
        assert (code, "CT-1042" in said) == (0, True), kind
    code, said = run(tmp_path, "preview", "inventada")
    assert (code, "there is no e-mail inventada" in said) == (1, True)


def test_the_matrix_names_every_kind(tmp_path: Path) -> None:
    code, said = run(tmp_path, "matrix")
    assert code == 0
    assert {kind for kind in MAPPINGS.emails if kind not in said} == set()
