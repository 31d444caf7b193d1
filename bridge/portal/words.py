"""How things are said to a partner: moments, sizes, what a status means, what happens next."""

import difflib
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from babel.dates import format_date, format_datetime, get_timezone

from bridge.domain import PartnerVerb
from mappings.model import Category, Trigger, Workflow

LOCALE = "pt_BR"
ZONE = get_timezone("America/Sao_Paulo")


def moment(at: datetime) -> str:
    """`24 de nov. de 2026, 10:12`, Brasília time."""
    return format_datetime(at, "d 'de' MMM 'de' y, HH:mm", tzinfo=ZONE, locale=LOCALE)


def stamp(at: datetime) -> str:
    """`24/11/2026 10:12`, Brasília time, as a spreadsheet reads it."""
    return format_datetime(at, "dd/MM/y HH:mm", tzinfo=ZONE, locale=LOCALE)


def clock_time(at: datetime) -> str:
    """`10:12`, Brasília time."""
    return format_datetime(at, "HH:mm", tzinfo=ZONE, locale=LOCALE)


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
    return f"{f'{number:.1f}'.removesuffix('.0')} {unit}".replace(".", ",")


def capitalized(text: str) -> str:
    """With a large first letter; the others stay as they are."""
    return text[:1].upper() + text[1:]


# --- statuses -------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Badge:
    """A status in plain words and in a shape; never in colour alone."""

    text: str
    shape: str
    """`waiting`, `moving`, `done` or `yours` (the partner has something to do)."""


def badge(workflow: Workflow, status: str) -> Badge:
    return Badge(text=workflow.plain(status), shape=_shape(workflow, status))


def possible(workflow: Workflow, status: str) -> frozenset[PartnerVerb]:
    """What the partner may do now: decided by the rules, never by a status's name."""
    return frozenset(
        verb
        for verb in PartnerVerb
        if verb.trigger and (rule := workflow.rules.get(verb.trigger)) and status in rule.moves_from
    )


def awaits_partner(workflow: Workflow, status: str) -> bool:
    return bool(possible(workflow, status) & {PartnerVerb.ANSWERED, PartnerVerb.CONFIRMED})


class Group(StrEnum):
    """Where a ticket stands, as the panel groups it. Decided by categories and rules, never by a name."""

    YOURS = "comigo"
    QUEUED = "fila"
    MOVING = "andamento"
    TESTING = "teste"
    CLOSED = "encerrados"


def group(workflow: Workflow, status: str) -> Group:
    found = workflow.statuses.get(status)
    if awaits_partner(workflow, status):
        return Group.YOURS
    if found is None:
        return Group.MOVING
    if PartnerVerb.STILL_FAILING in possible(workflow, status):
        return Group.TESTING
    by_category = {
        Category.NEW: Group.QUEUED,
        Category.IN_PROGRESS: Group.MOVING,
        Category.DONE: Group.CLOSED,
    }
    return by_category[found.category]


PHASES = ("Triagem", "Fila", "Correção", "Teste", "Validação", "Encerrado")


def phase(workflow: Workflow, status: str) -> int | None:
    """Which of `PHASES` a status belongs to; None where a ticket ends on the way."""
    verbs, found = possible(workflow, status), workflow.statuses.get(status)
    if status in workflow.done:
        confirmed = workflow.rules.get(Trigger.CONFIRMED)
        return 5 if confirmed and confirmed.to == status else None
    if PartnerVerb.STILL_FAILING in verbs:
        return 4 if PartnerVerb.CONFIRMED in verbs else 3
    if found is None or found.category is Category.IN_PROGRESS:
        return 2
    return 0 if found.initial or PartnerVerb.ANSWERED in verbs else 1


@dataclass(frozen=True, kw_only=True)
class Step:
    """What is happening to a ticket, and what the partner has to do about it."""

    now: str
    you: str


NOTHING_TO_DO = "Nada por enquanto. Avisamos por e-mail quando precisarmos de você."
_BY_VERB = {
    PartnerVerb.ANSWERED: Step(
        now="A triagem leu o chamado e precisa de uma informação para continuar.",
        you="Responda à pergunta abaixo. Assim que você enviar, o chamado volta para a triagem.",
    ),
    PartnerVerb.CONFIRMED: Step(
        now="A correção está em produção.",
        you="Confira com o seu cliente e nos conte se funcionou.",
    ),
    PartnerVerb.STILL_FAILING: Step(
        now="A correção está em teste, na base de homologação. Para o seu cliente o problema ainda ocorre.",
        you="Se quiser, teste também. Se ainda ocorrer, avise abaixo.",
    ),
}


_TESTED = Step(
    now="A correção passou nos testes e aguarda a publicação. Para o seu cliente o problema ainda ocorre.",
    you=NOTHING_TO_DO,
)
_SENT_BACK = Step(
    now="A triagem reprovou o chamado: ele não segue para o Desenvolvimento.",
    you="Leia o motivo no andamento. Se der para corrigir, use “Corrigir e abrir de novo”: as suas "
    "respostas e os arquivos já vêm preenchidos.",
)


def next_step(workflow: Workflow, status: str) -> Step:
    """What happens now and what the partner does next, in plain words."""
    verbs, published = possible(workflow, status), workflow.rules.get(Trigger.DEPLOYED_PRODUCTION)
    if published and status in published.moves_from:
        return _TESTED
    for verb in (PartnerVerb.ANSWERED, PartnerVerb.CONFIRMED, PartnerVerb.STILL_FAILING):
        if verb in verbs:
            return _BY_VERB[verb]
    return _step_by_category(workflow, status)


def _step_by_category(workflow: Workflow, status: str) -> Step:
    found = workflow.statuses.get(status)
    if found is None or found.category is Category.IN_PROGRESS:
        return Step(now="O Desenvolvimento está cuidando da correção.", you=NOTHING_TO_DO)
    if is_sent_back(workflow, status):
        return _SENT_BACK
    if found.category is Category.DONE:
        return Step(
            now="Este chamado terminou.", you="Nada. Se o problema voltar nos próximos dias, avise por aqui."
        )
    if found.initial:
        return Step(
            now="A triagem vai ler o chamado e dizer se foi aprovado, reprovado ou se falta algo.",
            you=NOTHING_TO_DO,
        )
    return Step(now="O chamado foi aprovado e está na fila do Desenvolvimento.", you=NOTHING_TO_DO)


def is_sent_back(workflow: Workflow, status: str) -> bool:
    """Whether a ticket has ended without being worked on."""
    return status in workflow.done and phase(workflow, status) is None


def may_continue(workflow: Workflow, status: str, *, since: datetime, now: datetime, days: int) -> bool:
    """Whether a new ticket may take up this closed one: its problem is back, or it was sent back."""
    return status in workflow.done and now - since <= timedelta(days=days)


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
