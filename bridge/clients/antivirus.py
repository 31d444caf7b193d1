"""Whether a file is known to be dangerous: asked of ClamAV's daemon, where the installation has one."""

from pathlib import Path
from urllib.parse import urlsplit

from clamav_client.clamd import BufferTooLongError, ClamdError, ClamdNetworkSocket, ClamdUnixSocket

from bridge.clients.errors import Refused, Unavailable
from bridge.store.engine import refuse_in_transaction

SERVICE = "ClamAV"
PORT = 3310
SECONDS = 60
"""For each answer of the daemon's: a large archive takes it a while."""


class Antivirus:
    """The daemon at `tcp://host:port` or `unix:///path`; without an address nothing is scanned."""

    def __init__(self, address: str) -> None:
        self._address = urlsplit(address)

    def finds_something(self, path: Path) -> bool:
        """True when the file is known to be dangerous.

        Raises:
            Unavailable: the daemon does not say. What was not scanned is not let in.
            Refused: the file is larger than it scans (its StreamMaxLength).
        """
        if not self._address.scheme:
            return False
        refuse_in_transaction()
        try:
            with path.open("rb") as content:
                answers = self._daemon().instream(content).values()
        except BufferTooLongError as error:
            raise Refused(SERVICE, "the file passes its StreamMaxLength") from error
        except (ClamdError, OSError) as error:
            raise Unavailable(SERVICE, f"did not scan ({type(error).__name__})") from error
        if not answers or any(status == "ERROR" for status, _ in answers):
            raise Unavailable(SERVICE, "could not scan")
        return any(status == "FOUND" for status, _ in answers)

    def _daemon(self) -> ClamdNetworkSocket:
        if self._address.scheme == "unix":
            return ClamdUnixSocket(path=self._address.path, timeout=SECONDS)
        return ClamdNetworkSocket(
            host=self._address.hostname or "", port=self._address.port or PORT, timeout=SECONDS
        )
