"""Repositories by id, branches named only in commits, and identities that outlive a repository's name."""

import json
import re
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

PULL_REQUESTS = sa.table(
    "pull_requests",
    sa.column("id", sa.BigInteger),
    sa.column("repository_id", sa.BigInteger),
    sa.column("number", sa.Integer),
    sa.column("facts", sa.JSON),
)
LANES = sa.table(
    "lanes", sa.column("ticket_id", sa.BigInteger), sa.column("lane", sa.Text), sa.column("identity", sa.Text)
)
PUBLICATIONS = sa.table(
    "publications",
    sa.column("ticket_id", sa.BigInteger),
    sa.column("identity", sa.Text),
    sa.column("contains", sa.JSON),
)
REPOSITORIES = sa.table(
    "repositories",
    sa.column("id", sa.BigInteger),
    sa.column("name", sa.Text),
    sa.column("mapped_as", sa.Text),
)


def upgrade() -> None:
    op.create_table(
        "repositories",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mapped_as", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repositories")),
    )
    op.add_column("branches", sa.Column("by_name", sa.Boolean(), nullable=False, server_default=sa.true()))
    db = op.get_bind()
    rows = db.execute(sa.select(PULL_REQUESTS).order_by(PULL_REQUESTS.c.id)).all()
    for row in rows:
        values = {"facts": _facts(row.facts)}
        db.execute(PULL_REQUESTS.update().where(PULL_REQUESTS.c.id == row.id).values(values))
    names = {row.repository_id: row.facts["repository"] for row in rows}
    for number, name in names.items():
        db.execute(REPOSITORIES.insert().values(id=number, name=name, mapped_as=name.lower()))
    ids = {row.facts["repository"]: row.repository_id for row in rows}
    _rename(r"([\w.-]+/[\w.-]+)#(?=\d)", {name: str(number) for name, number in ids.items()})


def _facts(before: dict[str, Any]) -> dict[str, Any]:
    facts = dict(before)
    asked = facts.pop("requested_reviewers", [])
    reviews = [
        {**one, "asked_again": one["reviewer"] in asked, "other_base": False} for one in facts["reviews"]
    ]
    fresh = {"base": "", "fork": False, "author_association": "", "commit_keys": []}
    return {**fresh, "decision": "", "queued": False, **facts, "reviews": reviews}


def _rename(pattern: str, known: dict[str, str]) -> None:
    """`owner/name#7` becomes `<id>#7`, or back, in what verdicts and publications are known by."""
    db = op.get_bind()

    def renamed(text: str) -> str:
        return re.sub(pattern, lambda found: f"{known.get(found[1], found[1])}#", text)

    for row in db.execute(sa.select(LANES)).all():
        same = (LANES.c.ticket_id == row.ticket_id) & (LANES.c.lane == row.lane)
        db.execute(LANES.update().where(same).values(identity=renamed(row.identity)))
    for row in db.execute(sa.select(PUBLICATIONS)).all():
        same = (PUBLICATIONS.c.ticket_id == row.ticket_id) & (PUBLICATIONS.c.identity == row.identity)
        contains = json.loads(renamed(json.dumps(row.contains)))
        db.execute(PUBLICATIONS.update().where(same).values(contains=contains))


def downgrade() -> None:
    db = op.get_bind()
    for row in db.execute(sa.select(PULL_REQUESTS)).all():
        values = {"facts": _facts_before(row.facts)}
        db.execute(PULL_REQUESTS.update().where(PULL_REQUESTS.c.id == row.id).values(values))
    names = {str(row.id): row.name for row in db.execute(sa.select(REPOSITORIES)).all()}
    _rename(r"(?<![\w./-])(\d+)#(?=\d)", names)
    op.drop_column("branches", "by_name")
    op.drop_table("repositories")


def _facts_before(facts: dict[str, Any]) -> dict[str, Any]:
    fresh = {"base", "fork", "author_association", "commit_keys", "decision", "queued"}
    reviews = [
        {k: v for k, v in one.items() if k not in {"asked_again", "other_base"}} for one in facts["reviews"]
    ]
    asked = list(dict.fromkeys(one["reviewer"] for one in facts["reviews"] if one["asked_again"]))
    kept = {name: value for name, value in facts.items() if name not in fresh}
    return {**kept, "reviews": reviews, "requested_reviewers": asked}
