"""One schema for the form and the API, built from `fields.yaml`."""

from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load

from bridge.portal.answers import (
    MAXIMUM_ADDRESS,
    Address,
    Addresses,
    Choice,
    Line,
    Links,
    Paragraphs,
    Steps,
    repeated,
)
from mappings.form import FieldType, Form, FormField

LINKS = "links"
"""Share links: the one answer that `fields.yaml` does not name, for it belongs to the files."""
MINIMUM_REASON = 10
MAXIMUM_REPLY = 20_000
UNKNOWN_FIELD = "Este campo não existe."

Answers = dict[str, Any]
Errors = dict[str, list[str]]


class _Strict(Schema):
    class Meta:
        unknown = RAISE

    error_messages = {"unknown": UNKNOWN_FIELD, "type": "Envie um objeto com os campos do chamado."}  # noqa: RUF012


class TicketSchema(_Strict):
    """The answers of a form: required where asked, dropped where not."""

    _form: Form

    @post_load
    def settle(self, answers: Answers, **_: Any) -> Answers:
        """Drop what is not asked; require what is.

        Raises:
            ValidationError: by field, for each required answer that is missing.
        """
        asked = [field for field in questions(self._form) if is_asked(field, answers)]
        missing = {
            field.name: [missing_sentence(field)]
            for field in asked
            if field.required and _is_blank(answers.get(field.name))
        }
        if missing:
            raise ValidationError(missing)
        kept = {field.name: answers.get(field.name, _nothing(field)) for field in asked}
        return {**kept, LINKS: answers.get(LINKS, [])}


class ReplySchema(_Strict):
    """What a partner writes on a ticket."""

    texto = Paragraphs(max_length=MAXIMUM_REPLY, load_default="")


def ticket_schema(form: Form) -> TicketSchema:
    """The schema of this form."""
    members: dict[str, Any] = {field.name: _member(field) for field in questions(form)}
    members[LINKS] = Links(load_default=list)
    built = type("BuiltTicketSchema", (TicketSchema,), members)()
    assert isinstance(built, TicketSchema)
    built._form = form
    return built


def check(form: Form, given: Mapping[str, Any]) -> tuple[Answers, Errors]:
    """The answers, checked, and what is wrong with them by field. Every fault is found at once."""
    schema = ticket_schema(form)
    try:
        return schema.load(given), {}
    except ValidationError as error:
        found = _by_field(error)
    if set(found) != {"_schema"}:
        rest = {name: value for name, value in given.items() if name not in found and name in schema.fields}
        found = {**_still_missing(schema, rest, form, found), **found}
    order = [*schema.fields, *found]
    return {}, {name: found[name] for name in dict.fromkeys(order) if name in found}


def check_reply(given: Mapping[str, Any], *, minimum: int, ask: str) -> tuple[str, list[str]]:
    """The text of a reply, and what is wrong with it. `ask` is said when it is too short."""
    try:
        text: str = ReplySchema().load(given)["texto"]
    except ValidationError as error:
        return "", _by_field(error).get("texto", [UNKNOWN_FIELD])
    return (text, []) if len(text.strip()) >= minimum else ("", [ask])


def repetitions(form: Form, given: Mapping[str, Any]) -> list[str]:
    """What was written twice in checked answers and is kept once, sentence by sentence."""
    lists = [field.name for field in questions(form) if field.type is FieldType.EMAILS]
    found = [one for name in lists for one in repeated(given.get(name, ""))]
    return [f"“{one}” estava repetido; ficou uma vez só." for one in found]


def questions(form: Form) -> list[FormField]:
    """The form's fields that are answered in words; files are taken in apart."""
    return [field for field in form.fields.values() if field.type is not FieldType.FILES]


def files_field(form: Form) -> FormField | None:
    return next((field for field in form.fields.values() if field.type is FieldType.FILES), None)


def is_asked(field: FormField, answers: Mapping[str, Any]) -> bool:
    """True unless the field belongs to an answer that was not given."""
    return field.only_when is None or answers.get(field.only_when[0]) == field.only_when[1]


def missing_sentence(field: FormField) -> str:
    verb = "Escolha uma opção em" if field.type is FieldType.CHOICE else "Preencha"
    return f"{verb} “{field.label}”."


def _still_missing(schema: Schema, rest: Answers, form: Form, found: Errors) -> Errors:
    """The missing answers, which `settle` could not see while other answers were wrong."""
    try:
        schema.load(rest)
    except ValidationError as error:
        return {name: said for name, said in _by_field(error).items() if name not in found}
    return {}


def _by_field(error: ValidationError) -> Errors:
    said = error.messages if isinstance(error.messages, dict) else {"_schema": error.messages}
    return {str(name): _sentences(messages) for name, messages in said.items()}


def _sentences(messages: Any) -> list[str]:
    if isinstance(messages, dict):
        return [sentence for inner in messages.values() for sentence in _sentences(inner)]
    return [str(message) for message in messages]


def _member(field: FormField) -> fields.Field[Any]:
    return _MEMBERS[field.type](field)


_NOT_NULL: dict[str, Any] = {"null": "Este campo não pode ser nulo."}
_MEMBERS: dict[FieldType, Callable[[FormField], fields.Field[Any]]] = {
    FieldType.TEXT: lambda field: Line(max_length=field.max_length, error_messages=_NOT_NULL),
    FieldType.LONG_TEXT: lambda field: Paragraphs(max_length=field.max_length, error_messages=_NOT_NULL),
    FieldType.EMAIL: lambda field: Address(max_length=MAXIMUM_ADDRESS, error_messages=_NOT_NULL),
    FieldType.EMAILS: lambda field: Addresses(error_messages=_NOT_NULL),
    FieldType.STEPS: lambda field: Steps(error_messages=_NOT_NULL),
    FieldType.CHOICE: lambda field: Choice(
        options=[option.value for option in field.options], error_messages=_NOT_NULL
    ),
}


def _nothing(field: FormField) -> str | list[str]:
    return [] if field.type in {FieldType.EMAILS, FieldType.STEPS} else ""


def _is_blank(answer: Any) -> bool:
    return not (answer.strip() if isinstance(answer, str) else answer)
