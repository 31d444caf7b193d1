"""Which HTML and CSS an e-mail uses, and which clients leave it out. See tests/data/README.md."""

import json
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

EXTRACT = Path(__file__).parent / "data" / "caniemail.json"
FAMILIES = ("apple-mail", "gmail", "outlook")
ALSO = {
    "mso": "Outlook's own, for Outlook",
    "-ms-text-size-adjust": "for Windows Phone, whose name it bears",
    "-webkit-text-size-adjust": "for Apple Mail, whose name it bears",
    "-ms-interpolation-mode": "for pictures, of which there are none",
    "supported-color-schemes": "the older name of color-scheme, for Apple Mail",
    "color": "supported everywhere, and not in the data",
    "font-family": "as color; the names in it are checked by themselves",
}
"""Properties that the data do not know."""
SHORTHANDS = ("padding", "margin", "border", "background")
"""`padding-left` is looked up as `padding` where it has no entry of its own."""
TAGS = {
    **dict.fromkeys(("tr", "td", "tbody"), "html-table"),
    **dict.fromkeys(("ul", "li"), "html-lists"),
    **{f"h{size}": "html-h1-h6" for size in range(1, 7)},
    **dict.fromkeys(("html", "head", "title", "meta", "br", "a"), ""),
}
ATTRIBUTES = (
    "align",
    "aria-label",
    "cellpadding",
    "cellspacing",
    "dir",
    "height",
    "lang",
    "role",
    "valign",
    "width",
)
SELECTORS = {
    r"\.[a-z]": "css-selector-class",
    r"#[a-z]": "css-selector-id",
    r">": "css-selector-child",
    r"\S [.a-z]": "css-selector-descendant",
    r"^[a-z]|[ ,>][a-z]": "css-selector-type",
    r",": "css-selector-grouping",
}


class Features(HTMLParser):
    """The features that an HTML part uses, by their names in the data. Outlook's comments are its own."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.unknown: set[str] = set()
        self._in_style = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(TAGS.get(tag, f"html-{tag}"), tag)
        self._in_style = tag == "style"
        for name, value in attrs:
            if name in ATTRIBUTES:
                self._note(f"html-{name}", name)
            elif (name, value) == ("name", "color-scheme"):
                self._note("html-meta-color-scheme", name)
            elif name == "style":
                self._declarations(value or "")

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self._sheet(data)

    def _sheet(self, css: str) -> None:
        for rule in re.findall(r"@[^{]+", css):
            self._note("css-" + rule.split()[0].replace("@", "at-"), rule)
            for feature in re.findall(r"\((prefers-[a-z-]+)", rule):
                self._note(f"css-at-media-{feature}", rule)
        for selectors, declarations in re.findall(r"([^{}@]+)\{([^{}]*)\}", css):
            self._declarations(declarations)
            for pattern, name in SELECTORS.items():
                if re.search(pattern, selectors.strip(), re.IGNORECASE):
                    self._note(name, selectors)

    def _declarations(self, css: str) -> None:
        for declaration in filter(None, (one.strip() for one in css.split(";"))):
            name, _, value = (part.strip() for part in declaration.partition(":"))
            if not name.startswith("mso-") and name not in ALSO:
                self._property(name, value)
            if "!important" in value:
                self._note("css-important", name)
            if name == "font-family" and "system-ui" in value:
                self._note("css-sytem-ui", name)  # so the data spell it
            for unit in re.findall(r"(?<=\d)(px|em|rem|vh|vw|ch)\b", value):
                self._note(f"css-unit-{unit}", value)

    def _property(self, name: str, value: str) -> None:
        shorthand = name.partition("-")[0]
        known = name in NAMES or shorthand not in SHORTHANDS
        self._note(f"css-{name if known else shorthand}", name)
        if name == "display" and value in {"none", "flex", "grid"}:
            self._note(f"css-display-{value}", value)

    def _note(self, feature: str, where: str) -> None:
        if feature and feature not in UNSUPPORTED:
            self.unknown.add(f"{feature} ({where.strip()})")
        elif feature:
            self.found.add(feature)


def reduced(data: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Each feature with the clients that do not support it, of the data's own form."""
    for feature in sorted(data["data"], key=lambda one: str(one["slug"])):
        if feature["category"] in {"css", "html"}:
            newest = {
                f"{family} {client}": list(versions.values())[-1]
                for family in FAMILIES
                for client, versions in feature["stats"].get(family, {}).items()
            }
            yield feature["slug"], sorted(name for name, result in newest.items() if result.startswith("n"))


UNSUPPORTED: dict[str, list[str]] = json.loads(EXTRACT.read_text("utf-8")) if EXTRACT.exists() else {}
NAMES = {name.removeprefix("css-") for name in UNSUPPORTED}

if __name__ == "__main__":
    lines = [
        f"{json.dumps(name)}: {json.dumps(clients)}"
        for name, clients in reduced(json.loads(Path(sys.argv[1]).read_text("utf-8")))
    ]
    EXTRACT.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
