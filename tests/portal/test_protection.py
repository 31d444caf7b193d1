"""What every page carries, what no page may do, and what is said when something is wrong."""

import gzip
import io
import logging
import re
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import Rule

from bridge.portal import limits
from bridge.store import Store, schema
from tests.portal.conftest import ENVIRONMENT, PNG, START, Browser, Portal, make, opened_store

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'nonce-…'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def address_of(rule: Rule, *, draft: str, token: str) -> str:
    values = {
        "draft_id": draft,
        "ref": "CT-1",
        "token": token,
        "filename": "css/base.css",
        "number": "1",
        "change": "fora",
        "deed": "responder",
        "upload_id": "1",
        "arriving_id": "0" * 32,
    }
    return re.sub(r"<(?:[^:<>]*:)?(\w+)>", lambda found: values[found[1]], rule.rule)


@pytest.fixture
def lived_in(browser: Browser, opened: Portal) -> tuple[str, str]:
    """A portal with a ticket, a proposal waiting and a login link unused: (draft, link token)."""
    browser.file_ticket()
    opened.move(1, "Publicado")
    address = browser.new_draft()
    browser.fill(address, "ia", arquivos=(io.BytesIO(PNG), "tela.png"))
    Browser(opened).post("/entrar", {"email": "ana@revenda.com.br"})
    return address.rpartition("/")[2], opened.link().rpartition("/")[2]


def test_no_get_changes_anything(browser: Browser, opened: Portal, lived_in: tuple[str, str]) -> None:
    draft, token = lived_in
    before, files = opened.contents(), sorted(opened.services.config.files.iterdir())
    visited = 0
    for rule in opened.app.url_map.iter_rules():
        if "GET" in (rule.methods or set()):
            for query in ("", "?acao=revisar&decisao=aceitar&conferir=1"):
                path = address_of(rule, draft=draft, token=token)
                assert browser.get(path + query).status_code < 500
                assert browser.client.head(path).status_code < 500
            visited += 1
    assert visited >= 13
    assert opened.contents() == before
    assert sorted(opened.services.config.files.iterdir()) == files


def test_every_change_wants_a_token(browser: Browser, opened: Portal, lived_in: tuple[str, str]) -> None:
    draft, token = lived_in
    before = opened.contents()
    for rule in opened.app.url_map.iter_rules():
        # Programs and e-mails' links prove themselves, and use no cookie that a foreign page could borrow.
        if "POST" in (rule.methods or set()) and not rule.rule.startswith(("/api/", "/agir/", "/avisos/")):
            path = address_of(rule, draft=draft, token=token)
            assert browser.client.post(path, data={"texto": "Ainda ocorre, sim"}).status_code == 400, path
    assert opened.contents() == before


def test_foreign_sites_cannot_send_forms(browser: Browser) -> None:
    refused = browser.post("/sair", {}, headers={"Sec-Fetch-Site": "cross-site"})
    assert refused.status_code == 403
    assert browser.get("/chamados").status_code == 200


@pytest.mark.parametrize("path", ["/entrar", "/chamados", "/chamados/novo", "/nada", "/api/chamados"])
def test_headers(browser: Browser, path: str) -> None:
    answers = [browser.get(path) for _ in range(2)]
    policies = [answer.headers["Content-Security-Policy"] for answer in answers]
    assert policies[0] != policies[1]
    for answer, policy in zip(answers, policies, strict=True):
        shown = dict(answer.headers) | {
            "Content-Security-Policy": re.sub(r"'nonce-[\w-]{22}'", "'nonce-…'", policy)
        }
        assert {name: shown.get(name) for name in HEADERS} == HEADERS


def test_every_page_obeys_its_own_policy(browser: Browser, opened: Portal, lived_in: tuple[str, str]) -> None:
    draft, token = lived_in
    for rule in opened.app.url_map.iter_rules():
        if "GET" in (rule.methods or set()):
            page = browser.get(address_of(rule, draft=draft, token=token), follow_redirects=True)
            if page.mimetype == "text/html" and "<head>" in page.text:
                assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page.text), rule
                nonces = set(re.findall(r'<script[^>]* nonce="([^"]+)"', page.text))
                assert nonces == set(
                    re.findall(r"nonce-([\w-]+)", page.headers["Content-Security-Policy"])
                ), rule
                assert page.text.count("<script") == page.text.count("<script src=")
                assert not re.search(
                    r'(?:src|<link[^>]*href)="(?!/static/|/chamados/|data:image/)', page.text
                ), rule


def test_static_files_are_kept_by_browsers(opened: Portal) -> None:
    page = opened.client().get("/entrar").text
    found = re.search(r'href="(/static/css/base\.css\?v=[0-9a-f]{12})"', page)
    assert found
    answer = opened.client().get(found[1])
    assert "immutable" in answer.headers["Cache-Control"]


def test_pages_are_light(browser: Browser, lived_in: tuple[str, str]) -> None:
    page = browser.get(f"/chamados/novo/{lived_in[0]}")
    named = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
    assert len(named) >= 4
    sent = [page.data, *(browser.get(path).data for path in named)]
    assert sum(len(gzip.compress(one)) for one in sent) < 150_000


def test_https_cookies_are_bound_to_the_host(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'https.db'}")
    schema.prepare(store)
    made = make(store, {**ENVIRONMENT, "CHAMADOS_PUBLIC_URL": "https://chamados.softhouse.example"})
    answer = made.client().get("/entrar", base_url="https://chamados.softhouse.example")
    cookies = answer.headers.getlist("Set-Cookie")
    assert {cookie.partition("=")[0] for cookie in cookies} == {"__Host-navegador", "__Host-formulario"}
    for cookie in cookies:
        assert "Secure" in cookie
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Domain" not in cookie
    store.close()


# --- errors ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "method", "code", "said"),
    [
        ("/nada", "GET", 404, "Página não encontrada"),
        ("/chamados", "DELETE", 405, "Isto não pode ser feito assim"),
        ("/entrar", "POST", 400, "Não conseguimos ler este envio"),
    ],
)
def test_errors_speak_portuguese(opened: Portal, path: str, method: str, code: int, said: str) -> None:
    answer = opened.client().open(path, method=method)
    assert answer.status_code == code
    assert said in answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_stranger_cannot_send_much(opened: Portal) -> None:
    answer = opened.client().post("/entrar", data={"email": "x" * 3_000_000})
    assert answer.status_code == 413
    assert "grande demais" in answer.text


def test_whoever_may_send_files_may_not_send_as_much_json(opened: Portal) -> None:
    opened.partner("ana@revenda.com.br")
    headers = {"Authorization": f"Bearer {opened.token('ana@revenda.com.br')}"}
    answer = opened.client().post("/api/chamados", json={"titulo": "x" * 3_000_000}, headers=headers)
    assert answer.status_code == 413


@pytest.fixture
def broken(opened: Portal, monkeypatch: pytest.MonkeyPatch) -> Flask:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("senha=hunter2")

    monkeypatch.setitem(opened.app.view_functions, "portal.sign_in", fail)
    monkeypatch.setitem(opened.app.view_functions, "api.describe", fail)
    opened.app.config["PROPAGATE_EXCEPTIONS"] = False
    return opened.app


def test_our_own_trouble_has_an_id_and_no_detail(broken: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        page = broken.test_client().get("/entrar")
    assert page.status_code == 500
    found = re.search(r'<strong class="code">([0-9a-f]{8})</strong>', page.text)
    assert found
    assert found[1] in caplog.text
    assert "hunter2" not in page.text
    api = broken.test_client().get("/api/openapi.json")
    assert api.json
    assert set(api.json) == {"erro", "id"}


# --- quotas ---------------------------------------------------------------------------------------------


def test_asking_for_links_is_limited(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'limited.db'}")
    schema.prepare(store)
    made = make(store, ENVIRONMENT, limited=True)
    browser = Browser(made)
    answers = [browser.post("/entrar", {"email": "ana@revenda.com.br"}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert "Muitas tentativas" in answers[-1].text
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert "Espere um minuto" in answers[-1].text
    assert browser.get("/entrar").status_code == 200
    store.close()


def test_who_asked_too_often_is_told_how_long_to_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(limits.QUOTAS, "portal.request_link", "5 per minute;1 per hour")
    with opened_store(tmp_path) as (store, files):
        browser = Browser(make(store, {**ENVIRONMENT, "CHAMADOS_FILES": files}, limited=True))
        _, refused = (browser.post("/entrar", {"email": "ana@revenda.com.br"}) for _ in range(2))
        assert 3500 < int(refused.headers["Retry-After"]) <= 3600
        assert "Espere 60 minutos e tente de novo." in refused.text


def test_an_ipv6_network_counts_as_one_address(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'limited.db'}")
    schema.prepare(store)
    browser = Browser(make(store, ENVIRONMENT, limited=True))

    def asked(address: str) -> int:
        asking = {"email": "ana@revenda.com.br"}
        return browser.post("/entrar", asking, environ_base={"REMOTE_ADDR": address}).status_code

    one_network = [asked(f"2001:db8:0:1:{number}::1") for number in range(6)]
    assert one_network == [200] * 5 + [429]
    assert asked("2001:db8:0:2::1") == asked("2001:db8:0:2::1") == 200
    assert [asked(f"203.0.113.{number}") for number in range(6)] == [200] * 6
    assert [asked(f"::ffff:198.51.100.{number}") for number in range(6)] == [200] * 6
    assert asked("203.0.113.7:4711") == 200  # as some proxies write it
    store.close()


def test_one_panel_asks_for_each_partner_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.QUOTAS, "api.listing", "2 per minute")
    with opened_store(tmp_path) as (store, files):
        made = make(store, {**ENVIRONMENT, "CHAMADOS_FILES": files}, limited=True)
        statuses = {}
        for email in ("ana@revenda.com.br", "bia@outra.com.br"):
            made.partner(email)
            headers = {"Authorization": f"Bearer {made.token(email)}"}
            statuses[email] = [
                made.client().get("/api/chamados", headers=headers).status_code for _ in range(3)
            ]
        assert list(statuses.values()) == [[200, 200, 429]] * 2
        nobody = [made.client().get("/api/chamados").status_code for _ in range(3)]
        assert nobody == [401, 401, 429]
        described = made.client().get("/api/openapi.json").get_json()
        for path in described["paths"].values():
            for one in path.values():
                assert "Retry-After" in one["responses"]["429"]["headers"]


def test_ai_is_limited_by_partner(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'limited.db'}")
    schema.prepare(store)
    made = make(store, {**ENVIRONMENT, "CHAMADOS_FILES": str(tmp_path / "f")}, limited=True)
    browser = made.signed_in()
    address = browser.new_draft()
    answers = [browser.fill(address, "ia").location or "" for _ in range(11)]
    assert len(made.assistant.asked) == 10
    assert answers[-1].endswith("aviso=ia-indisponivel")
    assert made.now[0] == START
    store.close()
