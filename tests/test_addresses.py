"""Asking whether an address answers gives nobody a way into our network."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from bridge.clients.addresses import Addresses, _is_public


class Stand(BaseHTTPRequestHandler):
    """/n answers n; /to?address sends on."""

    asked: list[str] = []  # noqa: RUF012

    def do_GET(self) -> None:
        self.asked.append(self.headers["Host"] + self.path)
        to = self.path.partition("?")[2]
        self.send_response(302 if to else int(self.path.strip("/") or 200))
        if to:
            self.send_header("Location", to)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def stand() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Stand)
    Stand.asked.clear()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "fault"), [("/200", ""), ("/401", ""), ("/404", ""), ("/502", "answered 502")]
)
def test_whoever_answers_is_there(stand: str, path: str, fault: str) -> None:
    assert Addresses(private=True).fault(stand + path) == fault


def test_a_private_address_is_not_asked_unless_allowed(stand: str) -> None:
    assert "private network" in Addresses(private=False).fault(f"{stand}/200")
    assert Stand.asked == []


def test_a_redirect_is_checked_like_the_first_address(stand: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A public host that sends us to a private one: the second is not asked."""
    public = stand.replace("localhost", "public.example")
    real = socket.getaddrinfo
    port = int(stand.rpartition(":")[2])

    def resolve(host: str, *rest: object, **options: object) -> object:
        return real("127.0.0.1" if host == "public.example" else host, *rest, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr("bridge.clients.addresses._is_public", lambda number: not Stand.asked)
    said = Addresses(private=False).fault(f"{public}/to?http://localhost:{port}/200")
    assert "private network" in said
    assert [one.partition("/")[0] for one in Stand.asked] == [f"public.example:{port}"]


def test_redirects_end(stand: str) -> None:
    assert (
        Addresses(private=True).fault(f"{stand}/round?/round?/round?/round?/round?") == "too many redirects"
    )


@pytest.mark.parametrize(
    "url", ["ftp://a.example", "javascript:alert(1)", "http://", "http://a:b@localhost/", "x"]
)
def test_only_plain_web_addresses_are_asked(url: str) -> None:
    assert Addresses(private=True).fault(url) == "no http address"


@pytest.mark.parametrize(
    ("number", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("::1", False),
        ("::ffff:10.0.0.1", False),
        ("fd00::1", False),
        ("fe80::1%eth0", False),
        ("2002:0a00:0001::1", False),
        ("224.0.0.1", False),
        ("0.0.0.0", False),
    ],
)
def test_what_is_public(number: str, public: bool) -> None:
    assert _is_public(number) is public


def test_nobody_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert Addresses(private=True).fault(f"http://127.0.0.1:{port}/") != ""
