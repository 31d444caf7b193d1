"""The carrier's jobs on PostgreSQL: rows in Procrastinate's tables, at most one waiting for each ticket."""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

QUEUE = "tickets"
TASK = "reconcile"

# Procrastinate's own call raises where the queueing lock is taken, which a burst on one ticket makes the
# rule: a savepoint and an error in the server's log for each. Its trigger tells the workers either way.
_ENQUEUE = text(
    "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args) "
    "SELECT :queue, :task, 'ticket ' || id, 'ticket ' || id, jsonb_build_object('ticket_id', id) "
    "FROM unnest(CAST(:tickets AS bigint[])) AS id ORDER BY id "
    "ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING"
)
# A worker that lives may have lost the database when it had to say that a job is over: then its ticket is
# leased to nobody.
_DROP_STALLED = text(
    "DELETE FROM procrastinate_jobs job WHERE status = 'doing' AND (NOT EXISTS ("
    "SELECT FROM procrastinate_workers worker "
    "WHERE worker.id = job.worker_id AND worker.last_heartbeat > now() - CAST(:silence AS interval)"
    ") OR (NOT EXISTS ("
    "SELECT FROM tickets "
    "WHERE tickets.id = CAST(job.args->>'ticket_id' AS bigint) AND tickets.lease_until > now()"
    ") AND NOT EXISTS ("
    "SELECT FROM procrastinate_events event WHERE event.job_id = job.id "
    "AND event.type = 'started' AND event.at > now() - CAST(:silence AS interval))))"
)


def enqueue(db: Session, tickets: Collection[int]) -> None:
    """Have a worker brought to each ticket when this transaction commits; one job waiting is enough."""
    db.execute(_ENQUEUE, {"queue": QUEUE, "task": TASK, "tickets": list(tickets)})


def drop_stalled(db: Session, *, silence: timedelta) -> int:
    """Delete jobs that run in name only: their worker fell silent or holds no lease. Tickets stay rung."""
    dropped = db.execute(_DROP_STALLED, {"silence": silence})
    assert isinstance(dropped, CursorResult)
    return dropped.rowcount
