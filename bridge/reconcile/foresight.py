"""What a look at a ticket would do now: observed and decided as in a real one, then only said."""

from collections.abc import Sequence

from bridge.actions import (
    Action,
    Ask,
    Assign,
    Comment,
    Correct,
    Gathered,
    Link,
    Move,
    Recede,
    SetField,
    Tell,
    Unlink,
    Wait,
)
from bridge.reconcile.files import waiting_files
from bridge.reconcile.observe import observation, read_github
from bridge.reconcile.telling import holds
from bridge.rules import plan
from bridge.services import Services
from bridge.store import pulls
from bridge.store.tables import Ticket
from bridge.store.tickets import pending

Rings = Sequence[tuple[str, str]]
"""(kind, subject) of doorbells."""


def foresee(services: Services, ticket_id: int, *, rings: Rings = ()) -> list[str]:
    """What a look would do, a sentence each; nothing is done and nothing is written.

    `rings` come on top of the doorbells that wait. A ticket that nobody has rung is looked at with all of its
    pull requests.

    Raises:
        Unavailable, Refused: from the clients.
    """
    with services.store.read() as db:
        ticket = db.get_one(Ticket, ticket_id)
        rung = [*pending(db, ticket_id), *rings]
        names = [one.name for one, _ in pulls.pull_requests(db, ticket_id)]
    said = ["would send the receipt"] if ("filed", "form") in rung else []
    if not ticket.jira_id:
        return [*said, _creation(ticket)]
    said += [f"would attach file {one.id}" for one in waiting_files(services, ticket_id)]
    actions, silent = _decided(services, ticket, rung or [("pull_request", name) for name in names])
    return [*said, *silent, *map(_told, actions)]


def _creation(ticket: Ticket) -> str:
    if ticket.create_state == "none":
        return "would file the issue"
    return f"would search Jira for the label {ticket.marker}: the answer to its creation was lost"


def _decided(services: Services, ticket: Ticket, rings: Rings) -> tuple[tuple[Action, ...], list[str]]:
    read = read_github(services, ticket, rings)
    if read.trouble:
        raise read.trouble
    issue = services.jira.observe(ticket.jira_id or "")
    seen = observation(services, ticket, issue, read)
    decided = plan(seen, services.mappings, now=services.clock(), holds=holds(services, ticket))
    return decided.actions, read.silent


def _told(action: Action) -> str:
    """A foreseen action in a few words."""
    match action:
        case Move(verdict=verdict, path=()):
            return f"would leave it where it is: {verdict.reason}"
        case Move(verdict=verdict, path=path):
            return f"would move it to {' → '.join(path)}: {verdict.reason}"
        case Recede(lane=lane, verdict=verdict):
            left = f"only {verdict.reason} now" if verdict else "nothing any more"
            return f"would note that {lane} says {left}"
        case Wait(verdict=verdict, reason=reason):
            return f"would wait: {verdict.reason}, but {reason}"
        case Ask() | Correct() | Tell() | Gathered():
            return _said(action)
        case _:
            return _written(action)


def _written(action: Link | Unlink | Assign | SetField | Comment) -> str:
    match action:
        case Link(title=title):
            return f"would link {title}"
        case Unlink(pull_request=one, reason=reason):
            return f"would unlink {one.name}: {reason}"
        case Assign(login=login, pull_request=name):
            return f"would assign {login}, who wrote {name}"
        case SetField(field=field, value=value):
            return f"would set {field} to {value}"
        case Comment(action=said):
            return f"would write the partner's words into the issue ({said.verb})"


def _said(action: Ask | Correct | Tell | Gathered) -> str:
    match action:
        case Ask(status=status):
            return f"would ask for the public comment that {status} wants"
        case Correct(source=source, text=text):
            return f"would {'correct' if text else 'take back'} {source} on the timeline"
        case Gathered(email=email, recipients=recipients):
            return f"would e-mail {email} to {len(recipients)}, of all that came together"
        case Tell(email=email, outcome=outcome, source=source):
            return f"would tell {source}: {f'e-mail {email}' if email else outcome}"
