"""Issues that were moved to another key, and files that the bridge made itself."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "former_keys",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name="fk_former_keys_ticket_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_former_keys"),
    )
    op.create_index("ix_former_keys_ticket_id", "former_keys", ["ticket_id"])
    op.add_column("uploads", sa.Column("ours", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("uploads", "ours")
    op.drop_table("former_keys")
