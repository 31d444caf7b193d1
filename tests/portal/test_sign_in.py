"""Signing in: by a link, once, soon, in the browser that asked; and out."""

import re
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from limits import parse_many
from sqlalchemy import event

from bridge import emails
from bridge.portal.limits import QUOTAS
from bridge.store import people
from tests.portal.conftest import Browser, Portal, unnamed

EMAIL = "ana@revenda.com.br"


@pytest.fixture
def asked(opened: Portal) -> Browser:
    opened.partner(EMAIL)
    browser = Browser(opened)
    browser.get("/entrar")
    browser.post("/entrar", {"email": EMAIL})
    return browser


def test_link_signs_in_after_a_click(opened: Portal, asked: Browser) -> None:
    page = asked.get(opened.link())
    assert page.status_code == 200
    assert ">Entrar</button>" in page.text
    assert asked.get("/chamados").status_code == 303
    assert asked.post(opened.link(), {}).location == "/chamados"
    assert "Meus chamados" in asked.get("/chamados").text


def test_a_wrong_address_says_nothing_of_files(asked: Browser) -> None:
    page = asked.post("/entrar", {"email": "ana arroba"})
    assert page.status_code == 422
    assert "Informe um e-mail" in page.text
    assert "arquivos enviados" not in page.text


def test_same_answer_for_strangers(opened: Portal, asked: Browser) -> None:
    before = len(opened.mails())
    known = asked.post("/entrar", {"email": EMAIL}).text
    unknown = asked.post("/entrar", {"email": "eve@revenda.com.br"}).text
    assert unnamed(known.replace(EMAIL, "…")) == unnamed(unknown.replace("eve@revenda.com.br", "…"))
    assert {mail.recipient for mail in opened.mails()} == {EMAIL}
    assert len(opened.mails()) == before + 1


def test_strangers_cost_as_much_work(opened: Portal, asked: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    compose = emails.sign_in

    def counted(**what: Any) -> EmailMessage:
        done.append("composed")
        return compose(**what)

    def executed(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        done.extend(re.findall("INSERT INTO mails", statement))

    def work(email: str) -> list[str]:
        done.clear()
        asked.post("/entrar", {"email": email})
        return [*done]

    monkeypatch.setattr(emails, "sign_in", counted)
    engine = opened.services.store.engine
    event.listen(engine, "before_cursor_execute", executed)
    event.listen(engine, "commit", lambda _: done.append("committed"))
    assert work(EMAIL) == work("eve@revenda.com.br") == ["composed", "INSERT INTO mails", "committed"]
    assert {mail.recipient for mail in opened.mails()} == {EMAIL}


def test_looking_never_uses_the_link_up(opened: Portal, asked: Browser) -> None:
    scanner = opened.client()
    for _ in range(3):
        scanner.get(opened.link())
        scanner.head(opened.link())
        asked.get(opened.link())
    assert asked.post(opened.link(), {}).status_code == 303


def test_link_works_once(opened: Portal, asked: Browser) -> None:
    link = opened.link()
    asked.post(link, {})
    asked.post("/sair", {})
    again = asked.post(link, {})
    assert again.status_code == 410
    assert "não vale mais" in again.text


def test_link_expires(opened: Portal, asked: Browser) -> None:
    opened.wait(timedelta(minutes=10))
    assert asked.get(opened.link()).status_code == 410
    assert asked.post(opened.link(), {}).status_code == 410
    assert asked.get("/chamados").status_code == 303


def shown_code(page: str) -> str:
    found = re.search(r'class="big-code"[^>]*>([A-Z0-9]{3}-[A-Z0-9]{3})<', page)
    assert found, page
    return found[1]


def test_other_browser_is_refused_and_the_link_lives_on(opened: Portal, asked: Browser) -> None:
    other = Browser(opened)
    other.get("/entrar")
    for _ in range(2):
        assert "outro navegador" in other.post(opened.link(), {}).text
        shown_code(other.get(opened.link()).text)
    assert other.get("/chamados").status_code == 303
    assert asked.post(opened.link(), {}).status_code == 303


@pytest.mark.parametrize("spelled", [str, str.lower, lambda code: f" {code.replace('-', ' ')} "])
def test_code_of_another_browser_signs_in_the_first_one(
    opened: Portal, asked: Browser, spelled: Callable[[str], str]
) -> None:
    code = shown_code(opened.client().get(opened.link()).text)
    assert asked.post("/entrar/codigo", {"codigo": spelled(code)}).location == "/chamados"
    assert asked.get("/chamados").status_code == 200
    again = asked.post("/entrar/codigo", {"codigo": code})
    assert "não vale" in unnamed(again.text) or again.status_code == 422
    assert Browser(opened).post(opened.link(), {}).status_code == 410


def test_code_is_worth_nothing_elsewhere_or_late(opened: Portal, asked: Browser) -> None:
    code = shown_code(opened.client().get(opened.link()).text)
    other = Browser(opened)
    other.get("/entrar")
    assert other.post("/entrar/codigo", {"codigo": code}).status_code == 422
    opened.wait(timedelta(minutes=10))
    assert asked.post("/entrar/codigo", {"codigo": code}).status_code == 422
    assert asked.get("/chamados").status_code == 303


def test_codes_cannot_be_tried_out(opened: Portal, asked: Browser) -> None:
    code = shown_code(opened.client().get(opened.link()).text)
    for number in range(5):
        page = asked.post("/entrar/codigo", {"codigo": f"AAA-AA{number}"})
        assert page.status_code == 422
        assert "<title>Erro:" in page.text
    assert asked.post("/entrar/codigo", {"codigo": code}).status_code == 422
    assert asked.post(opened.link(), {}).status_code == 410


def test_who_is_shut_out_is_out_at_once_and_everywhere(opened: Portal, browser: Browser) -> None:
    other = opened.signed_in(EMAIL)
    token = opened.token(EMAIL)
    with opened.services.store.begin() as db:
        partner = people.by_email(db, EMAIL)
        assert partner
        people.shut_out(db, partner)
    for one in (browser, other):
        assert one.get("/chamados").status_code == 303
    before = len(opened.mails())
    Browser(opened).post("/entrar", {"email": EMAIL})
    assert len(opened.mails()) == before
    api = opened.client().get("/api/chamados", headers={"Authorization": f"Bearer {token}"})
    assert api.status_code == 401


def test_signing_out_everywhere(opened: Portal, browser: Browser) -> None:
    elsewhere = opened.signed_in(EMAIL)
    stranger = opened.signed_in("eva@outra.com.br")
    page = browser.get("/conta").text
    assert page.count("Entrou em") == 2
    browser.post("/conta/sair-de-todos", {})
    assert browser.get("/chamados").status_code == 303
    assert elsewhere.get("/chamados").status_code == 303
    assert stranger.get("/chamados").status_code == 200


def test_a_page_that_asks_by_itself_keeps_no_session_alive(opened: Portal, browser: Browser) -> None:
    number = browser.file_ticket()
    for _ in range(12):
        answer = browser.get(f"/chamados/CT-{number}?visto=x")
        opened.wait(timedelta(hours=1))
    assert answer.status_code == 200
    assert browser.get(f"/chamados/CT-{number}?visto=x").status_code == 401
    assert browser.get(f"/chamados/CT-{number}").status_code == 303


def test_database_holds_no_token(opened: Portal, asked: Browser) -> None:
    link = opened.link()
    asked.post(link, {})
    session = asked.client.get_cookie("sessao")
    assert session
    rows = repr({name: rows for name, rows in opened.contents().items() if name != "mails"})
    assert link.removeprefix("/entrar/") not in rows
    assert session.value not in rows


def test_session_cookie_is_out_of_reach(opened: Portal, asked: Browser) -> None:
    cookies = asked.post(opened.link(), {}).headers.getlist("Set-Cookie")
    session = next(one for one in cookies if one.startswith("sessao="))
    assert "HttpOnly" in session
    assert "SameSite=Lax" in session


@pytest.mark.parametrize(
    ("step", "times", "alive"),
    [(timedelta(hours=11), 3, True), (timedelta(hours=13), 1, False), (timedelta(hours=11), 16, False)],
)
def test_sessions_end(opened: Portal, browser: Browser, step: timedelta, times: int, alive: bool) -> None:
    for _ in range(times):
        opened.wait(step)
        answer = browser.get("/chamados")
    assert (answer.status_code == 200) is alive


def test_signing_out_ends_the_session_in_the_database(opened: Portal, browser: Browser) -> None:
    cookie = browser.client.get_cookie("sessao")
    assert cookie
    browser.post("/sair", {})
    thief = opened.client()
    thief.set_cookie("sessao", cookie.value)
    assert thief.get("/chamados").status_code == 303


@pytest.mark.parametrize(
    ("wanted", "led"),
    [
        ("/chamados/CT-7?x=1", "/chamados/CT-7?x=1"),
        ("https://evil.example/", "/chamados"),
        ("//evil.example/", "/chamados"),
        ("///evil.example/", "/chamados"),
        ("//[", "/chamados"),
        ("/\\evil.example", "/chamados"),
        ("javascript:alert(1)", "/chamados"),
        ("/chamados\r\nSet-Cookie: a=b", "/chamados"),
    ],
)
def test_next_leads_only_to_own_pages(opened: Portal, wanted: str, led: str) -> None:
    opened.partner(EMAIL)
    browser = Browser(opened)
    browser.post("/entrar", {"email": EMAIL, "next": wanted})
    assert browser.post(opened.link(), {}).location == led


def test_visitors_are_sent_to_sign_in_and_back(opened: Portal) -> None:
    answer = opened.client().get("/chamados/CT-7")
    assert answer.location == "/entrar?next=/chamados/CT-7"


def test_bad_address_is_kept_and_explained(opened: Portal) -> None:
    page = Browser(opened).post("/entrar", {"email": "ana arroba"})
    assert page.status_code == 422
    assert 'value="ana arroba"' in page.text
    assert "<title>Erro: Entrar" in page.text


def test_mail_is_not_sent_without_end(opened: Portal, asked: Browser) -> None:
    for _ in range(20):
        asked.post("/entrar", {"email": EMAIL})
    assert len(opened.mails()) == 5


def ask_as_a_stranger(opened: Portal, *, times: int) -> None:
    """Ask for links to Ana's address as often, as somebody who changes browsers."""
    with opened.services.store.begin() as db:
        ana = people.by_email(db, EMAIL)
        assert ana
        for number in range(times):
            people.write_link(
                db,
                ana,
                people.new_token(),
                browser=f"stranger {number}",
                known=False,
                next_url="",
                now=opened.now[0],
            )


def sent_after(opened: Portal, browser: Browser) -> int:
    """How many e-mails it sends that the browser asks for a link."""
    before = len(opened.mails())
    browser.post("/entrar", {"email": EMAIL})
    return len(opened.mails()) - before


def test_nobody_is_locked_out_by_who_asks_with_their_address(opened: Portal, asked: Browser) -> None:
    mine = opened.link()
    ask_as_a_stranger(opened, times=30)
    assert sent_after(opened, Browser(opened)) == 1
    assert asked.post(mine, {}).location == "/chamados"


def test_one_address_cannot_use_up_an_hours_links(opened: Portal, asked: Browser) -> None:
    per_hour = max(one.amount for one in parse_many(QUOTAS["portal.request_link"]))
    ask_as_a_stranger(opened, times=2 * per_hour)  # as the turn of an hour of the limit's lets in
    assert sent_after(opened, Browser(opened)) == 1


def test_many_addresses_end_an_hours_links_but_for_whom_is_known(opened: Portal, browser: Browser) -> None:
    opened.wait(timedelta(hours=13))
    ask_as_a_stranger(opened, times=people.LINKS_AN_HOUR)
    assert browser.get("/chamados").status_code == 303
    assert sent_after(opened, Browser(opened)) == 0
    assert sent_after(opened, browser) == 1
    assert browser.post(opened.link(), {}).location == "/chamados"
    opened.wait(timedelta(hours=1))
    assert sent_after(opened, Browser(opened)) == 1


def test_who_was_signed_in_as_somebody_else_is_not_known(opened: Portal) -> None:
    opened.partner(EMAIL)
    stranger = opened.signed_in("eva@outra.com.br")
    opened.wait(timedelta(hours=13))
    ask_as_a_stranger(opened, times=people.LINKS_AN_HOUR)
    assert sent_after(opened, stranger) == 0
