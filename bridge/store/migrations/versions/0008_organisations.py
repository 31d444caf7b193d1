"""Organisations, the vendor's own sign-in, the panel's search, tickets that continue closed ones."""

import json

import sqlalchemy as sa
from alembic import op

from bridge.store.searching import search_text

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_REFERENCES = (
    ("partners", "organisation_id", "organisations.id", None),
    ("tickets", "organisation_id", "organisations.id", None),
    ("tickets", "continues_id", "tickets.id", "SET NULL"),
    ("drafts", "continues_id", "tickets.id", "SET NULL"),
    ("partner_actions", "partner_id", "partners.id", "SET NULL"),
)


def upgrade() -> None:
    op.create_table(
        "organisations",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("name", sa.Text, unique=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "identities",
        sa.Column("issuer", sa.String(255), primary_key=True),
        sa.Column("subject", sa.String(255), primary_key=True),
        sa.Column(
            "partner_id", _ID, sa.ForeignKey("partners.id", ondelete="CASCADE"), nullable=False, index=True
        ),
        sa.Column("linked_at", _MOMENT, nullable=False),
    )
    for table, column, target, ondelete in _REFERENCES:
        reference = sa.ForeignKey(target, ondelete=ondelete)
        op.add_column(table, sa.Column(column, _ID, reference), inline_references=True)
    op.add_column("partners", sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()))
    op.add_column("login_links", sa.Column("tries", sa.Integer, nullable=False, server_default="0"))
    op.add_column("portal_sessions", sa.Column("device", sa.String(64), nullable=False, server_default=""))
    op.add_column("tickets", sa.Column("search_text", sa.Text, nullable=False, server_default=""))
    _one_organisation_each()
    _make_searchable()
    op.create_index("ix_partners_organisation_id", "partners", ["organisation_id"])
    panel = ["organisation_id", "id", "status", "status_since", "due_date", "search_text"]
    op.create_index("ix_tickets_panel", "tickets", panel)


def _one_organisation_each() -> None:
    op.execute("INSERT INTO organisations (id, created_at) SELECT id, created_at FROM partners")
    op.execute("UPDATE partners SET organisation_id = id")
    op.execute("UPDATE tickets SET organisation_id = partner_id")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "SELECT setval(pg_get_serial_sequence('organisations', 'id'), max(id)) FROM organisations "
            "HAVING max(id) IS NOT NULL"
        )


def _make_searchable() -> None:
    connection = op.get_bind()
    tickets = sa.table("tickets", sa.column("id"), sa.column("answers"), sa.column("search_text"))
    for number, answers in connection.execute(sa.select(tickets.c.id, tickets.c.answers)).all():
        given = json.loads(answers) if isinstance(answers, str) else answers
        wanted = sa.update(tickets).where(tickets.c.id == number)
        connection.execute(wanted.values(search_text=search_text(number, given)))


def downgrade() -> None:
    op.drop_index("ix_tickets_panel", "tickets")
    op.drop_index("ix_partners_organisation_id", "partners")
    for table, column in (
        ("tickets", "search_text"),
        ("portal_sessions", "device"),
        ("login_links", "tries"),
        ("partners", "active"),
        *((table, column) for table, column, _, _ in reversed(_REFERENCES)),
    ):
        op.drop_column(table, column)
    op.drop_table("identities")
    op.drop_table("organisations")
