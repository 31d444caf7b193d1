"""The form as a page: questions in three groups, what was typed, what is wrong with it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import abort, render_template, request, url_for

from bridge.portal import access, schemas
from bridge.portal.access import services
from bridge.portal.schemas import Errors
from bridge.portal.terms import terms
from bridge.store import drafts
from bridge.store.tables import Upload
from mappings.form import FieldType, Form, FormField, Option

DRAFT_NAME = re.compile(r"[A-Za-z0-9_-]{43}")
CUSTOMER = "email_cliente"
WHERE = ("ferramenta", "integracao", "email_cliente")
WHO = ("notificar",)
"""The groups that these questions stand in; every other question tells what happens."""


@dataclass(frozen=True, kw_only=True)
class Typed:
    """A form as it stands: what was typed, which files lie with it, what is wrong."""

    draft_id: str
    answers: Mapping[str, str]
    uploads: tuple[Upload, ...] = ()
    errors: Errors | None = None
    proposal: Mapping[str, Any] | None = None
    notice: str = ""


@dataclass(frozen=True, kw_only=True)
class Question:
    field: FormField
    value: str
    errors: list[str]

    @property
    def described_by(self) -> str:
        """The ids of the texts that belong to the question."""
        parts = [("dica", self.field.hint), ("exemplo", self.field.example), ("erro", self.errors)]
        return " ".join(f"{part}-{self.field.name}" for part, text in parts if text)

    @property
    def groups(self) -> dict[str, list[Option]]:
        """The options by group, in the order given."""
        found: dict[str, list[Option]] = {}
        for option in self.field.options:
            found.setdefault(option.group, []).append(option)
        return found


def render(typed: Typed) -> str:
    """The form's page."""
    form, errors = services().mappings.form, typed.errors or {}
    shown, files = sections(form, typed.answers, errors), schemas.files_field(form)
    return render_template(
        "portal/form.html",
        typed=typed,
        errors=_in_order(errors, shown, files),
        sections=shown,
        files=files,
        links=typed.answers.get(schemas.LINKS, ""),
        terms=terms(services()),
        customer=CUSTOMER,
        version=drafts.version(typed.answers),
        ai_available=access.may_use_ai(),
        can_undo=(typed.proposal or {}).get("decision") == "accepted",
    )


def sections(form: Form, answers: Mapping[str, str], errors: Errors) -> list[tuple[str, list[Question]]]:
    """The questions in the groups that the page shows."""
    groups: dict[str, list[Question]] = {"Onde acontece": [], "O que acontece": [], "Quem acompanha": []}
    for field in schemas.questions(form):
        where = "Onde acontece" if field.name in WHERE else "O que acontece"
        group = "Quem acompanha" if field.name in WHO else where
        value, wrong = answers.get(field.name, ""), errors.get(field.name, [])
        groups[group].append(Question(field=field, value=value, errors=wrong))
    groups["Onde acontece"].sort(key=_by_place)
    return [(title, questions) for title, questions in groups.items() if questions]


def _in_order(errors: Errors, shown: list[tuple[str, list[Question]]], files: FormField | None) -> Errors:
    """What is wrong, in the page's order: whoever goes from fault to fault goes down."""
    asked = [question.field.name for _, questions in shown for question in questions]
    below = [files.name, schemas.LINKS] if files else [schemas.LINKS]
    return {name: errors[name] for name in dict.fromkeys([*asked, *below, *errors]) if name in errors}


def anchor(name: str) -> str:
    """Where the error summary's link to a field leads."""
    return f"#campo-{name}"


def address(
    draft_id: str, *, aviso: str | None = None, conferir: str | None = None, novo: str | None = None
) -> str:
    """Where a draft is edited, with a notice or its faults shown; `novo`: even where it is none yet."""
    return url_for("portal.open_draft", draft_id=draft_id, aviso=aviso, conferir=conferir, novo=novo)


def draft_name(given: str) -> str:
    """The name, if it is one of ours; else 404."""
    return given if DRAFT_NAME.fullmatch(given) else abort(404)


def typed_answers() -> dict[str, str]:
    """What this request's form holds, as it was typed."""
    names = [*(question.name for question in schemas.questions(services().mappings.form)), schemas.LINKS]
    return {name: request.form[name] for name in names if name in request.form}


def load(draft_id: str) -> Typed | None:
    """The visitor's own draft as it was last saved."""
    with services().store.read() as db:
        draft = drafts.find(db, access.partner(), draft_id)
        if draft is None:
            return None
        uploads = tuple(drafts.uploads(db, access.partner(), draft_id=draft_id))
    return Typed(draft_id=draft.id, answers=draft.answers, uploads=uploads, proposal=draft.proposal)


def shown_answers(form: Form, answers: Mapping[str, Any]) -> list[tuple[FormField, list[str]]]:
    """Each answered question with its answer, one text for each item of a list."""
    shown = [(field, _texts(answers.get(field.name))) for field in schemas.questions(form)]
    return [(field, texts) for field, texts in shown if texts]


def is_long(field: FormField) -> bool:
    return field.type is FieldType.LONG_TEXT


def _texts(answer: Any) -> list[str]:
    if isinstance(answer, list):
        return [str(item) for item in answer]
    return [str(answer)] if answer else []


def _by_place(question: Question) -> int:
    return WHERE.index(question.field.name)
