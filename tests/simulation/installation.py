"""The bridge's real parts over an empty database, for one schedule after the other."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

from bridge.config import load
from bridge.reconcile import drift
from bridge.services import Services, build
from bridge.store import Store, people, schema
from bridge.store.engine import sqlite_module
from bridge.store.tables import Base
from mappings import load as load_mappings
from tests.simulation.records import START
from tests.simulation.weather import Weather

SECRET = "a-webhook-secret-of-32-characters"
PARTNER = "parceiro@revenda.example"
SETTINGS = {
    "CHAMADOS_PUBLIC_URL": "https://chamados.softhouse.example",
    "CHAMADOS_SECRET_KEY": "0123456789abcdef0123456789abcdef",
    "CHAMADOS_JIRA_URL": "http://jira.invalid",
    "CHAMADOS_JIRA_TOKEN": "jira-token-0123456789",
    "CHAMADOS_JIRA_PROJECT": "ERP",
    "CHAMADOS_JIRA_WEBHOOK_SECRET": SECRET,
    "CHAMADOS_GITHUB_URL": "http://github.invalid",
    "CHAMADOS_GITHUB_TOKEN": "github-token-0123456789",
    "CHAMADOS_GITHUB_WEBHOOK_SECRET": SECRET,
    "CHAMADOS_GITHUB_REPOSITORIES": "softhouse/erp",
    "CHAMADOS_SMTP_URL": "smtp://127.0.0.1:2",
    "CHAMADOS_MAIL_FROM": "Chamados <chamados@softhouse.example>",
}


class SimulatedStore(Store):
    """The real store; a worker may die right before and right after each commit."""

    weather: Weather | None = None

    @contextmanager
    def begin(self) -> Iterator[Session]:
        with super().begin() as db:
            yield db
            if self.weather:
                self.weather.point("before a commit")
        if self.weather:
            self.weather.point("after a commit")


class Installation:
    """The bridge's real parts, made once for many schedules."""

    def __init__(self) -> None:
        structlog.configure(processors=[_drop], cache_logger_on_first_use=False)
        self._site = patch.object(drift, "differences", lambda services: [])
        self._site.start()
        memory = Path("/dev/shm")
        self.folder = tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None)
        settings = {**SETTINGS, "CHAMADOS_DATABASE_URL": f"sqlite:///{self.folder.name}/chamados.db"}
        config = load(settings)
        self.store = SimulatedStore(config.database_url.reveal())
        schema.prepare(self.store)
        self.services = build(config, load_mappings(None), self.store)
        self.reader = sqlite_module().connect(f"{self.folder.name}/chamados.db", isolation_level=None)
        tables = [table.name for table in reversed(Base.metadata.sorted_tables)]
        self._sweep = [f"DELETE FROM {name}" for name in (*tables, "sqlite_sequence")]

    def fresh(self, **parts: Any) -> Services:
        """Services over an empty database, with one partner."""
        self.store.weather = None
        with self.store.begin() as db:
            for statement in self._sweep:
                db.execute(text(statement))
            people.register(db, name="Revenda", email=PARTNER, now=START)
        return replace(self.services, **parts)

    def close(self) -> None:
        self._site.stop()
        self.reader.close()
        self.store.close()
        self.folder.cleanup()
        structlog.reset_defaults()


def _drop(*_: object) -> Any:
    raise structlog.DropEvent
