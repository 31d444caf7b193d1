"""YAML read so that every value still knows its line."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.constructor import SafeConstructor

from mappings.faults import Fault

Step = str | int
Path = tuple[Step, ...]

TYPED = {"tag:yaml.org,2002:bool", "tag:yaml.org,2002:int", "tag:yaml.org,2002:null"}
"""Scalars that are more than their text. Dates and fractions are not: a version `1.10` must stay `1.10`."""


@dataclass
class Document:
    """A file's values by path, their lines, and the faults found while reading it."""

    file: str
    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """The line of `path`, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def fault(self, path: Path, message: str, remedy: str) -> Fault:
        return Fault(self.file, self.line(path), message, remedy)

    def at(self, *path: Step) -> Any:
        """The value at `path`; None where there is nothing."""
        found = self.value
        for step in path:
            try:
                found = found[step]
            except (KeyError, IndexError, TypeError):
                return None
        return found

    def text(self, *path: Step) -> str:
        """The text at `path`; empty where there is none, or something else."""
        found = self.at(*path)
        return found if isinstance(found, str) else ""

    def texts(self, *path: Step) -> Iterator[tuple[Path, str]]:
        """The texts of the list at `path`, each with its own path; whatever is no text is left out."""
        found = self.at(*path)
        for place, each in enumerate(found if isinstance(found, list) else []):
            if isinstance(each, str):
                yield (*path, place), each

    def entries(self, *path: Step) -> Iterator[Path]:
        """The paths of the mappings listed or named at `path`."""
        found = self.at(*path)
        steps = range(len(found)) if isinstance(found, list) else found if isinstance(found, dict) else ()
        for step in steps:
            if isinstance(self.at(*path, step), dict):
                yield (*path, step)


def read_yaml(file: str, text: str) -> Document:
    """The document in `text`, with its syntax faults and repeated keys."""
    document = Document(file)
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        document.faults.append(_syntax_fault(file, text, error))
        return document
    if root is not None:
        document.value = _Reading(document).value(root, ())
    return document


def repeated(document: Document, paths: list[Path], noun: str) -> Iterator[Fault]:
    """A fault for each path whose text stands at an earlier one already, whatever the letter case."""
    lines: dict[str, int] = {}
    for path in paths:
        written = document.text(*path)
        if written.casefold() in lines:
            message = f"{noun} '{written}' is here twice, first in line {lines[written.casefold()]}"
            yield document.fault(path, message, "Change or remove one of the two.")
        elif written:
            lines[written.casefold()] = document.line(path)


def _syntax_fault(file: str, text: str, error: yaml.YAMLError) -> Fault:
    mark = getattr(error, "problem_mark", None)
    line = mark.line + 1 if mark else text.count("\n", 0, getattr(error, "position", 0)) + 1
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    remedy = "Check the indentation, and put texts that hold ': ', '#', '*' or '{' in quotes."
    return Fault(file, line, f"not valid YAML: {problem}", remedy)


class _Reading:
    """One walk over a document's nodes."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.scalars = SafeConstructor()
        self.seen: set[int] = set()

    def value(self, node: yaml.Node, path: Path) -> Any:
        self.document.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        if id(node) in self.seen:
            self._fault(node, "an alias repeats a part of the file", "Write the part out.")
            return None
        self.seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            return [self.value(each, (*path, place)) for place, each in enumerate(node.value)]
        return self._mapping(node, path)

    def _mapping(self, node: yaml.Node, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
            if not name:
                self._fault(key, "a key that is not a text", "Put texts with '{' or '[' in quotes.")
            elif name in found:
                first = self.document.lines[(*path, name)]
                self._fault(key, f"'{name}' is here twice, first in line {first}", "Keep one of the two.")
            else:
                self.document.lines[(*path, name)] = key.start_mark.line + 1
                found[name] = self.value(value, (*path, name))
        return found

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        if node.tag not in TYPED:
            return node.value
        try:
            return self.scalars.construct_object(node)
        except (ValueError, KeyError):
            return node.value

    def _fault(self, node: yaml.Node, message: str, remedy: str) -> None:
        self.document.faults.append(Fault(self.document.file, node.start_mark.line + 1, message, remedy))
