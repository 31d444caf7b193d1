"""A cable between browser and portal that tears once, after so many bytes, and stays torn for a while."""

import socket
import threading
import time
from contextlib import suppress

CHUNK = 65536


class Cable:
    """Carries connections to a port of this machine, at most `rate` bytes a second towards it."""

    def __init__(self, port: int, *, rate: float, tear_after: int, seconds: float) -> None:
        self._target, self._rate = port, rate
        self._tear_after, self._seconds = tear_after, seconds
        self._carried, self._torn_until = 0, 0.0
        self._open: list[socket.socket] = []
        self.torn = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                browser, _ = self._listener.accept()
            except OSError:
                return
            if time.monotonic() < self._torn_until:
                browser.close()
                continue
            portal = socket.create_connection(("127.0.0.1", self._target))
            self._open += [browser, portal]
            threading.Thread(target=self._carry, args=(browser, portal, True), daemon=True).start()
            threading.Thread(target=self._carry, args=(portal, browser, False), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, counted: bool) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                target.sendall(data)
                if counted:
                    self._count(len(data))
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _count(self, carried: int) -> None:
        self._carried += carried
        time.sleep(carried / self._rate)
        if not self.torn and self._carried >= self._tear_after:
            self.torn, self._torn_until = True, time.monotonic() + self._seconds
            for end in self._open:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            self._open.clear()
