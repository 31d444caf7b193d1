"""E-mails composed: asserted on the bytes that go over the wire."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.emails import Addressee, TicketFacts, compose
from bridge.store.mails import WIRE_POLICY
from mappings import load

MAPPINGS = load()
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def wire(kind: str = "recebido", *, opener: bool = True, cause: str = "filed", **changes: str) -> bytes:
    facts = {
        "reference": "CT-7",
        "title": "Não salva produtos",
        "opener": "Revenda Modelo",
        "url": "https://chamados.example/chamados/CT-7",
        "status": "Em análise",
        **{name: value for name, value in changes.items() if name in {"title", "opener"}},
    }
    message = compose(
        kind,
        mappings=MAPPINGS,
        ticket=TicketFacts(**facts),
        addressee=Addressee(email="ana@revenda.example", is_opener=opener),
        context={
            "comment": changes.get("comment", ""),
            "staging_url": "https://hml.example",
            "version": "v7",
            "due_date": "18/12/2026",
        },
        cause=cause,
        sender="Chamados <chamados@softhouse.example>",
        now=NOW,
    )
    return message.as_bytes(policy=WIRE_POLICY)


@pytest.mark.parametrize("kind", sorted(MAPPINGS.emails))
@pytest.mark.parametrize("opener", [True, False])
def test_every_kind_is_ascii_and_says_the_same_twice(kind: str, opener: bool) -> None:
    raw = wire(kind, opener=opener, comment="Qual planilha?")
    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    message = message_from_bytes(raw, policy=default)
    text = message.get_body(("plain",)).get_content()
    html = message.get_body(("html",)).get_content()
    for part in (text, html):
        assert "CT-7" in part
        assert "https://" in part
        assert "{{" not in part
        assert "PR Review" not in part
    assert len(html.encode()) <= 102_000
    assert message["Subject"] == "[CT-7] Não salva produtos"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["References"] == message["In-Reply-To"] == "<ct-7@softhouse.example>"


def test_the_same_cause_has_the_same_message_id() -> None:
    ids = {message_from_bytes(wire(cause=cause))["Message-ID"] for cause in ("filed", "filed", "changelog:1")}
    assert len(ids) == 2


def test_a_quotation_stays_a_quotation() -> None:
    raw = wire("comentario", comment="- não é item\n> nem citação\n\n<b>nem HTML</b>")
    message = message_from_bytes(raw, policy=default)
    assert "> - não é item" in message.get_body(("plain",)).get_content()
    html = message.get_body(("html",)).get_content()
    assert "<b>nem" not in html
    assert "&lt;b&gt;nem HTML" in html


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=200))
def test_no_text_adds_a_header_or_active_html(title: str, opener: str, comment: str) -> None:
    def clean(text: str) -> str:
        return text.encode("utf-8", "ignore").decode()

    hostile = "\r\nBcc: x@y.example\r\n\r\n<script>alert(1)</script>"
    raw = wire(
        "comentario",
        title=clean(title) + hostile,
        opener=clean(opener) + hostile,
        comment=clean(comment) + hostile,
    )
    message = message_from_bytes(raw, policy=default)
    assert sorted(message.keys()) == sorted(message_from_bytes(wire("comentario", comment="x")).keys())
    assert "<script" not in message.get_body(("html",)).get_content()
