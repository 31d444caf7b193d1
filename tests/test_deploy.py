"""What the scripts and `python -m bridge` promise whoever shares the machine."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def run(program: list[str], folder: Path, **environment: str) -> str:
    done = subprocess.run(  # noqa: PLW1510
        program, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True
    )
    return done.stdout + done.stderr


def test_nothing_is_imported_from_the_folder_in_which_it_is_called(tmp_path: Path) -> None:
    """The script's last lines, with this environment's Python in the place of its own."""
    (tmp_path / "click.py").write_text("print('taken')")
    script = (ROOT / "deploy/chamados").read_text("utf-8")
    last = script.partition('cd "$OLDPWD"\n')[2].replace("$root/.venv/bin/python", sys.executable)
    program = ["bash", "-c", f'root="{ROOT}"\n{last}', "chamados", "--version"]
    assert run(program, tmp_path, PYTHONPATH="").startswith("chamados, version")


def test_the_database_is_nobody_elses(tmp_path: Path) -> None:
    run(
        [sys.executable, "-m", "bridge", "db", "upgrade"],
        tmp_path,
        PYTHONPATH=str(ROOT),
        CHAMADOS_DATABASE_URL="sqlite:///chamados.db",
    )
    assert (tmp_path / "chamados.db").stat().st_mode & 0o077 == 0
