"""Issue keys in what developers write."""

import re
from itertools import islice

KEY = re.compile(r"(?<![A-Za-z0-9])(?=([A-Za-z][A-Za-z0-9_]{1,50}-[1-9][0-9]{0,9})(?![A-Za-z0-9]))")
"""What may be an issue key; only those of our tickets count.

They overlap: in `fix_CHAM-12` the project may be `FIX_CHAM` as well as `CHAM`.
"""


MOST = 2000
"""Keys in one text: nobody means more of them, and a database takes only so many at once (65 535)."""


def keys_in(*texts: str | None) -> set[str]:
    """Every possible issue key in the texts, as written in capitals; the first `MOST` of each."""
    found = (dict.fromkeys(KEY.findall(text)) for text in texts if text)
    return {key for keys in found for key in islice(keys, MOST) if key == key.upper()}


def keys_in_any_case(name: str) -> set[str]:
    """Every possible issue key in a branch's name or a title, in capitals: such are written in any case."""
    return keys_in(name.upper())
