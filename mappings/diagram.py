"""The board as a picture."""

import re
import unicodedata
from collections.abc import Iterator

from mappings.model import Category, Rule, Status, Workflow


def mermaid(workflow: Workflow) -> str:
    """A Mermaid state diagram: every declared transition, labelled with the triggers that go that way."""
    lines = [
        "stateDiagram-v2",
        *(f'    state "{status.name}" as {_id(status.name)}' for status in workflow.statuses.values()),
        f"    [*] --> {_id(workflow.initial.name)}: filed",
        *(arrow for status in workflow.statuses.values() for arrow in _arrows(status, workflow)),
    ]
    return "\n".join(lines) + "\n"


def _arrows(status: Status, workflow: Workflow) -> Iterator[str]:
    for to in status.leaves_to:
        triggers = [rule.trigger.value for rule in workflow.rules.values() if _leads(rule, status.name, to)]
        yield f"    {_id(status.name)} --> {_id(to)}{_label(triggers)}"
    if status.category is Category.DONE and not status.leaves_to:
        yield f"    {_id(status.name)} --> [*]"


def _leads(rule: Rule, start: str, to: str) -> bool:
    return rule.to == to and start in rule.moves_from


def _label(triggers: list[str]) -> str:
    return f": {', '.join(triggers)}" if triggers else ""


def _id(name: str) -> str:
    """Mermaid's ids know no accents and no spaces."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"\W+", "_", plain).strip("_")
