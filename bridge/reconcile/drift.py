"""Whether the Jira site still is as the mappings want it, and what that means for the tickets."""

from datetime import timedelta

import structlog
from sqlalchemy import select

from bridge.clients.errors import Refused, Unavailable
from bridge.clients.jira.administration import Administration
from bridge.clients.jira.survey import look
from bridge.provision import Change, compare, counted, wanted_site
from bridge.services import Services
from bridge.store import sweeps
from bridge.store.tables import Ticket
from bridge.store.tickets import release

EVERY = timedelta(hours=24)
WHILE_PARKED = timedelta(minutes=10)
"""Between looks while tickets wait for somebody to mend the site."""
FIRST_AFTER = timedelta(minutes=10)
"""A new installation is being set up: its operator runs plan and doctor."""
AFTER_FAILURE = timedelta(hours=1)
SWEEP = "drift"
DIFFERS = "the site differs from the mappings: "
"""In the reason of a ticket parked for it; such tickets go on by themselves once nothing differs."""

log = structlog.get_logger()


def differences(services: Services) -> list[Change]:
    """What has to be mended, by the bridge's own account.

    Raises:
        Unavailable, Refused: the site cannot be read.
    """
    config = services.config
    wanted = wanted_site(services.mappings, project=config.jira.project, public_url=config.public_url)
    return [change for change in compare(wanted, look(Administration(config.jira), wanted)) if change.pending]


def watch(services: Services) -> None:
    """Compare once a day, and more often while tickets are parked for a difference."""
    now = services.clock()
    since = sweeps.take(services.store, SWEEP, now=now, every=EVERY, first_after=FIRST_AFTER)
    if since is None:
        return
    try:
        found = differences(services)
    except (Unavailable, Refused) as error:
        outcome = f"could not be read: {error}"
        sweeps.failed(services.store, SWEEP, again_at=now + AFTER_FAILURE, outcome=outcome)
        return
    outcome = told(found)
    sweeps.finished(services.store, SWEEP, since=since, began=now, now=services.clock(), outcome=outcome)
    log.info("compared the site with the mappings", outcome=outcome)
    parked = _parked(services)
    if parked and found:
        sweeps.failed(services.store, SWEEP, again_at=now + WHILE_PARKED, outcome=outcome)
    elif parked:
        _release(services, parked)


def told(found: list[Change]) -> str:
    return counted(len(found), "difference") + "".join(f"; {change.sentence}" for change in found)


def names_changed(services: Services) -> bool:
    """Ask the site's names anew; whether they are others than those that the refused request was made of."""
    known = services.jira.known_site
    services.jira.forget_site()
    try:
        return known is not None and services.jira.site != known
    except (Unavailable, Refused):
        return False


def explained(services: Services, error: Refused) -> str:
    """A refusal of Jira's with the differences that explain it, if there are any."""
    try:
        found = differences(services)
    except (Unavailable, Refused) as unread:
        log.warning("the site could not be compared with the mappings", reason=str(unread))
        return str(error)
    concerned = [change for change in found if change.concerns(error.reason)]
    if not concerned:
        return str(error)
    now = services.clock()
    sweeps.failed(services.store, SWEEP, again_at=now + WHILE_PARKED, outcome=told(found))
    return f"{error}; {DIFFERS}{'; '.join(change.sentence for change in concerned)}"


def _parked(services: Services) -> list[int]:
    with services.store.read() as db:
        query = select(Ticket.id).where(Ticket.parked.contains(DIFFERS, autoescape=True), ~Ticket.held)
        return list(db.scalars(query))


def _release(services: Services, parked: list[int]) -> None:
    services.jira.forget_site()
    with services.store.begin() as db:
        for ticket_id in sorted(parked):
            release(db, ticket_id, now=services.clock())
