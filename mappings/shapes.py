"""What marshmallow says of a document, told with lines and remedies."""

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import ValidationError, fields

from mappings.documents import Document, Path
from mappings.faults import Fault, nearest, use_one_of
from mappings.values import Strict

UNKNOWN = "Unknown field."
MISSING = "Missing data for required field."
CHOICE = "Must be one of: "

TYPES = {
    "Not a valid string.": ("is not a text", "Write a text, in quotes if it looks like a number or yes/no."),
    "Not a valid integer.": ("is not a whole number", "Write it in digits, without quotes."),
    "Not a valid boolean.": ("is neither true nor false", "Write true or false."),
    "Not a valid list.": ("is not a list", "Write [one, another], or one '- ' line for each."),
    "Invalid input type.": ("is not a block of keys", "Write 'key: value' lines under it."),
    "Field may not be null.": ("is empty", "Write something, or take the line out if it is optional."),
}


def shaped(document: Document, schema: Strict) -> tuple[Any, list[Fault]]:
    """What the schema makes of the document, or None with the faults of its shape."""
    if document.value is None:
        return None, [document.fault((), "the file is empty", "Start from the one shipped.")]
    try:
        return schema.load(document.value), []
    except ValidationError as error:
        found = list(_messages(error.messages, ()))
        meant = {_meant(schema, path) for path, text in found if text == UNKNOWN}
        told = [(path, text) for path, text in found if text != MISSING or path not in meant]
        return None, [_fault(document, schema, path, text) for path, text in told]


def _meant(schema: Strict, path: Path) -> Path:
    """Where an unknown key belongs: what it was meant for is not missing as well."""
    key = nearest(str(path[-1]), _keys(_schema_at(schema, path[:-1])))
    return (*path[:-1], key) if key else ()


def _messages(messages: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(messages, Mapping):
        for step, inner in messages.items():
            yield from _messages(inner, path if step == "_schema" else (*path, step))
        return
    for text in messages:
        yield path, text


def _fault(document: Document, schema: Strict, path: Path, text: str) -> Fault:
    if text == UNKNOWN:
        around = _schema_at(schema, path[:-1])
        remedy = use_one_of(str(path[-1]), _keys(around))
        return document.fault(path, f"unknown {around.noun} '{path[-1]}'", remedy)
    if text == MISSING:
        around = _schema_at(schema, path[:-1])
        where = f" in '{path[-2]}'" if path[1:] and isinstance(path[-2], str) else ""
        return document.fault(path, f"missing {around.noun} '{path[-1]}'{where}", "Add it.")
    if text.startswith(CHOICE):
        return _choice_fault(document, path, text)
    wrong, remedy = TYPES.get(text) or text.split("\n", 1)
    return document.fault(path, f"{_named(path)} {wrong}", remedy)


def _choice_fault(document: Document, path: Path, text: str) -> Fault:
    choices = text.removeprefix(CHOICE).rstrip(".").split(", ")
    written = str(document.at(*path))
    return document.fault(path, f"unknown {path[-1]} '{written}'", use_one_of(written, choices))


def _named(path: Path) -> str:
    if not path:
        return "the file"
    if isinstance(path[-1], int):
        return f"item {path[-1] + 1} of {_named(path[:-1])}"
    return f"'{path[-1]}'"


def _schema_at(schema: Strict, path: Path) -> Strict:
    for step in path:
        if isinstance(step, str):
            schema = _inside(schema, step)
    return schema


def _inside(schema: Strict, key: str) -> Strict:
    field = next(one for one in schema.fields.values() if _key(one) == key)
    nested = field.inner if isinstance(field, fields.List) else field
    inner = nested.schema if isinstance(nested, fields.Nested) else None
    return inner if isinstance(inner, Strict) else schema


def _keys(schema: Strict) -> list[str]:
    return [_key(field) for field in schema.fields.values()]


def _key(field: fields.Field[Any]) -> str:
    return field.data_key or str(field.name)
