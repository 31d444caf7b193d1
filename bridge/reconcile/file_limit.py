"""How large a file Jira takes: asked at the start and once a day, so that forms refuse what Jira would."""

from datetime import timedelta

import structlog

from bridge.clients.errors import Refused, Unavailable
from bridge.services import Services
from bridge.store import sweeps
from bridge.store.file_limit import remember_file_limit

EVERY = timedelta(hours=24)
AFTER_FAILURE = timedelta(minutes=1)
SWEEP = "files"

log = structlog.get_logger()


def ask_file_limit(services: Services) -> None:
    """Ask when it is due. While Jira cannot be asked, what it last said stays."""
    now = services.clock()
    since = sweeps.take(services.store, SWEEP, now=now, every=EVERY)
    if since is None:
        return
    try:
        limit = services.jira.files.limit()
    except (Unavailable, Refused) as error:
        sweeps.failed(services.store, SWEEP, again_at=now + AFTER_FAILURE, outcome=str(error))
        return
    with services.store.begin() as db:
        remember_file_limit(db, limit, now=now)
    outcome = f"Jira takes files of up to {limit} bytes"
    sweeps.finished(services.store, SWEEP, since=since, began=now, now=now, outcome=outcome)
    log.info("asked how large files may be", outcome=outcome)
