"""A relay that answers as told: to any command, or when it is dialled."""

import socketserver
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

DIALLED, MESSAGE = "dialled", "message"
"""What is answered besides commands: the greeting, and what follows the final dot."""
GOOD = {
    DIALLED: "220 relay ESMTP",
    "EHLO": "250-relay\r\n250 AUTH PLAIN",
    "AUTH": "235 2.7.0 ok",
    "DATA": "354 go on",
    MESSAGE: "250 2.0.0 taken",
    "QUIT": "221 bye",
}


class ScriptedRelay:
    """Counts what it hears. `answers` may be changed at any time."""

    def __init__(self, answers: Mapping[str, str]) -> None:
        self.answers = dict(answers)
        self.heard: Counter[str] = Counter()
        self.lines = 0
        """That are open now."""
        self.port = 0

    def said(self, what: str) -> bytes:
        self.heard[what] += 1
        return f"{self.answers.get(what) or GOOD.get(what, '250 2.0.0 ok')}\r\n".encode()

    def talk(self, line: socketserver.StreamRequestHandler) -> None:
        self.lines += 1
        line.wfile.write(self.said(DIALLED))
        while words := line.rfile.readline().split():
            command = words[0].decode().upper()
            line.wfile.write(self.said(command))
            if command == "QUIT":
                break
            if command == "DATA" and "DATA" not in self.answers:
                while line.rfile.readline() not in {b".\r\n", b""}:
                    pass
                line.wfile.write(self.said(MESSAGE))
        self.lines -= 1


@contextmanager
def scripted_relay(**answers: str) -> Iterator[ScriptedRelay]:
    relay = ScriptedRelay(answers)

    class Line(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            relay.talk(self)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Line) as server:
        server.daemon_threads = True
        relay.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield relay
        server.shutdown()
