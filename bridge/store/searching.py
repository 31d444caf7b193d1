"""What the panel's search looks into: the same folding for what is stored and for what is typed."""

import unicodedata
from collections.abc import Mapping
from typing import Any

from bridge.domain import reference

SEARCHED = ("titulo", "email_cliente", "ferramenta", "integracao")
LONGEST = 600
"""Characters: PostgreSQL's index entries may not pass 2 700 bytes."""


def folded(text: str) -> str:
    """The text without accents and capitals."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(char for char in plain if not unicodedata.combining(char)).casefold()


def search_text(ticket_id: int, answers: Mapping[str, Any]) -> str:
    """A ticket's reference and short answers, folded, in one line."""
    words = [reference(ticket_id), *(str(answers.get(name) or "") for name in SEARCHED)]
    return folded(" ".join(words))[:LONGEST]
