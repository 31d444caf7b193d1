"""Issue keys in what developers write."""

import re

KEY = re.compile(r"(?<![A-Za-z0-9])([A-Za-z][A-Za-z0-9_]{1,50}-[1-9][0-9]{0,9})(?![A-Za-z0-9])")
"""What may be an issue key; only those of our tickets count."""


def keys_in(*texts: str | None) -> set[str]:
    """Every possible issue key in the texts, upper case."""
    return {match.upper() for text in texts if text for match in KEY.findall(text)}
