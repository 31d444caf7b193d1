"""gunicorn with our settings, and with no more patience than its threads can afford."""

import socket
import struct
import sys
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from selectors import EVENT_READ

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import TConn, ThreadWorker

from bridge.app import carried, create_app
from bridge.carrier import Carrier
from bridge.cli.common import owner
from bridge.services import Services

THREADS = 16
"""Requests answered side by side by one process."""
SILENCE_SECONDS = 15
"""So long a thread waits for the next bytes of a request, and for a client that takes none of its answer."""
IDLE_SECONDS = 5
"""So long a connection is kept on which nothing has been asked, or nothing more, or all is answered."""


class _Log(Logger):  # type: ignore[misc]
    """gunicorn's words in our log: no handlers of its own, and no access log (`request_log` writes ours)."""

    def setup(self, cfg: object) -> None:
        self.error_log.setLevel("WARNING")
        self.error_log.propagate = True

    def access(self, *_: object) -> None:
        pass

    def exception(self, msg: object, *args: object, **more: object) -> None:
        """All but a client's silence, which is no fault here."""
        if not isinstance(sys.exc_info()[1], BlockingIOError):
            super().exception(msg, *args, **more)


class _Worker(ThreadWorker):  # type: ignore[misc]
    """Lends a thread only to who has asked something and goes on asking or reading.

    gunicorn's own lets a thread wait for bytes without end, five seconds for the first one, and the loop that
    accepts connections wait two seconds for a client to close.
    """

    def enqueue_req(self, conn: TConn) -> None:
        if conn.initialized or conn.data_ready:
            super().enqueue_req(conn)
        else:
            self._watch(conn, partial(self.on_pending_socket_readable, conn))

    def handle(self, conn: TConn) -> object:
        # Not Python's timeout: for `sendall` that is of the whole answer, however slow the line.
        silence = struct.pack("ll", SILENCE_SECONDS, 0)
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, silence)
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, silence)
        return super().handle(conn)

    def finish_request(self, conn: TConn, fs: Future[object]) -> None:
        if fs.cancelled() or fs.exception() or fs.result():
            super().finish_request(conn, fs)
            return
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            self._watch(conn, partial(self._drain, conn))
        except (OSError, ValueError):  # it is closed already
            self._forget(conn)

    def _watch(self, conn: TConn, then: Callable[[socket.socket], None]) -> None:
        """Wait in the loop for what comes; after IDLE_SECONDS the loop closes the connection."""
        conn.sock.setblocking(False)
        conn.set_timeout()
        self.poller.register(conn.sock, EVENT_READ, then)
        self.pending_conns.append(conn)

    def _drain(self, conn: TConn, client: socket.socket) -> None:
        """Until the client closes: were it done here first, what it still sends would cut off its answer."""
        try:
            if client.recv(65536):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self.poller.unregister(client)
        self.pending_conns.remove(conn)
        self._forget(conn)

    def _forget(self, conn: TConn) -> None:
        self.nr_conns -= 1
        conn.close()


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn; each of its processes has a carrier of its own."""

    def __init__(self, services: Services, *, host: str, port: int, processes: int) -> None:
        self._services = services
        self._bind = f"{host}:{port}"
        self._processes = processes
        self._carrier: Carrier | None = None
        super().__init__()

    def load_config(self) -> None:
        settings = {
            "bind": self._bind,
            "workers": self._processes,
            "threads": THREADS,
            "worker_class": _Worker,
            "keepalive": IDLE_SECONDS,
            "sendfile": False,  # the system's waits without end for a client that does not read
            "graceful_timeout": 20,
            "loglevel": "warning",
            "logger_class": _Log,
            "control_socket_disable": True,
            "worker_exit": lambda server, worker: self._stop(),
        }
        for name, value in settings.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> object:
        # Called in the worker process: threads do not survive the fork that makes it.
        if self._services.config.workers:
            self._carrier = carried(self._services, owner=owner())
        return create_app(self._services)

    def _stop(self) -> None:
        if self._carrier:
            self._carrier.stop()
