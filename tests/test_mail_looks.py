"""Every e-mail in Chromium at a phone's width and a desk's, light and dark.

`CHAMADOS_TEST_PICTURES=folder` keeps a picture of each, for people to look at.
"""

import os
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page

from tests.letters import GALLERY, html_of
from tests.portal.test_browser import chromium, pytestmark  # noqa: F401  (fixture, marks)

WIDTHS, SCHEMES = (375, 700), ("light", "dark")
PICTURES = os.environ.get("CHAMADOS_TEST_PICTURES", "")
EVERY_PART = ("faltam_informacoes-opener", "homologacao-opener", "acompanhar-stranger")
"""Between them they have all that the layout knows; the others are shown with the pictures."""
SHOWN = [one for one in GALLERY if PICTURES or one[0] in EVERY_PART]
RULES = ["color-contrast", "link-in-text-block", "image-alt", "document-title", "html-has-lang"]
FINGER = 40
"""CSS pixels that a button is high at least (users.md §1.3 asks for 24)."""


@pytest.fixture(scope="module", params=list(product(WIDTHS, SCHEMES)), ids=str)
def view(request: pytest.FixtureRequest, chromium: Chromium) -> Iterator[tuple[str, Page]]:  # noqa: F811
    """(its name, a page of that width in that scheme)."""
    width, scheme = request.param
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    yield f"{width}-{scheme}", context.new_page()
    context.close()


def test_every_email_can_be_read(view: tuple[str, Page]) -> None:
    where, page = view
    for name, message in SHOWN:
        page.set_content(html_of(message))
        found: dict[str, Any] = Axe().run(page, options={"runOnly": RULES}).response
        faults = [(one["id"], node["target"]) for one in found["violations"] for node in one["nodes"]]
        assert faults == [], (name, where)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (name, where)
        buttons = [one.bounding_box() for one in page.locator(".button a, .plain a").all()]
        assert all(box and box["height"] >= FINGER for box in buttons), (name, where)
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"{name}-{where}.png", full_page=True)
