"""What `doctor` says of the domain's records and of the way to relay and mailbox."""

from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bridge.cli import mail_checks
from bridge.cli.mail_checks import dmarc, mail_findings, spf
from bridge.clients import names
from bridge.clients.errors import Unavailable
from bridge.config import Config, Secret, load
from tests.mailroom.conftest import ENVIRONMENT

DOMAIN = "softhouse.com.br"


def config(**changes: Any) -> Config:
    found = load(ENVIRONMENT)
    settings = {"sender": f"Chamados <chamados@{DOMAIN}>", "replies": "", "imap_url": Secret("")}
    return replace(found, mail=replace(found.mail, **{**settings, **changes}))


def keys() -> tuple[str, str]:
    """(private key, what is published of it)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return pem.decode(), "v=DKIM1; k=rsa; p=" + "".join(public.decode().splitlines()[1:-1])


def states(given: Config, monkeypatch: pytest.MonkeyPatch, **published: list[str]) -> dict[str, str]:
    """Finding to its state; `published`: texts by the name's first label, the domain's own as `domain`."""

    def texts(name: str) -> list[str]:
        return published.get("domain" if name == DOMAIN else name.partition(".")[0].lstrip("_"), [])

    monkeypatch.setattr(names, "texts", texts)
    monkeypatch.setattr(names, "exchangers", lambda domain: published.get("mx", []))
    return {one.name: one.state for one in mail_findings(given)}


def test_a_domain_in_order_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    private, public = keys()
    given = config(dkim_selector="s1", dkim_key=Secret(private), replies=f"r.{DOMAIN}")
    found = states(
        given,
        monkeypatch,
        r=["v=spf1 include:relay.example -all"],
        s1=[public],
        dmarc=["v=DMARC1; p=reject"],
        mx=["mx.softhouse.com.br"],
    )
    assert found == dict.fromkeys(("tls", "spf", "dkim", "dmarc", "mx", "imap"), "ok")


def test_each_missing_record_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    private, _ = keys()
    given = config(dkim_selector="s1", dkim_key=Secret(private), replies=f"r.{DOMAIN}")
    found = states(given, monkeypatch)
    wanted = {"spf": "error", "dkim": "error", "dmarc": "warning", "mx": "error", "tls": "ok", "imap": "ok"}
    assert found == wanted


def test_another_key_than_ours_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    (private, _), (_, other) = keys(), keys()
    given = config(dkim_selector="s1", dkim_key=Secret(private))
    found = states(given, monkeypatch, domain=["v=spf1 mx -all"], s1=[other])
    assert (found["dkim"], found["spf"]) == ("error", "ok")


def test_names_that_cannot_be_asked_are_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(name: str) -> list[str]:
        raise Unavailable("DNS", f"does not answer for {name}")

    monkeypatch.setattr(names, "texts", silent)
    found = {one.name: one.state for one in mail_findings(config())}
    assert (found["spf"], found["dmarc"]) == ("warning", "warning")


def test_names_for_examples_are_not_asked() -> None:
    found = mail_findings(config(sender="a@softhouse.example"))
    assert [(one.name, one.state) for one in found] == [("tls", "ok"), ("dns", "ok"), ("imap", "ok")]


@pytest.mark.parametrize(
    ("records", "state"),
    [
        (["v=spf1 include:x -all"], "ok"),
        (["google-site-verification=1", "v=spf1 mx ~all"], "ok"),
        ([], "error"),
        (["v=spf1 mx -all", "v=spf1 a -all"], "error"),
        (["v=spf1 +all"], "error"),
        (["v=spf1 mx all"], "error"),
    ],
)
def test_spf(records: list[str], state: str) -> None:
    assert spf("x.com.br", records).state == state


@pytest.mark.parametrize(
    ("records", "state"), [(["v=DMARC1; p=none"], "ok"), ([], "warning"), (["x"], "warning")]
)
def test_dmarc(records: list[str], state: str) -> None:
    assert dmarc("x.com.br", records).state == state


@pytest.mark.parametrize(
    ("url", "state"),
    [
        ("smtp://u:p@mx.softhouse.com.br:587?tls=starttls", "ok"),
        ("smtps://u:p@mx.softhouse.com.br", "ok"),
        ("smtp://127.0.0.1:25", "ok"),
        ("smtp://u:canario@mx.softhouse.com.br:587", "error"),
    ],
)
def test_the_way_must_be_private(url: str, state: str) -> None:
    [found] = mail_checks._encryption(config(smtp_url=Secret(url)))
    assert (found.state, "canario" in repr(found)) == (state, False)


@pytest.mark.parametrize(
    ("results", "state"),
    [
        ("mx.x; spf=pass smtp.mailfrom=a@b; dkim=pass header.d=b; dmarc=pass", "ok"),
        ("mx.x; spf=softfail; dkim=pass", "error"),
        ("", "ok"),
    ],
)
def test_what_the_receiving_server_thinks_is_told(results: str, state: str) -> None:
    assert mail_checks._judged(results).state == state
