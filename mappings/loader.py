"""A directory of mappings, read, checked as a whole, and frozen."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mappings.board_facts import board_faults
from mappings.documents import Document, read_yaml
from mappings.email_facts import email_faults
from mappings.faults import Fault, MappingError, nearest
from mappings.form_facts import form_faults
from mappings.letters import layout_faults, read_letter
from mappings.model import EmailText, Mappings, People
from mappings.people_facts import people_faults
from mappings.schemas import FormSchema, PeopleSchema, WorkflowSchema
from mappings.shapes import shaped
from mappings.values import Strict

SHIPPED = Path(__file__).parent
WORKFLOW, FORM, PEOPLE = "workflow.yaml", "fields.yaml", "people.yaml"
LAYOUT = "emails/layout.mjml"


def load(directory: Path | None = None) -> Mappings:
    """The mappings in `directory` (default: those that ship with the program), checked in full.

    Raises MappingError with every fault of every file, never just the first.
    """
    return _Loading(directory or SHIPPED).mappings()


class _Loading:
    """One reading of a directory, gathering faults as it goes."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.faults: list[Fault] = []

    def mappings(self) -> Mappings:
        self.faults += _strangers(self.directory)
        board, workflow = self._document(WORKFLOW, WorkflowSchema())
        fields, form = self._document(FORM, FormSchema())
        persons, people = self._people()
        sources = self._sources()
        emails = self._emails(sources)
        layout = self._text(LAYOUT)
        self.faults += [
            *board_faults(board),
            *form_faults(fields),
            *people_faults(persons),
            *(email_faults(board, sources) if board.value is not None else ()),
            *(layout_faults(LAYOUT, layout) if layout is not None else ()),
        ]
        if self.faults or layout is None:
            raise MappingError(self.faults)
        return Mappings(workflow=workflow, form=form, people=people, emails=emails, layout=layout)

    def _people(self) -> tuple[Document, Any]:
        """Who is who; a directory without the file knows nobody."""
        if not (self.directory / PEOPLE).exists():
            return Document(PEOPLE), People()
        return self._document(PEOPLE, PeopleSchema())

    def _document(self, file: str, schema: Strict) -> tuple[Document, Any]:
        text = self._text(file)
        if text is None:
            return Document(file), None
        document = read_yaml(file, text)
        self.faults += document.faults
        if document.value is None and document.faults:
            return document, None
        built, faults = shaped(document, schema)
        self.faults += faults
        return document, built

    def _sources(self) -> dict[str, str]:
        """The e-mails' sources by kind; one that cannot be read is empty."""
        files = sorted((self.directory / "emails").glob("[!.]*.txt"))
        return {path.stem: self._text(f"emails/{path.name}") or "" for path in files}

    def _emails(self, sources: dict[str, str]) -> dict[str, EmailText]:
        emails: dict[str, EmailText] = {}
        unread = {fault.file for fault in self.faults}
        for kind, source in sources.items():
            file = f"emails/{kind}.txt"
            email, faults = read_letter(file, kind, source) if file not in unread else (None, [])
            self.faults += faults
            if email is not None:
                emails[kind] = email
        return emails

    def _text(self, file: str) -> str | None:
        try:
            return (self.directory / file).read_text(encoding="utf-8-sig")
        except OSError as error:
            remedy = f"Put it into {self.directory}, starting from the one that ships with the program."
            self.faults.append(Fault(file, 1, f"cannot be read: {error.strerror}", remedy))
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            self.faults.append(Fault(file, line, "is not UTF-8 text", "Save it as UTF-8."))
        return None


def _strangers(directory: Path) -> Iterator[Fault]:
    """Files that nobody would read: most likely a misspelt name."""
    known = {"": [WORKFLOW, FORM, PEOPLE, "emails"], "emails": ["layout.mjml", "*.txt"]}
    for folder, names in known.items():
        for path in sorted((directory / folder).glob("*")):
            if not any(path.match(name) for name in (*names, "*.py", "README*", ".*", "__pycache__")):
                yield _stranger(path.relative_to(directory), names)


def _stranger(path: Path, names: list[str]) -> Fault:
    meant = nearest(path.name, names)
    remedy = f"Did you mean '{meant}'?" if meant else "Remove it, or put it somewhere else."
    return Fault(path.as_posix(), 1, "is no part of a mapping", remedy)
