"""The two parts of an e-mail, text and HTML, of the same content."""

from dataclasses import dataclass, fields
from functools import lru_cache

import mrml
from jinja2 import StrictUndefined, Template
from jinja2.sandbox import SandboxedEnvironment

from bridge.emails.texts import Block


@dataclass(frozen=True, kw_only=True)
class Content:
    """What an e-mail says, in the order in which it says it. Empty texts are left out."""

    mark: str = ""
    """The line above which an answer is written."""
    reference: str = ""
    headline: str
    preheader: str
    """What a list of e-mails shows beside the subject; hidden in the e-mail itself."""
    blocks: tuple[Block, ...]
    button: str = ""
    button_url: str = ""
    second: str = ""
    """A second way out: a plain button, for one e-mail has one that stands out."""
    second_url: str = ""
    status: str = ""
    title: str = ""
    ticket_url: str = ""
    reason: str
    """Why this recipient gets it."""
    notes: tuple[str, ...] = ()
    choice: str = ""
    choice_url: str = ""


def text_part(content: Content) -> str:
    parts = [content.mark, content.reference, content.headline.upper(), *map(_as_text, content.blocks)]
    parts += [_way(content.button, content.button_url), _way(content.second, content.second_url)]
    parts.append(f"Situação: {content.status}" if content.status else "")
    foot = [
        "-- ",  # RFC 3676 4.3: what follows is a signature
        " · ".join(filter(None, (content.reference, content.title))),
        content.ticket_url,
        content.reason,
        *content.notes,
        _way(content.choice, content.choice_url),
    ]
    return "\n\n".join(filter(None, [*parts, "\n".join(filter(None, foot))])) + "\n"


def html_part(content: Content, layout: str) -> str:
    values = {field.name: getattr(content, field.name) for field in fields(content)}
    return _layout(layout).render(values)


def _way(label: str, url: str) -> str:
    return f"{label}:\n{url}" if label and url else ""


def _as_text(block: Block) -> str:
    mark = {"paragraph": "", "list": "- ", "quote": "> "}[block.kind]
    return "\n".join(f"{mark}{line}" for line in block.text.split("\n"))


@lru_cache(maxsize=4)
def _layout(source: str) -> Template:
    html = mrml.to_html(source).content
    return SandboxedEnvironment(autoescape=True, undefined=StrictUndefined).from_string(html)
