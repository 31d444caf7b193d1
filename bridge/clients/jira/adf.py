"""Atlassian Document Format, which Cloud's v3 speaks. Partner text is in text nodes only, without marks."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from bridge.clients.jira.documents import Block, Facts, Fold, Heading, Numbered, Paragraph, readable, units

Json = dict[str, Any]


def adf(blocks: Sequence[Block]) -> Json:
    """The blocks as an ADF document (version 1)."""
    content = [node for block in blocks for node in _WRITERS[type(block)](block)]
    return {"type": "doc", "version": 1, "content": content}


def size(blocks: Sequence[Block]) -> int:
    """The length of the whole document: whatever part of it Jira counts is no longer."""
    return units(json.dumps(adf(blocks), ensure_ascii=False, separators=(",", ":")))


def _inline(text: str) -> list[Json]:
    # ADF refuses an empty text node; a line break inside one is a 400 too (port-labs PR 3942).
    nodes: list[Json] = []
    for number, line in enumerate(_lines(text).split("\n")):
        if number:
            nodes.append({"type": "hardBreak"})
        if line:
            nodes.append({"type": "text", "text": line})
    return nodes


def _paragraphs(text: str) -> list[Json]:
    """One for each part between empty lines; an empty part is an empty paragraph, so that none is lost."""
    return [{"type": "paragraph", "content": _inline(part)} for part in _lines(text).split("\n\n")]


def _facts(block: Facts) -> list[Json]:
    content: list[Json] = []
    for number, (label, value) in enumerate(block.rows):
        if number:
            content.append({"type": "hardBreak"})
        content.append({"type": "text", "text": f"{label}: ", "marks": [{"type": "strong"}]})
        content.extend(_inline(value))
    return [{"type": "paragraph", "content": content}]


def _numbered(block: Numbered) -> list[Json]:
    items = [{"type": "listItem", "content": _paragraphs(item)} for item in block.items]
    return [{"type": "orderedList", "content": items}]


def _heading(block: Heading) -> list[Json]:
    return [{"type": "heading", "attrs": {"level": 3}, "content": _inline(block.text)}]


def _fold(block: Fold) -> list[Json]:
    return [{"type": "expand", "attrs": {"title": block.title}, "content": _paragraphs(block.text)}]


_WRITERS: Mapping[type[Any], Callable[[Any], list[Json]]] = {
    Heading: _heading,
    Paragraph: lambda block: _paragraphs(block.text),
    Numbered: _numbered,
    Facts: _facts,
    Fold: _fold,
}


def _lines(text: str) -> str:
    return readable(text).replace("\r\n", "\n").replace("\r", "\n")


# --- read


def text_of(body: object) -> str:
    """The plain text of an ADF document, or of a wiki string as it is."""
    if isinstance(body, str):
        return body
    return "\n\n".join(_node_text(node) for node in _children(body)).strip()


def _node_text(node: Json) -> str:
    kind, attrs = node.get("type"), node.get("attrs") or {}
    if kind == "text":
        return str(node.get("text", ""))
    if kind == "hardBreak":
        return "\n"
    if kind == "date":
        return _day(attrs.get("timestamp"))
    if kind in _WORDS_IN_ATTRS:
        return str(attrs.get("text") or attrs.get("shortName") or attrs.get("url") or "")
    if kind in _INLINE_PARENTS:
        return _inline_text(_children(node))
    return "\n".join(_node_text(child) for child in _children(node))


_WORDS_IN_ATTRS = {"mention", "emoji", "inlineCard", "blockCard", "status"}
_INLINE_PARENTS = {"paragraph", "heading", "codeBlock", "taskItem", "decisionItem", "caption"}


def _inline_text(nodes: Sequence[Json]) -> str:
    """What stands in a line. A link of which a word is bold is several nodes."""
    runs = groupby(nodes, key=_href)
    return "".join(_linked("".join(map(_node_text, run)), href) for href, run in runs)


def _href(node: Json) -> str:
    marks = [mark for mark in node.get("marks") or () if mark.get("type") == "link"]
    return str((marks[0].get("attrs") or {}).get("href") or "") if marks else ""


def _linked(words: str, href: str) -> str:
    """The words and where they lead to, unless they say so themselves."""
    if not href or _bare(words) == _bare(href):
        return words
    shown = words.rstrip()
    return f"{shown} ({href}){words[len(shown) :]}"


def _bare(address: str) -> str:
    return re.sub(r"\A(https?://|mailto:)", "", address.strip()).rstrip("/")


def _day(timestamp: object) -> str:
    """A day is kept as its beginning in UTC, in milliseconds, wherever its author is."""
    try:
        return (_EPOCH + timedelta(milliseconds=int(str(timestamp)))).strftime("%d/%m/%Y")
    except (ValueError, OverflowError):
        return ""


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _children(node: object) -> list[Json]:
    content = node.get("content") if isinstance(node, dict) else None
    return [child for child in content if isinstance(child, dict)] if isinstance(content, list) else []
