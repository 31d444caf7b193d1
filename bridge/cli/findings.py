"""What `doctor` finds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One line of the report: `ok`, `warning` or `error`."""

    name: str
    state: str
    detail: str
    remedy: str = ""
