"""The vendor's own answer to which customer has a licence: asked once, waited for briefly, remembered."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from bridge.clients.licences import AWAY_FOR, KNOWN_FOR, UNKNOWN_FOR, Licences
from bridge.config import ConfigError, load
from tests.portal.conftest import ENVIRONMENT, Browser, Portal

LIMIT = 20.0
"""Seconds; a busy machine takes long to answer."""


@dataclass
class Vendor:
    """An endpoint that answers as it is told."""

    url: str = ""
    status: int = 200
    body: str = '{"valid": true}'
    asked: list[str] = field(default_factory=list)
    drips: bool = False
    """It sends a byte of its headers from time to time, and never ends."""
    closed: threading.Event = field(default_factory=threading.Event)
    now: float = 0.0

    def licences(self) -> Licences:
        return Licences(self.url, monotonic=lambda: self.now)


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendor]:
    monkeypatch.setattr("bridge.clients.licences.SECONDS", LIMIT)
    told = Vendor()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked += parse_qs(urlsplit(self.path).query)["email"]
            if told.drips:
                self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
                while not told.closed.wait(0.2):
                    self.wfile.write(b"x")
                return
            self.send_response(told.status)
            if told.status == 302:
                self.send_header("Location", f"{told.url}?email=followed@x.y")
            self.end_headers()
            self.wfile.write(told.body.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    told.url = f"http://127.0.0.1:{server.server_port}/licencas"
    yield told
    told.closed.set()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "state"),
    [
        (200, '{"valid": true, "plan": "x"}', "valid"),
        (200, '{"valid": false}', "unknown"),
        (404, "", "unknown"),
        (200, '{"valid": "yes"}', "unchecked"),
        (200, "[]", "unchecked"),
        (200, "<html>", "unchecked"),
        (204, "", "unchecked"),
        (302, '{"valid": true}', "unchecked"),
        (401, '{"valid": true}', "unchecked"),
        (500, '{"valid": true}', "unchecked"),
    ],
)
def test_the_answer_is_read_strictly(vendor: Vendor, status: int, body: str, state: str) -> None:
    vendor.status, vendor.body = status, body
    assert vendor.licences().check(" Admin@Cliente.com.br ").value == state
    assert vendor.asked == ["admin@cliente.com.br"]


def test_answers_are_remembered_for_their_time(vendor: Vendor) -> None:
    licences = vendor.licences()
    for body, state, life in (
        ('{"valid": true}', "valid", KNOWN_FOR),
        ('{"valid": false}', "unknown", UNKNOWN_FOR),
    ):
        vendor.body, vendor.asked, email = body, [], f"{state}@x.y"
        assert [licences.check(email).value for _ in range(3)] == [state] * 3
        assert len(vendor.asked) == 1
        vendor.now += life + 1
        licences.check(email)
        assert len(vendor.asked) == 2


def test_an_endpoint_that_fails_is_left_alone_for_a_while(vendor: Vendor) -> None:
    licences, vendor.status = vendor.licences(), 500
    assert licences.check("a@x.y").value == "unchecked"
    vendor.status = 200
    assert licences.check("b@x.y").value == "unchecked"
    assert vendor.asked == ["a@x.y"]
    vendor.now += AWAY_FOR + 1
    assert licences.check("b@x.y").value == "valid"


def test_an_answer_that_drips_in_is_not_waited_for(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.clients.licences.SECONDS", 1.0)
    vendor.drips = True
    begun = time.monotonic()
    assert vendor.licences().check("a@x.y").value == "unchecked"
    assert time.monotonic() - begun < LIMIT


def test_the_partner_sees_what_the_endpoint_says(vendor: Vendor, browser: Browser, opened: Portal) -> None:
    object.__setattr__(opened.services, "licences", vendor.licences())
    draft = browser.new_draft()
    browser.fill(draft)
    assert "Licença válida" in browser.get(f"{draft}/revisar").text
    vendor.status = 503
    browser.fill(draft, email_cliente="outro@cliente.com.br")
    assert "Não foi possível verificar" in browser.get(f"{draft}/revisar").text
    assert browser.post(f"{draft}/enviar", {}).status_code == 303


def test_customers_addresses_cross_the_network_encrypted_only() -> None:
    with pytest.raises(ConfigError, match="CHAMADOS_LICENCES"):
        load({**ENVIRONMENT, "CHAMADOS_LICENCES": "http://vendor.example/licencas"})
    assert load({**ENVIRONMENT, "CHAMADOS_LICENCES": "https://vendor.example/licencas"})
