"""Signing in through the vendor's panel: by issuer and subject, and by nothing that is not proved."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import RSAKey
from sqlalchemy import select

from bridge.store.tables import Identity
from tests.portal.conftest import ENVIRONMENT, Browser, Portal, make, opened_store
from tests.portal.issuer import CLIENT, SECRET, Issuer, Json

EMAIL = "ana@revenda.com.br"
FORM = "/chamados/novo?vazio=1"


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    yield made
    made.close()


@pytest.fixture
def opened(tmp_path: Path, issuer: Issuer) -> Iterator[Portal]:
    settings = {
        "CHAMADOS_OIDC_ISSUER": issuer.url,
        "CHAMADOS_OIDC_CLIENT_ID": CLIENT,
        "CHAMADOS_OIDC_CLIENT_SECRET": SECRET,
    }
    with opened_store(tmp_path) as (store, files):
        made = make(store, {**ENVIRONMENT, "CHAMADOS_FILES": files, **settings})
        made.partner(EMAIL)
        yield made


def go(opened: Portal, issuer: Issuer, wanted: str = FORM) -> tuple[Browser, str]:
    """A browser that the issuer has sent on its way back, and the way back."""
    browser = Browser(opened)
    began = browser.get("/entrar/painel", query_string={"next": wanted})
    assert began.status_code == 303
    return browser, issuer.authorise(began.location or "")


def identities(opened: Portal) -> list[tuple[str, str]]:
    with opened.services.store.read() as db:
        return [(one.issuer, one.subject) for one in db.scalars(select(Identity))]


def test_panels_link_opens_the_form(opened: Portal, issuer: Issuer) -> None:
    browser, back = go(opened, issuer)
    answer = browser.get(back)
    assert answer.location == FORM
    assert "Antes de abrir um chamado" in browser.get(FORM).text
    assert identities(opened) == [(issuer.url, "user-1")]
    assert "Entrar pelo Painel do Parceiro" in Browser(opened).get("/entrar").text
    assert issuer.asked["code_challenge_method"] == "S256"
    assert SECRET not in str(issuer.asked)


def test_subject_counts_and_the_address_no_more(opened: Portal, issuer: Issuer) -> None:
    opened.partner("bia@revenda.com.br")
    browser, back = go(opened, issuer)
    browser.get(back)
    issuer.email = "bia@revenda.com.br"
    browser, back = go(opened, issuer)
    browser.get(back)
    assert EMAIL in browser.get("/conta").text
    # Another subject with the address of a partner who is linked already.
    issuer.subject, issuer.email = "user-2", EMAIL
    browser, back = go(opened, issuer)
    assert browser.get(back).status_code == 403
    assert browser.get("/chamados").status_code == 303


@pytest.mark.parametrize(
    ("email", "verified"),
    [(EMAIL, False), (EMAIL, "true"), (EMAIL, 1), ("eva@outra.com.br", True), ("", True)],
)
def test_unproved_or_unknown_addresses_open_nothing(
    opened: Portal, issuer: Issuer, email: str, verified: bool
) -> None:
    issuer.email, issuer.verified = email, verified
    browser, back = go(opened, issuer)
    page = browser.get(back)
    assert page.status_code == 403
    assert "ainda não está ligado a um parceiro" in page.text
    assert browser.get("/chamados").status_code == 303
    assert identities(opened) == []


def claim(**changes: Any) -> Callable[[Json], Json]:
    return lambda claims: {name: value for name, value in {**claims, **changes}.items() if value is not None}


BAD_CLAIMS = {
    "another issuer": claim(iss="https://evil.example"),
    "no issuer": claim(iss=None),
    "another audience": claim(aud="another"),
    "audience with others, no azp": claim(aud=[CLIENT, "another"]),
    "another azp": claim(azp="another"),
    "no audience": claim(aud=None),
    "no subject": claim(sub=None),
    "empty subject": claim(sub=""),
    "subject that is no text": claim(sub=7),
    "long subject": claim(sub="x" * 256),
    "another nonce": claim(nonce="another"),
    "no nonce": claim(nonce=None),
    "expired": lambda claims: {**claims, "exp": claims["iat"] - 600, "iat": claims["iat"] - 900},
    "no expiry": claim(exp=None),
    "expiry that is no number": claim(exp="tomorrow"),
    "issued tomorrow": lambda claims: {**claims, "iat": claims["iat"] + 86400},
    "not yet": lambda claims: {**claims, "nbf": claims["iat"] + 3600},
    "another access token": claim(at_hash="AAAA"),
}
STRANGER = RSAKey.generate_key(2048, {"kid": "one"}, private=True)
BAD_SIGNATURES: dict[str, Callable[[Issuer, Json], str]] = {
    "unsigned": Issuer.unsigned,
    "signed with our secret": Issuer.signed_with_our_secret,
    "another key": lambda issuer, claims: issuer.signed(claims, key=STRANGER),
    "unknown key": lambda issuer, claims: issuer.signed(claims, key=STRANGER, kid="two"),
    "cut": lambda issuer, claims: issuer.signed(claims)[:-8],
    "changed": lambda issuer, claims: issuer.signed(claims).replace(".", ".A", 1),
    "no token": lambda issuer, claims: "",
    "no jwt": lambda issuer, claims: "a.b",
}


@pytest.mark.parametrize("fault", [*BAD_CLAIMS, *BAD_SIGNATURES])
def test_bad_tokens_open_nothing(opened: Portal, issuer: Issuer, fault: str) -> None:
    issuer.spoil = BAD_CLAIMS.get(fault, issuer.spoil)
    issuer.sign = BAD_SIGNATURES.get(fault, issuer.sign)
    browser, back = go(opened, issuer)
    page = browser.get(back)
    assert page.status_code == 403
    assert "não foi confirmado" in page.text
    assert browser.get("/chamados").status_code == 303
    assert identities(opened) == []


def test_the_way_back_is_for_the_browser_that_went(opened: Portal, issuer: Issuer) -> None:
    browser, back = go(opened, issuer)
    assert Browser(opened).get(back).status_code == 403
    assert browser.get(back.replace("state=", "state=x")).status_code == 403
    assert browser.get("/entrar/painel/retorno?error=access_denied").status_code == 403
    assert browser.get(back).location == FORM
    browser.post("/sair", {})
    assert browser.get(back).status_code == 403


def test_another_verifier_gets_no_token(opened: Portal, issuer: Issuer) -> None:
    browser, back = go(opened, issuer)
    issuer.asked["code_challenge"] = "another"
    assert browser.get(back).status_code == 403


def test_an_issuer_that_is_down_sends_to_the_mail(opened: Portal, issuer: Issuer) -> None:
    issuer.close()
    page = Browser(opened).get("/entrar/painel?next=/chamados/novo")
    assert page.status_code == 503
    assert "Entrar por e-mail" in page.text


def test_new_keys_are_fetched_once(opened: Portal, issuer: Issuer) -> None:
    browser, back = go(opened, issuer)
    browser.get(back)
    issuer.key = RSAKey.generate_key(2048, {"kid": "two"}, private=True)
    issuer.sign = lambda issuer, claims: issuer.signed(claims, kid="two")
    browser, back = go(opened, issuer)
    assert browser.get(back).location == FORM
    assert issuer.calls.count("keys") == 2


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_it_leads_only_to_own_pages(opened: Portal, issuer: Issuer, wanted: str) -> None:
    browser, back = go(opened, issuer, wanted)
    assert browser.get(back).location == "/chamados"
