"""Two transactions that meet on PostgreSQL: what one has written and not committed, the other writes too."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bridge.cli.waiting import until
from bridge.store import Store, drafts, followers, people, remarks
from bridge.store.filing import Submission, file_ticket
from bridge.store.remarks import CHECK, COMMENT, Place
from bridge.store.tables import Partner, Remark
from tests.conftest import NOW
from tests.world import SECONDS

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

TYPED = {"titulo": "Não salva"}
EMAIL, COLLEAGUE = "a@b.example", "c@b.example"

Write = Callable[[Session], object]


def side_by_side(store: Store, first: Write, second: Write) -> None:
    """The second has begun, and waits for the first, when the first commits."""

    def write() -> None:
        with store.begin() as db:
            second(db)

    with ThreadPoolExecutor() as pool:
        with store.begin() as db:
            first(db)
            db.flush()
            other = pool.submit(write)
            assert until(lambda: other.done() or _somebody_waits(store), seconds=SECONDS)
        other.result(SECONDS)


def _somebody_waits(store: Store) -> bool:
    waiting = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with store.read() as db:
        return bool(db.scalar(text(waiting)))


@pytest.fixture(autouse=True)
def registered(store: Store) -> None:
    with store.begin() as db:
        people.register(db, name="Revenda", email=EMAIL, now=NOW)


def _partner(db: Session) -> Partner:
    partner = people.by_email(db, EMAIL)
    assert partner
    return partner


@pytest.mark.parametrize("words_first", [True, False])
def test_two_who_begin_a_draft_both_do_and_the_words_stay(store: Store, words_first: bool) -> None:
    """A new form's files and its first words."""

    def words(db: Session) -> None:
        drafts.save(db, _partner(db), "one", answers=TYPED, now=NOW)

    def file(db: Session) -> None:
        assert drafts.ensure(db, _partner(db), "one", now=NOW)

    side_by_side(store, *((words, file) if words_first else (file, words)))
    with store.read() as db:
        draft = drafts.find(db, _partner(db), "one")
        assert draft
        assert draft.answers == TYPED


def test_two_who_ring_the_same_remarks_ring_them_once(store: Store) -> None:
    """Looks at two tickets that one pull request names; or two webhooks about it."""
    place = Place(repository_id=7, repository="softhouse/erp", number=1)

    def rings(db: Session) -> None:
        remarks.ring(db, place, [CHECK, COMMENT], now=NOW)

    side_by_side(store, rings, rings)
    with store.read() as db:
        assert sorted(db.scalars(select(Remark.cause))) == [CHECK, COMMENT]
    assert len(remarks.due(store, now=NOW, limit=10)) == 2


@pytest.mark.parametrize("followed_once", [False, True])
def test_two_who_add_the_same_follower_add_one(store: Store, followed_once: bool) -> None:
    with store.begin() as db:
        form = Submission(partner=_partner(db), answers=TYPED)
        number = file_ticket(db, form, status="Triagem", now=NOW).id
        if followed_once:
            followers.add(db, number, COLLEAGUE, added_by="Ana")
            db.flush()
            followers.remove(db, number, COLLEAGUE, now=NOW - timedelta(days=1))
    added: list[bool] = []

    def adds(db: Session) -> None:
        added.append(followers.add(db, number, COLLEAGUE, added_by="Ana"))

    side_by_side(store, adds, adds)
    assert added == [True, False]
    with store.read() as db:
        assert followers.removed(db, number) == []
