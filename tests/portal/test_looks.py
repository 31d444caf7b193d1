"""How pages look in Chromium, at a phone's width and a desk's: measured, not compared with pictures."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from tests.portal.conftest import Browser, Portal
from tests.portal.test_browser import chromium, pytestmark, served  # noqa: F401  (fixtures, marks)
from tests.portal.test_following import links, mail_to
from tests.portal.test_following import tell as queue

EMAIL = "ana@revenda.com.br"
FINGER = 44
"""CSS pixels that a finger hits."""


@pytest.fixture(params=[390, 1280])
def page(
    request: pytest.FixtureRequest,
    chromium: Chromium,  # noqa: F811
    served: str,  # noqa: F811
    browser: Browser,
) -> Iterator[Page]:
    """A page of that width in which the browser's partner is signed in."""
    context = chromium.new_context(base_url=served, viewport={"width": request.param, "height": 900})
    session = browser.client.get_cookie("sessao")
    assert session
    context.add_cookies([{"name": "sessao", "value": session.value, "url": served}])
    yield context.new_page()
    context.close()


def test_a_choice_stands_left_of_its_words(page: Page, opened: Portal, browser: Browser) -> None:
    queue(opened, browser.file_ticket(), "aprovado", "Backlog")
    page.goto(links(mail_to(opened, EMAIL, "aprovado"), "avisos/")[0])
    assert page.locator("fieldset").evaluate("one => getComputedStyle(one).borderTopWidth") == "0px"
    for choice in page.locator(".choice").all():
        box, radio = choice.bounding_box(), choice.locator("input").bounding_box()
        assert box
        assert radio
        assert radio["x"] - box["x"] < 4
        assert radio["width"] <= 24
        assert abs((radio["y"] + radio["height"] / 2) - (box["y"] + box["height"] / 2)) < 2
        assert box["height"] >= FINGER


def test_a_long_title_leaves_the_situation_its_place(page: Page, opened: Portal, browser: Browser) -> None:
    words = "Não salva os produtos importados por planilha quando a planilha tem mais de mil linhas"
    for title in (f"{words} e {words.lower()}", "Palavra" * 28):
        opened.move(browser.file_ticket(titulo=title[:200]), "Reprovado")
        opened.move(browser.file_ticket(titulo=title[:200]), "Publicado em Homologação")
    page.goto("/chamados?situacao=todos")
    for badge in page.locator(".tickets .badge").all():
        lines = badge.evaluate("one => one.clientHeight / parseFloat(getComputedStyle(one).lineHeight)")
        assert lines < 2.6, badge.inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_an_empty_board_says_so(page: Page, opened: Portal, browser: Browser) -> None:
    page.goto("/chamados/quadro")
    expect(page.get_by_text("Você ainda não abriu nenhum chamado.")).to_be_visible()
    expect(page.get_by_role("link", name="Abrir o primeiro")).to_be_visible()
    browser.file_ticket(titulo="O primeiro")
    page.reload()
    expect(page.get_by_role("link", name="O primeiro")).to_be_visible()
    expect(page.get_by_text("Você ainda não abriu nenhum chamado.")).to_have_count(0)
