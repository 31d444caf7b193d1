"""Addresses that get no e-mail: the panel says so beside them, and lets them again."""

from bridge.store import suppressed
from tests.portal.conftest import START, Browser, Portal

ANA, COLLEAGUE = "ana@revenda.com.br", "suporte@revenda.com.br"


def stop(opened: Portal, email: str, kind: str) -> None:
    with opened.services.store.begin() as db:
        suppressed.suppress(db, email, kind=kind, reason="550 5.1.1", now=START)


def stopped(opened: Portal) -> list[str]:
    with opened.services.store.read() as db:
        return [one.email for one in suppressed.everyone(db)]


def test_the_panel_names_an_address_that_bounced_and_lets_it_again(browser: Browser, opened: Portal) -> None:
    browser.file_ticket()
    assert "Não conseguimos entregar" not in browser.get("/chamados/CT-1").text
    stop(opened, COLLEAGUE, suppressed.BOUNCE)
    assert "Não conseguimos entregar" in browser.get("/chamados/CT-1").text
    page = browser.post("/chamados/CT-1/avisados/liberar", {"email": COLLEAGUE}, follow_redirects=True)
    assert "Voltamos a enviar" in page.text
    assert stopped(opened) == []


def test_who_called_it_spam_is_let_again_by_nobody_else(browser: Browser, opened: Portal) -> None:
    browser.file_ticket()
    stop(opened, COLLEAGUE, suppressed.COMPLAINT)
    stop(opened, ANA, suppressed.COMPLAINT)
    page = browser.get("/chamados/CT-1").text
    assert "Só a própria pessoa pode pedir" in page
    assert page.count("/avisados/liberar") == 1
    for email in (COLLEAGUE, ANA):
        browser.post("/chamados/CT-1/avisados/liberar", {"email": email})
    assert stopped(opened) == [COLLEAGUE]


def test_only_addresses_of_ones_own_tickets_are_let_again(browser: Browser, opened: Portal) -> None:
    browser.file_ticket()
    stop(opened, "outro@alheia.com.br", suppressed.BOUNCE)
    answer = browser.post("/chamados/CT-1/avisados/liberar", {"email": "outro@alheia.com.br"})
    assert (answer.status_code, len(stopped(opened))) == (404, 1)
