"""Bells that ring many tickets at once, from several sides."""

import threading
from collections.abc import Callable

import pytest

from bridge.reconcile import drift, missed
from bridge.store.tickets import pending
from tests.world import World
from webhooks import inbox
from webhooks.events import Ringing

ROUNDS = 5


@pytest.mark.parametrize("world", [{"still": True}], indirect=True)
def test_nobody_who_rings_the_same_tickets_waits_for_one_that_waits(world: World) -> None:
    services, tickets = world.services, [world.file() for _ in range(20)]
    newest_first, mixed = tickets[::-1], tickets[10:] + tickets[:10]
    published = Ringing(kind="deployment", subject="softhouse/erp#1@1", tickets=tuple(mixed), outcome="rang")
    failures: list[Exception] = []

    def sweep() -> None:
        missed._ring(services, [(one, "pull_request", f"softhouse/erp#{one}") for one in newest_first])

    def webhook() -> None:
        with services.store.begin() as db:
            inbox._ring(services, db, None, published)

    def mended() -> None:
        drift._release(services, mixed[::-1])

    def again_and_again(act: Callable[[], None]) -> None:
        try:
            for _ in range(ROUNDS):
                act()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=again_and_again, args=(act,)) for act in (sweep, webhook, mended)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with services.store.read() as db:
        rung = [{kind for kind, _ in pending(db, one)} for one in tickets]
    assert rung == [{"filed", "pull_request", "deployment", "cli"}] * len(tickets)
