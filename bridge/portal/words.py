"""How things are said to a partner: moments, sizes, what a status means, what happens next."""

import difflib
import itertools
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


def ago(at: datetime, *, now: datetime) -> str:
    """`há 2 min`, `há 3 h`, `há 4 dias`."""
    minutes = int((now - at).total_seconds() // 60)
    if minutes < 1:
        return "agora mesmo"
    if minutes < 120:
        return f"há {minutes} min"
    return f"há {minutes // 60} h" if minutes < 48 * 60 else f"há {minutes // 1440} dias"


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
    """A run of words, and whether the other text has it too."""

    shared: bool
    text: str


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two texts, each in pieces that make it up again."""

    before: list[Piece]
    after: list[Piece]


TOO_MUCH_TO_COMPARE = 4_000_000
"""Pairs of words: about a second's work."""
ISLAND = 4
"""Shared runs shorter than this, between changes, only make the changes hard to read."""


def compared(before: str, after: str) -> Comparison:
    """The two texts compared word by word; how their words are spaced does not matter."""
    old, new = _tokens(before), _tokens(after)
    if len(old) * len(new) > TOO_MUCH_TO_COMPARE:
        return Comparison(before=[Piece(shared=False, text=before)], after=[Piece(shared=False, text=after)])
    matcher = difflib.SequenceMatcher(None, [word.strip() for word in old], [word.strip() for word in new])
    shared = [
        block for block in matcher.get_matching_blocks() if _is_worth(old[block.a : block.a + block.size])
    ]
    return Comparison(
        before=_pieces(old, {place for block in shared for place in range(block.a, block.a + block.size)}),
        after=_pieces(new, {place for block in shared for place in range(block.b, block.b + block.size)}),
    )


def _is_worth(words: list[str]) -> bool:
    return len("".join(words).strip()) >= ISLAND


def _tokens(text: str) -> list[str]:
    """Words, each with the space after it."""
    return re.findall(r"^\s+|\S+\s*", text.replace("\r\n", "\n"))


def _pieces(words: list[str], shared: set[int]) -> list[Piece]:
    runs = itertools.groupby(range(len(words)), key=lambda place: place in shared)
    return [
        piece
        for is_shared, places in runs
        for piece in _run("".join(words[place] for place in places), is_shared)
    ]


def _run(text: str, shared: bool) -> Iterator[Piece]:
    """The run; the space after a change is no change."""
    bare = text if shared else text.rstrip()
    yield Piece(shared=shared, text=bare)
    if bare != text:
        yield Piece(shared=True, text=text[len(bare) :])
