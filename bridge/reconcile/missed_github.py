"""What GitHub's webhooks did not tell, one repository after the other."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from bridge.clients.errors import Refused, Unavailable
from bridge.clients.github import FailedDelivery
from bridge.reconcile.findings import Doorbell, Failure, Findings, Whereabouts
from bridge.reconcile.missed_publications import unseen_publications
from bridge.reconcile.missed_pulls import unseen_branches, unseen_pull_requests
from bridge.services import Services
from bridge.store import pulls
from bridge.store.tables import Delivery


@dataclass(kw_only=True)
class _Look:
    """What was learned of one repository, up to where it failed."""

    place: Whereabouts | None = None
    bells: list[Doorbell] = field(default_factory=list)
    lost: list[tuple[str, FailedDelivery]] = field(default_factory=list)
    failure: Failure | None = None


def look_at_github(services: Services, since: datetime) -> Findings:
    looks = [_look(services, name, since) for name in _repositories(services)]
    places = tuple(one.place for one in looks if one.place)
    failures = tuple(one.failure for one in looks if one.failure)
    if failures and not places:
        # It is the token, or GitHub as a whole: what happens until that is mended is looked for afterwards.
        raise failures[0].error.about(failures[0].subject)
    return Findings(
        said=f"{len(places)} repositories read since {since:%Y-%m-%d %H:%M}",
        bells=tuple(bell for one in looks for bell in one.bells),
        lost=tuple(lost for one in looks for lost in one.lost),
        repositories=places,
        failures=failures,
    )


def _look(services: Services, name: str, since: datetime) -> _Look:
    """One repository: what ails it keeps nobody from the others."""
    look = _Look()
    try:
        place = look.place = Whereabouts(*services.github.whereabouts(name), mapped_as=name)
        look.lost += _lost(services, place.name, since)
        found = unseen_pull_requests(services, place.name, since)
        look.bells += found
        look.bells += unseen_branches(services, place)
        rung = {ticket_id for ticket_id, _, _ in found}
        look.bells += unseen_publications(services, place.name, since, rung=rung)
    except (Unavailable, Refused) as error:
        look.failure = Failure(name, error)
    return look


def _repositories(services: Services) -> list[str]:
    """Those of the settings; without any, those whose pull requests we know."""
    if named := services.config.github.repositories:
        return sorted(named)
    with services.store.read() as db:
        return pulls.known_repositories(db)


def _lost(services: Services, repository: str, since: datetime) -> list[tuple[str, FailedDelivery]]:
    """What GitHub failed to deliver and we have not got; nothing where the token may not see the webhook."""
    url = f"{services.config.public_url}/webhooks/github"
    failed = services.github.failed_deliveries(repository, url=url, since=since)
    with services.store.read() as db:
        query = select(Delivery.delivery_id).where(
            Delivery.source == "github", Delivery.delivery_id.in_([one.guid for one in failed])
        )
        known = set(db.scalars(query))
    return [(repository, one) for one in failed if one.guid not in known]
