"""Filing an issue exactly once, though Jira's creation cannot be repeated safely (reference 1.7)."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import select, update

from bridge.clients.errors import Refused, Unavailable
from bridge.clients.jira import Block, Facts, Fold, Heading, NewIssue, Numbered, Paragraph, plain
from bridge.domain import reference
from bridge.reconcile.files import jira_filename
from bridge.services import Services
from bridge.store import organisations, sweeps
from bridge.store.claims import Claim, writing
from bridge.store.tables import Partner, Ticket, Upload, table
from bridge.store.tickets import journal
from mappings.form import FieldType

SEARCHES = (5, 15, 60, 180, 600)
"""Seconds after the creation at which its label is searched for."""
QUARANTINE = timedelta(minutes=15)
"""Longer than Jira's search has been seen to lag; only then is a lost creation repeated."""
_TICKETS = table(Ticket)
WHOLE = "texto-completo.txt"
CUT_SHORT = "O texto deste chamado é mais longo do que o Jira aceita; está inteiro no anexo {name}."


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
    # The site is asked here, before the journal says that a creation has begun.
    new = _new_issue(services, claimed, ticket)
    again = f" again: {QUARANTINE} after a lost answer its label was not to be found"
    begun = f"creation started{again if ticket.create_state != 'none' else ''}"
    _set_state(services, claimed, ticket, "started", outcome=begun)
    try:
        issue_id, key = services.jira.create(new)
    except Unavailable as error:
        if not error.unknown_outcome:
            _set_state(services, claimed, ticket, "none", outcome=f"not created: {error}")
            raise
        _set_state(services, claimed, ticket, "in_doubt", outcome=f"in doubt: {error}")
        raise InDoubt(ticket.marker, services.clock() + timedelta(seconds=SEARCHES[0])) from error
    except Refused as error:
        _set_state(services, claimed, ticket, "none", outcome=f"not created: {error}")
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


def _set_state(services: Services, claimed: Claim, ticket: Ticket, state: str, *, outcome: str) -> None:
    now = services.clock()
    with writing(services.store, claimed) as db:
        begun = {"create_started_at": now, "create_posts": _TICKETS.c.create_posts + 1}
        changed = update(_TICKETS).where(_TICKETS.c.id == ticket.id).values(create_state=state)
        db.execute(changed.values(begun) if state == "started" else changed)
        journal(db, ticket.id, act="create", cause=ticket.marker, outcome=outcome, now=now)


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


def _new_issue(services: Services, claimed: Claim, ticket: Ticket) -> NewIssue:
    fields = services.mappings.form.fields
    with services.store.read() as db:
        partner = db.get_one(Partner, ticket.partner_id)
        organisation = organisations.name_of(db, partner)
        continued = db.get(Ticket, ticket.continues_id) if ticket.continues_id else None
        sent = select(Upload).where(Upload.ticket_id == ticket.id, ~Upload.ours)
        files = db.scalars(sent.order_by(Upload.id)).all()
    on_its_own = {"summary", "description", "attachment"}
    answers = {
        name: ticket.answers[name]
        for name, field in fields.items()
        if field.jira not in on_its_own and ticket.answers.get(name)
    }
    facts = [*_from_whom(ticket, partner, organisation), *_continues(continued)]
    blocks = _description(services, ticket, [file.filename for file in files], facts)
    return NewIssue(
        summary=ticket.title.strip() or reference(ticket.id),
        description=_fitted(services, claimed, ticket, blocks),
        answers=answers,
        partner=partner.name,
        reference=reference(ticket.id),
        marker=ticket.marker,
        url=f"{services.config.public_url}/chamados/{reference(ticket.id)}",
    )


def _fitted(services: Services, claimed: Claim, ticket: Ticket, blocks: list[Block]) -> list[Block]:
    """The description as Jira takes it; what it does not take whole becomes a file besides."""
    text = plain(blocks).encode("utf-8", "backslashreplace")
    digest = hashlib.sha256(text).hexdigest()
    notice = CUT_SHORT.format(name=jira_filename(WHOLE, digest))
    fitted, whole = services.jira.fitted(blocks, notice=notice)
    if not whole:
        _keep_whole(services, claimed, ticket, text, digest)
    return fitted


def _keep_whole(services: Services, claimed: Claim, ticket: Ticket, text: bytes, digest: str) -> None:
    """Let the text be attached as a file of ours, once however often the creation is tried."""
    stored_as = f"{ticket.marker}.txt"
    (services.config.files / stored_as).write_bytes(text)
    with writing(services.store, claimed) as db:
        known = select(Upload).where(Upload.ticket_id == ticket.id, Upload.ours)
        row = db.scalar(known)
        if row is None:
            row = Upload(partner_id=ticket.partner_id, ticket_id=ticket.id, ours=True, filename=WHOLE)
            db.add(row)
        row.content_type, row.size, row.sha256 = "text/plain; charset=utf-8", len(text), digest
        row.stored_as, row.created_at = stored_as, services.clock()


def _description(
    services: Services, ticket: Ticket, filenames: list[str], facts: list[tuple[str, str]]
) -> list[Block]:
    answers = ticket.answers
    blocks: list[Block] = [Heading("O que acontece"), Paragraph(answers["descricao"])]
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
    """The key is for whoever looks the earlier one up."""
    return [("Continuação de", f"{reference(earlier.id)} ({earlier.jira_key})")] if earlier else []
