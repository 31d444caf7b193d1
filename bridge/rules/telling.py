"""Which facts the partner is told, when, and by which e-mail."""

from collections.abc import Iterator
from datetime import datetime

from bridge.actions import Ask, Correct, Tell
from bridge.domain import DueDateChange
from bridge.rules.comments import comments, corrections
from bridge.rules.statuses import status_changes
from bridge.rules.story import GATHERED, Story
from mappings.model import Moment, Workflow

Telling = tuple[list[Tell | Ask | Correct], list[datetime]]
"""What to tell, ask and correct now, and the moments at which something on hold is to be looked at again."""


def tellings(story: Story) -> Telling:
    """What was told and is so no longer; then every fact not told yet: status changes, comments, due date."""
    act: list[Ask | Correct] = []
    tell: list[Tell] = []
    wait: list[datetime] = []
    for fact in (*corrections(story), *status_changes(story), *comments(story), *_due_date(story)):
        if isinstance(fact, Tell):
            tell.append(fact)
        elif isinstance(fact, datetime):
            wait.append(fact)
        else:
            act.append(fact)
    return [*act, *sorted(tell, key=lambda fact: fact.at)], wait


# --- the due date


def _due_date(story: Story) -> Iterator[Tell | datetime]:
    changes = story.issue.due_date_changes
    fresh = [change for change in changes if f"changelog:{change.id}:due" not in story.told]
    for change in fresh:
        ripe_at = change.at + story.holds.status
        if not story.ripe(ripe_at):
            yield ripe_at
        else:
            yield _due_date_change(change, last=change is fresh[-1], workflow=story.workflow)


def _due_date_change(change: DueDateChange, *, last: bool, workflow: Workflow) -> Tell:
    kind = workflow.moments.get(Moment.DUE_DATE)
    news = kind is not None and Moment.DUE_DATE in workflow.mails.gathered
    silence = GATHERED if news else "" if last and change.to_date and kind else _silence(change, last=last)
    day = change.to_date.strftime("%d/%m/%Y") if change.to_date else ""
    return Tell(
        source=f"changelog:{change.id}:due",
        at=change.at,
        kind="due_date",
        author=change.author,
        status="",
        text=day,
        visible=True,
        email=None if silence else kind,
        outcome=silence,
        context={"due_date": day, "due_date_changed": "yes" if change.from_date else ""},
        news=news,
    )


def _silence(change: DueDateChange, *, last: bool) -> str:
    if not last:
        return "no e-mail: the date was changed again"
    return "no e-mail: the date was taken away" if change.to_date is None else "no e-mail: none is mapped"
