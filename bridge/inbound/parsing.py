"""An e-mail's bytes made into a message, within limits: whoever wrote them may want it to take for ever."""

from collections.abc import Sequence
from email import message_from_bytes
from email.message import Message
from email.policy import Compat32

MAXIMUM_LINES = 1_000_000
"""The largest e-mail that is read, all base64, has half as many."""
MAXIMUM_PARTS = 1_000
MAXIMUM_HEADERS = 1_000
"""Of one part."""
DEEPEST = 30
"""Parts within parts: for each line, the end of every one that is open is looked for."""
LONGEST_HEADER = 10_000
"""Characters. The standard library takes the square of it for a header's parameters."""


def parsed(raw: bytes) -> Message:
    """The message, as the old policy reads it: the new one raises at some malformed headers (Python 3.11).

    Raises:
        ValueError: it has too many lines, headers or parts, or parts within parts.
    """
    if max(raw.count(b"\n"), raw.count(b"\r")) > MAXIMUM_LINES:
        raise ValueError("lines without end")
    return message_from_bytes(raw, _class=_Part, policy=_CUT)


class _CutHeaders(Compat32):
    def header_source_parse(self, sourcelines: Sequence[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(list(sourcelines))
        return name, value[:LONGEST_HEADER]


_CUT = _CutHeaders()


class _Part(Message):
    """Knows how deep it lies, and how many there are in the whole, before its own content is read."""

    def __init__(self, policy: Compat32 = _CUT) -> None:
        super().__init__(policy)
        self._whole = self
        self._depth = self._parts = self._given = 0

    def set_raw(self, name: str, value: str) -> None:
        self._given += 1
        if self._given > MAXIMUM_HEADERS:
            raise ValueError("headers without end")
        super().set_raw(name, value)

    def attach(self, payload: "_Part") -> None:  # type: ignore[override]
        payload._whole, payload._depth = self._whole, self._depth + 1
        self._whole._parts += 1
        if self._whole._parts > MAXIMUM_PARTS:
            raise ValueError("parts without end")
        if payload._depth > DEEPEST:
            raise ValueError("parts within parts within parts")
        super().attach(payload)
