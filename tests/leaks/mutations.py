"""Rules broken on purpose, each a way to leak: the histories have to find every one.

Not among them: that Jira is not asked again before an e-mail goes. Hundreds of histories may never have a
comment taken back just then; `test_comments` does it on purpose.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from bridge.clients.jira import reading
from bridge.domain import JiraComment
from bridge.reconcile.telling import holds
from bridge.rules.story import public_text

Json = dict[str, Any]


@contextmanager
def _reading(broken: Callable[[Json, JiraComment], JiraComment]) -> Iterator[None]:
    """Comments are read in another way."""
    true = reading._comment

    def read(found: Json, *rest: Any, **how: Any) -> JiraComment:
        return broken(found, true(found, *rest, **how))

    with patch.object(reading, "_comment", read):
        yield


@contextmanager
def _public_text(broken: Callable[[JiraComment, str], str | None]) -> Iterator[None]:
    with patch("bridge.rules.story.public_text", broken), patch(f"{OUTBOX}.public_text", broken):
        yield


OUTBOX = "bridge.reconcile.outbox"


def missing_as_public() -> AbstractContextManager[Any]:
    return _reading(lambda found, read: replace(read, service_desk_public=found.get("jsdPublic", True)))


def anything_true_as_public() -> AbstractContextManager[Any]:
    return _reading(lambda found, read: replace(read, service_desk_public=bool(found.get("jsdPublic"))))


def software_projects_word_believed() -> AbstractContextManager[Any]:
    """Jira Software says `jsdPublic: true` of every comment."""
    return _reading(lambda found, read: replace(read, service_desk_public=found.get("jsdPublic")))


def restrictions_ignored() -> AbstractContextManager[Any]:
    return _reading(lambda found, read: replace(read, restricted=False))


def unknown_restriction_as_none() -> AbstractContextManager[Any]:
    def known(found: Json) -> bool:
        visibility = found.get("visibility")
        return isinstance(visibility, dict) and visibility.get("type") in {"role", "group"}

    return _reading(lambda found, read: replace(read, restricted=known(found)))


@contextmanager
def security_level_ignored() -> Iterator[None]:
    true = reading.said
    with patch.object(reading, "said", lambda fields, *rest: true({**fields, "security": None}, *rest)):
        yield


def marker_anywhere() -> AbstractContextManager[Any]:
    def broken(comment: JiraComment, marker: str) -> str | None:
        found = marker in comment.text and not comment.restricted
        return comment.text if found else public_text(comment, marker)

    return _public_text(broken)


def marker_over_jiras_word() -> AbstractContextManager[Any]:
    def broken(comment: JiraComment, marker: str) -> str | None:
        if comment.service_desk_public is False:
            comment = replace(comment, service_desk_public=None)
        return public_text(comment, marker)

    return _public_text(broken)


def our_own_comments_told() -> AbstractContextManager[Any]:
    return _reading(lambda found, read: replace(read, by_bridge=False))


def no_hold() -> AbstractContextManager[Any]:
    def none(*given: Any) -> Any:
        return replace(holds(*given), comment=timedelta(0))

    return patch("bridge.reconcile.holds", none)


def hold_from_creation() -> AbstractContextManager[Any]:
    return _reading(lambda found, read: replace(read, edited_at=read.at))


def what_was_told_stays() -> AbstractContextManager[Any]:
    return patch("bridge.rules.telling.corrections", lambda story: ())


MUTATIONS: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    one.__name__: one
    for one in (
        missing_as_public,
        anything_true_as_public,
        software_projects_word_believed,
        restrictions_ignored,
        unknown_restriction_as_none,
        security_level_ignored,
        marker_anywhere,
        marker_over_jiras_word,
        our_own_comments_told,
        no_hold,
        hold_from_creation,
        what_was_told_stays,
    )
}
