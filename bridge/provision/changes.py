"""One difference between the site and what is wanted, and what can be done about it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any


class Way(StrEnum):
    """What becomes of a difference."""

    ADD = "add"
    CHANGE = "change"
    EXTRA = "extra"
    """Something of others' that is not in the mappings: it is named and left alone."""
    MANUAL = "manual"
    """Only a person can do it: the API does not permit it, or not to this account."""


class Kind(StrEnum):
    PROJECT = "project"
    ISSUE_TYPE = "issue type"
    TYPE_SCHEME = "issue type scheme"
    STATUS = "status"
    WORKFLOW = "workflow"
    WORKFLOW_SCHEME = "workflow scheme"
    TRANSITION = "transition"
    FIELD = "field"
    CONTEXT = "field context"
    OPTIONS = "field options"
    SCREEN = "screen"
    SCREEN_SCHEME = "screen scheme"
    PERMISSIONS = "permissions"
    WEBHOOK = "webhook"


SIGNS = {Way.ADD: "+", Way.CHANGE: "~", Way.EXTRA: "−", Way.MANUAL: "!"}


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


@dataclass(frozen=True, kw_only=True)
class Change:
    kind: Kind
    name: str
    way: Way
    detail: str
    """What differs, as a sentence."""
    step: str = ""
    """The same for a person: what to do in Jira's administration, with the exact names."""
    adopts: bool = False
    """Takes a field that others made into use."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What carrying it out needs to know."""

    @property
    def title(self) -> str:
        return f'{SIGNS[self.way]} {self.kind} "{self.name}"'

    @property
    def sentence(self) -> str:
        """The same wherever it is told: by plan, by doctor, on a parked ticket."""
        return f'{self.kind} "{self.name}" {self.detail}'

    def concerns(self, text: str) -> bool:
        """Whether a refusal's words are about this."""
        if self.kind in {Kind.PERMISSIONS, Kind.WEBHOOK}:
            return False
        return any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) for word in self._words())

    def _words(self) -> list[str]:
        """What a refusal would call it: of a transition, where it leads."""
        words = [*self.facts.get("values", ()), *self.facts.get("fields", ()), *self.facts.get("ids", ())]
        return [self.name.rpartition(" → ")[2], *words]

    @property
    def pending(self) -> bool:
        return self.way is not Way.EXTRA

    def by_hand(self) -> "Change":
        return replace(self, way=Way.MANUAL) if self.pending else self

    def shown(self) -> dict[str, object]:
        """For scripts."""
        told = {"action": self.way.value, "what": self.kind.value, "name": self.name, "detail": self.detail}
        return {**told, "adopts": self.adopts, "step": self.step if self.way is Way.MANUAL else ""}
