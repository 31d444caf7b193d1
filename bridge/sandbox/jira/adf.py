"""Atlassian Document Format: what is accepted, and simple conversions to and from plain text and HTML."""

import functools
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from bridge.sandbox.jira.model import Json, Rich

LIMIT = 32767  # R10
_BLOCKS = frozenset((
    "paragraph", "heading", "bulletList", "orderedList", "codeBlock", "blockquote", "rule", "panel", "table",
    "mediaGroup", "mediaSingle", "expand", "taskList", "decisionList", "blockCard", "embedCard", "extension",
))  # fmt: skip
_INNER = frozenset((
    "text", "hardBreak", "mention", "emoji", "date", "status", "inlineCard", "mediaInline", "media",
    "listItem",
    "tableRow", "tableCell", "tableHeader", "taskItem", "decisionItem", "nestedExpand", "caption",
    "placeholder",
))  # fmt: skip


def fault(document: Any) -> str | None:
    """Jira's word for what is wrong with a document, or None."""
    if not isinstance(document, dict):
        return "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
    if document.get("type") != "doc" or document.get("version") != 1:
        return "INVALID_INPUT"
    if not isinstance(document.get("content"), list) or not _sound(document["content"], _BLOCKS):
        return "INVALID_INPUT"
    validator = _validator()
    if validator is not None and not validator.is_valid(document):
        return "INVALID_INPUT"
    if len(to_text(document)) > LIMIT:
        return "CONTENT_LIMIT_EXCEEDED"  # R10
    return None


def _sound(nodes: list[Any], known: frozenset[str]) -> bool:
    return all(isinstance(node, dict) and node.get("type") in known and _sound_node(node) for node in nodes)


def _sound_node(node: Json) -> bool:
    if node["type"] == "text":
        text = node.get("text")
        # field.md #24: an empty text node, or one with a newline outside a code block, is a 400
        return isinstance(text, str) and bool(text) and "\n" not in text
    children = node.get("content", [])
    if node["type"] == "codeBlock":
        return all(
            isinstance(child, dict) and child.get("type") == "text" and child.get("text")
            for child in children
        )
    return isinstance(children, list) and _sound(children, _BLOCKS | _INNER)


@functools.cache
def _validator() -> Any:
    """The vendor's schema where the tests' data are at hand; the structural check alone elsewhere."""
    shared = os.environ.get("CHAMADOS_SHARED")
    path = Path(shared or "/nonexistent") / "data/openapi/adf-schema-full.json"
    if not path.is_file():
        return None
    try:
        from jsonschema_rs import Draft4Validator
    except ImportError:  # installed for the tests only
        return None
    return Draft4Validator(json.loads(path.read_text("utf-8")))


def from_text(text: str) -> Json:
    """Blank lines part paragraphs, single newlines become hard breaks."""
    content: list[Json] = []
    for paragraph in text.replace("\r\n", "\n").split("\n\n"):
        nodes: list[Json] = []
        for n, line in enumerate(paragraph.split("\n")):
            nodes += [{"type": "hardBreak"}] if n else []
            nodes += [{"type": "text", "text": line}] if line else []
        content.append({"type": "paragraph", "content": nodes})
    return {"type": "doc", "version": 1, "content": content}


def to_text(document: Json) -> str:
    return "\n\n".join(_block(node) for node in document.get("content", []))


def _block(node: Json) -> str:
    kind, children = node["type"], node.get("content", [])
    if kind in ("bulletList", "orderedList", "taskList", "decisionList"):
        mark = "# " if kind == "orderedList" else "* "
        return "\n".join(mark + _block(child) for child in children)
    if kind == "heading":
        return f"h{node.get('attrs', {}).get('level', 1)}. {_inline(children)}"
    if kind == "codeBlock":
        return "{code}\n" + _inline(children) + "\n{code}"
    if kind == "rule":
        return "----"
    if children and children[0]["type"] in _BLOCKS | {"listItem", "tableRow", "tableCell", "tableHeader"}:
        return "\n".join(_block(child) for child in children)
    return _inline(children)


def _inline(nodes: list[Json]) -> str:
    return "".join(_words(node) for node in nodes)


def _words(node: Json) -> str:
    attrs = node.get("attrs", {})
    if node["type"] == "text":
        return str(node["text"]) + "".join(f" ({href})" for href in _links(node) if href != node["text"])
    if node["type"] == "hardBreak":
        return "\n"
    return str(attrs.get("text") or attrs.get("shortName") or attrs.get("url") or "")


def _links(node: Json) -> Iterator[str]:
    for mark in node.get("marks", []):
        if mark.get("type") == "link":
            yield str(mark.get("attrs", {}).get("href", ""))


def rich(text: str) -> Rich:
    return Rich(from_text(text), text)


def html(text: str) -> Markup:
    """Plain text as paragraphs; everything escaped."""
    paragraphs = (escape(part).replace("\n", Markup("<br>")) for part in text.split("\n\n"))
    return Markup("").join(Markup("<p>{}</p>").format(part) for part in paragraphs)
