"""A new form's files and its first words come side by side, each in a transaction of its own."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from bridge.cli.waiting import until
from bridge.store import Store, drafts, people
from tests.conftest import NOW
from tests.databases import somebody_waits
from tests.world import SECONDS

TYPED = {"titulo": "Não salva"}
EMAIL = "a@b.example"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("words_first", [True, False])
def test_two_who_begin_a_draft_at_once_both_do_and_the_words_stay(store: Store, words_first: bool) -> None:
    with store.begin() as db:
        people.register(db, name="Revenda", email=EMAIL, now=NOW)

    def write(*, words: bool, begun: threading.Event, ends: threading.Event) -> None:
        with store.begin() as db:
            partner = people.by_email(db, EMAIL)
            assert partner
            begun.set()
            if words:
                drafts.save(db, partner, "one", answers=TYPED, now=NOW)
            else:
                assert drafts.ensure(db, partner, "one", now=NOW)
            db.flush()
            ends.wait(SECONDS)

    first, second, ends = threading.Event(), threading.Event(), threading.Event()
    with ThreadPoolExecutor() as pool:
        one = pool.submit(write, words=words_first, begun=first, ends=ends)
        assert first.wait(SECONDS)
        # The first has written when the second has to wait for it.
        other = pool.submit(write, words=not words_first, begun=second, ends=ends)
        assert until(lambda: somebody_waits(store), seconds=SECONDS)
        ends.set()
        one.result(SECONDS)
        other.result(SECONDS)
    with store.read() as db:
        partner = people.by_email(db, EMAIL)
        assert partner
        draft = drafts.find(db, partner, "one")
        assert draft
        assert draft.answers == TYPED
