"""The server of `chamados serve` over real sockets: who is slow keeps nobody else waiting."""

import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from bridge.cli.waiting import free_port, until

SILENCE = 1
LIMIT = 5
"""Seconds: of those who are slow as many come as would take longer, were they waited for."""
ASK = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


@dataclass
class Server:
    port: int
    log: Path
    held: ExitStack

    def connected(self, said: bytes = b"") -> socket.socket:
        sock = self.held.enter_context(socket.create_connection(("127.0.0.1", self.port), timeout=20))
        sock.sendall(said)
        return sock

    def answers(self) -> bool:
        try:
            return answer(self.connected(ASK)).endswith(b"fine")
        except OSError:
            return False


def answer(sock: socket.socket) -> bytes:
    """What comes until there is a body of the length it says."""
    said = b""
    while chunk := sock.recv(65536):
        said += chunk
        head, end, body = said.partition(b"\r\n\r\n")
        if end and len(body) >= int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]):
            break
    return said


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    port, log = free_port(), tmp_path_factory.mktemp("server") / "log"
    large = log.with_name("large.bin")
    large.write_bytes(bytes(20_000_000))
    program = Path(__file__).with_name("server_child.py")
    child = [sys.executable, str(program), str(port), str(SILENCE), str(large)]
    with log.open("wb") as file, subprocess.Popen(child, stdout=file, stderr=file) as process:
        with ExitStack() as held:
            assert until(Server(port, log, held).answers, seconds=30), log.read_text()
        yield port, log
        process.terminate()


@pytest.fixture
def server(running: tuple[int, Path]) -> Iterator[Server]:
    with ExitStack() as held:
        yield Server(*running, held)


POST = b"POST /read HTTP/1.1\r\nHost: x\r\n"
SLOW = {
    "says nothing": (b"", 3),
    "stops in a header": (ASK[:-6], 1),
    "stops in a body": (POST + b"Content-Length: 999\r\n\r\nbegun", 1),
    "stops between chunks": (POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n", 1),
    "reads no page": (ASK.replace(b"healthz", b"large"), 1),
    "reads no file": (ASK.replace(b"healthz", b"file"), 1),
}


@pytest.mark.parametrize(("said", "crowd"), SLOW.values(), ids=SLOW)
def test_who_is_slow_keeps_nobody_waiting(server: Server, said: bytes, crowd: int) -> None:
    for _ in range(crowd):
        server.connected(said)
    began = time.monotonic()
    assert server.answers()
    assert time.monotonic() - began < LIMIT
    assert "Traceback" not in server.log.read_text()


@pytest.mark.parametrize("said", [ASK.replace(b"1.1", b"1.0"), b"nonsense\r\n\r\n"], ids=["ask", "nonsense"])
def test_who_does_not_close_keeps_nobody_waiting(server: Server, said: bytes) -> None:
    began = time.monotonic()
    for _ in range(4):
        assert answer(server.connected(said)).startswith(b"HTTP/1.")
    assert server.answers()
    assert time.monotonic() - began < LIMIT


def test_a_request_that_is_cut_off_ends(server: Server) -> None:
    slow = server.connected(ASK[:-6])
    assert slow.recv(100) == b""


def paced(sock: socket.socket, said: bytes) -> None:
    """Send byte after byte, for longer than a silence may last; nothing is answered meanwhile."""
    for place in range(len(said)):
        sock.sendall(said[place : place + 1])
        assert select.select([sock], [], [], SILENCE / 3) == ([], [], [])


def test_an_upload_that_goes_on_may_take_its_time(server: Server) -> None:
    slow = server.connected(b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\n")
    paced(slow, b"slowly")
    slow.sendall(b".")
    assert answer(slow).endswith(b"7")


def test_a_connection_is_kept_for_the_next_request(server: Server) -> None:
    kept = server.connected(ASK)
    assert answer(kept).endswith(b"fine")
    kept.sendall(ASK)
    assert answer(kept).endswith(b"fine")
