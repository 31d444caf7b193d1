"""What people do to an issue and its comments, one deed at a time, chosen by a seed."""

import random
from collections.abc import Callable
from typing import Any

from mappings.model import Workflow
from tests.leaks.issue import BRIDGE, MISSING, Comment, Issue, Json

MARKER = "/parceiro"
RESTRICTIONS = (
    {"type": "role", "value": "Developers"},
    {"type": "group", "value": "devs", "identifier": "42"},
    {"type": "alien", "value": "?"},
    {"type": "role"},
    {},
    "role",
    [],
)
"""Visibilities that Jira knows, and some that no version of it has shown yet."""
SECURITY = ({"id": "10001", "name": "Só a diretoria"}, {"id": "10002"}, "10001", {})
WORDS_OF_JIRA = (True, True, False, MISSING, None, "true", "false", 1, 0, {"public": True})


class People:
    """`next_deed` names and does one thing that is possible now."""

    def __init__(self, seed: int, issue: Issue, workflow: Workflow) -> None:
        self.dice = random.Random(f"{seed} people")
        self.seed = seed
        self.issue = issue
        self._workflow = workflow
        self._said = 0
        self.comments = 0

    def next_deed(self) -> str:
        deeds: list[tuple[float, Callable[[], object]]] = [(5, self.says)]
        if self.issue.comments:
            deeds += [
                (1.5, self.rewrites),
                (2, self.shuts_in),
                (1, self.lets_out),
                (0.7, self.deletes),
                (0.5, self.turns_jiras_word),
            ]
        deeds.append((0.3, self.restricts_the_issue))
        if self._workflow.statuses[self.issue.status].leaves_to:
            deeds.append((1.5, self.moves))
        deed = self.dice.choices([deed for _, deed in deeds], weights=[weight for weight, _ in deeds])[0]
        deed()
        self.issue.changed()
        return f"{deed.__name__} ({self.issue.status})"

    # --- comments

    def says(self) -> None:
        dice = self.dice
        words = self._words()
        body, marked = self._written(words)
        audience: dict[str, Any] = {}
        if dice.random() < 0.3:
            audience["visibility"] = dice.choice(RESTRICTIONS)
        audience["jsd_public"] = (
            dice.choice(WORDS_OF_JIRA) if self.issue.service else dice.choice((MISSING, True))
        )
        author = BRIDGE if dice.random() < 0.05 else "triagem"
        self.comments += 1
        self.issue.say(author, words, body, marked=marked, **audience)

    def rewrites(self) -> None:
        comment = self._one()
        comment.words = self._words()
        comment.body, comment.marked = self._written(comment.words)
        self._touch(comment)

    def shuts_in(self) -> None:
        comment = self._one()
        how = self.dice.randrange(3 if self.issue.service else 2)
        if how == 0:
            comment.visibility = self.dice.choice(RESTRICTIONS)
        elif how == 1:
            comment.body, comment.marked = self._plain(comment.words), False
        else:
            comment.jsd_public = self.dice.choice((False, MISSING))
        self._touch(comment)

    def lets_out(self) -> None:
        comment = self._one()
        comment.visibility = MISSING
        if self.issue.service:
            comment.jsd_public = True
        else:
            comment.body, comment.marked = self._marked(comment.words), True
        self._touch(comment)

    def deletes(self) -> None:
        self.issue.comments.remove(self._one())

    def turns_jiras_word(self) -> None:
        """As a change of the comment's property does: its `updated` stays as it was."""
        comment = self._one()
        if self.issue.service:
            comment.jsd_public = self.dice.choice(WORDS_OF_JIRA)

    def restricts_the_issue(self) -> None:
        self.issue.security = self.dice.choice(SECURITY) if self.issue.security is None else None

    def moves(self) -> None:
        to = self.dice.choice(self._workflow.statuses[self.issue.status].leaves_to)
        self.issue.move(to, author="triagem")

    def _one(self) -> Comment:
        return self.dice.choice(self.issue.comments)

    def _touch(self, comment: Comment) -> None:
        comment.updated = self.issue.clock()

    # --- how it is written

    def _words(self) -> str:
        self._said += 1
        return f"segredo{self.seed}n{self._said}f"

    def _written(self, words: str) -> tuple[Any, bool]:
        """A body, and whether what is read of it begins with the marker."""
        if self.dice.random() < 0.5:
            return self._marked(words), True
        return self._plain(words), False

    def _marked(self, words: str) -> Any:
        if not self.issue.cloud:
            return self.dice.choice(
                (f"{MARKER} {words}", f"  {MARKER}\r\n\r\n{words}", f"{MARKER}\t[~eva] {words}")
            )
        mention = {"type": "mention", "attrs": {"id": "eva", "text": "@Eva"}}
        return self.dice.choice(
            (
                _doc(_paragraph(_text(f"{MARKER} {words}"))),
                _doc(_paragraph(_text(MARKER)), _paragraph(_text(words))),
                _doc(_paragraph(_text(MARKER), {"type": "hardBreak"}, mention, _text(f" {words}"))),
                _doc({"type": "panel", "content": [_paragraph(_text(f"{MARKER} {words}"))]}),
            )
        )

    def _plain(self, words: str) -> Any:
        """Near misses among them."""
        near = (
            words,
            f"veja {MARKER} {words}",
            f"{MARKER}s {words}",
            f"{MARKER}: {words}",
            f"/PARCEIRO {words}",
        )
        if not self.issue.cloud:
            return self.dice.choice((*near, f"[~parceiro] {words}", f"{{quote}}{MARKER} {words}{{quote}}"))
        mention = {"type": "mention", "attrs": {"id": "p", "text": "@Parceiro"}}
        return self.dice.choice(
            (
                *(_doc(_paragraph(_text(text))) for text in near),
                _doc(_paragraph(mention, _text(f" {MARKER} {words}"))),
                _doc({"type": "mystery", "content": [_paragraph(_text(words))]}),
                _doc(
                    {
                        "type": "expand",
                        "attrs": {"title": f"{MARKER} "},
                        "content": [_paragraph(_text(words))],
                    }
                ),
            )
        )


def _doc(*content: Json) -> Json:
    return {"type": "doc", "version": 1, "content": list(content)}


def _paragraph(*content: Json) -> Json:
    return {"type": "paragraph", "content": list(content)}


def _text(text: str) -> Json:
    return {"type": "text", "text": text}
