"""The e-mails' texts and their frame: read, and checked as the Jinja templates they are."""

import re
from collections.abc import Iterator
from typing import Any

import mrml
from jinja2 import Environment, TemplateError, TemplateSyntaxError, meta, nodes

from mappings.documents import Document
from mappings.faults import Fault, use_one_of
from mappings.model import EmailText
from mappings.schemas import EmailSchema
from mappings.shapes import shaped

IN_EMAILS = {
    "ticket": ("reference", "title", "opener", "url"),
    "recipient": ("added_by", "proved", "can_enter"),
    "recipient_is_opener": (),
    "staging_url": (),
    "version": (),
    "due_date": (),
    "due_date_changed": (),
    "comment": (),
    "status": (),
}
IN_LAYOUT: dict[str, tuple[str, ...]] = dict.fromkeys(
    (
        *("mark", "reference", "title", "headline", "preheader", "blocks", "status", "reason", "notes"),
        *("button", "button_url", "second", "second_url", "ticket_url", "choice", "choice_url"),
    ),
    (),
)
"""What a template may name, and the attributes of what has some."""

REMOTE = re.compile(r"""(?:<link[^>]*href=|<img[^>]*src=|url\()["']?((?:https?:)?//[^"')>\s]+)""")
"""What a mail program would fetch by itself, telling the sender who reads, when and where."""

LETTER = Environment(autoescape=False)  # noqa: S701 - only parses; nothing is rendered here
LETTER.filters["quote"] = str


def read_letter(file: str, kind: str, text: str) -> tuple[EmailText | None, list[Fault]]:
    """The e-mail in `text`, or None; and all that is wrong with it."""
    lines = text.split("\n")
    if "---" not in map(str.rstrip, lines):
        remedy = "Put a line '---' between the headers and the text."
        return None, [Fault(file, 1, "no line '---' ends the headers", remedy)]
    end = [line.rstrip() for line in lines].index("---")
    headers = _headers(file, lines[:end])
    body = "\n".join(lines[end + 1 :]).strip("\n")
    values, shape = shaped(headers, EmailSchema())
    faults = [*headers.faults, *shape, *_header_faults(headers), *_body_faults(file, lines, end)]
    if faults:
        return None, faults
    return EmailText(kind=kind, body=body, source=file, **values), []


def _headers(file: str, lines: list[str]) -> Document:
    headers = Document(file, value={})
    for number, line in enumerate(lines, start=1):
        key, colon, value = line.partition(":")
        if not line.strip() or line.startswith("#"):
            continue
        if not colon:
            headers.faults.append(Fault(file, number, "a header without ':'", "Write 'key: value'."))
        elif key.strip() in headers.value:
            headers.faults.append(Fault(file, number, f"'{key.strip()}' is here twice", "Keep one."))
        else:
            headers.lines[(key.strip(),)] = number
            headers.value[key.strip()] = value.strip()
    return headers


def _header_faults(headers: Document) -> Iterator[Fault]:
    for key, value in headers.value.items():
        yield from template_faults(headers.file, value, headers.line((key,)), IN_EMAILS)


def _body_faults(file: str, lines: list[str], end: int) -> Iterator[Fault]:
    body = lines[end + 1 :]
    if not any(line.strip() for line in body):
        yield Fault(file, end + 1, "the e-mail says nothing", "Write its text below the line '---'.")
    yield from template_faults(file, "\n".join(body), end + 2, IN_EMAILS)


def template_faults(file: str, source: str, first: int, known: dict[str, tuple[str, ...]]) -> Iterator[Fault]:
    """What Jinja would stumble over in `source`, whose first line is line `first` of the file."""
    try:
        tree = LETTER.parse(source)
        undeclared = meta.find_undeclared_variables(tree)
    except TemplateSyntaxError as error:
        message = f"not a valid template: {str(error.message).rstrip('.')}"
        yield Fault(file, first + error.lineno - 1, message, "Check that each {{ }} and {% %} is closed.")
        return
    for line, message, remedy in (*_names(tree, undeclared, known), *_parts(tree, known), *_filters(tree)):
        yield Fault(file, first + line - 1, message, remedy)


def _names(
    tree: nodes.Template, undeclared: set[str], known: dict[str, tuple[str, ...]]
) -> Iterator[tuple[int, str, str]]:
    for name in tree.find_all(nodes.Name):
        if name.name in undeclared and name.name not in known:
            yield name.lineno, f"unknown placeholder '{name.name}'", use_one_of(name.name, list(known))
    for include in tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
        yield include.lineno, "a template cannot take in another one", "Write the text out."


def _parts(tree: nodes.Template, known: dict[str, tuple[str, ...]]) -> Iterator[tuple[int, str, str]]:
    for part in tree.find_all(nodes.Getattr):
        whole = part.node.name if isinstance(part.node, nodes.Name) else ""
        parts = known.get(whole, ())
        if parts and part.attr not in parts:
            written, can_be = f"{whole}.{part.attr}", [f"{whole}.{one}" for one in parts]
            yield part.lineno, f"unknown placeholder '{written}'", use_one_of(written, can_be)


def _filters(tree: nodes.Template) -> Iterator[tuple[int, str, str]]:
    for used in tree.find_all((nodes.Filter, nodes.Test)):
        kind, known = ("filter", LETTER.filters) if isinstance(used, nodes.Filter) else ("test", LETTER.tests)
        if used.name not in known:
            remedy = "Use 'quote', or one that Jinja brings along."
            yield used.lineno, f"unknown {kind} '{used.name}'", remedy


def layout_faults(file: str, source: str) -> Iterator[Fault]:
    """What is wrong with the frame: as a template, as MJML, and as the template that MJML makes of it."""
    faults = list(template_faults(file, source, 1, IN_LAYOUT))
    yield from faults
    try:
        compiled: Any = mrml.to_html(source)
    except OSError as error:
        yield Fault(file, 1, f"not valid MJML: {error}", "Close each tag, and put {% %} inside mj-raw.")
        return
    if not faults:
        yield from _survival_faults(file, source, compiled.content)
    if remote := REMOTE.search(compiled.content):
        remedy = "Use system fonts and no images; MJML fetches the fonts Roboto, Lato, Ubuntu and Open Sans."
        yield Fault(file, 1, f"the e-mail would fetch {remote[1]} when it is opened", remedy)


def _survival_faults(file: str, source: str, compiled: str) -> Iterator[Fault]:
    try:
        lost = meta.find_undeclared_variables(LETTER.parse(source))
        lost -= meta.find_undeclared_variables(LETTER.parse(compiled))
    except TemplateError as error:
        yield Fault(file, 1, f"MJML breaks its {{% %}} apart: {error}", "Put each inside mj-raw.")
        return
    if lost:
        message = f"MJML drops the placeholders {', '.join(sorted(lost))}"
        yield Fault(file, 1, message, "Put them inside mj-raw or a text.")
