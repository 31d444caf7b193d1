"""One document model for what we write into issues: ADF on Cloud (v3), wiki markup on Data Center (v2).

Partner text is always text: in ADF it is a text node, in wiki markup every active character is escaped.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Heading:
    text: str


@dataclass(frozen=True)
class Paragraph:
    text: str
    """Line breaks are kept."""


@dataclass(frozen=True)
class Numbered:
    items: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """Label and value, one a line."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Fold:
    """Text that is there for whoever opens it."""

    title: str
    text: str


Block = Heading | Paragraph | Numbered | Facts | Fold


# --- Atlassian Document Format


def adf(blocks: Sequence[Block]) -> Json:
    """The blocks as an ADF document (version 1)."""
    content = [node for block in blocks for node in _ADF[type(block)](block)]
    return {"type": "doc", "version": 1, "content": content}


def adf_text(text: str) -> Json:
    """Plain text as an ADF document."""
    return adf([Paragraph(part) for part in re.split(r"\n{2,}", _lines(text)) if part.strip()])


def _adf_inline(text: str) -> list[Json]:
    # ADF refuses an empty text node; a line break inside one is a 400 too (port-labs PR 3942).
    nodes: list[Json] = []
    for number, line in enumerate(_lines(text).split("\n")):
        if number:
            nodes.append({"type": "hardBreak"})
        if line:
            nodes.append({"type": "text", "text": line})
    return nodes


def _adf_paragraph(text: str) -> Json:
    return {"type": "paragraph", "content": _adf_inline(text)}


def _adf_facts(block: Facts) -> list[Json]:
    content: list[Json] = []
    for number, (label, value) in enumerate(block.rows):
        if number:
            content.append({"type": "hardBreak"})
        content.append({"type": "text", "text": f"{label}: ", "marks": [{"type": "strong"}]})
        content.extend(_adf_inline(value))
    return [{"type": "paragraph", "content": content}]


def _adf_numbered(block: Numbered) -> list[Json]:
    items = [{"type": "listItem", "content": [_adf_paragraph(item)]} for item in block.items]
    return [{"type": "orderedList", "content": items}]


def _adf_heading(block: Heading) -> list[Json]:
    return [{"type": "heading", "attrs": {"level": 3}, "content": _adf_inline(block.text)}]


def _adf_fold(block: Fold) -> list[Json]:
    return [{"type": "expand", "attrs": {"title": block.title}, "content": [_adf_paragraph(block.text)]}]


_ADF: Mapping[type[Any], Callable[[Any], list[Json]]] = {
    Heading: _adf_heading,
    Paragraph: lambda block: [_adf_paragraph(block.text)],
    Numbered: _adf_numbered,
    Facts: _adf_facts,
    Fold: _adf_fold,
}


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


# --- wiki markup


_ACTIVE = re.compile(r"([\\{}\[\]*_?\-+^~!|#:()@&;])")


def wiki(blocks: Sequence[Block]) -> str:
    """The blocks as Jira wiki markup."""
    return "\n\n".join(_WIKI[type(block)](block) for block in blocks)


def wiki_text(text: str) -> str:
    """Text in which nothing is markup any more."""
    lines = (_ACTIVE.sub(r"\\\1", line) for line in _lines(text).split("\n"))
    return "\n".join(_heading_defused(line) for line in lines)


def _heading_defused(line: str) -> str:
    # "h1. x" and "bq. x" are markup at a line's start only.
    return re.sub(r"^(\s*(?:h[1-6]|bq))\.", r"\1\\.", line)


_WIKI: Mapping[type[Any], Callable[[Any], str]] = {
    Heading: lambda block: f"h3. {wiki_text(block.text)}",
    Paragraph: lambda block: wiki_text(block.text),
    Numbered: lambda block: "\n".join(f"# {wiki_text(item)}" for item in block.items),
    Facts: lambda block: "\n".join(
        f"*{wiki_text(label)}*: {wiki_text(value)}" for label, value in block.rows
    ),
    Fold: lambda block: f"{{panel:title={wiki_text(block.title)}}}\n{wiki_text(block.text)}\n{{panel}}",
}


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
