"""Rules broken on purpose: the simulation has to see each of them.

Not among them: that a look forgets what rang while it lasted (the sweeps heal it; `test_store` sees it), and
that the partner's words are written without looking for them (it takes hundreds of schedules; `test_cables`).
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from bridge.domain import PullRequest, Review, ReviewState
from bridge.reconcile.telling import write_telling
from bridge.store import facts
from bridge.store.tables import Ticket
from bridge.verdicts import LaneState
from mappings.model import Reviews
from webhooks.github import router
from webhooks.github.pulls import reviewed


@contextmanager
def edge_triggered_reviews() -> Iterator[None]:
    """The last review delivered decides, not each reviewer's last opinion as read."""
    last: dict[int, Review] = {}

    def heard(services: Any, db: Any, payload: Any) -> Any:
        said = payload["review"]
        state, who = ReviewState(said["state"]), said["user"]["login"]
        review = Review(id=said["id"], reviewer=who, state=state, commit=said["commit_id"], at=None)
        last[payload["pull_request"]["number"]] = review
        return reviewed(services, db, payload)

    def decisive(one: PullRequest, policy: Reviews, state: ReviewState) -> tuple[Review, ...]:
        said = last.get(one.number)
        return (said,) if said and said.state is state else ()

    with (
        patch.dict(router._handlers, {"pull_request_review": heard}),
        patch("bridge.rules.opinions._standing", decisive),
    ):
        yield


@contextmanager
def never_spent() -> Iterator[None]:
    """A verdict moves the ticket each time it is looked at."""
    true = facts.lanes

    def unspent(db: Any, ticket_id: int) -> Any:
        return {lane: LaneState(identity="", spent=False, refusal="") for lane in true(db, ticket_id)}

    with patch("bridge.store.facts.lanes", unspent):
        yield


@contextmanager
def mailed_by_delivery() -> Iterator[None]:
    """E-mails are keyed by what rang, not by what happened."""
    true = write_telling

    def keyed(db: Any, services: Any, ticket: Ticket, action: Any) -> str:
        rung = db.get_one(Ticket, ticket.id).generation
        return true(db, services, ticket, replace(action, source=f"{action.source}:{rung}"))

    with patch("bridge.reconcile.telling.write_telling", keyed):
        yield


def no_sweep() -> AbstractContextManager[Any]:
    """What no webhook told is never looked for."""
    return patch("tests.simulation.simulation.heal", lambda services: None)


def blind_creation() -> AbstractContextManager[Any]:
    """A creation without an answer is sent again at once."""
    return patch("bridge.reconcile.create._check_quarantine", lambda *_: None)


def no_hold() -> AbstractContextManager[Any]:
    """Status e-mails go out at once, undone or not."""
    return patch("bridge.rules.story.Story.ripe", lambda *_: True)


MUTATIONS: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    one.__name__: one
    for one in (
        edge_triggered_reviews,
        never_spent,
        mailed_by_delivery,
        no_sweep,
        blind_creation,
        no_hold,
    )
}
