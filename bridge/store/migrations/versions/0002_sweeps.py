"""Sweeps for what no webhook told; tickets parked by hand; e-mails that are late."""

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
    op.add_column("tickets", sa.Column("jira_updated_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("tickets", sa.Column("held", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("mails", sa.Column("late", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("mails", "late")
    op.drop_column("tickets", "held")
    op.drop_column("tickets", "jira_updated_at")
    op.drop_table("sweeps")
