"""Observe: what rang is read anew, the rest comes from our rows. Nothing is written here."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from sqlalchemy import bindparam, select

from bridge.clients.errors import Refused, Unavailable
from bridge.domain import Branch, Fact, Issue, Publication, PullRequest, Unnamed
from bridge.reconcile import publications
from bridge.rules import Observation, addresses_to_ask
from bridge.rules.following import News
from bridge.rules.keys import keys_in_any_case
from bridge.rules.naming import named, naming_of
from bridge.services import Services
from bridge.store import facts, followers, mails, pulls
from bridge.store.tables import Event, Ticket

GITHUB_LAG = 2.0
"""Seconds: GitHub's webhooks can arrive before its API shows what they tell of."""
LAG_ATTEMPTS = 3
"""After so many looks a 404 means that the thing is gone."""

Rings = Iterable[tuple[str, str]]
_WEIGHED = {"pull_request", "branch"}
"""Kinds of doorbells whose subjects are read first: publications are weighed against them."""


@dataclass(kw_only=True)
class Reading:
    """What was read on GitHub."""

    facts: list[Fact] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    """A sentence for each thing that says nothing of the ticket: gone, or without its fix."""
    trouble: Unavailable | Refused | None = None
    """What kept the rest from being read. What Jira tells is told all the same."""
    is_partial: bool = False
    """Some of the rest is a pull request or a branch."""


def read_github(
    services: Services, ticket: Ticket, rings: Rings, *, between: Callable[[], None] = lambda: None
) -> Reading:
    """Read anew what the doorbells named.

    `between`: called before each read.
    """
    reading = Reading()
    for kind, subject in sorted(rings, key=lambda one: one[0] not in _WEIGHED):
        if kind in _READERS:
            between()
            try:
                _read(services, ticket, kind, subject, reading)
            except Unavailable as error:
                reading.trouble = error.about(subject)
            except Refused as error:
                reading.trouble = error
        if reading.trouble:
            reading.is_partial = kind in _WEIGHED
            break
    return reading


def _read(services: Services, ticket: Ticket, kind: str, subject: str, reading: Reading) -> None:
    try:
        read = _READERS[kind](services, ticket, subject, reading.facts)
    except Refused as error:
        reading.silent.append(_lag_or_gone(error, ticket, subject))
        return
    reading.facts += read
    reading.silent += filter(None, map(_silence, read))
    reading.silent += [] if read else [f"{kind} {subject} {_NOTHING_IN[kind]}"]


_TIMELINE = (
    select(Event.id, Event.source, Event.at, Event.news, Event.quotes)
    .where(Event.ticket_id == bindparam("ticket"))
    .order_by(Event.id)
)


def observation(services: Services, ticket: Ticket, issue: Issue, read: Reading) -> Observation:
    """The issue, our rows, and what was read just now in place of its rows."""
    fresh = read.facts
    with services.store.read() as db:
        linked = pulls.pull_requests(db, ticket.id)
        rows = {one.key: one for one, _ in linked}
        published = {one.identity: one for one in facts.publications(db, ticket.id)}
        branches = dict.fromkeys(pulls.branches(db, ticket.id))
        actions = facts.partner_actions(db, ticket.id)
        lanes, mailed = facts.lanes(db, ticket.id), mails.causes(db, ticket.id)
        lines = db.execute(_TIMELINE, {"ticket": ticket.id}).all()
        following = followers.of_ticket(db, ticket)
    rows |= {one.key: one for one in fresh if isinstance(one, PullRequest)}
    unnamed = (one.pull_request for one in fresh if isinstance(one, Unnamed))
    rows |= {one.key: one for one in unnamed if one.key in rows}
    naming = _naming(services, ticket, rows.values())
    published |= {one.identity: one for one in fresh if isinstance(one, Publication)}
    heads = {one.name: one for one in fresh if isinstance(one, Branch)}
    branches |= dict.fromkeys(name for name, one in heads.items() if one.by_name)
    gone = {name for name, one in heads.items() if not one.is_there}
    seen = Observation(
        issue=issue,
        pull_requests=tuple(naming),
        linked_as={one.key: linked_as for one, linked_as in linked},
        unnamed=tuple(one for one in rows.values() if one not in naming),
        branches=tuple(name for name in branches if name not in gone),
        publications=tuple(published.values()),
        partner_actions=actions,
        lanes=lanes,
        told={line.source: line.quotes for line in lines},
        mailed=mailed,
        assigned=ticket.assigned,
        is_partial=read.is_partial,
        news=tuple(News(number=one.id, source=one.source, at=one.at) for one in lines if one.news),
        followers=tuple(following),
    )
    return replace(seen, unanswered=_unanswered(services, seen))


def _unanswered(services: Services, seen: Observation) -> dict[str, str]:
    """The staging addresses that the partner would be sent to and that do not answer, and why."""
    if services.addresses is None:
        return {}
    asked = addresses_to_ask(seen, services.mappings.workflow)
    faults = {url: services.addresses.fault(url) for url in sorted(asked)}
    return {url: fault for url, fault in faults.items() if fault}


def _pull_request(services: Services, ticket: Ticket, subject: str, found: list[Fact]) -> list[Fact]:
    repository, _, number = subject.rpartition("#")
    return _of_ticket(services, ticket, [services.github.pull_request(repository, int(number))])


def _branch(services: Services, ticket: Ticket, subject: str, found: list[Fact]) -> list[Fact]:
    """A branch that names the ticket, or the pull requests of one whose commits do."""
    repository, repository_id, name = subject.split(" ", 2)
    with services.store.read() as db:
        by_name = ticket.id in facts.tickets_by_key(db, keys_in_any_case(name)).values()
    branch = Branch(repository_id=int(repository_id), name=name, by_name=by_name)
    if by_name:
        return [replace(branch, is_there=services.github.branch_exists(repository, name))]
    return [branch, *_of_ticket(services, ticket, services.github.pull_requests_of(repository, name))]


def _of_ticket(services: Services, ticket: Ticket, read: list[PullRequest]) -> list[Fact]:
    naming = _naming(services, ticket, read)
    found: list[Fact] = [one if one in naming else Unnamed(pull_request=one) for one in read]
    return found + publications.overdue(services, ticket, naming)


def _naming(services: Services, ticket: Ticket, known: Iterable[PullRequest]) -> list[PullRequest]:
    """Those of the pull requests that name the ticket, by the key that its issue has or had."""
    namings = [(one, naming_of(one)) for one in known]
    with services.store.read() as db:
        keys = set[str]().union(*(naming.candidates for _, naming in namings))
        ours = facts.tickets_by_key(db, keys)
    policy = services.mappings.workflow.links
    return [
        one
        for one, naming in namings
        if ticket.id in {ours[key] for key in named(naming, policy, ours.keys())}
    ]


def _lag_or_gone(error: Refused, ticket: Ticket, subject: str) -> str:
    if not error.missing:
        raise error
    if ticket.attempts < LAG_ATTEMPTS:
        raise Unavailable(error.service, error.reason, retry_after=GITHUB_LAG) from error
    return f"{error.service} {error.reason}, {subject}: taken for gone after {LAG_ATTEMPTS} tries"


def _silence(fact: Fact) -> str:
    """Why a fact says nothing of the ticket; empty when it does."""
    match fact:
        case Unnamed(pull_request=one):
            return f"pull request {one.name} does not name the ticket"
        case Branch(name=name, is_there=False):
            return f"branch {name} is gone"
        case Branch(name=name, by_name=False):
            return f"branch {name} names the ticket in its commits only, so its pull requests tell"
    return ""


_NOTHING_IN = {
    "deployment": "moves nothing: not ended well, another environment, or without the ticket's fix",
    "release": "moves nothing: a draft, or without the ticket's fix",
    "run": "moves nothing: it did not succeed, another workflow, or without the ticket's fix",
}
"""Why a doorbell's subject brought no fact."""


_Reader = Callable[[Services, Ticket, str, list[Fact]], list[Fact]]
_READERS: dict[str, _Reader] = {
    "pull_request": _pull_request,
    "branch": _branch,
    "deployment": publications.deployment,
    "release": publications.release,
    "run": publications.run,
}
