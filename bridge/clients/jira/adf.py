"""Atlassian Document Format, which Cloud's v3 speaks. Partner text is in text nodes only, without marks."""

import json
from collections.abc import Callable, Mapping, Sequence
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
    kind = node.get("type")
    if kind == "text":
        return str(node.get("text", ""))
    if kind == "hardBreak":
        return "\n"
    if kind in _WORDS_IN_ATTRS:
        attrs = node.get("attrs") or {}
        return str(attrs.get("text") or attrs.get("shortName") or attrs.get("url") or "")
    separator = "" if kind in _INLINE_PARENTS else "\n"
    return separator.join(_node_text(child) for child in _children(node))


_WORDS_IN_ATTRS = {"mention", "emoji", "inlineCard", "blockCard", "status", "date"}
_INLINE_PARENTS = {"paragraph", "heading", "codeBlock"}


def _children(node: object) -> list[Json]:
    content = node.get("content") if isinstance(node, dict) else None
    return [child for child in content if isinstance(child, dict)] if isinstance(content, list) else []
