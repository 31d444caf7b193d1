"""An index of the webhooks whose bodies are to be forgotten one day."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

KEPT = "length(body) > 0"


def upgrade() -> None:
    op.create_index(
        "ix_deliveries_body",
        "deliveries",
        ["received_at"],
        sqlite_where=sa.text(KEPT),
        postgresql_where=sa.text(KEPT),
    )


def downgrade() -> None:
    op.drop_index("ix_deliveries_body", "deliveries")
