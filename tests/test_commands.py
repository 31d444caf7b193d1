"""Commands as an operator types them, on an installation that reaches nobody."""

import json
import re
import shutil
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import delete, update

from bridge import reconcile as reconciling
from bridge.cli import doctor, looking, main
from bridge.store import Store, people
from bridge.store.filing import Submission, file_ticket
from bridge.store.tables import Delivery, Event, Recipient, Ticket
from mappings.loader import SHIPPED
from tests.settings import SETTINGS
from tests.world import ANSWERS

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
Type = Callable[..., Result]
"""Types one command's words, in these settings changed by name."""


@pytest.fixture
def chamados(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Type:
    """One command; what it keeps, it keeps in the working folder."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str, **changes: str) -> Result:
        said = CliRunner().invoke(main, words, env={**SETTINGS, **changes})
        assert said.exception is None or isinstance(said.exception, SystemExit), said.exc_info
        return said

    return run


@pytest.fixture
def store(chamados: Type, tmp_path: Path) -> Iterator[Store]:
    """The commands' database, with one ticket of a partner's."""
    assert chamados("db", "upgrade").exit_code == 0
    opened = Store(f"sqlite:///{tmp_path / 'chamados.db'}")
    with opened.begin() as db:
        partner = people.register(db, name="Revenda", email="ana@revenda.example", now=NOW)
        file_ticket(db, Submission(partner=partner, answers=dict(ANSWERS)), status="Triagem", now=NOW)
    yield opened
    opened.close()


def _change(store: Store, **values: Any) -> None:
    with store.begin() as db:
        db.execute(update(Ticket).values(**values))


@pytest.mark.parametrize(
    ("command", "setting"),
    [("db upgrade", "DATABASE_URL"), ("db check", "DATABASE_URL"), ("workflow", "MAPPINGS")],
)
def test_a_setting_that_cannot_be_read_stops_the_command(
    chamados: Type, tmp_path: Path, command: str, setting: str
) -> None:
    said = chamados(*command.split(), **{f"CHAMADOS_{setting}_FILE": str(tmp_path / "nowhere")})
    assert said.exit_code == 1
    assert f"CHAMADOS_{setting}: " in said.stderr
    assert said.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_looking_at_a_database_that_is_not_there_makes_none(chamados: Type, tmp_path: Path) -> None:
    said = chamados("db", "check")
    assert (said.exit_code, said.stdout) == (
        2,
        "the database is empty; `chamados db upgrade` makes its tables\n",
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["serve", "doctor", "tickets list", "jira plan", "github plan"])
def test_faults_of_settings_and_of_mappings_are_told_together(
    chamados: Type, tmp_path: Path, command: str
) -> None:
    shutil.copytree(SHIPPED, mappings := tmp_path / "mappings")
    (mappings / "people.yaml").write_text("nobody: [", "utf-8")
    said = chamados(*command.split(), CHAMADOS_MAPPINGS=str(mappings), CHAMADOS_SMTP_URL="smtp://u:p#w@h")
    assert said.exit_code == 1
    assert "CHAMADOS_SMTP_URL: " in said.output
    assert "people.yaml" in said.output


@pytest.mark.parametrize("files", ["kept/below-a-file", "chamados.db"])
def test_a_folder_for_files_that_cannot_be_made_is_a_fault_by_name(
    chamados: Type, tmp_path: Path, files: str
) -> None:
    (tmp_path / "kept").touch()
    assert chamados("db", "upgrade").exit_code == 0
    said = chamados("tickets", "list", CHAMADOS_FILES=files)
    assert said.exit_code == 1
    assert "CHAMADOS_FILES: " in said.stderr


def test_a_look_that_nobody_answers_has_failed(chamados: Type, store: Store) -> None:
    said = chamados("reconcile", "--json", CHAMADOS_GITHUB_REPOSITORIES="softhouse/erp")
    told = json.loads(said.stdout)
    assert said.exit_code == 1
    assert told["failed"] is True
    assert told["sweeps"]["jira"][0].startswith("cut short: Jira: ")
    assert told["sweeps"]["github"][0].startswith("cut short: GitHub: ")
    assert told["tickets"]["CT-1"][0].startswith("Jira: ")
    _change(store, retry_at=datetime.now(UTC) + timedelta(minutes=1))
    again = chamados("reconcile", "CT-1")
    assert again.exit_code == 1
    assert re.fullmatch(r"CT-1: it rests until \d\d:\d\d:\d\d UTC after Jira: .*\n", again.stdout)


def test_a_look_that_is_not_made_says_why(
    chamados: Type, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "PATIENCE", 0.1)
    soon = datetime.now(UTC) + timedelta(seconds=50)
    _change(store, lease_owner="elsewhere:7", lease_until=soon)
    said = chamados("reconcile", "CT-1")
    assert (said.exit_code, said.stdout) == (1, "CT-1: another worker has it\n")
    assert chamados("tickets", "park", "CT-1", "o quadro muda").exit_code == 0
    said = chamados("reconcile", "CT-1")
    assert said.exit_code == 1
    assert said.stdout.startswith("CT-1: it is parked by hand (parked by the operator: o quadro muda)")


def test_a_look_that_parks_has_failed_and_one_that_ends_has_not(
    chamados: Type, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> None:
        raise RuntimeError("x")

    monkeypatch.setattr(reconciling, "ensure_issue", breaks)
    said = chamados("reconcile", "CT-1")
    assert (said.exit_code, said.stdout) == (1, "CT-1: bug: RuntimeError: x\n")
    monkeypatch.setattr(reconciling, "ensure_issue", lambda services, claimed, ticket: ticket)
    monkeypatch.setattr(reconciling, "_only_filed", lambda *_: True)
    said = chamados("reconcile", "CT-1")
    assert said.exit_code == 0, said.stdout


HUGE = "9" * 20


@pytest.mark.parametrize(
    "command",
    [
        "mail send-test notanaddress",
        "mail send-test josé@revenda.example",
        "partners add Revenda notanaddress",
        "deliveries list --since 999999d",
        "deliveries list --since 0001-01-01T00:00+14:00",
        f"deliveries list --limit {HUGE}",
        "deliveries list --limit 0",
        f"deliveries show {HUGE}",
        f"deliveries replay {HUGE}",
        "serve --port 99999",
        "serve --processes 0",
    ],
)
def test_a_word_that_cannot_be_meant_is_wrong_usage(chamados: Type, tmp_path: Path, command: str) -> None:
    unusable = {"CHAMADOS_SECRET_KEY": ""}  # so that whatever gets past its words ends there
    said = chamados(*command.split(), **unusable)
    assert (said.exit_code, said.stdout) == (2, "")
    assert said.stderr.splitlines()[-1].startswith("Error: ")
    assert list(tmp_path.iterdir()) == []


def test_an_e_mail_of_a_ticket_that_nobody_follows_is_not_there(chamados: Type, store: Store) -> None:
    with store.begin() as db:
        db.execute(delete(Recipient))
    said = chamados("mail", "preview", "recebido", "--ref", "CT-1", "--text")
    assert (said.exit_code, said.stderr) == (1, "nobody follows CT-1: no e-mail of it goes to anybody\n")


def _found(said: Result) -> dict[str, tuple[str, str]]:
    return {one["name"]: (one["state"], one["detail"]) for one in json.loads(said.stdout)}


def test_doctor_looks_at_what_is_kept_here(chamados: Type, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("nome;email\nAna;ana@revenda.example\n", "utf-8")
    found = _found(chamados("doctor", "--json", CHAMADOS_LICENCES="list.csv", CHAMADOS_FILES="new/folder"))
    assert found["files"] == ("ok", f"{tmp_path} can be written to")
    assert found["licences"] == ("ok", "1 addresses in the file")
    assert found["antivirus"] == ("ok", "off: files are not scanned")
    (tmp_path / "list.csv").write_text("nome\nAna\n", "utf-8")
    wrong = {"CHAMADOS_FILES": "/proc", "CHAMADOS_ANTIVIRUS": "tcp://127.0.0.1:1"}
    found = _found(chamados("doctor", "--json", CHAMADOS_LICENCES="list.csv", **wrong))
    assert found["files"][0] == "error"
    assert found["licences"] == ("error", "the file cannot be understood: list.csv has no column `email`")
    assert found["antivirus"] == ("error", "could not be reached (ConnectionRefusedError)")


def test_doctor_waits_for_nobody_who_hangs(chamados: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LIMIT_SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        said = chamados("doctor", "--json", CHAMADOS_ANTIVIRUS=f"tcp://127.0.0.1:{port}")
    found = _found(said)
    assert said.exit_code == 1
    assert found["antivirus"] == ("error", "no answer in 1 s")
    assert found["files"][0] == "ok"


def _deliver(store: Store, body: bytes) -> None:
    with store.begin() as db:
        facts = {"outcome": "rang CT-1", "result": "rang", "body_sha256": "", "received_at": NOW}
        db.add(Delivery(source="jira", delivery_id="d", event="jira:issue_updated", body=body, **facts))


def test_what_is_shown_is_there_for_scripts_too(chamados: Type, store: Store) -> None:
    _deliver(store, '{"a": "ção"}'.encode())
    told = json.loads(chamados("deliveries", "show", "1", "--json").stdout)
    assert (told["event"], told["outcome"], told["body"]) == (
        "jira:issue_updated",
        "rang CT-1",
        '{"a": "ção"}',
    )
    with store.begin() as db:
        line = {"kind": "status", "author": "Ana", "text": "", "visible": False, "outcome": "timeline only"}
        db.add(Event(ticket_id=1, source="x", at=NOW, status="Doing", **line))
    told = json.loads(chamados("tickets", "show", "CT-1", "--json").stdout)
    assert (told["reference"], told["status"]) == ("CT-1", "Triagem")
    assert told["timeline"] == [{**line, "at": "2026-11-24T12:00:00+00:00", "status": "Doing"}]
    assert chamados("tickets", "show", "CT-1").stdout == "2026-11-24 12:00:00  Doing  (timeline only)\n"
    said = chamados("db", "check", "--json")
    told = json.loads(said.stdout)
    assert (said.exit_code, told["found"], told["fault"]) == (0, told["wanted"], None)


def test_a_database_to_upgrade_is_told_to_scripts(chamados: Type) -> None:
    said = chamados("db", "check", "--json")
    assert (said.exit_code, json.loads(said.stdout)["found"]) == (2, None)


def test_a_list_has_one_line_for_each_ticket(chamados: Type, store: Store) -> None:
    _change(store, outcome="bug: Traceback (most recent call last):\n  File x\nKeyError: 'a'\n")
    said = chamados("tickets", "list").stdout
    assert said.splitlines() == [f"CT-1     -          {'Triagem':<26} bug: KeyError: 'a'"]


def test_who_was_removed_is_given_no_token(chamados: Type, store: Store) -> None:
    assert chamados("partners", "remove", "ana@revenda.example").exit_code == 0
    said = chamados("partners", "token", "ana@revenda.example")
    assert (said.exit_code, said.stdout) == (1, "")
    assert "may not come in: `chamados partners add` lets in again" in said.stderr


def test_a_start_leaves_a_partners_name_as_it_was_changed(chamados: Type) -> None:
    setting = {"CHAMADOS_PARTNERS": "Revenda <ana@revenda.example>"}
    assert "Revenda <ana@" in chamados("partners", "list", **setting).stdout
    assert chamados("partners", "add", "Ana\xa0Lima", "ana@revenda.example", **setting).exit_code == 0
    assert "Ana\xa0Lima <ana@" in chamados("partners", "list", **setting).stdout


@pytest.mark.parametrize("name", ["", " ", "Ana\nLima", "Ana\r", "\x1b[31mAna", "Ana\u2028Lima"])
def test_a_partners_name_is_one_line(chamados: Type, tmp_path: Path, name: str) -> None:
    said = chamados("partners", "add", name, "ana@revenda.example")
    assert (said.exit_code, said.stdout) == (2, "")
    assert "one line of text" in said.stderr
    said = chamados("partners", "add", "Ana", "ana@revenda.example", "--organisation", f"x{name}\n")
    assert said.exit_code == 2
    assert list(tmp_path.iterdir()) == []
