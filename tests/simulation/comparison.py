"""What has come of a schedule, beside what the model allows."""

import quopri
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from bridge.domain import PullRequest
from bridge.store.tables import Mail, PartnerActionRow, Ticket
from tests.simulation import mail_model, model
from tests.simulation.model import Story
from tests.simulation.records import Issue

if TYPE_CHECKING:
    from tests.simulation.simulation import Simulation

QUARANTINE = timedelta(minutes=14, seconds=50)
PARTNER = "parceiro@revenda.example"
RECIPIENTS = {PARTNER, "colega@revenda.example"}
SAID_ONCE = (["news"], ["changelog"], ["news", "changelog"])
"""The e-mails that may quote a comment: what was news before may be the reason of a later change."""
LINKED = {
    None: "fechado sem mesclar",
    "changes_requested": "mudanças pedidas",
    "draft": "rascunho",
    "review_pending": "em revisão",
    "approved": "aprovado",
}


def faults_of(simulation: "Simulation") -> list[str]:
    """One sentence for each difference; none when all is as it should be."""
    with simulation.store.read() as db:
        tickets = list(db.scalars(select(Ticket).order_by(Ticket.id)))
        mails = list(db.scalars(select(Mail).order_by(Mail.id)))
        actions = list(db.scalars(select(PartnerActionRow).order_by(PartnerActionRow.id)))
    found = [*_deliveries(simulation, mails)]
    for ticket in tickets:
        own_actions = [one for one in actions if one.ticket_id == ticket.id]
        own_mails = [one for one in mails if one.ticket_id == ticket.id]
        for fault in _ticket(simulation, ticket, own_mails, own_actions):
            found.append(f"CT-{ticket.id} {fault}")
    return found


def _deliveries(simulation: "Simulation", mails: list[Mail]) -> Iterator[str]:
    taken = Counter(key for _, key, _ in simulation.outside.mails)
    for mail in mails:
        times = taken.pop(mail.message_id, 0)
        if mail.state != "sent" or times == 0:
            yield f"the e-mail {mail.kind} to {mail.recipient} is {mail.state} and came {times} times"
        if times > 1 + simulation.mailer.in_doubt.get(mail.message_id, 0):
            yield f"the e-mail {mail.kind} to {mail.recipient} came {times} times without a doubt"
    if taken:
        yield f"e-mails came that are not in the outbox: {taken}"


def _ticket(
    simulation: "Simulation", ticket: Ticket, mails: list[Mail], actions: list[PartnerActionRow]
) -> Iterator[str]:
    if ticket.parked:
        yield f"is parked: {ticket.parked}"
    if ticket.generation != ticket.observed_generation or ticket.lease_until or ticket.retry_at:
        yield f"is not settled: {ticket.outcome}"
    issues = [one for one in simulation.outside.issues if one.marker == ticket.marker]
    living = [one for one in issues if not one.duplicate_of]
    if len(living) != 1 or living[0] is not issues[0] or living[0].id != ticket.jira_id:
        yield f"has the issues {[(one.key, one.status, one.duplicate_of) for one in issues]}"
        return
    lag = simulation.weather.label_lag + simulation.weather.latest_creation
    if len(issues) > 1 and lag < QUARANTINE:
        yield f"was filed {len(issues)} times though search lags by {lag} only"
    for one in issues[1:]:
        if one.status not in {"Reprovado", "Encerrado"}:
            yield f"has the copy {one.key} open in {one.status}"
    issue = living[0]
    if ticket.status != issue.status:
        yield f"is in {ticket.status} here and in {issue.status} in Jira"
    story = _story(simulation, issue, actions)
    yield from _links(story)
    yield from _told(story, mails, copied=len(issues) > 1)
    for row in actions:
        if len([one for one in issue.of("comment") if one.marker == f"action-{row.id}"]) != 1:
            yield f"does not have the partner's words {row.id} once"
    if len(issues) == 1:
        # What a copy's verdicts had spent is due to the older issue again.
        yield from model.unmoved(story)
        yield from model.unjustified(story)


def _story(simulation: "Simulation", issue: Issue, actions: list[PartnerActionRow]) -> Story:
    outside = simulation.outside
    key = issue.key.lower()

    def names(text: str) -> bool:
        return f"{key}-fix" in text.lower() or key in text.lower().split()

    def is_named_by(one: PullRequest) -> bool:
        return names(f"{one.title} {one.branch}")

    return Story(
        issue=issue,
        pulls=[one for states in outside.pulls if is_named_by(one := states[-1][1])],
        is_named_by=is_named_by,
        published=outside.published,
        branches={name: at for name, at in outside.branches.items() if names(name)},
        actions=[(row.verb, row.at) for row in actions],
        looks=[look for look in simulation.weather.looks if look.issue_id == issue.id],
    )


def _links(story: Story) -> Iterator[str]:
    for one in story.pulls:
        said = model.verdict([one])
        state = "mesclado" if one.merged else LINKED[said[0] if said else None]
        wanted = (f"{one.name} · {state}", not one.is_open)
        if story.issue.links.get(one.name) != wanted:
            yield f"has the link {story.issue.links.get(one.name)} instead of {wanted}"


def _told(story: Story, mails: list[Mail], *, copied: bool) -> Iterator[str]:
    issue, own_doing = story.issue, mail_model.own_doings(story)
    causes = {}
    for mail in mails:
        causes.setdefault(mail.cause, []).append(mail.recipient)
    for cause, recipients in causes.items():
        wanted_by = RECIPIENTS - {PARTNER} if cause in own_doing else RECIPIENTS
        if set(recipients) != wanted_by or len(recipients) != len(wanted_by):
            yield f"told {cause} to {recipients}"
    if "filed" not in causes:
        yield "sent no receipt"
    moves = [cause for cause in causes if cause.startswith("changelog:") and ":due" not in cause]
    told = [int(cause.split(":")[1]) for cause in moves]
    wanted = mail_model.mailed_changes(issue)
    if told != wanted and not copied:
        yield f"told the changes {told} instead of {wanted}"
    texts = [(mail.recipient, mail.cause, quopri.decodestring(mail.raw)) for mail in mails]
    dates = [one.new for one in issue.of("duedate")]
    day = date.fromisoformat(dates[-1]).strftime("%d/%m/%Y").encode() if dates and dates[-1] else b""
    if {who for who, _, body in texts if day in body} < RECIPIENTS:
        yield "did not tell the last due date"
    for said in issue.of("comment"):
        public = said.new.startswith("/parceiro ") and not said.by_bridge
        words = said.new.removeprefix("/parceiro ").encode()
        for who in () if said.by_bridge else RECIPIENTS:
            quoting = [cause.partition(":")[0] for one, cause, body in texts if one == who and words in body]
            if quoting not in (SAID_ONCE if public else [[]]):
                yield f"told {said.new!r} to {who} by {quoting}"
    yield from _once(mails)


def _once(mails: list[Mail]) -> Iterator[str]:
    """No line of the timeline is news twice."""
    for who in RECIPIENTS:
        news = [one for one in mails if one.recipient == who and one.cause.startswith("news:")]
        numbers = [int(one.cause.partition(":")[2]) for one in news]
        if numbers != sorted(set(numbers)):
            yield f"told news twice to {who}: {numbers}"
