"""No e-mail leans on HTML or CSS that Gmail, Outlook or Apple Mail leaves out."""

import re

import pytest

from tests.letters import GALLERY, html_of
from tests.mail_support import UNSUPPORTED, Features

PLAIN_WITHOUT = "it dresses what reads as well without it"
SHEET = "every colour, size and distance stands in a style attribute too; the sheet adds the dark colours"
HIDDEN = "the preheader is hidden in several ways, of which each client knows one"
FALLBACKS = {
    "css-at-media": SHEET,
    "css-at-media-prefers-color-scheme": f"{SHEET}, and clients without it darken light colours themselves",
    "css-color-scheme": "as prefers-color-scheme, which needs it",
    "html-meta-color-scheme": "as prefers-color-scheme, which needs it",
    "html-style": SHEET,
    "css-selector-class": SHEET,
    "css-selector-descendant": SHEET,
    "css-selector-grouping": SHEET,
    "css-selector-id": "MJML's own, for Outlook.com alone",
    "css-selector-type": SHEET,
    "css-display-none": HIDDEN,
    "css-max-height": HIDDEN,
    "css-opacity": HIDDEN,
    "css-overflow": HIDDEN,
    "css-border-radius": PLAIN_WITHOUT,
    "css-cursor": PLAIN_WITHOUT,
    "css-outline": "MJML's own, for pictures, of which there are none",
    "css-word-spacing": "MJML's own; `normal` is what there is without it",
    "css-word-break": "only in Windows Mail, which has ended; a long address makes the page wider there",
    "css-sytem-ui": "after 'Segoe UI', which Windows has, and before Arial",
    "html-aria-label": "the headline says the same",
    "html-role": "only in Windows Mail, which has ended",
    "html-body": "its colour is that of the first block inside, too",
}
"""What some client leaves out, and why the e-mail can be read there all the same."""


def test_what_a_client_leaves_out_has_a_fallback() -> None:
    used = [Features(html_of(message)) for _, message in GALLERY]
    assert {one for features in used for one in features.unknown} == set()
    lacking = {one for features in used for one in features.found if UNSUPPORTED[one]}
    assert lacking == set(FALLBACKS)


@pytest.mark.parametrize(
    ("html", "feature"),
    [
        ('<div style="display: flex">', "css-display-flex"),
        ('<p style="white-space:pre-line">', "css-white-space"),
        ("<style>@media (min-width: 1px) { .a { gap: 1px } }</style>", "css-gap"),
        ("<style>a > b { color: red }</style>", "css-selector-child"),
        ("<video></video>", "html-video"),
    ],
)
def test_the_lint_sees_what_is_left_out(html: str, feature: str) -> None:
    assert feature in Features(html).found
    assert UNSUPPORTED[feature]


def test_the_lint_says_what_it_does_not_know() -> None:
    assert Features('<blink style="text-sparkle: much">').unknown == {
        "html-blink (blink)",
        "css-text-sparkle (text-sparkle)",
    }


def test_each_client_knows_a_way_to_hide_the_preheader() -> None:
    clients = {client for names in UNSUPPORTED.values() for client in names}
    ways = ("css-display-none", "css-max-height")
    assert [client for client in clients if all(client in UNSUPPORTED[way] for way in ways)] == []


def test_without_its_sheet_an_e_mail_keeps_colours_and_sizes() -> None:
    for name, message in GALLERY:
        html = re.sub(r"<style.*?</style>", "", html_of(message), flags=re.DOTALL)
        texts = re.findall(r'<div style="([^"]*font-family[^"]*)"', html)
        assert texts, name
        assert all("color:#" in style and "font-size:" in style for style in texts), name
