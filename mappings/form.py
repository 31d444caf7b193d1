"""The form's questions, as frozen values, and the Jira fields that keep the answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class FieldType(StrEnum):
    """How a form field is asked for and checked."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    EMAIL = "email"
    EMAILS = "emails"
    CHOICE = "choice"
    STEPS = "steps"
    FILES = "files"


@dataclass(frozen=True, kw_only=True)
class Option:
    value: str
    hint: str = ""
    group: str = ""


@dataclass(frozen=True, kw_only=True)
class FormField:
    """One question of the form, and the Jira field that keeps its answer."""

    name: str
    label: str
    type: FieldType
    jira: str
    """`summary`, `description`, `attachment`, a custom field's name, or its id (`customfield_10101`)."""
    hint: str = ""
    example: str = ""
    required: bool = False
    max_length: int | None = None
    """In characters, after trimming."""
    options: tuple[Option, ...] = ()
    only_when: tuple[str, str] | None = None
    """(field, value): asked only when that field has that value."""


@dataclass(frozen=True, kw_only=True)
class OwnFields:
    """Jira fields that the bridge fills by itself: each a custom field's name or id."""

    partner: str
    reference: str
    staging_url: str
    version: str


@dataclass(frozen=True, kw_only=True)
class Form:
    """The vendor's form: its notice, its questions in order, and the issue type that keeps the answers."""

    issue_type: str
    notice: str
    notice_version: str
    fields: Mapping[str, FormField]
    own: OwnFields
