"""Moves that took effect though their answers were lost."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lanes", sa.Column("moving_after", sa.String(32), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("lanes", "moving_after")
