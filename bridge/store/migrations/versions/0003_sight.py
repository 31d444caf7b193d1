"""What metrics count: indexes for it, what became of each delivery, when something was last refused."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

UNSETTLED = {
    "waiting": "generation > observed_generation",
    "parked": "parked <> ''",
    "in_doubt": "create_state = 'in_doubt'",
    "retrying": "attempts > 0",
}


def upgrade() -> None:
    op.add_column("counters", sa.Column("at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "deliveries", sa.Column("result", sa.String(length=16), nullable=False, server_default="rang")
    )
    op.execute("UPDATE deliveries SET result = 'ignored' WHERE outcome LIKE 'ignored%'")
    op.execute("UPDATE deliveries SET result = 'unreadable' WHERE outcome LIKE 'ignored: unreadable%'")
    op.create_index("ix_deliveries_source_result", "deliveries", ["source", "result"])
    op.create_index("ix_mails_state_created_at", "mails", ["state", "created_at"])
    op.create_index("ix_tickets_status", "tickets", ["status"])
    for name, where in UNSETTLED.items():
        op.create_index(
            f"ix_tickets_{name}",
            "tickets",
            ["id"],
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )


def downgrade() -> None:
    for name in UNSETTLED:
        op.drop_index(f"ix_tickets_{name}", "tickets")
    op.drop_index("ix_tickets_status", "tickets")
    op.drop_index("ix_mails_state_created_at", "mails")
    op.drop_index("ix_deliveries_source_result", "deliveries")
    op.drop_column("deliveries", "result")
    op.drop_column("counters", "at")
