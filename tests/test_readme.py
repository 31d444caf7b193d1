"""The README says what is."""

from pathlib import Path

from mappings import load
from mappings.diagram import mermaid

ROOT = Path(__file__).parents[1]


def test_the_diagram_is_the_one_that_the_command_prints() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    shown = readme.partition("<!-- workflow -->")[2].partition("<!-- /workflow -->")[0]
    assert shown.strip() == f"```mermaid\n{mermaid(load().workflow).strip()}\n```"


def test_locks_and_sources_name_no_index() -> None:
    for lock in (ROOT / "deploy").glob("requirements*.txt"):
        text = lock.read_text("utf-8")
        assert "://" not in text
        pinned = [line for line in text.splitlines() if "==" in line and not line.startswith(" ")]
        assert pinned
        assert text.count("--hash=sha256:") >= len(pinned)
