"""How things are said to a partner: moments, sizes, what a status means, what happens next."""

import difflib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from babel.dates import format_date, format_datetime, get_timezone

from bridge.domain import PartnerVerb
from mappings.model import Category, Trigger, Workflow

LOCALE = "pt_BR"
ZONE = get_timezone("America/Sao_Paulo")
UNKNOWN_STATUS = "Em andamento"


def moment(at: datetime) -> str:
    """`24 de nov. de 2026, 10:12`, Brasília time."""
    return format_datetime(at, "d 'de' MMM 'de' y, HH:mm", tzinfo=ZONE, locale=LOCALE)


def day(on: date) -> str:
    return format_date(on, "d 'de' MMMM 'de' y", locale=LOCALE)


def size(count: int) -> str:
    """`1,2 MB`."""
    if count < 1024:
        return f"{count} bytes"
    number, unit = (count / 1024, "kB") if count < 1024 * 1024 else (count / 1024 / 1024, "MB")
    return f"{number:.1f} {unit}".replace(".", ",")


def folded(text: str) -> str:
    """The text as it is searched: without accents and capitals."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(char for char in plain if not unicodedata.combining(char)).casefold()


# --- statuses -------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Badge:
    """A status in plain words and in a shape; never in colour alone."""

    text: str
    shape: str
    """`waiting`, `moving`, `done` or `yours` (the partner has something to do)."""


def plain(workflow: Workflow, status: str) -> str:
    found = workflow.statuses.get(status)
    return found.plain if found else UNKNOWN_STATUS


def badge(workflow: Workflow, status: str) -> Badge:
    return Badge(text=plain(workflow, status), shape=_shape(workflow, status))


def is_closed(workflow: Workflow, status: str) -> bool:
    found = workflow.statuses.get(status)
    return found is not None and found.category is Category.DONE


def possible(workflow: Workflow, status: str) -> frozenset[PartnerVerb]:
    """What the partner may do now: decided by the rules, never by a status's name."""
    return frozenset(
        verb
        for verb in PartnerVerb
        if (rule := workflow.rules.get(Trigger(verb.value))) and status in rule.moves_from
    )


def awaits_partner(workflow: Workflow, status: str) -> bool:
    return bool(possible(workflow, status) & {PartnerVerb.ANSWERED, PartnerVerb.CONFIRMED})


def next_step(workflow: Workflow, status: str) -> str:
    """What happens next, in plain words."""
    verbs = possible(workflow, status)
    if PartnerVerb.ANSWERED in verbs:
        return "A triagem precisa de uma informação sua para continuar. Responda abaixo."
    if PartnerVerb.CONFIRMED in verbs:
        return "A correção está em produção. Confira com o seu cliente e nos conte abaixo se funcionou."
    if PartnerVerb.STILL_FAILING in verbs:
        return "A correção está em teste. Você pode testar também; se ainda ocorrer, avise abaixo."
    return _next_by_category(workflow, status)


def _next_by_category(workflow: Workflow, status: str) -> str:
    found = workflow.statuses.get(status)
    if found is None or found.category is Category.IN_PROGRESS:
        return (
            "O Desenvolvimento está cuidando da correção. Avisamos por e-mail quando houver algo para testar."
        )
    if found.category is Category.DONE:
        return "Este chamado terminou. Se precisar, abra um novo."
    if found.initial:
        return "A triagem vai ler o chamado e avisar por e-mail se foi aprovado, reprovado ou se falta algo."
    return "O chamado está na fila do Desenvolvimento. Avisamos por e-mail quando o prazo for definido."


def _shape(workflow: Workflow, status: str) -> str:
    if awaits_partner(workflow, status):
        return "yours"
    found = workflow.statuses.get(status)
    category = found.category if found else Category.IN_PROGRESS
    return {Category.NEW: "waiting", Category.IN_PROGRESS: "moving", Category.DONE: "done"}[category]


# --- what changed between two texts ---------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A run of words: `same`, `gone` (only in the first text) or `new` (only in the second)."""

    kind: str
    text: str


def compared(before: str, after: str) -> list[Piece]:
    """The two texts, word by word: `same` and `gone` make the first, `same` and `new` the second."""
    old, new = _tokens(before), _tokens(after)
    if len(old) * len(new) > _TOO_MUCH_TO_COMPARE:
        return [Piece(kind="gone", text=before), Piece(kind="new", text=after)]
    return list(_pieces(difflib.SequenceMatcher(None, old, new), old, new))


_TOO_MUCH_TO_COMPARE = 4_000_000
"""Pairs of words: about a second's work."""


def _tokens(text: str) -> list[str]:
    return re.findall(r"\S+|\s+", text.replace("\r\n", "\n"))


def _pieces(matcher: "difflib.SequenceMatcher[str]", old: list[str], new: list[str]) -> Iterator[Piece]:
    for verdict, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if verdict == "equal":
            yield Piece(kind="same", text="".join(old[old_from:old_to]))
            continue
        if old_to > old_from:
            yield Piece(kind="gone", text="".join(old[old_from:old_to]))
        if new_to > new_from:
            yield Piece(kind="new", text="".join(new[new_from:new_to]))
