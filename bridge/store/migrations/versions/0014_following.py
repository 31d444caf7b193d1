"""Who follows a ticket and how; news that are e-mailed together; what was done by an e-mail's link."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "readers",
        sa.Column("email", sa.String(320), primary_key=True),
        sa.Column("wants", sa.Boolean, nullable=True),
        sa.Column("answered_at", _MOMENT, nullable=True),
        sa.Column("pace", sa.String(16), nullable=False, server_default="soon"),
    )
    op.add_column("recipients", sa.Column("added_by", sa.Text, nullable=False, server_default=""))
    op.add_column("recipients", sa.Column("muted_at", _MOMENT, nullable=True))
    op.add_column("recipients", sa.Column("removed_at", _MOMENT, nullable=True))
    op.add_column("recipients", sa.Column("news_after", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("timeline", sa.Column("news", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("partner_actions", sa.Column("email", sa.String(320), nullable=False, server_default=""))
    op.add_column("partner_actions", sa.Column("link_hash", sa.String(64), nullable=True))
    op.create_index("uq_partner_actions_link_hash", "partner_actions", ["link_hash"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_partner_actions_link_hash", "partner_actions")
    for table, column in (
        ("partner_actions", "link_hash"),
        ("partner_actions", "email"),
        ("timeline", "news"),
        ("recipients", "news_after"),
        ("recipients", "removed_at"),
        ("recipients", "muted_at"),
        ("recipients", "added_by"),
    ):
        op.drop_column(table, column)
    op.drop_table("readers")
