"""Whom the bridge has made the assignee."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

COLUMNS = ("assigning", "assigned")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("tickets", sa.Column(name, sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_column("tickets", name)
