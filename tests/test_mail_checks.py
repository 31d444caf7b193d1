"""What `doctor` says of the domain's records and of the way to relay and mailbox; no name is looked up."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.resolver
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bridge.cli.mail_checks import judged, mail_findings, spf
from bridge.clients.names import Names
from bridge.config import Config, Secret, load
from tests.mailroom.conftest import ENVIRONMENT

DOMAIN = "softhouse.com.br"
ANSWERS = f"respostas.{DOMAIN}"


class Published:
    """A resolver that knows these records, each in DNS' own words, and no others."""

    def __init__(self, records: Mapping[tuple[str, str], Sequence[str]], *, silent: bool = False) -> None:
        self.records, self.silent = records, silent
        self.asked: list[str] = []

    def resolve(self, qname: str, rdtype: str, *, lifetime: float) -> Iterable[Any]:
        self.asked.append(qname)
        if self.silent:
            raise dns.resolver.LifetimeTimeout(timeout=lifetime, errors=[])
        if (qname, rdtype) not in self.records:
            raise dns.resolver.NXDOMAIN
        kind = dns.rdatatype.from_text(rdtype)
        return [
            dns.rdata.from_text(dns.rdataclass.IN, kind, words) for words in self.records[(qname, rdtype)]
        ]


@cache
def keys(number: int) -> tuple[str, str]:
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
    words = "v=DKIM1; k=rsa; p=" + "".join(public.decode().splitlines()[1:-1])
    return pem.decode(), f'"{words[:200]}" "{words[200:]}"'


def config(**changes: Any) -> Config:
    found = load(ENVIRONMENT)
    settings = {"sender": f"Chamados <chamados@{DOMAIN}>", "replies": "", "imap_url": Secret("")}
    return replace(found, mail=replace(found.mail, **{**settings, **changes}))


def signing(**changes: Any) -> Config:
    return config(dkim_selector="s1", dkim_key=Secret(keys(1)[0]), replies=ANSWERS, **changes)


IN_ORDER = {
    (ANSWERS, "TXT"): ['"google-site-verification=1"', '"v=spf1 include:relay.example -all"'],
    (f"_dmarc.{DOMAIN}", "TXT"): ['"v=DMARC1; p=reject"'],
    (ANSWERS, "MX"): ["10 mx.softhouse.com.br."],
}


def states(given: Config, records: Mapping[tuple[str, str], Sequence[str]]) -> dict[str, str]:
    found = mail_findings(given, names=Names(Published(records)), relay_answers=lambda: False)
    assert all(bool(one.remedy) == (one.state != "ok") for one in found)
    return {one.name: one.state for one in found}


def test_a_domain_in_order_is_said_to_be() -> None:
    records = {**IN_ORDER, (f"s1._domainkey.{DOMAIN}", "TXT"): [keys(1)[1]]}
    assert states(signing(), records) == dict.fromkeys(("tls", "spf", "dkim", "dmarc", "mx", "imap"), "ok")


def test_each_missing_record_is_named() -> None:
    wanted = {"spf": "error", "dkim": "error", "dmarc": "warning", "mx": "error", "tls": "ok", "imap": "ok"}
    assert states(signing(), {}) == wanted


def test_another_key_than_ours_is_noticed() -> None:
    records = {**IN_ORDER, (f"s1._domainkey.{DOMAIN}", "TXT"): [keys(2)[1]]}
    found = states(signing(), records)
    assert {name for name, state in found.items() if state != "ok"} == {"dkim"}


def test_a_domain_that_takes_no_mail_has_no_server() -> None:
    """RFC 7505."""
    assert states(config(replies=ANSWERS), {**IN_ORDER, (ANSWERS, "MX"): ["0 ."]})["mx"] == "error"


def test_a_parents_dmarc_record_counts() -> None:
    found = states(config(sender=f"a@avisos.{DOMAIN}", replies=ANSWERS), IN_ORDER)
    assert found["dmarc"] == "ok"
    two = {**IN_ORDER, (f"_dmarc.avisos.{DOMAIN}", "TXT"): ['"v=DMARC1; p=none"'] * 2}
    assert states(config(sender=f"a@avisos.{DOMAIN}", replies=ANSWERS), two)["dmarc"] == "warning"


def test_what_nobody_can_tell_is_a_warning_and_asked_once() -> None:
    resolver = Published({}, silent=True)
    [tls, said, imap] = mail_findings(signing(), names=Names(resolver), relay_answers=lambda: False)
    assert (tls.state, said.name, said.state, imap.state) == ("ok", "dns", "warning", "ok")
    assert said.detail == (
        f"SPF, DKIM, DMARC, MX not known: DNS: does not answer for {ANSWERS} (LifetimeTimeout)"
    )
    assert resolver.asked == [ANSWERS]


def test_a_machine_without_a_resolver_is_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*given: Any, **named: Any) -> None:
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr(dns.resolver, "Resolver", nothing)
    found = mail_findings(config(), names=Names(), relay_answers=lambda: False)
    assert [(one.name, one.state) for one in found] == [("tls", "ok"), ("dns", "warning"), ("imap", "ok")]


def test_names_for_examples_are_not_asked() -> None:
    resolver = Published({})
    found = mail_findings(
        config(sender="a@softhouse.example"), names=Names(resolver), relay_answers=lambda: False
    )
    assert [(one.name, one.state) for one in found] == [("tls", "ok"), ("dns", "ok"), ("imap", "ok")]
    assert resolver.asked == []


@pytest.mark.parametrize(
    ("records", "state"),
    [
        (["v=spf1 include:x -all"], "ok"),
        (["google-site-verification=1", "V=SPF1 mx ~ALL"], "ok"),
        (["v=spf1 redirect=_spf.x.com.br"], "ok"),
        (["v=spf1 mx ?all"], "warning"),
        (["v=spf1 mx"], "warning"),
        ([], "error"),
        (["v=spf10 -all"], "error"),
        (["v=spf1 mx -all", "v=spf1 a -all"], "error"),
        (["v=spf1 +all"], "error"),
        (["v=spf1 mx all"], "error"),
    ],
)
def test_spf(records: list[str], state: str) -> None:
    assert spf("x.com.br", records).state == state


@pytest.mark.parametrize(
    ("url", "state"),
    [
        ("smtp://u:p@mx.softhouse.com.br:587?tls=starttls", "ok"),
        ("smtps://u:p@mx.softhouse.com.br", "ok"),
        ("smtp://127.0.0.1:25", "ok"),
        ("smtp://mx.softhouse.com.br", "warning"),
        ("smtp://u:canario@mx.softhouse.com.br:587", "error"),
    ],
)
def test_the_way_must_be_private(url: str, state: str) -> None:
    found, *_ = mail_findings(
        config(smtp_url=Secret(url)), names=Names(Published({})), relay_answers=lambda: False
    )
    assert (found.name, found.state, "canario" in repr(found)) == ("tls", state, False)


@pytest.mark.parametrize(
    ("results", "state"),
    [
        ("mx.x; spf=pass smtp.mailfrom=a@b; dkim=pass header.d=b; dmarc=pass", "ok"),
        ("mx.x; spf=softfail; dkim=pass", "error"),
        ("", "ok"),
    ],
)
def test_what_the_receiving_server_thinks_is_told(results: str, state: str) -> None:
    assert judged(results).state == state
