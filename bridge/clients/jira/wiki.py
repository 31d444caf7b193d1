"""Jira's wiki markup, which Data Center's v2 speaks. Partner text has nothing active left in it.

What would be active is written as a character reference (`&#42;`), which the renderer shows and never reads
as markup (atlassian-renderer: HtmlEscapeRendererComponent, RenderMode.F_PRESERVE_ENTITIES). A backslash would
do for some of these characters only, and two are a line break (BackslashEscapeRendererComponent). The rest
stays as it was typed, for Jira shows some fields without rendering them.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bridge.clients.jira.documents import Block, Facts, Fold, Heading, Numbered, Paragraph, readable, units

# Letters and digits for the renderer and for us alike; what only one of us takes for one is none here.
_WORD = "0-9A-Za-zÀ-ÖØ-öø-ÿ"
# Java's lines end at all of these.
_LINE = "(?:\\A|(?<=[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]))"
_ACTIVE = re.compile(
    "|".join(
        (
            r"[\\{}\[|]",  # escapes, macros, links and mentions, tables
            r"&(?=#?\w+;)",  # character references
            rf"(?<![{_WORD}])[*_^~+\-]|[*_^~+\-](?![{_WORD}])",  # phrases, dashes, rules, list items
            r"-(?=\d)",  # issue keys, which become links
            r"\?(?=\?)|(?<=\?)\?",  # citations
            r"!(?=\S)",  # images
            r"(?<!\d):(?=\S)|:(?=[^\s\d])",  # addresses, :) and its kin
            rf"(?<![{_WORD}\s])\)",  # ;) which the end of a reference would make, too
            r"\((?=(?i:[!/x?+\-yni*]|\*[rgby]|on|off|flag|flagoff|tm|c|r)\))",  # the other icons
            rf"{_LINE}[ \t]*#",  # numbered items
            rf"{_LINE}[ \t]*(?:h[1-6]|bq)\.",  # headings and quotations
        )
    )
)


def wiki(blocks: Sequence[Block]) -> str:
    """The blocks as Jira wiki markup."""
    return "\n\n".join(_WRITERS[type(block)](block) for block in blocks)


def size(blocks: Sequence[Block]) -> int:
    return units(wiki(blocks))


def escaped(text: str) -> str:
    """Text in which nothing is markup any more. Its line breaks stay as they are."""
    return _ACTIVE.sub(_referred, readable(text))


def _referred(match: re.Match[str]) -> str:
    """The last character is the one that makes it markup."""
    return f"{match[0][:-1]}&#{ord(match[0][-1])};"


_WRITERS: Mapping[type[Any], Callable[[Any], str]] = {
    Heading: lambda block: f"h3. {escaped(block.text)}",
    Paragraph: lambda block: escaped(block.text),
    Numbered: lambda block: "\n".join(f"# {escaped(item)}" for item in block.items),
    Facts: lambda block: "\n".join(f"*{escaped(label)}*: {escaped(value)}" for label, value in block.rows),
    Fold: lambda block: f"{{panel:title={escaped(block.title)}}}\n{escaped(block.text)}\n{{panel}}",
}
