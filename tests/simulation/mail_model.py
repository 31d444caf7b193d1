"""Which e-mails DESIGN §2 wants of a ticket's changes; as `model`, without anything of `bridge.rules`."""

from datetime import datetime, timedelta

from tests.simulation.model import RULES, Story
from tests.simulation.records import START, Issue

HOLD = timedelta(seconds=30)
COMMENT_HOLD = timedelta(seconds=60)
PATIENCE = timedelta(hours=2)
MAILS = {
    "Reprovado",
    "Faltam Informações",
    "Backlog",
    "Publicado em Homologação",
    "Testing",
    "Publicado",
    "Encerrado",
}
WANTS_REASON = {"Reprovado", "Faltam Informações"}


def mailed_changes(issue: Issue) -> list[int]:
    """The changelog ids that must have sent an e-mail, in Jira's order; all others must not."""
    changes = issue.of("status")
    wanted = []
    for place, one in enumerate(changes):
        later = [other for other in changes[place + 1 :] if other.at <= _due(issue, place)]
        earlier = [other for before, other in enumerate(changes[:place]) if one.at <= _due(issue, before)]
        undone = any(other.new == one.old for other in later)
        undoes = any(other.old == one.new for other in earlier)
        followed = any(other.new in MAILS for other in later)
        overtaken = bool(later) and one.new in WANTS_REASON
        if one.new in MAILS and not (undone or undoes or followed or overtaken):
            wanted.append(one.id)
    return wanted


def own_doings(story: Story) -> set[str]:
    """The causes that are the partner's own doing: the first change to where their click leads."""
    found = set()
    for verb, at in story.actions:
        target = RULES[verb][0]
        after = [one for one in story.statuses if one.at >= at and one.new == target]
        if after and after[0].by_bridge:
            found.add(f"changelog:{after[0].id}")
    return found


def _due(issue: Issue, place: int) -> datetime:
    """When a change is told: after its hold; where it wants a reason, after that one's, or in vain."""
    changes = issue.of("status")
    one, earliest = changes[place], changes[place].at + HOLD
    if one.new not in WANTS_REASON:
        return earliest
    since = changes[place - 1].at if place else START
    reasons = [said.at for said in issue.of("comment") if said.new.startswith("/parceiro ")]
    due, found = one.at + PATIENCE, False
    for at in [at for at in reasons if at > since]:
        if at <= due:
            due, found = max(due if found else earliest, at + COMMENT_HOLD), True
    following = changes[place + 1 : place + 2]
    return min([due, *(max(other.at, earliest) for other in following)])
