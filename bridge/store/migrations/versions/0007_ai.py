"""Partners for whom the AI is switched on or off."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("partners", sa.Column("ai", sa.Boolean(), nullable=True))


def downgrade() -> None:
    op.drop_column("partners", "ai")
