"""Issue keys in what developers write."""

import re

KEY = re.compile(r"(?<![A-Za-z0-9])(?=([A-Za-z][A-Za-z0-9_]{1,50}-[1-9][0-9]{0,9})(?![A-Za-z0-9]))")
"""What may be an issue key; only those of our tickets count.

They overlap: in `fix_CHAM-12` the project may be `FIX_CHAM` as well as `CHAM`.
"""


def keys_in(*texts: str | None) -> set[str]:
    """Every possible issue key in the texts, as written in capitals."""
    return {match for text in texts if text for match in KEY.findall(text) if match == match.upper()}


def keys_in_any_case(name: str) -> set[str]:
    """Every possible issue key in a branch's name or a title, in capitals: such are written in any case."""
    return keys_in(name.upper())
