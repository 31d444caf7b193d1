"""A cable that can be cut: a TCP proxy in front of a remote, with no idea of what it carries."""

import socket
import struct
import threading
from contextlib import suppress
from enum import Enum

CHUNK = 65536


class Cut(Enum):
    """Where the cable is cut, seen from the bridge."""

    UNSENT = "before the request is through"
    UNANSWERED = "after the request was served, before the answer"
    MID_ANSWER = "in the middle of the answer"


class Proxy:
    """Carries connections to a port of this machine; requests that begin with `match` meet a cut."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._match, self._cut, self._left = b"", Cut.UNSENT, 0
        self.cuts = 0
        threading.Thread(target=self._accept, daemon=True, name="proxy").start()

    def cut(self, match: bytes, where: Cut, *, times: int = 1) -> None:
        """Cut the next `times` requests whose first bytes match."""
        with self._lock:
            self._match, self._cut, self._left = match, where, times

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                ours, _ = self._listener.accept()
                theirs = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                return
            _Pair(self, ours, theirs)

    def due(self, sent: bytes) -> Cut | None:
        """The cut that these bytes meet."""
        with self._lock:
            if not self._left or not sent.startswith(self._match):
                return None
            self._left -= 1
            self.cuts += 1
            return self._cut


class _Pair:
    """One connection through the proxy."""

    def __init__(self, proxy: Proxy, ours: socket.socket, theirs: socket.socket) -> None:
        self._proxy, self._ours, self._theirs = proxy, ours, theirs
        self._doom: Cut | None = None
        for carry in (self._up, self._down):
            threading.Thread(target=carry, daemon=True, name="proxy").start()

    def _up(self) -> None:
        with suppress(OSError):
            while sent := self._ours.recv(CHUNK):
                self._doom = self._doom or self._proxy.due(sent)
                if self._doom is Cut.UNSENT:
                    break
                self._theirs.sendall(sent)
        self._reset()

    def _down(self) -> None:
        with suppress(OSError):
            while answer := self._theirs.recv(CHUNK):
                if self._doom is Cut.MID_ANSWER:
                    self._ours.sendall(answer[:20])
                if self._doom is not None:
                    break
                self._ours.sendall(answer)
        self._reset()

    def _reset(self) -> None:
        """Both ends at once, and with RST: nobody is told goodbye."""
        for end in (self._ours, self._theirs):
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.shutdown(socket.SHUT_RDWR)
                end.close()
