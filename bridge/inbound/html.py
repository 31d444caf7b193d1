"""HTML mails in words: for programs that send no text part."""

import re
from html.parser import HTMLParser

_SPACED = frozenset({"blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "ul"})
_LINES = frozenset(
    {"address", "article", "center", "div", "dl", "dt", "fieldset", "li", "pre", "table", "tr"}
)
_BLOCKS = _SPACED | _LINES
DEEPEST = 9
"""Quotations in quotations that are told apart."""
_SILENT = frozenset({"script", "style", "title"})


def text_of(html: str) -> str:
    """The words with their line breaks; quotations bear `>`, inline pictures `[cid:name]`."""
    reader = _Reader()
    reader.feed(html)
    # What is left begins with a tag that never ends, and is shown as it is: at each `<` in it the parser of
    # Python 3.11 would look through all that follows.
    reader.rawdata = reader.rawdata.replace("<", "&lt;")
    reader.close()
    return reader.text()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[tuple[int, list[str]]] = [(0, [])]
        self._quoted = 0
        self._silent = 0
        self._verbatim = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        elif tag == "br":
            self._begin()
        elif tag == "hr":
            self._break()
            self._say("_" * 32)
            self._break()
        elif tag == "img":
            self._picture(dict(attrs))
        elif tag in _BLOCKS:
            # Outlook's paragraphs are lines: their style has no margin.
            self._open("div" if "MsoNormal" in (dict(attrs).get("class") or "") else tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(self._silent - 1, 0)
        elif tag in _BLOCKS:
            self._shut(tag)

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        if self._verbatim:
            for number, line in enumerate(data.split("\n")):
                if number:
                    self._begin()
                self._say(line)
            return
        words = re.sub(r"[ \t\r\n\f]+", " ", data)
        self._say(words if self._lines[-1][1] else words.lstrip(" "))

    def text(self) -> str:
        written = (f"{'>' * min(depth, DEEPEST)} {''.join(words)}" for depth, words in self._lines)
        lines = (line.rstrip() if line.startswith(">") else line[1:].rstrip() for line in written)
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")

    def _open(self, tag: str) -> None:
        self._break()
        self._verbatim += tag == "pre"
        if tag in _SPACED:
            self._blank()
        self._quoted += tag == "blockquote"
        if tag == "blockquote":
            self._begin()
        if tag == "li":
            self._say("- ")

    def _shut(self, tag: str) -> None:
        self._break()
        self._verbatim = max(self._verbatim - (tag == "pre"), 0)
        if tag == "blockquote" and self._quoted:
            self._quoted -= 1
            self._begin()
        elif tag in _SPACED - {"p"}:
            self._blank()

    def _picture(self, attributes: dict[str, str | None]) -> None:
        source = attributes.get("src") or ""
        if source.startswith("cid:"):
            self._say(f"[{source}]")

    def _say(self, words: str) -> None:
        if words:
            self._lines[-1][1].append(words)

    def _begin(self) -> None:
        self._lines.append((self._quoted, []))

    def _break(self) -> None:
        """Begin a new line unless this one is empty."""
        # A no-break space alone is an empty line of Outlook's.
        if not any(words.strip(" ") for words in self._lines[-1][1]):
            self._lines.pop()
        self._begin()

    def _blank(self) -> None:
        """An empty line between paragraphs, once."""
        if len(self._lines) > 1 and "".join(self._lines[-2][1]).strip():
            self._begin()
