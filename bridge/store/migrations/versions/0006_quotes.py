"""The comments that timeline and e-mails quote."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("timeline", "mails"):
        op.add_column(table, sa.Column("quotes", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("timeline", sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("timeline", "edited_at")
    for table in ("timeline", "mails"):
        op.drop_column(table, "quotes")
