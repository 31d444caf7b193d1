"""Which customer e-mails belong to a valid licence, from the vendor's own list."""

import csv
import threading
from enum import StrEnum
from pathlib import Path

COLUMN = "email"


class LicenceState(StrEnum):
    VALID = "valid"
    UNKNOWN = "unknown"
    """The list was read and the address is not in it."""
    UNCHECKED = "unchecked"
    """There is no list, or it cannot be read now. It never stops anybody."""


class Licences:
    """The list of licences: a CSV file with a column `email`, read again whenever it changes."""

    def __init__(self, source: str) -> None:
        # An https source is part of the contract; until it is built it counts as a list out of reach.
        self._path = Path(source) if source and "://" not in source else None
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._emails: frozenset[str] = frozenset()

    def check(self, email: str) -> LicenceState:
        """Whether the address is a licence's."""
        emails = self._current()
        if emails is None:
            return LicenceState.UNCHECKED
        return LicenceState.VALID if email.strip().casefold() in emails else LicenceState.UNKNOWN

    def _current(self) -> frozenset[str] | None:
        if self._path is None:
            return None
        try:
            stat = self._path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size)
            with self._lock:
                if stamp != self._stamp:
                    self._emails, self._stamp = _read(self._path), stamp
                return self._emails
        except (OSError, ValueError, csv.Error):
            return None


def _read(path: Path) -> frozenset[str]:
    # Excel in Brazil writes a byte order mark and splits by semicolon.
    with path.open(encoding="utf-8-sig", newline="") as file:
        header = file.readline()
        delimiter = ";" if ";" in header else ","
        columns = [name.strip().strip('"').casefold() for name in header.split(delimiter)]
        if COLUMN not in columns:
            raise ValueError(f"{path} has no column `{COLUMN}`")
        place = columns.index(COLUMN)
        rows = csv.reader(file, delimiter=delimiter)
        return frozenset(
            row[place].strip().casefold() for row in rows if len(row) > place and row[place].strip()
        )
