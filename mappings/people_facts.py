"""What must be true of people.yaml beyond its shape. Each function is named for the fact it checks."""

from collections.abc import Iterator

from mappings.documents import Document, repeated
from mappings.faults import Fault


def people_faults(people: Document) -> Iterator[Fault]:
    yield from every_login_is_one_person(people)


def every_login_is_one_person(people: Document) -> Iterator[Fault]:
    yield from repeated(people, [(*path, "github") for path in people.entries("people")], "GitHub login")
