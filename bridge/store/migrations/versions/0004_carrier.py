"""Procrastinate 3.10's own tables, types and functions, and one trigger; only on PostgreSQL."""

from alembic import op

from bridge.store.schema import CARRIER_SCHEMA

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# In Procrastinate the end of a job tells nobody that the next one with its lock is free to run.
NOTIFY_UNLOCKED = """
CREATE FUNCTION chamados_notify_unlocked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify(
        'procrastinate_queue_v1#' || queue_name,
        json_build_object('type', 'job_inserted', 'job_id', id)::text
    ) FROM procrastinate_jobs WHERE status = 'todo' AND queueing_lock = OLD.lock;
    RETURN NULL;
END;
$$;
CREATE TRIGGER chamados_notify_unlocked AFTER DELETE ON procrastinate_jobs
    FOR EACH ROW WHEN (OLD.status = 'doing') EXECUTE FUNCTION chamados_notify_unlocked();
"""
TABLES = ("events", "periodic_defers", "jobs", "workers")


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        # Past SQLAlchemy, which would take the text's percent signs for parameters.
        op.get_bind().connection.driver_connection.execute(CARRIER_SCHEMA.read_text("utf-8"))
        op.execute(NOTIFY_UNLOCKED)


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in TABLES:
        op.execute(f"DROP TABLE procrastinate_{table} CASCADE")
    op.execute("DROP FUNCTION chamados_notify_unlocked")
    op.execute(
        "DO $$ DECLARE made regprocedure; BEGIN "
        "FOR made IN SELECT oid FROM pg_proc WHERE proname LIKE 'procrastinate\\_%' "
        "LOOP EXECUTE 'DROP FUNCTION ' || made; END LOOP; END $$"
    )
    for kind in ("job_to_defer_v1", "job_status", "job_event_type"):
        op.execute(f"DROP TYPE procrastinate_{kind}")
