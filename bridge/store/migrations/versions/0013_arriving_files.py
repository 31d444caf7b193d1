"""Files on their way, in pieces."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "arriving_files",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("partner_id", _ID, nullable=False),
        sa.Column("draft_id", sa.String(64), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("upload_id", _ID, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_arriving_files"),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.id"], name="fk_arriving_files_partner_id_partners", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["drafts.id"], name="fk_arriving_files_draft_id_drafts", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["uploads.id"], name="fk_arriving_files_upload_id_uploads", ondelete="CASCADE"
        ),
    )
    for column in ("partner_id", "draft_id", "expires_at"):
        op.create_index(f"ix_arriving_files_{column}", "arriving_files", [column])


def downgrade() -> None:
    op.drop_table("arriving_files")
