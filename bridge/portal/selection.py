"""Which tickets a request asks for: its filter, its search and its order, as the store finds them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bridge.portal import words
from bridge.portal.words import Group
from bridge.store.listing import Order, Wanted, Word
from bridge.store.searching import folded
from mappings.model import Workflow

OPEN, ALL = "abertos", "todos"
FILTERS = {
    OPEN: "Em aberto",
    Group.YOURS.value: "Dependem de você",
    Group.QUEUED.value: "Triagem e fila",
    Group.MOVING.value: "Em correção",
    Group.TESTING.value: "Em teste",
    Group.CLOSED.value: "Encerrados",
    ALL: "Todos",
}
ORDERS = {
    Order.NEWEST.value: "Mais novos primeiro",
    Order.OLDEST.value: "Mais antigos primeiro",
    Order.MOVED.value: "Movimento mais recente",
    Order.DUE.value: "Prazo mais próximo",
}
LONGEST_SEARCH = 200


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What was asked for, every part of it known to us."""

    chosen: str
    search: str
    order: Order

    @property
    def query(self) -> dict[str, str]:
        """As it stands in an address; what goes without saying is left out."""
        parts = {"situacao": self.chosen, "busca": self.search, "ordem": self.order.value}
        usual = {"situacao": OPEN, "busca": "", "ordem": Order.NEWEST.value}
        return {name: value for name, value in parts.items() if value != usual[name]}


def asked(given: Mapping[str, str], *, usual: str = OPEN) -> Selection:
    """The request's selection; what we do not know counts as not said."""
    chosen, order = given.get("situacao", usual), given.get("ordem", "")
    return Selection(
        chosen=chosen if chosen in FILTERS else usual,
        search=given.get("busca", "").strip()[:LONGEST_SEARCH],
        order=Order(order) if order in ORDERS else Order.NEWEST,
    )


def wanted(selection: Selection, workflow: Workflow, present: Collection[str]) -> Wanted:
    """The selection as the store finds it. `present`: the statuses in which there are tickets."""
    return Wanted(
        statuses=[one for one in present if belongs(selection.chosen, words.group(workflow, one))],
        words=tuple(_word(word, workflow, present) for word in folded(selection.search).split()),
        order=selection.order,
    )


def belongs(chosen: str, group: Group) -> bool:
    """Whether tickets of this group pass the filter."""
    return chosen in (ALL, group.value) or (chosen == OPEN and group is not Group.CLOSED)


def counts(by_status: Mapping[str, int], workflow: Workflow) -> dict[str, int]:
    """How many tickets each filter leaves."""
    groups = [(words.group(workflow, status), number) for status, number in by_status.items()]
    return {chosen: sum(number for group, number in groups if belongs(chosen, group)) for chosen in FILTERS}


def _word(word: str, workflow: Workflow, present: Collection[str]) -> Word:
    called = frozenset(status for status in present if word in folded(workflow.plain(status)))
    return Word(text=word, statuses=called)
