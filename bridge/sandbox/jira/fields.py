"""What each field accepts, and how its changes are told."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from bridge.sandbox.jira import adf, catalogue
from bridge.sandbox.jira.catalogue import Field
from bridge.sandbox.jira.configuration import Project
from bridge.sandbox.jira.errors import FieldError
from bridge.sandbox.jira.model import Json, Rich, User
from bridge.sandbox.jira.site import Site

OFF_SCREEN = "Field '{}' cannot be set. It is not on the appropriate screen, or unknown."
TOO_LONG = "The entered text is too long. It exceeds the allowed limit of {} characters."


@dataclass(frozen=True)
class Reader:
    """Reads one request's field values: v3 speaks ADF, v2 wiki text."""

    site: Site
    documents: bool

    def read(self, field: Field, raw: Any) -> Any:
        """The value to store; None clears the field. Raises FieldError."""
        if field.kind == "summary":
            return _summary(raw)
        if raw is None and field.kind == "labels":
            return []
        if raw is None:
            return None
        return getattr(self, f"_{field.kind}")(field, raw)

    def rich(self, raw: Any) -> Rich | None:
        """A paragraph text or a comment's body."""
        if self.documents:
            return _document(raw)
        if not isinstance(raw, str):
            raise FieldError("Operation value must be a string")
        if len(raw) > adf.LIMIT:
            raise FieldError(TOO_LONG.format("32,767"))  # R10
        return adf.rich(raw) if raw else None

    def user(self, raw: Any) -> User | None:
        """Cloud knows people by accountId alone, Server by name."""
        attribute, name = ("username", "name") if self.site.server else ("account_id", "accountId")
        if not isinstance(raw, dict) or name not in raw:
            raise FieldError(f"expected an object with '{name}'")
        wanted = raw[name]
        if wanted in (None, "", "-1"):  # -1: the project's automatic assignee, which is nobody here
            return None
        user = self.site.user_by(attribute, str(wanted))
        if user is None:
            raise FieldError(
                f"User '{wanted}' does not exist." if self.site.server else "Specify a valid value for user"
            )
        return user

    def _user(self, field: Field, raw: Any) -> User | None:
        return self.user(raw)

    def _rich(self, field: Field, raw: Any) -> Rich | None:
        return self.rich(raw)

    def _text(self, field: Field, raw: Any) -> str | None:
        if not isinstance(raw, str):
            raise FieldError("Operation value must be a string")
        if len(raw) > 255:
            raise FieldError(TOO_LONG.format(255))
        return raw or None

    def _url(self, field: Field, raw: Any) -> str | None:
        text = self._text(field, raw)
        if text is not None and not _web_address(text):
            raise FieldError("Not a valid URL")
        return text

    def _option(self, field: Field, raw: Any) -> str:
        if not isinstance(raw, dict) or not {"id", "value"} & raw.keys():
            raise FieldError(f"Specify a valid 'id' or 'name' for {field.name}")
        attribute = "id" if "id" in raw else "value"
        wanted = str(raw[attribute])
        for option in field.options:
            if getattr(option, attribute) == wanted:
                return option.id
        raise FieldError(f"Option {'id' if attribute == 'id' else 'value'} '{wanted}' is not valid")

    def _labels(self, field: Field, raw: Any) -> list[str]:
        if not isinstance(raw, list):
            raise FieldError("data was not an array")
        for label in raw:
            _check_label(label)
        return sorted(set(raw))

    def _priority(self, field: Field, raw: Any) -> str:
        wanted = raw if isinstance(raw, dict) else {}
        for key, name in catalogue.PRIORITIES.items():
            if str(wanted.get("id", "")) == key or wanted.get("name") == name:
                return key
        raise FieldError("Specify a valid priority ID or name")

    def _date(self, field: Field, raw: Any) -> str:
        try:
            return date.fromisoformat(raw).isoformat()
        except (TypeError, ValueError):
            raise FieldError("Operation value must be a string in the format yyyy-MM-dd") from None

    def project(self, raw: Any) -> str:
        wanted = raw if isinstance(raw, dict) else {}
        for each in self.site.made.projects.values():
            if str(wanted.get("id", "")) == each.id or wanted.get("key") == each.key:
                return each.id
        raise FieldError("Specify a valid project ID or key")

    def issue_type(self, project: Project, raw: Any) -> str:
        wanted = raw if isinstance(raw, dict) else {}
        for each in self.site.made.types_of(project):
            if str(wanted.get("id", "")) == each.id or wanted.get("name") == each.name:
                return each.id
        raise FieldError("Specify a valid issue type")

    def _project(self, field: Field, raw: Any) -> str:
        return self.project(raw)

    def _issuetype(self, field: Field, raw: Any) -> str:
        wanted = raw if isinstance(raw, dict) else {}
        for each in self.site.made.types.values():
            if str(wanted.get("id", "")) == each.id or wanted.get("name") == each.name:
                return each.id
        raise FieldError("Specify a valid issue type")


def _summary(raw: Any) -> str:
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        raise FieldError("You must specify a summary of the issue.")
    if not isinstance(raw, str):
        raise FieldError("Operation value must be a string")
    if re.search(r"[\r\n]", raw):
        raise FieldError("The summary is invalid because it contains newline characters.")
    if len(raw) > 255:
        raise FieldError("Summary can't exceed 255 characters.")
    return raw


def _document(raw: Any) -> Rich | None:
    fault = adf.fault(raw)
    if fault:
        raise FieldError(fault)
    text = adf.to_text(raw)
    return Rich(raw, text) if raw["content"] else None


def _check_label(label: Any) -> None:
    if not isinstance(label, str) or not label:
        raise FieldError("The label must be a non-empty string.")
    if re.search(r"\s", label):
        raise FieldError(f"The label '{label}' contains spaces which is invalid.")
    if len(label) > 255:
        raise FieldError("The label is too long: at most 255 characters.")


def _web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", text)


def same(old: Any, new: Any) -> bool:
    """Whether an edit changes nothing. A text sent back in the other notation is the same text."""
    if isinstance(old, Rich) and isinstance(new, Rich):
        return old.wiki == new.wiki and (old.adf == new.adf or adf.from_text(new.wiki) == new.adf)
    return bool((old or None) == (new or None))


def change_item(site: Site, field: Field, old: Any, new: Any) -> Json:
    """One item of a changelog entry, as Jira words it."""
    before, after = _told(site, field, old), _told(site, field, new)
    return {
        "field": field.name if field.custom else field.id,
        "fieldtype": "custom" if field.custom else "jira",
        "fieldId": field.id,
        "from": before[0],
        "fromString": before[1],
        "to": after[0],
        "toString": after[1],
    }


def _told(site: Site, field: Field, value: Any) -> tuple[str | None, str | None]:
    if field.kind == "labels":
        return None, " ".join(value or [])
    if value is None:
        return None, None
    if field.kind == "user":
        return (value.username if site.server else value.account_id), value.name
    if field.kind == "date":
        return value, f"{value} 00:00:00.0"
    if field.kind in ("option", "priority"):
        return value, str(plain(field, value))
    return None, str(plain(field, value))


def plain(field: Field, value: Any) -> Any:
    """The value as a person would write it."""
    if isinstance(value, Rich):
        return value.wiki
    if isinstance(value, User):
        return value.name
    if field.kind == "priority":
        return catalogue.PRIORITIES[value]
    if field.kind == "option":
        return next((option.value for option in field.options if option.id == value), value)
    return value
