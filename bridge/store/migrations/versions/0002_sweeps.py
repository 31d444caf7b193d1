"""Sweeps for what no webhook told; tickets parked by hand; bulk changes; e-mails that are late."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sweeps",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("watermark", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sweeps")),
    )
    op.create_table(
        "buckets",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("tokens", sa.Float(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_buckets")),
    )
    op.add_column("tickets", sa.Column("jira_updated_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("tickets", sa.Column("bulk_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("tickets", sa.Column("held", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("ALTER TABLE tickets RENAME COLUMN create_checks TO create_posts")
    op.execute(
        "DELETE FROM rings WHERE EXISTS (SELECT 1 FROM rings AS newer WHERE newer.ticket_id = rings.ticket_id"
        " AND newer.kind = rings.kind AND newer.subject = rings.subject AND newer.id > rings.id)"
    )
    op.drop_index("ix_rings_ticket_id", "rings")
    op.create_index("ix_rings_ticket_id_kind_subject", "rings", ["ticket_id", "kind", "subject"], unique=True)
    op.add_column("mails", sa.Column("late", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("mails", "late")
    op.drop_index("ix_rings_ticket_id_kind_subject", "rings")
    op.create_index("ix_rings_ticket_id", "rings", ["ticket_id"])
    op.execute("ALTER TABLE tickets RENAME COLUMN create_posts TO create_checks")
    op.drop_column("tickets", "held")
    op.drop_column("tickets", "bulk_at")
    op.drop_column("tickets", "jira_updated_at")
    op.drop_table("buckets")
    op.drop_table("sweeps")
