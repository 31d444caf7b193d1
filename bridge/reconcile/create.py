"""Filing an issue exactly once, though Jira's creation cannot be repeated safely (reference 1.7)."""

from datetime import datetime, timedelta
from pathlib import PurePath

from sqlalchemy import select

from bridge.clients.errors import Refused, Unavailable
from bridge.clients.jira import Block, Facts, Fold, Heading, NewIssue, Numbered, Paragraph
from bridge.domain import Issue, reference
from bridge.services import Services
from bridge.store import organisations, sweeps
from bridge.store.tables import Partner, Ticket, Upload
from bridge.store.tickets import Claim, hold, journal, writing
from mappings.model import FieldType

SEARCHES = (5, 15, 60, 180, 600)
"""Seconds after the creation at which its label is searched for."""
QUARANTINE = timedelta(minutes=15)
"""Longer than Jira's search has been seen to lag; only then is a lost creation repeated."""


class InDoubt(Exception):
    """Nobody knows yet whether the issue exists. `look_again_at` says when to search for it."""

    def __init__(self, marker: str, look_again_at: datetime) -> None:
        self.look_again_at = look_again_at
        super().__init__(
            f"Jira's answer to the creation was lost, and the label {marker} is not found yet; "
            f"searching again at {look_again_at:%H:%M:%S} UTC"
        )


def ensure_issue(services: Services, claimed: Claim, ticket: Ticket) -> Ticket:
    """The ticket with its issue, filed now if need be.

    Raises:
        InDoubt: the creation's outcome is unknown.
        Unavailable, Refused: nothing was filed.
    """
    if ticket.jira_id:
        return ticket
    if ticket.create_state != "none":
        found = _find(services, claimed, ticket)
        if found:
            return _created(services, claimed, *found, outcome=f"found {found[1]} by its label", late=True)
        _check_quarantine(services, claimed, ticket)
    return _create(services, claimed, ticket)


def _create(services: Services, claimed: Claim, ticket: Ticket) -> Ticket:
    new = _new_issue(services, ticket)
    services.jira.site  # noqa: B018  (asked before the journal says that a creation has begun)
    again = f" again: {QUARANTINE} after a lost answer its label was not to be found"
    begun = f"creation started{again if ticket.create_state != 'none' else ''}"
    _set_state(services, claimed, "started", outcome=begun)
    try:
        issue_id, key = services.jira.create(new)
    except Unavailable as error:
        if not error.unknown_outcome:
            _set_state(services, claimed, "none", outcome=f"not created: {error}")
            raise
        _set_state(services, claimed, "in_doubt", outcome=f"in doubt: {error}")
        raise InDoubt(ticket.marker, services.clock() + timedelta(seconds=SEARCHES[0])) from error
    except Refused as error:
        _set_state(services, claimed, "none", outcome=f"not created: {error}")
        raise
    return _created(services, claimed, issue_id, key, outcome=f"created {key}")


def _find(services: Services, claimed: Claim, ticket: Ticket) -> tuple[str, str] | None:
    """The issue that a lost answer spoke of: by the webhook that named it, else by its label."""
    for kind, subject in claimed.rings:
        if kind == "issue":
            marked = services.jira.marked(subject, ticket.marker)
            if marked:
                return marked
    return next(iter(services.jira.find_marked(ticket.marker)), None)


def _check_quarantine(services: Services, claimed: Claim, ticket: Ticket) -> None:
    started, now = ticket.create_started_at or services.clock(), services.clock()
    if now >= started + QUARANTINE:
        return
    following = [started + timedelta(seconds=seconds) for seconds in SEARCHES]
    raise InDoubt(ticket.marker, next((at for at in following if at > now), started + QUARANTINE))


def _set_state(services: Services, claimed: Claim, state: str, *, outcome: str) -> None:
    now = services.clock()
    with writing(services.store, claimed) as db:
        row = db.get_one(Ticket, claimed.ticket_id)
        row.create_state = state
        if state == "started":
            row.create_started_at = now
            row.create_posts += 1
        journal(db, row.id, act="create", cause=row.marker, outcome=outcome, now=now)


def _created(
    services: Services, claimed: Claim, issue_id: str, key: str, *, outcome: str, late: bool = False
) -> Ticket:
    with writing(services.store, claimed) as db:
        row = db.get_one(Ticket, claimed.ticket_id)
        row.create_state, row.jira_id, row.jira_key = "created", issue_id, key
        if late:
            # Developers could name the key before we knew it as ours.
            sweeps.rewind(db, "github", to=row.created_at, now=services.clock())
        journal(db, row.id, act="create", cause=row.marker, outcome=outcome, now=services.clock())
        return row


# --- what the issue says


def _new_issue(services: Services, ticket: Ticket) -> NewIssue:
    fields = services.mappings.form.fields
    with services.store.read() as db:
        partner = db.get_one(Partner, ticket.partner_id)
        organisation = organisations.name_of(db, partner)
        continued = db.get(Ticket, ticket.continues_id) if ticket.continues_id else None
        files = db.scalars(select(Upload).where(Upload.ticket_id == ticket.id)).all()
    on_its_own = {"summary", "description", "attachment"}
    answers = {
        name: ticket.answers[name]
        for name, field in fields.items()
        if field.jira not in on_its_own and ticket.answers.get(name)
    }
    return NewIssue(
        summary=ticket.title,
        description=_description(
            services,
            ticket,
            [file.filename for file in files],
            [*_from_whom(ticket, partner, organisation), *_continues(continued)],
        ),
        answers=answers,
        partner=partner.name,
        reference=reference(ticket.id),
        marker=ticket.marker,
        url=f"{services.config.public_url}/chamados/{reference(ticket.id)}",
    )


def _description(
    services: Services, ticket: Ticket, filenames: list[str], facts: list[tuple[str, str]]
) -> list[Block]:
    answers = ticket.answers
    blocks: list[Block] = [Heading("O que acontece"), *_paragraphs(answers["descricao"])]
    if answers.get("fluxo"):
        blocks += [Heading("Fluxo"), Numbered(tuple(answers["fluxo"]))]
    blocks += [Heading("Ambiente"), Facts((*_environment(services, ticket), *facts))]
    if answers.get("links"):
        blocks += [Heading("Links"), Numbered(tuple(answers["links"]))]
    if filenames:
        blocks += [Heading("Arquivos"), Numbered(tuple(filenames))]
    if ticket.original:
        blocks.append(Fold("Texto original do parceiro", ticket.original))
    return blocks


def _paragraphs(text: str) -> list[Block]:
    parts = text.replace("\r\n", "\n").split("\n\n")
    return [Paragraph(part) for part in parts if part.strip()] or [Paragraph(text)]


def _environment(services: Services, ticket: Ticket) -> tuple[tuple[str, str], ...]:
    return tuple(
        (field.label, str(ticket.answers[name]))
        for name, field in services.mappings.form.fields.items()
        if field.type in {FieldType.CHOICE, FieldType.EMAIL} and ticket.answers.get(name)
    )


def _from_whom(ticket: Ticket, partner: Partner, organisation: str) -> list[tuple[str, str]]:
    name = f"{partner.name}, {organisation}" if organisation else partner.name
    return [("Parceiro", f"{name} ({reference(ticket.id)})")]


def _continues(earlier: Ticket | None) -> list[tuple[str, str]]:
    """Jira makes a link of the key that it reads."""
    return [("Continuação de", f"{reference(earlier.id)} ({earlier.jira_key})")] if earlier else []


# --- its files


def attach_files(services: Services, claimed: Claim, issue: Issue) -> list[str]:
    """Send the files that the issue does not have yet; one that Jira refuses is named, the rest goes on."""
    present = set(issue.attachments)
    waiting = waiting_files(services, claimed.ticket_id)
    return [_attach(services, claimed, issue, upload, present) for upload in waiting]


def waiting_files(services: Services, ticket_id: int) -> list[Upload]:
    """The files that Jira neither has nor has refused."""
    with services.store.read() as db:
        query = select(Upload).where(
            Upload.ticket_id == ticket_id, Upload.jira_id.is_(None), Upload.refusal == ""
        )
        return list(db.scalars(query))


def _attach(
    services: Services, claimed: Claim, issue: Issue, upload: Upload, present: set[tuple[str, int]]
) -> str:
    name = jira_filename(upload.filename, upload.sha256)
    # What a look says of itself is logged, and a file's name is the partner's: the journal alone has it.
    jira_id, refusal, outcome, said = None, "", f"attached {name}", f"attached file {upload.id}"
    if (name, upload.size) in present:
        jira_id, outcome = "present", f"{name} was there already: an answer of Jira's had been lost"
    else:
        try:
            with (services.config.files / upload.stored_as).open("rb") as content:
                jira_id = services.jira.attach(
                    issue.id,
                    filename=name,
                    content_type=upload.content_type,
                    content=content,
                    beat=lambda: hold(services.store, claimed, now=services.clock()),
                )
        except Unavailable as error:
            raise error.about(f"file {upload.id}") from error
        except Refused as error:
            refusal, said = error.reason, f"Jira refused file {upload.id}"
            outcome = f"Jira refused {name}: {refusal}"
    with writing(services.store, claimed) as db:
        row = db.get_one(Upload, upload.id)
        row.jira_id, row.refusal = jira_id, refusal
        cause = f"file {upload.id}"
        journal(db, claimed.ticket_id, act="attach", cause=cause, outcome=outcome, now=services.clock())
    return said


def jira_filename(filename: str, sha256: str) -> str:
    """`print-3fa9c2d1.png`: the content's hash in the name lets a repeat find what is there already."""
    path = PurePath(filename)
    return f"{path.stem}-{sha256[:8]}{path.suffix}"
