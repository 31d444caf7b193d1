"""What nobody needs any more: old drafts and webhooks, files that never came whole or belong to nothing."""

import time
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import delete, select, text, update

from bridge.services import Services
from bridge.store import sweeps
from bridge.store.tables import ArrivingFile, Delivery, Draft, Upload
from bridge.store.tables.outside import BODY_KEPT

SWEEP = "leftovers"
EVERY = timedelta(hours=1)
DRAFT_LIFE = timedelta(days=90)
"""Since the draft was last changed."""
LOOSE_LIFE = timedelta(days=2)
"""Of a file that was sent with a reply which was then never sent."""
ORPHAN_SECONDS = 24 * 3600.0
"""A file's bytes are written before its row: what is younger may be about to get one."""
PORTION = 200
"""Bodies forgotten in one transaction: a webhook that comes meanwhile waits for its end."""

log = structlog.get_logger()


def tidy(services: Services) -> str:
    """Take the hourly turn, if it is due: forget what is old, then delete bytes that nothing refers to."""
    now = services.clock()
    since = sweeps.take(services.store, SWEEP, now=now, every=EVERY)
    if since is None:
        return ""
    drafts, files = _forget_old(services, now), _delete_orphans(services)
    bodies = _forget_bodies(services, now)
    outcome = (
        f"forgot {drafts} old drafts and the bodies of {bodies} webhooks, "
        f"and deleted {files} files that nothing refers to"
    )
    sweeps.finished(services.store, SWEEP, since=since, began=now, now=services.clock(), outcome=outcome)
    log.info("tidied up", outcome=outcome)
    return outcome


def _forget_old(services: Services, now: datetime) -> int:
    """Only rows go here: their bytes are orphans from then on."""
    with services.store.begin() as db:
        old = select(Draft.id).where(Draft.ticket_id.is_(None), Draft.updated_at < now - DRAFT_LIFE)
        db.execute(delete(Upload).where(Upload.draft_id.in_(old)))
        gone = db.scalars(delete(Draft).where(Draft.id.in_(old)).returning(Draft.id)).all()
        db.execute(delete(ArrivingFile).where(ArrivingFile.expires_at < now))
        loose = Upload.draft_id.is_(None) & Upload.ticket_id.is_(None) & Upload.action_id.is_(None)
        db.execute(delete(Upload).where(loose, Upload.created_at < now - LOOSE_LIFE))
    return len(gone)


def _forget_bodies(services: Services, now: datetime) -> int:
    """Of webhooks that came long ago; when they came and what they did stays."""
    days = services.config.deliveries_days
    kept = (Delivery.received_at < now - timedelta(days=days), text(BODY_KEPT))
    portion = update(Delivery).where(Delivery.id.in_(select(Delivery.id).where(*kept).limit(PORTION)))
    forgotten, more = 0, bool(days)
    while more:
        with services.store.begin() as db:
            numbers = db.scalars(portion.values(body=b"").returning(Delivery.id)).all()
        forgotten += len(numbers)
        more = len(numbers) == PORTION
    return forgotten


def _delete_orphans(services: Services) -> int:
    folder = services.config.files
    # By the disk's own clock, which is the one that dated the files.
    before = time.time() - ORPHAN_SECONDS
    old = [path for path in folder.iterdir() if path.is_file() and path.stat().st_mtime < before]
    with services.store.read() as db:
        known = {*db.scalars(select(Upload.stored_as)), *db.scalars(select(ArrivingFile.id))}
    orphans = [path for path in old if _owner(path) not in known]
    for path in orphans:
        path.unlink(missing_ok=True)
    return len(orphans)


def _owner(path: Path) -> str:
    """`<name>`, `<name>.mini` and `<id>.part` stand and fall with their row."""
    return path.name.split(".")[0]
