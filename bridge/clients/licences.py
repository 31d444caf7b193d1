"""Which customer e-mails belong to a valid licence: the vendor's own list, or the vendor's own answer."""

import csv
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from enum import StrEnum
from pathlib import Path

import requests
import structlog

from bridge.clients.errors import Unavailable
from bridge.store import outside

SERVICE = "Licences"
COLUMN = "email"
NOBODY = "doctor@chamados.invalid"
"""Asked for where only the answering matters."""
SECONDS = 1.0
"""Waited for the endpoint's whole answer: the partner sees an outcome within 1.5 s."""
KNOWN_FOR = 600.0
"""Seconds that a valid licence is remembered."""
UNKNOWN_FOR = 30.0
"""And one that was not found: it may be registered in the meantime."""
AWAY_FOR = 15.0
"""Seconds in which an endpoint that did not answer is not asked again."""
REMEMBERED = 10_000

log = structlog.get_logger()


class LicenceState(StrEnum):
    VALID = "valid"
    UNKNOWN = "unknown"
    """The list was read, or the endpoint asked, and the address is not a valid licence's."""
    UNCHECKED = "unchecked"
    """There is nobody to ask, or no answer now. It never stops anybody."""


class Licences:
    """The vendor's licences: a CSV file, or an https endpoint; with neither nothing is checked."""

    def __init__(self, source: str, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._source: Endpoint | Listed | None = None
        if source:
            self._source = Endpoint(source, monotonic) if "://" in source else Listed(Path(source))

    def check(self, email: str) -> LicenceState:
        """Whether the address is a licence's."""
        wanted = email.strip().casefold()
        return self._source.check(wanted) if self._source and wanted else LicenceState.UNCHECKED

    def probe(self) -> str:
        """How the licences can be asked, as a sentence.

        Raises:
            Unavailable: they cannot.
        """
        return self._source.probe() if self._source else "off: customers' addresses are not checked"


class Listed:
    """A CSV file with a column `email`, read again whenever it changes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._emails: frozenset[str] = frozenset()

    def check(self, email: str) -> LicenceState:
        emails = self._current()
        if emails is None:
            return LicenceState.UNCHECKED
        return LicenceState.VALID if email in emails else LicenceState.UNKNOWN

    def probe(self) -> str:
        try:
            return f"{len(_read(self._path))} addresses in the file"
        except OSError as error:
            raise Unavailable(SERVICE, f"the file cannot be read: {error.strerror}") from error
        except (ValueError, csv.Error) as error:
            raise Unavailable(SERVICE, f"the file cannot be understood: {error}") from error

    def _current(self) -> frozenset[str] | None:
        try:
            stat = self._path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size)
            with self._lock:
                if stamp != self._stamp:
                    self._emails, self._stamp = _read(self._path), stamp
                return self._emails
        except (OSError, ValueError, csv.Error):
            return None


class Endpoint:
    """GET `<url>?email=…`: 200 with `{"valid": true}` or `{"valid": false}`, 404 for one unknown there."""

    def __init__(self, url: str, monotonic: Callable[[], float]) -> None:
        self._url = url
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._remembered: OrderedDict[str, tuple[LicenceState, float]] = OrderedDict()
        self._away_until = 0.0
        # An answer that drips in byte by byte outlasts every time-out of a socket's.
        self._asking = ThreadPoolExecutor(8, thread_name_prefix="licences")

    def check(self, email: str) -> LicenceState:
        now = self._monotonic()
        with self._lock:
            state, until = self._remembered.get(email, (LicenceState.UNCHECKED, 0.0))
            if until > now:
                return state
            if self._away_until > now:
                return LicenceState.UNCHECKED
        return self._keep(email, self._asked(email))

    def probe(self) -> str:
        if self._asked(NOBODY) is LicenceState.UNCHECKED:
            raise Unavailable(SERVICE, f"the endpoint does not answer as agreed in {SECONDS:.0f} s")
        return "the endpoint answers"

    @outside()
    def _asked(self, email: str) -> LicenceState:
        try:
            return self._asking.submit(self._ask, email).result(SECONDS)
        except (requests.RequestException, ValueError, TookTooLong) as error:
            log.warning("the licences cannot be asked", why=type(error).__name__)
            return LicenceState.UNCHECKED

    def _ask(self, email: str) -> LicenceState:
        answer = requests.get(self._url, params={"email": email}, timeout=SECONDS, allow_redirects=False)
        if answer.status_code == 404:
            return LicenceState.UNKNOWN
        answer.raise_for_status()
        told = answer.json() if answer.status_code == 200 else None
        if not isinstance(told, dict) or not isinstance(told.get("valid"), bool):
            raise ValueError("the answer is not as agreed")
        return LicenceState.VALID if told["valid"] else LicenceState.UNKNOWN

    def _keep(self, email: str, state: LicenceState) -> LicenceState:
        now = self._monotonic()
        with self._lock:
            if state is LicenceState.UNCHECKED:
                self._away_until = now + AWAY_FOR
                return state
            self._remembered[email] = state, now + (KNOWN_FOR if state is LicenceState.VALID else UNKNOWN_FOR)
            self._remembered.move_to_end(email)
            while len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
        return state


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
