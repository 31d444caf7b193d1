"""Whether a file is known to be dangerous: asked of ClamAV's daemon, where the installation has one."""

import socket
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from bridge.clients.errors import Refused, Unavailable
from bridge.store import outside

SERVICE = "ClamAV"
PORT = 3310
SECONDS = 60
"""For each answer of the daemon's: a large archive takes it a while."""
CHUNK = 64 * 1024
TOO_LARGE = "INSTREAM size limit exceeded. ERROR"


class Antivirus:
    """The daemon at `tcp://host:port` or `unix:///path`; without an address nothing is scanned."""

    def __init__(self, address: str) -> None:
        self._address = urlsplit(address)

    @outside()
    def finds_something(self, path: Path) -> bool:
        """True when the file is known to be dangerous.

        Raises:
            Unavailable: the daemon does not say. What was not scanned is not let in.
            Refused: the file is larger than it scans (its StreamMaxLength).
        """
        if not self._address.scheme:
            return False
        try:
            with self._connected() as daemon, path.open("rb") as content:
                said = _answer(daemon, content)
        except OSError as error:
            raise Unavailable(SERVICE, f"did not scan ({type(error).__name__})") from error
        if said == TOO_LARGE:
            raise Refused(SERVICE, "the file passes its StreamMaxLength")
        if not said.endswith((": OK", " FOUND")):
            raise Unavailable(SERVICE, "could not scan")
        return said.endswith(" FOUND")

    def probe(self) -> str:
        """What the daemon says to a greeting.

        Raises:
            Unavailable: it does not answer, or otherwise than it should.
        """
        if not self._address.scheme:
            return "off: files are not scanned"
        try:
            with self._connected() as daemon:
                daemon.sendall(b"zPING\0")
                said = _read(daemon)
        except OSError as error:
            raise Unavailable(SERVICE, f"could not be reached ({type(error).__name__})") from error
        if said != "PONG":
            raise Unavailable(SERVICE, "does not answer as ClamAV does")
        return "clamd answers"

    def _connected(self) -> socket.socket:
        if self._address.scheme == "unix":
            daemon = socket.socket(socket.AF_UNIX)
            daemon.settimeout(SECONDS)
            daemon.connect(self._address.path)
            return daemon
        return socket.create_connection((self._address.hostname or "", self._address.port or PORT), SECONDS)


def _answer(daemon: socket.socket, content: BinaryIO) -> str:
    """INSTREAM: pieces, each after its length in four bytes, then none."""
    # Past its limit the daemon says so and hangs up in the middle of what we send.
    with suppress(BrokenPipeError, ConnectionResetError):
        daemon.sendall(b"zINSTREAM\0")
        while piece := content.read(CHUNK):
            daemon.sendall(len(piece).to_bytes(4, "big") + piece)
        daemon.sendall(bytes(4))
    return _read(daemon)


def _read(daemon: socket.socket) -> str:
    """An answer; it ends with a zero."""
    said = b""
    while not said.endswith(b"\0") and (more := daemon.recv(4096)):
        said += more
    return said.rstrip(b"\0").decode(errors="replace")
