"""What Jira's wiki renderer would act on in a text, by its own patterns (atlassian-renderer, v2)."""

import html
import re
import unicodedata
from collections.abc import Iterator

LINES = re.compile("[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
PATTERNS = {
    "macro": r"\{",
    "link": r"\[",
    "escape or line break": r"\\",
    "image": r"!\S",
    "table": r"\|",
    "citation": r"\?\?",
    "address": r"(?i)\b(?:https?|ftps?|mailto|nntp|news|irc|file|javascript|data):\S",
    "icon": r":-?[)(PpD]|;-?\)|\((?:[yxni!?/+\-*]|on|off|flag|flagoff|\*[rgby])\)",
    "reference": r"&(?!#\d+;)#?\w+;",
    "issue key": r"\b[A-Z][A-Z0-9]+-\d",
}
AT_LINE_START = {"heading": r"\s*(?:h[1-6]|bq)\.", "list": r"\s*[*#\-]+\s", "rule": r"\s*----"}


def active(text: str) -> list[str]:
    """Everything in the text that is markup, each with where it is; empty when there is none."""
    found = [f"{name} at {match.start()}" for name, match in _matches(text)]
    found += [f"{name} in line {line[:20]!r}" for line in LINES.split(text) for name in _at_start(line)]
    return [*found, *_phrases(text)]


def read(text: str) -> str:
    """What a person reads of escaped text."""
    return re.sub(r"&#\d+;", lambda match: html.unescape(match[0]), text)


def _matches(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    for name, pattern in PATTERNS.items():
        for match in re.finditer(pattern, text):
            yield name, match


def _at_start(line: str) -> Iterator[str]:
    yield from (name for name, pattern in AT_LINE_START.items() if re.match(pattern, line))


def _phrases(text: str) -> Iterator[str]:
    """A delimiter opens where no letter or digit stands before it, and closes where none follows."""
    for match in re.finditer(r"[*_\-+^~]", text):
        before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
        if not (_is_word(before) and _is_word(after)):
            yield f"phrase {match[0]} at {match.start()}"


def _is_word(char: str) -> bool:
    return bool(char) and (unicodedata.category(char)[0] == "L" or unicodedata.category(char) == "Nd")
