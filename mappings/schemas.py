"""The shape of each file: its keys, their types, and the frozen values made of them."""

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, post_load, validate

from mappings.form import FieldType, Form, FormField, Option, OwnFields
from mappings.model import (
    Category,
    Environments,
    Linking,
    MailPolicy,
    Mention,
    Moment,
    OnPullRequests,
    People,
    Reviews,
    Rule,
    Status,
    Trigger,
    Workflow,
)
from mappings.values import (
    Strict,
    a_login,
    a_machine_name,
    a_pattern,
    at_least_one,
    one_word,
    patterns,
    some_places,
    text,
    texts,
)

CATEGORIES = {"new": Category.NEW, "in progress": Category.IN_PROGRESS, "done": Category.DONE}
"""Jira calls the middle one `indeterminate` in its API and "In progress" everywhere else."""

BY_PROTECTION = "branch protection"
"""Instead of a number of approvals."""
ASSOCIATIONS = (
    "OWNER",
    "MEMBER",
    "COLLABORATOR",
    "CONTRIBUTOR",
    "FIRST_TIME_CONTRIBUTOR",
    "FIRST_TIMER",
    "NONE",
)
"""GitHub's words for what an author is to a repository."""


GATHERABLE = [Moment.DUE_DATE.value, Moment.PUBLIC_COMMENT.value]


class StatusSchema(Strict):
    name = text(required=True)
    category = fields.String(required=True, validate=validate.OneOf(list(CATEGORIES)))
    plain = text(required=True)
    leaves_to = texts(required=True)
    initial = fields.Boolean()
    email = text()
    wants_comment = fields.Boolean()

    @post_load
    def build(self, values: dict[str, Any], **_: Any) -> Status:
        category = CATEGORIES[values.pop("category")]
        return Status(**{**values, "category": category, "leaves_to": tuple(values["leaves_to"])})


class RuleSchema(Strict):
    to = text(required=True)
    moves_from = texts(required=True, data_key="from")
    through = texts()


class _Triggers(Strict):
    noun = "trigger"

    @post_load
    def build(self, values: dict[str, dict[str, Any]], **_: Any) -> dict[Trigger, Rule]:
        return {Trigger(name): self._rule(Trigger(name), rule) for name, rule in values.items()}

    def _rule(self, trigger: Trigger, rule: Mapping[str, Any]) -> Rule:
        return Rule(
            trigger=trigger,
            to=rule["to"],
            moves_from=tuple(rule["moves_from"]),
            through=tuple(rule.get("through", ())),
        )


class _Moments(Strict):
    noun = "moment"

    @post_load
    def build(self, values: dict[str, str], **_: Any) -> dict[Moment, str]:
        return {Moment(name): kind for name, kind in values.items()}


TriggersSchema = _Triggers.from_dict(
    {trigger.value: fields.Nested(RuleSchema, required=True) for trigger in Trigger}, name="TriggersSchema"
)


class MailsSchema(Strict):
    gathered = fields.List(fields.String(validate=validate.OneOf(GATHERABLE)))
    opener_only = texts()

    @post_load
    def build(self, values: dict[str, Any], **_: Any) -> MailPolicy:
        return MailPolicy(
            gathered=frozenset(Moment(name) for name in values.get("gathered", ())),
            opener_only=frozenset(values.get("opener_only", ())),
        )


MomentsSchema = _Moments.from_dict({moment.value: text() for moment in Moment}, name="MomentsSchema")


class LinksSchema(Strict):
    trust = fields.List(
        fields.List(fields.Enum(Mention, by_value=True), validate=some_places), validate=some_places
    )
    fork_authors = fields.List(fields.String(validate=validate.OneOf(ASSOCIATIONS)))

    @post_load
    def build(self, values: dict[str, Any], **_: Any) -> Linking:
        made = {name: tuple(value) for name, value in values.items()}
        if "trust" in made:
            made["trust"] = tuple(tuple(rank) for rank in made["trust"])
        return Linking(**made)


class Approvals(fields.Integer):
    """How many, or GitHub's own rules."""

    def _deserialize(self, value: Any, *place: Any, **options: Any) -> Any:
        return value if value == BY_PROTECTION else super()._deserialize(value, *place, **options)


def enough_approvals(wanted: int | str) -> None:
    if isinstance(wanted, int):
        at_least_one(wanted)


class ReviewsSchema(Strict):
    approvals = Approvals(strict=True, validate=enough_approvals)
    stale_on_push = fields.Boolean()
    ignored = texts()

    @post_load
    def build(self, values: dict[str, Any], **_: Any) -> Reviews:
        if values.get("approvals") == BY_PROTECTION:
            values |= {"approvals": 1, "by_protection": True}
        return Reviews(**{**values, "ignored": tuple(values.get("ignored", ()))})


class EnvironmentsSchema(Strict):
    staging = patterns()
    production = patterns()
    release_is_production = fields.Boolean()
    staging_workflows = fields.List(fields.String(validate=a_pattern))
    production_workflows = fields.List(fields.String(validate=a_pattern))

    @post_load
    def build(self, values: dict[str, Any], **_: Any) -> Environments:
        lists = {name: tuple(found) for name, found in values.items() if isinstance(found, list)}
        return Environments(**{**values, **lists})


class OnPullRequestsSchema(Strict):
    check = fields.Boolean()
    comment = fields.Boolean()
    still_failing = fields.Boolean()

    @post_load
    def build(self, values: dict[str, Any], **_: Any) -> OnPullRequests:
        return OnPullRequests(**values)


class WorkflowSchema(Strict):
    statuses = fields.List(fields.Nested(StatusSchema), required=True)
    triggers = fields.Nested(TriggersSchema, required=True)
    moments = fields.Nested(MomentsSchema, required=True)
    mails = fields.Nested(MailsSchema)
    # May be left out: boards older than it name their tickets as they always did.
    links = fields.Nested(LinksSchema, load_default=Linking)
    reviews = fields.Nested(ReviewsSchema, required=True)
    environments = fields.Nested(EnvironmentsSchema, required=True)
    comment_marker = fields.String(required=True, validate=one_word)
    on_pull_requests = fields.Nested(OnPullRequestsSchema)

    @post_load
    def build(self, values: dict[str, Any], **_: Any) -> Workflow:
        statuses = {status.name: status for status in values.pop("statuses")}
        return Workflow(statuses=statuses, rules=values.pop("triggers"), **values)


class OptionSchema(Strict):
    value = text(required=True)
    hint = fields.String()
    group = fields.String()

    @post_load
    def build(self, values: dict[str, Any], **_: Any) -> Option:
        return Option(**values)


class OnlyWhenSchema(Strict):
    field = text(required=True)
    value = text(required=True)


class FormFieldSchema(Strict):
    name = fields.String(required=True, validate=a_machine_name)
    label = text(required=True)
    type = fields.String(required=True, validate=validate.OneOf([kind.value for kind in FieldType]))
    jira = text(required=True)
    hint = fields.String()
    example = fields.String()
    required = fields.Boolean()
    max_length = fields.Integer(strict=True, validate=at_least_one)
    options = fields.List(fields.Nested(OptionSchema))
    only_when = fields.Nested(OnlyWhenSchema)

    @post_load
    def build(self, values: dict[str, Any], **_: Any) -> FormField:
        options = tuple(values.get("options", ()))
        made: dict[str, Any] = {"type": FieldType(values["type"]), "options": options}
        if "only_when" in values:
            made["only_when"] = (values["only_when"]["field"], values["only_when"]["value"])
        return FormField(**{**values, **made})


class OwnFieldsSchema(Strict):
    partner = text(required=True)
    reference = text(required=True)
    staging_url = text(required=True)
    version = text(required=True)

    @post_load
    def build(self, values: dict[str, Any], **_: Any) -> OwnFields:
        return OwnFields(**values)


class FormSchema(Strict):
    issue_type = text(required=True)
    notice = text(required=True)
    notice_version = text(required=True)
    # `fields` is taken: a schema keeps its own there.
    questions = fields.List(fields.Nested(FormFieldSchema), required=True, data_key="fields")
    own = fields.Nested(OwnFieldsSchema, required=True)

    @post_load
    def build(self, values: dict[str, Any], **_: Any) -> Form:
        questions = {question.name: question for question in values.pop("questions")}
        return Form(fields=questions, **values)


class PersonSchema(Strict):
    github = fields.String(required=True, validate=a_login)
    jira = text(required=True)


class PeopleSchema(Strict):
    assign_author = fields.Boolean()
    people = fields.List(fields.Nested(PersonSchema), required=True)

    @post_load
    def build(self, values: dict[str, Any], **_: Any) -> People:
        accounts = {one["github"].lower(): one["jira"].strip() for one in values.pop("people")}
        return People(accounts=accounts, **values)


ACTIONS = ["ticket", "staging", "following", "answered", "confirmed", "still_failing"]


class EmailSchema(Strict):
    """The lines above `---` in an e-mail's text."""

    noun = "header"

    headline = text(required=True)
    preheader = text(required=True)
    button = fields.String(load_default="")
    action = fields.String(load_default="ticket", validate=validate.OneOf(ACTIONS))
    second = fields.String(load_default="")
    second_action = fields.String(load_default="ticket", validate=validate.OneOf(ACTIONS))
    needs_action = fields.String(load_default="no", validate=validate.OneOf(["yes", "no"]))

    @post_load
    def build(self, values: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**values, "needs_action": values["needs_action"] == "yes"}
