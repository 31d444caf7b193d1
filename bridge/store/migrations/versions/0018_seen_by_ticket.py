"""When a pull request was read, for each ticket that it names."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ticket_pull_requests", sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE ticket_pull_requests SET seen_at ="
        " (SELECT seen_at FROM pull_requests WHERE pull_requests.id = pull_request_id)"
    )


def downgrade() -> None:
    op.drop_column("ticket_pull_requests", "seen_at")
