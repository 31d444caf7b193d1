"""What this Jira says when it says no."""

from typing import Any


class Refusal(Exception):
    """An answer other than success, in Jira's own shape."""

    def __init__(
        self,
        status: int,
        *messages: str,
        errors: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        body: dict[str, Any] | str | None = None,
    ) -> None:
        super().__init__(status, messages, errors)
        self.status = status
        self.headers = headers or {}
        self.body: dict[str, Any] | str = body or {"errorMessages": list(messages), "errors": errors or {}}


def invalid(*messages: str, **errors: str) -> Refusal:
    return Refusal(400, *messages, errors=errors)


def not_found(message: str) -> Refusal:
    return Refusal(404, message)


def no_issue() -> Refusal:
    return not_found("Issue does not exist or you do not have permission to see it.")


class FieldError(ValueError):
    """Why one field's value is refused; becomes an entry of `errors`."""
