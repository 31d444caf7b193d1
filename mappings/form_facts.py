"""What must be true of fields.yaml beyond its shape. Each function is named for the fact it checks."""

from collections.abc import Iterator

from mappings.documents import Document, Path, repeated
from mappings.faults import Fault, use_one_of


def form_faults(form: Document) -> Iterator[Fault]:
    yield from every_field_name_is_its_own(form)
    yield from every_jira_field_is_bound_once(form)
    yield from jira_gets_a_summary(form)
    yield from files_and_attachments_go_together(form)
    yield from only_choices_have_options(form)
    yield from every_option_is_its_own(form)
    yield from every_condition_can_come_true(form)


def every_field_name_is_its_own(form: Document) -> Iterator[Fault]:
    yield from repeated(form, [(*path, "name") for path in form.entries("fields")], "field")


def every_jira_field_is_bound_once(form: Document) -> Iterator[Fault]:
    own = form.at("own")
    asked: list[Path] = [(*path, "jira") for path in form.entries("fields")]
    filled: list[Path] = [("own", key) for key in (own if isinstance(own, dict) else ())]
    yield from repeated(form, [*asked, *filled], "Jira field")


def jira_gets_a_summary(form: Document) -> Iterator[Fault]:
    paths = list(form.entries("fields"))
    bound = [path for path in paths if form.text(*path, "jira").casefold() == "summary"]
    if not bound and isinstance(form.at("fields"), list):
        remedy = "Write 'jira: summary' under one of them: Jira creates nothing without it."
        yield form.fault(("fields",), "no field becomes Jira's summary", remedy)
    for path in bound:
        if form.at(*path, "required") is not True or form.at(*path, "only_when") is not None:
            message = f"field '{form.text(*path, 'name')}' becomes Jira's summary but may be left empty"
            yield form.fault(path, message, "Write 'required: true' under it, without only_when.")


def files_and_attachments_go_together(form: Document) -> Iterator[Fault]:
    for path in form.entries("fields"):
        kind, bound = form.text(*path, "type"), form.text(*path, "jira").casefold()
        if kind and bound and (kind == "files") != (bound == "attachment"):
            message = f"'type: {kind}' cannot be kept in Jira's '{form.text(*path, 'jira')}'"
            yield form.fault((*path, "jira"), message, "Files go to 'attachment', and nothing else does.")


def only_choices_have_options(form: Document) -> Iterator[Fault]:
    for path in form.entries("fields"):
        name, options = form.text(*path, "name"), form.at(*path, "options")
        if form.text(*path, "type") == "choice" and not options:
            yield form.fault(path, f"choice '{name}' has no options", "List them under 'options'.")
        if form.text(*path, "type") not in ("", "choice") and options is not None:
            message = f"field '{name}' has options but is no choice"
            yield form.fault((*path, "options"), message, "Write 'type: choice', or take the options out.")


def every_option_is_its_own(form: Document) -> Iterator[Fault]:
    for path in form.entries("fields"):
        paths: list[Path] = [(*option, "value") for option in form.entries(*path, "options")]
        yield from repeated(form, paths, "option")


def every_condition_can_come_true(form: Document) -> Iterator[Fault]:
    for path in form.entries("fields"):
        if isinstance(form.at(*path, "only_when"), dict):
            yield from _condition_faults(form, path)


def _condition_faults(form: Document, path: Path) -> Iterator[Fault]:
    others = {form.text(*other, "name"): other for other in form.entries("fields") if other != path}
    name, value = form.text(*path, "only_when", "field"), form.text(*path, "only_when", "value")
    if not name or not value:
        return
    if name not in others:
        remedy = use_one_of(name, [other for other in others if other])
        yield form.fault((*path, "only_when", "field"), f"only_when names an unknown field '{name}'", remedy)
        return
    values = [form.text(*option, "value") for option in form.entries(*others[name], "options")]
    if value not in values:
        message = f"only_when waits for '{value}', which '{name}' never is"
        yield form.fault((*path, "only_when", "value"), message, use_one_of(value, values))
