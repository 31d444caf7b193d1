"""Which comments are told, and what becomes of those that were told and have changed since."""

from collections.abc import Iterator
from datetime import datetime

from bridge.actions import Correct, Tell
from bridge.domain import JiraComment, Quotes, StatusChange
from bridge.rules.statuses import context, due_of, joined, quoted_by, source_of
from bridge.rules.story import COMMENT, GATHERED, Story
from mappings.model import Moment


def comments(story: Story) -> Iterator[Tell | datetime]:
    """Every public comment not told yet."""
    carriers = quoted_by(story)
    for comment in story.issue.comments:
        if comment.id not in story.public or f"{COMMENT}{comment.id}" in story.told:
            continue
        carrier = carriers.get(comment.id)
        ripe_at = comment.edited_at + story.holds.comment
        if carrier and source_of(carrier) not in story.told:
            ripe_at = due_of(carrier, story).at
        if story.ripe(ripe_at):
            yield _told(comment, carrier, story)
        else:
            yield ripe_at


def corrections(story: Story) -> Iterator[Correct | datetime]:
    """What was told of comments that say something else now, or nothing any more.

    It disappears at once; another text is shown when it has waited out its hold.
    """
    held_until = {one.id: one.edited_at + story.holds.comment for one in story.issue.comments}
    for source, quotes in story.told.items():
        says: dict[str, str | None] = {}
        for number, before in quotes.items():
            says[number] = story.public.get(number, "")
            if says[number] not in {before, ""} and not story.ripe(held_until[number]):
                says[number] = None
                yield held_until[number]
        if says != quotes:
            yield _correction(source, says, story)


def _told(comment: JiraComment, carrier: StatusChange | None, story: Story) -> Tell:
    kind = None if carrier else story.workflow.moments.get(Moment.PUBLIC_COMMENT)
    news = kind is not None and Moment.PUBLIC_COMMENT in story.workflow.mails.gathered
    silent = f"no e-mail of its own: quoted in that of {carrier.to_status}" if carrier else ""
    text = story.public[comment.id]
    return Tell(
        source=f"{COMMENT}{comment.id}",
        at=comment.at,
        kind="comment",
        author=comment.author,
        status="",
        text=text,
        visible=True,
        email=None if news else kind,
        outcome=GATHERED
        if news
        else silent or ("" if kind else "no e-mail: workflow.yaml names none for public comments"),
        context={"comment": text},
        quotes={comment.id: text},
        news=news,
    )


def _correction(source: str, says: Quotes, story: Story) -> Correct:
    """An e-mail that has not gone yet says the new text; one about a comment that is gone never goes."""
    text = joined(says)
    changed_to = {source_of(one): one.to_status for one in story.issue.status_changes}
    status = story.workflow.statuses.get(changed_to.get(source, ""))
    is_comment = source.startswith(COMMENT)
    kind = status.email if status else None
    if is_comment:
        kind = story.workflow.moments.get(Moment.PUBLIC_COMMENT)
    sayable = None not in says.values() and bool(text or not is_comment)
    return Correct(
        source=source,
        status=status.name if status else "",
        text=text,
        visible=bool(text) if is_comment else status is not None,
        quotes=says,
        email=kind if sayable else None,
        context={"comment": text} if is_comment else context(text, story),
    )
