"""Organisations: who is put where, and what of the tickets comes along."""

from alembic import command
from sqlalchemy import inspect, select, text

from bridge.store import Store, listing, panel, people, schema
from bridge.store.filing import Submission, file_ticket
from bridge.store.listing import Wanted
from bridge.store.tables import Base, Organisation, Partner, Ticket
from tests.conftest import NOW


def file(store: Store, email: str) -> int:
    with store.begin() as db:
        partner = people.by_email(db, email)
        assert partner
        submission = Submission(partner=partner, answers={"titulo": f"De {email}"})
        return file_ticket(db, submission, status="Triagem", now=NOW).id


def add(store: Store, email: str, organisation: str = "") -> None:
    with store.begin() as db:
        people.register(db, name=email, email=email, organisation=organisation, now=NOW)


def sees(store: Store, email: str) -> set[int]:
    with store.read() as db:
        partner = people.by_email(db, email)
        assert partner
        lines = listing.lines(db, partner, Wanted(statuses=["Triagem"]))
        assert all(panel.ticket(db, partner, line.id) for line in lines)
        return {line.id for line in lines}


def test_colleagues_see_each_others_and_nobody_elses(store: Store) -> None:
    for email, organisation in (("a@x.example", "X"), ("b@x.example", "X"), ("c@y.example", "Y")):
        add(store, email, organisation)
    # The same name says nothing of an organisation.
    add(store, "d@z.example")
    add(store, "e@z.example")
    a, b, c, d = (file(store, f"{name}.example") for name in ("a@x", "b@x", "c@y", "d@z"))
    assert sees(store, "a@x.example") == sees(store, "b@x.example") == {a, b}
    assert sees(store, "c@y.example") == {c}
    assert (sees(store, "d@z.example"), sees(store, "e@z.example")) == ({d}, set())


def test_who_was_alone_brings_tickets_and_who_moves_on_leaves_them(store: Store) -> None:
    add(store, "a@x.example")
    add(store, "b@x.example", "X")
    first = file(store, "a@x.example")
    add(store, "a@x.example", "X")
    assert sees(store, "b@x.example") == {first}
    second = file(store, "a@x.example")
    add(store, "a@x.example", "Y")
    assert sees(store, "a@x.example") == set()
    assert sees(store, "b@x.example") == {first, second}
    with store.read() as db:
        assert set(db.scalars(select(Organisation.name))) == {"X", "Y"}


def test_partners_of_an_older_version_are_alone_with_their_tickets(store: Store) -> None:
    """Down to the version before and up again, with rows in the tables."""
    for email in ("a@x.example", "b@y.example"):
        add(store, email)
    number = file(store, "a@x.example")
    with store.engine.connect() as connection:
        config = schema._config()
        config.attributes["connection"] = connection
        command.downgrade(config, "0008-1")
        assert "organisations" not in inspect(connection).get_table_names()
        command.upgrade(config, "head")
        connection.commit()
    assert (sees(store, "a@x.example"), sees(store, "b@y.example")) == ({number}, set())
    with store.read() as db:
        assert db.get_one(Ticket, number).search_text.startswith(f"ct-{number} de a@x")
        assert db.scalars(select(Partner.organisation_id)).all() == [1, 2]
    add(store, "c@z.example")
    assert sees(store, "c@z.example") == set()


def test_tables_are_as_described(store: Store) -> None:
    with store.read() as db:
        found = inspect(db.connection())
        for name, table in Base.metadata.tables.items():
            assert {one["name"] for one in found.get_columns(name)} == set(table.columns.keys()), name
            indexes = {one["name"] for one in found.get_indexes(name) if not one.get("duplicates_constraint")}
            assert {one.name for one in table.indexes} <= indexes, name
        assert db.scalar(text("SELECT count(*) FROM organisations")) == 0
