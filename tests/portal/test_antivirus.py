"""The antivirus, where there is one: what it finds is not kept, and what it cannot scan is not let in."""

import io
import socket
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.clients.antivirus import Antivirus
from tests.portal.conftest import PNG, Browser, Portal

# What clamd answers to INSTREAM: https://docs.clamav.net/manual/Usage/Scanning.html#clamd
CLEAN, FOUND = b"stream: OK", b"stream: Win.Test.EICAR_HDB-1 FOUND"
FAILED = b"stream: Can't allocate memory ERROR"
TOO_LARGE = b"INSTREAM size limit exceeded. ERROR"
EVIL = b"X5O!P%@AP"
STREAM_MAX = 4096


class Daemon(socketserver.StreamRequestHandler):
    """A clamd that finds what is EVIL, and reads STREAM_MAX bytes at most."""

    def handle(self) -> None:
        if self.rfile.read(6) == b"zPING\0":
            self.wfile.write(b"PONG\0")
            return
        assert self.rfile.read(4) == b"EAM\0"
        content = b""
        while size := int.from_bytes(self.rfile.read(4), "big"):
            content += self.rfile.read(size)
            if len(content) > STREAM_MAX:
                self.wfile.write(TOO_LARGE + b"\0")
                return
        said = FOUND if EVIL in content else FAILED if b"broken" in content else CLEAN
        self.wfile.write(said + b"\0")


@pytest.fixture(params=["tcp", "unix"])
def clamd(request: pytest.FixtureRequest, tmp_path: Path, opened: Portal) -> Iterator[None]:
    """The portal asks a daemon."""
    if request.param == "tcp":
        server: socketserver.BaseServer = socketserver.TCPServer(("127.0.0.1", 0), Daemon)
        address = f"tcp://127.0.0.1:{server.server_address[1]}"
    else:
        server = socketserver.UnixStreamServer(str(tmp_path / "clamd"), Daemon)
        address = f"unix://{tmp_path / 'clamd'}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    ask(opened, address)
    yield
    server.shutdown()
    server.server_close()


def ask(opened: Portal, address: str) -> None:
    object.__setattr__(opened.services, "antivirus", Antivirus(address))


def sent(browser: Browser, content: bytes, name: str = "a.txt") -> str:
    """What the form says when it is sent with the file; empty when it is kept."""
    answer = browser.fill(browser.new_draft(), "salvar", arquivos=(io.BytesIO(content), name))
    return answer.text if answer.status_code == 422 else ""


@pytest.mark.usefixtures("clamd")
def test_what_the_daemon_finds_is_not_kept(browser: Browser, opened: Portal) -> None:
    assert "“a.txt”: o antivírus encontrou algo perigoso nele." in sent(browser, EVIL)
    assert list(opened.services.config.files.iterdir()) == []
    assert sent(browser, PNG, "tela.png") == ""
    assert "não foi possível passar o antivírus agora" in sent(browser, b"broken")


@pytest.mark.usefixtures("clamd")
@pytest.mark.parametrize("size", [STREAM_MAX + 1, 3_000_000])
def test_what_is_too_large_for_it_is_refused_for_good(browser: Browser, size: int) -> None:
    assert "“a.txt”: é grande demais para o antivírus. Envie um link" in sent(browser, b"x" * size)


@pytest.mark.usefixtures("clamd")
def test_a_file_in_pieces_is_scanned_whole(browser: Browser) -> None:
    draft = browser.new_draft()
    way = browser.begin(draft, "a.txt", len(EVIL)).location or ""
    assert browser.piece(way, EVIL[:4], offset=0).status_code == 204
    refused = browser.piece(way, EVIL[4:], offset=4)
    assert (refused.status_code, "antivírus" in refused.get_json()["erro"]) == (422, True)
    assert browser.tus("HEAD", way).status_code == 404


def test_while_the_daemon_is_away_nothing_is_let_in_and_nothing_lost(
    browser: Browser, opened: Portal
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    ask(opened, f"tcp://127.0.0.1:{port}")
    assert "não foi possível passar o antivírus agora" in sent(browser, PNG, "a.png")
    way = browser.begin(browser.new_draft(), "a.png", len(PNG)).location or ""
    assert browser.piece(way, PNG, offset=0).status_code == 503
    assert browser.tus("HEAD", way).headers["Upload-Offset"] == str(len(PNG))  # the script asks again later
    ask(opened, "")
    assert browser.piece(way, b"", offset=len(PNG)).status_code == 204


def test_without_a_daemon_nothing_is_scanned(browser: Browser) -> None:
    assert sent(browser, EVIL) == ""


def test_a_daemon_answers_a_greeting(clamd: None, opened: Portal) -> None:
    assert opened.services.antivirus.probe() == "clamd answers"
