"""Commands as an operator types them, on an installation that reaches nobody."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bridge.cli import main
from mappings.loader import SHIPPED
from tests.settings import SETTINGS

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
