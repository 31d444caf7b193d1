"""The house keeps its floors: import-linter holds, and would notice each way of breaking them."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge.cli import MODULES, main

ROOT = Path(__file__).parents[1]
VIOLATIONS = {
    "Each layer knows only those below it": ("bridge/store/filing.py", "import bridge.reconcile"),
    "Only the command line starts the sandbox": ("bridge/clients/mail.py", "import bridge.sandbox.settings"),
    "The sandbox shares no code with what it checks": ("bridge/sandbox/settings.py", "import bridge.domain"),
    "Decisions do no I/O": ("bridge/rules/links.py", "import requests"),
}


def _linted(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as c; c()",
        "--no-cache",
    ]
    environment = {"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("bridge", "webhooks", "mappings"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "setup.cfg", tmp_path)
    return tmp_path


def test_the_layers_hold(copy: Path) -> None:
    result = _linted(copy)
    assert result.returncode == 0, result.stdout
    assert f"{len(VIOLATIONS)} kept, 0 broken" in result.stdout


@pytest.mark.parametrize(("contract", "violation"), VIOLATIONS.items(), ids=lambda one: str(one)[:24])
def test_a_violation_of_each_contract_is_caught(
    copy: Path, contract: str, violation: tuple[str, str]
) -> None:
    name, statement = violation
    file = copy / name
    file.write_text(f"{file.read_text('utf-8')}\n{statement}\n", "utf-8")
    result = _linted(copy)
    assert result.returncode != 0
    assert f"{contract} BROKEN" in result.stdout


def test_a_server_loads_neither_the_sandbox_nor_what_nobody_asks_for() -> None:
    """Some 30 MB and half a second, of which an idle process should have nothing."""
    heavy = ["openai", "graphql", "aiosmtpd", "bridge.sandbox"]
    program = f"import bridge.cli.running, sys; print([one for one in {heavy} if one in sys.modules])"
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[]"


def test_every_command_is_where_it_is_said_to_be() -> None:
    said = CliRunner().invoke(main, ["--help"])
    assert said.exit_code == 0
    listed = [line.split()[0] for line in said.output.partition("Commands:")[2].splitlines() if line.strip()]
    assert listed == list(MODULES)
