"""What a single value must look like in any of the files, each fault with its remedy."""

import re
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields


def not_blank(text: str) -> None:
    if not text.strip():
        raise ValidationError("is empty\nWrite something, or take the line out if it is optional.")


def a_machine_name(text: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", text):
        raise ValidationError("is no machine name\nUse a-z, 0-9 and _ only, a letter first.")


def a_login(text: str) -> None:
    # Enterprise's managed users end in _company, apps in [bot].
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*(\[bot\])?", text):
        raise ValidationError("is no GitHub login\nWrite the login alone, without @ or address: ana-souza.")


def one_word(text: str) -> None:
    if not re.fullmatch(r"\S+", text):
        raise ValidationError("is not one word\nWrite a word without spaces, such as /parceiro.")


def a_pattern(text: str) -> None:
    if not text.strip() or text.count("[") != text.count("]"):
        raise ValidationError('is no pattern\nWrite an environment\'s name, with * for any text: "prod*".')


def some_patterns(texts: list[str]) -> None:
    if not texts:
        raise ValidationError('is empty\nList at least one environment\'s name or pattern, such as "prod*".')


def some_places(places: list[Any]) -> None:
    if not places:
        raise ValidationError("is empty\nList places: branch, title, body or commits.")


def at_least_one(number: int) -> None:
    if number < 1:
        raise ValidationError("is less than 1\nWrite 1 or more.")


def text(**options: Any) -> fields.String:
    return fields.String(validate=not_blank, **options)


def texts(**options: Any) -> fields.List[Any]:
    return fields.List(text(), **options)


def patterns() -> fields.List[Any]:
    return fields.List(fields.String(validate=a_pattern), required=True, validate=some_patterns)


class Strict(Schema):
    """Refuses keys that it does not know; `noun` is what a key is called in a fault."""

    noun = "key"

    class Meta:
        unknown = RAISE
