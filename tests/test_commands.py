"""Commands as an operator types them, on an installation that reaches nobody."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bridge.cli import main
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
