"""The suite's worlds: a store on each engine, and a whole installation over real HTTP and SMTP."""

import os
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import structlog
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from requests.adapters import HTTPAdapter
from werkzeug.serving import make_server

from bridge.app import carried, create_app, open_services
from bridge.cli.waiting import free_port
from bridge.config import load
from bridge.sandbox.server import POLL_SECONDS, Sandbox, env_lines
from bridge.sandbox.settings import SandboxSettings
from bridge.store import Store, people
from bridge.store.filing import Submission, file_ticket
from mappings import load as load_mappings
from mappings.loader import SHIPPED
from mappings.model import Mappings
from tests.contract import GITHUB, JIRA, Recorder, kept
from tests.databases import POSTGRESQL, fresh_sqlite, make_tables, postgresql
from tests.proxy import Proxy
from tests.settings import pairs
from tests.world import World

SHARED = Path(os.environ.get("CHAMADOS_SHARED") or Path(__file__).parents[2] / "shared")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DEPLOYMENT = os.environ.get("CHAMADOS_TEST_JIRA_DEPLOYMENT", "Cloud")
"""`Server` plays every world on Data Center; some are played on both in any case."""
RECORDERS = (Recorder(JIRA), Recorder(GITHUB))
# Rich's tracebacks, with all that a look holds, take half a minute to write.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)


@pytest.fixture(scope="session", autouse=True)
def transport() -> Iterator[None]:
    """Every request of the suite passes here."""
    with pytest.MonkeyPatch.context() as patched:
        for recorder in RECORDERS:
            patched.setattr(HTTPAdapter, "send", recorder.wrap(HTTPAdapter.send))
        yield


@pytest.fixture(autouse=True)
def right_requests(request: pytest.FixtureRequest, transport: None) -> Iterator[None]:
    """What a test sends is as the published descriptions have it, unless wrong on purpose."""
    if request.node.get_closest_marker("wrong_requests"):
        yield
        for recorder in RECORDERS:
            recorder.waiting.clear()
        return
    with kept(RECORDERS, SHARED):
        yield


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for recorder in RECORDERS:
        if recorder.judged:
            terminalreporter.write_line(recorder.summary())


@pytest.fixture(scope="session")
def shared() -> Path:
    """The reference data: real payloads and published descriptions."""
    if not (SHARED / "data").is_dir():
        pytest.skip(f"no reference data in {SHARED}; set CHAMADOS_SHARED")
    return SHARED


@pytest.fixture(scope="session")
def postgresql_template() -> Iterator[str]:
    """The name of a database with the tables made; empty without PostgreSQL."""
    if not POSTGRESQL:
        yield ""
        return
    with postgresql() as url:
        make_tables(url)
        yield url.rpartition("/")[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path, postgresql_template: str) -> Iterator[str]:
    """A fresh database on each engine, with the tables made."""
    if request.param == "sqlite":
        yield fresh_sqlite(tmp_path)
        return
    if not postgresql_template:
        pytest.skip("no PostgreSQL; set CHAMADOS_TEST_POSTGRESQL")
    with postgresql(postgresql_template) as url:
        yield url


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = Store(database_url)
    yield opened
    opened.close()


@pytest.fixture
def number(store: Store) -> int:
    """A ticket that has just been filed."""
    with store.begin() as db:
        partner = people.register(db, name="Revenda", email="a@b.example", now=NOW)
        db.flush()
        answers = {"titulo": "t", "notificar": ["A@B.example", "c@d.example"]}
        return file_ticket(db, Submission(partner=partner, answers=answers), status="Triagem", now=NOW).id


@pytest.fixture
def world(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[World]:
    """Sandbox and bridge in this process; indirect parameter: settings that differ, `still`: nobody works."""
    with installed(database_url, tmp_path, getattr(request, "param", {})) as world:
        yield world


def _mappings(folder: Path, people: str) -> Path:
    """The shipped mappings with other people."""
    copy = folder / "mappings"
    shutil.copytree(SHIPPED, copy, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    (copy / "people.yaml").write_text(people, encoding="utf-8")
    return copy


@lru_cache
def app_key() -> str:
    """A GitHub App's private key, made for this run."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


_read_once = lru_cache(load_mappings)


def _mappings_of(folder: Path | None) -> Mappings:
    """A copy, for some tests put other parts into theirs."""
    return copy(_read_once(folder))


@contextmanager
def installed(database_url: str, folder: Path, options: Mapping[str, Any]) -> Iterator[World]:
    """A whole installation over real HTTP and SMTP."""
    bridge_port = free_port()
    sandbox = Sandbox(
        SandboxSettings(
            port=0,
            smtp_port=0,
            bridge_url=f"http://127.0.0.1:{bridge_port}",
            jira_deployment=options.get("jira", DEPLOYMENT),
            jira_empty=options.get("empty", False),
            github_app_key=app_key() if options.get("app") else "",
        )
    )
    sandbox.start()
    environment = {
        **pairs(env_lines(sandbox.settings)),
        "CHAMADOS_DATABASE_URL": database_url,
        "CHAMADOS_FILES": str(folder / "files"),
        "CHAMADOS_MAIL_HOLD": str(options.get("hold", 0)),
        "CHAMADOS_MAIL_COMMENT_HOLD": str(options.get("comment_hold", 0)),
        "CHAMADOS_MAIL_GATHER_IDLE": str(options.get("idle", 0)),
        "CHAMADOS_MAIL_REASON_HOLD": str(options.get("reason_hold", 0)),
        "CHAMADOS_MAIL_BULK_HOLD": str(options.get("bulk_hold", 300)),
        "CHAMADOS_WORKERS": "4",
        "CHAMADOS_MAPPINGS": str(_mappings(folder, options["people"])) if "people" in options else "",
    }
    environment |= options.get("environment", {})
    cable = Proxy(int(sandbox.url.rpartition(":")[2])) if options.get("cable") else None
    if cable:
        environment["CHAMADOS_JIRA_URL"] = f"http://127.0.0.1:{cable.port}/jira"
    with patch("bridge.app.load", _mappings_of):
        services = open_services(load(environment))
    carrier = None if options.get("still") else carried(services, owner="test")
    server = make_server("127.0.0.1", bridge_port, create_app(services), threaded=True)
    threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True).start()
    yield World(sandbox=sandbox, services=services, environment=environment, cable=cable)
    server.shutdown()
    server.server_close()
    if carrier:
        carrier.stop()
    if cable:
        cable.close()
    sandbox.stop()
    services.store.close()
