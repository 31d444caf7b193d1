"""Two issues for one ticket: a creation given up for lost came through after all (reference 1.7).

The older issue stays the ticket's; the younger is linked to it, explained and closed.
"""

from datetime import timedelta

from sqlalchemy import delete, select, update

from bridge.clients.errors import Refused
from bridge.clients.jira import Paragraph
from bridge.domain import reference
from bridge.reconcile.speech import say_once
from bridge.services import Services
from bridge.store import sweeps
from bridge.store.claims import Claim, hold, writing
from bridge.store.tables import LaneRow, PartnerActionRow, Ticket, TicketPullRequest, Upload
from bridge.store.tickets import journal
from mappings.model import Category

SUSPECT = timedelta(days=3)
"""How long a ticket whose creation was repeated is watched."""
RING = "duplicates"
COMMENT = "Criado em duplicidade pela ponte (a resposta do Jira se perdeu). {reference} continua em {key}."

Copy = tuple[str, str]
"""(issue id, issue key)"""


def suspects(services: Services) -> list[Ticket]:
    """The tickets whose creation was sent more than once lately."""
    with services.store.read() as db:
        query = select(Ticket).where(
            Ticket.create_posts > 1, Ticket.create_started_at > services.clock() - SUSPECT
        )
        return list(db.scalars(query))


def settle_duplicates(services: Services, claimed: Claim, ticket: Ticket) -> tuple[Ticket, list[str]]:
    """Where a doorbell speaks of copies: keep the oldest and close the others."""
    if not any(kind == RING for kind, _ in claimed.rings):
        return ticket, []
    copies = services.jira.copies(ticket.marker)
    if len(copies) < 2:
        return ticket, []
    kept, *younger = copies
    if ticket.jira_id != kept[0]:
        ticket = _keep(services, claimed, kept)
    return ticket, [_close(services, claimed, copy, kept) for copy in younger]


def _keep(services: Services, claimed: Claim, kept: Copy) -> Ticket:
    """Make the older issue the ticket's; what the younger had got is due to it again."""
    number = claimed.ticket_id
    with writing(services.store, claimed) as db:
        row = db.get_one(Ticket, number)
        outcome = f"{kept[1]} is older than {row.jira_key} and stays"
        row.jira_id, row.jira_key, row.jira_updated_at = kept[0], kept[1], None
        db.execute(delete(LaneRow).where(LaneRow.ticket_id == number))
        db.execute(
            update(TicketPullRequest).where(TicketPullRequest.ticket_id == number).values(linked_as="")
        )
        db.execute(update(Upload).where(Upload.ticket_id == number).values(jira_id=None))
        db.execute(
            update(PartnerActionRow).where(PartnerActionRow.ticket_id == number).values(comment_id=None)
        )
        # What developers have named by this key so far was nobody's.
        sweeps.rewind(db, "github", to=row.created_at, now=services.clock())
        journal(db, number, act="create", cause=row.marker, outcome=outcome, now=services.clock())
        return row


def _close(services: Services, claimed: Claim, copy: Copy, kept: Copy) -> str:
    """Link, explain, close: each harmless when a crash has it done again."""
    hold(services.store, claimed, now=services.clock())
    jira, statuses = services.jira, services.mappings.workflow.statuses
    issue = jira.observe(copy[0])
    if statuses[issue.status].category is Category.DONE:
        return f"{issue.key} is closed already"
    try:
        jira.link_duplicate(issue.key, of=kept[1])
    except Refused as error:
        # A site may have no link type "Duplicate"; the comment says it too.
        refusal = f" (not linked: {error.reason})"
    else:
        refusal = ""
    words = COMMENT.format(reference=reference(claimed.ticket_id), key=kept[1])
    say_once(services, claimed, issue.id, [Paragraph(words)], marker=RING)
    ends = [name for name in issue.transitions if statuses[name].category is Category.DONE]
    if ends:
        jira.move(issue.id, issue.transitions[ends[0]])
    outcome = f"{issue.key} is a second issue of {kept[1]}: {'closed' if ends else 'left open'}{refusal}"
    with writing(services.store, claimed) as db:
        journal(db, claimed.ticket_id, act="create", cause=RING, outcome=outcome, now=services.clock())
    return outcome
