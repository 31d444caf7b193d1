"""What `chamados sandbox --env` prints, as a mapping."""

import shlex
from collections.abc import Iterable


def pairs(lines: Iterable[str]) -> dict[str, str]:
    """Name to value of each `export` line."""
    exports = (shlex.split(line) for line in lines if line.startswith("export"))
    return dict(words[1].split("=", 1) for words in exports)
