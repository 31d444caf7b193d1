"""What developers read on pull requests, brought up to date one by one, beside the tickets and after them."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import timedelta

import structlog
from sqlalchemy.orm import Session

from bridge.clients.errors import Refused, Unavailable
from bridge.domain import PullRequest, reference
from bridge.rules.remarks import Check, Face, check_of, comment_of, near_misses, still_failing
from bridge.services import Services
from bridge.store import pulls, remarks
from bridge.store.remarks import CHECK, COMMENT, SAID, Place
from bridge.store.tables import PartnerActionRow, Remark, Ticket
from bridge.store.tickets import journal

FIRST_WAIT, LONGEST_WAIT = 5.0, 3600.0
"""Seconds between tries; a missing permission is asked for once an hour."""
BATCH = 50

log = structlog.get_logger()

Written = tuple[str, str, str]
"""(what GitHub has now, its id there, the outcome's sentence)."""


def write_due(services: Services) -> int:
    """Write what is due; how many were looked at."""
    looked = 0
    for remark_id in remarks.due(services.store, now=services.clock(), limit=BATCH):
        remark = remarks.take(services.store, remark_id, now=services.clock())
        if remark is not None:
            looked += 1
            outcome = _write(services, remark)
            log.info("remark", pull_request=_name(remark), cause=remark.cause, outcome=outcome)
    return looked


def ring_for(services: Services, db: Session, ticket_id: int) -> None:
    """What is said on this ticket's pull requests may have to change."""
    for one, _ in pulls.pull_requests(db, ticket_id):
        ring_about(services, db, one)


def ring_about(services: Services, db: Session, one: PullRequest) -> None:
    """What is said on a pull request may have to change."""
    on = services.mappings.workflow.on_pull_requests
    causes = [cause for cause, is_on in ((CHECK, on.check), (COMMENT, on.comment)) if is_on]
    remarks.ring(db, _place(one), causes, now=services.clock())


def ring_for_partner(services: Services, db: Session, ticket_id: int, action_id: int) -> None:
    """The partner's "Ainda ocorre" is written on the ticket's last pull request."""
    living = [one for one, _ in pulls.pull_requests(db, ticket_id) if one.is_open or one.merged]
    if living and services.mappings.workflow.on_pull_requests.still_failing:
        remarks.ring(db, _place(living[-1]), [f"{SAID}{action_id}"], now=services.clock())


def _place(one: PullRequest) -> Place:
    return Place(repository_id=one.repository_id, repository=one.repository, number=one.number)


# --- one remark


def _write(services: Services, remark: Remark) -> str:
    step = _STEPS.get(remark.cause, _partner_said)
    try:
        written, remote_id, outcome = step(services, remark)
    except Unavailable as error:
        longest = LONGEST_WAIT if error.denied else min(FIRST_WAIT * 2**remark.attempts, LONGEST_WAIT)
        wait = longest if error.denied else error.retry_after or longest
        at = services.clock() + timedelta(seconds=wait)
        remarks.later(services.store, remark, at=at, outcome=str(error))
        return f"{error}; again in {wait:.0f} s"
    except Refused as error:
        written, remote_id, outcome = remark.written, remark.remote_id, str(error)
    remarks.done(services.store, remark, written=written, remote_id=remote_id, outcome=outcome)
    return outcome


def _check(services: Services, remark: Remark) -> Written:
    one, tickets = _seen(services, remark)
    if one is None or not tickets:
        # Nobody's look has read it: it names no ticket, or none any more.
        one = services.github.pull_request(remark.repository, remark.number)
    if not one.is_open:
        return remark.written, remark.remote_id, "nothing: the pull request is closed"
    check = _composed(services, remark, one, tickets)
    written = f"{one.head} {_hash(check)}"
    if _is_known(remark, written):
        return remark.written, remark.remote_id, "nothing: it says so already"
    known = remark.remote_id if remark.written.startswith(f"{one.head} ") else ""
    remote_id = services.github.write_check(remark.repository, sha=one.head, check=check, known=known)
    outcome = f"check on {_name(remark)} at {one.head[:7]}: {check.title}"
    _journal(services, tickets, cause=one.url, outcome=outcome)
    return written, remote_id, outcome


def _composed(services: Services, remark: Remark, one: PullRequest, tickets: Sequence[Ticket]) -> Check:
    near = [] if tickets else near_misses([one.branch, one.title], _known(services, remark))
    return check_of(_faces(services, remark, tickets), near)


def _comment(services: Services, remark: Remark) -> Written:
    one, tickets = _seen(services, remark)
    if remark.written and not remark.remote_id:
        return remark.written, "", "nothing: a person has deleted the comment"
    if not remark.remote_id and not (tickets and one and one.is_open):
        return "", "", "nothing: no open pull request of a ticket's"
    marker = _marker(remark)
    body = comment_of(_faces(services, remark, tickets), marker)
    return _say(services, remark, body, marker, tickets)


def _partner_said(services: Services, remark: Remark) -> Written:
    if remark.written:
        return remark.written, remark.remote_id, "nothing: it says so already"
    with services.store.read() as db:
        action = db.get_one(PartnerActionRow, int(remark.cause.removeprefix(SAID)))
        ticket = db.get_one(Ticket, action.ticket_id)
    marker = _marker(remark)
    [face] = _faces(services, remark, [ticket])
    said = action.text if services.github.is_private(remark.repository) else ""
    body = still_failing(face, said=said, marker=marker)
    return _say(services, remark, body, marker, [ticket])


def _say(services: Services, remark: Remark, body: str, marker: str, tickets: Sequence[Ticket]) -> Written:
    written = _hash(body)
    if _is_known(remark, written):
        return remark.written, remark.remote_id, "nothing: it says so already"
    remote_id = services.github.write_comment(
        remark.repository, remark.number, body=body, marker=marker, known=remark.remote_id
    )
    outcome = f"comment {remote_id or '(deleted by a person)'} on {_name(remark)}"
    _journal(services, tickets, cause=f"{_name(remark)} {remark.cause}", outcome=outcome)
    return written, remote_id, outcome


def _is_known(remark: Remark, written: str) -> bool:
    """GitHub has it already. After a try that did not end well it may have what no row tells."""
    return written == remark.written and remark.attempts == 1


_STEPS: dict[str, Callable[[Services, Remark], Written]] = {CHECK: _check, COMMENT: _comment}


# --- what is known


def _seen(services: Services, remark: Remark) -> tuple[PullRequest | None, list[Ticket]]:
    """The pull request as last read, and its tickets."""
    with services.store.read() as db:
        return pulls.pull_request_and_tickets(db, repository_id=remark.repository_id, number=remark.number)


def _faces(services: Services, remark: Remark, tickets: Sequence[Ticket]) -> list[Face]:
    """As this repository's readers may see them: where anybody reads, without the partner's words."""
    private = services.github.is_private(remark.repository)
    return [_face(services, ticket, private=private) for ticket in tickets]


def _face(services: Services, ticket: Ticket, *, private: bool) -> Face:
    known = services.mappings.workflow.statuses.get(ticket.status)
    key, answers = ticket.jira_key or "", ticket.answers if private else {}
    return Face(
        reference=reference(ticket.id),
        key=key,
        url=f"{services.config.jira.url}/browse/{key}",
        title=ticket.title if private else "",
        status=ticket.status,
        plain=known.plain if known else ticket.status,
        steps=tuple(answers.get("fluxo", ())),
        description=str(answers.get("descricao", "")),
        closed=ticket.status in services.mappings.workflow.done,
    )


def _known(services: Services, remark: Remark) -> dict[str, Face]:
    """The open tickets by key and by reference."""
    with services.store.read() as db:
        tickets = remarks.open_tickets(db, except_statuses=services.mappings.workflow.done)
    faces = _faces(services, remark, tickets)
    return {one.key.upper(): one for one in faces} | {one.reference: one for one in faces}


def _journal(services: Services, tickets: Sequence[Ticket], *, cause: str, outcome: str) -> None:
    with services.store.begin() as db:
        for ticket in tickets:
            journal(db, ticket.id, act="remark", cause=cause, outcome=outcome, now=services.clock())


def _name(remark: Remark) -> str:
    return f"{remark.repository}#{remark.number}"


def _marker(remark: Remark) -> str:
    """GitHub shows no HTML comment; by it we know ours again."""
    return f"<!-- chamados:{remark.cause} -->"


def _hash(said: Check | str) -> str:
    text = said if isinstance(said, str) else json.dumps(asdict(said), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
