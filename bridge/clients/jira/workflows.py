"""Workflows as Jira's REST API writes them: read, drawn anew, or the present one with something added."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from bridge.provision import Wanted
from bridge.provision.live import LiveTransition, LiveWorkflow
from mappings.model import Category

Json = dict[str, Any]
COLUMNS = 4
WIDTH, HEIGHT = 260, 160
"""Between two statuses of the drawing, so that nobody has to untangle it."""
KEPT = (
    "id",
    "name",
    "type",
    "description",
    "actions",
    "conditions",
    "validators",
    "triggers",
    "properties",
    "transitionScreen",
    "toStatusReference",
)
"""What of a transition is sent back as it came."""


def read_workflow(found: Json, *, shared: bool) -> LiveWorkflow:
    """The one workflow of an answer, its statuses by their ids."""
    [raw] = found["workflows"]
    ids = {one["statusReference"]: str(one["id"]) for one in found["statuses"]}
    starts = [ids[one["toStatusReference"]] for one in raw["transitions"] if one["type"] == "INITIAL"]
    return LiveWorkflow(
        name=str(raw["name"]),
        statuses=tuple(ids[one["statusReference"]] for one in raw["statuses"]),
        initial=next(iter(starts), ""),
        transitions=tuple(_transitions(raw, ids)),
        shared=shared,
    )


def _transitions(raw: Json, ids: dict[str, str]) -> Iterator[LiveTransition]:
    for one in raw["transitions"]:
        if one["type"] == "INITIAL":
            continue
        sources: list[str | None] = [ids[link["fromStatusReference"]] for link in one.get("links") or []]
        for source in sources or [None]:
            yield LiveTransition(
                name=str(one.get("name") or ""),
                source=source,
                target=ids[one["toStatusReference"]],
                hindrance=_hindrance(one),
            )


def _hindrance(transition: Json) -> str:
    found = ["a screen"] if transition.get("transitionScreen") else []
    # Jira's own transitions validate the mover's permission, which is no hindrance.
    rules = [str(one.get("ruleKey", "")) for one in transition.get("validators") or []]
    found += ["a validator"] if any("permission" not in rule for rule in rules) else []
    return " and ".join(found)


def status_entries(wanted: Wanted, ids: Mapping[str, str], words: Mapping[Category, str]) -> list[Json]:
    """The statuses that a workflow refers to; each is its own reference."""
    return [
        {"id": ids[name], "name": name, "statusCategory": words[category], "statusReference": ids[name]}
        for name, category in wanted.statuses.items()
    ]


def drawn(wanted: Wanted, ids: Mapping[str, str], *, name: str) -> Json:
    """Exactly the wanted statuses and transitions, and the one that begins."""
    statuses = [
        {
            "statusReference": ids[status],
            "properties": {},
            "layout": {"x": WIDTH * (n % COLUMNS), "y": HEIGHT * (n // COLUMNS)},
        }
        for n, status in enumerate(wanted.statuses)
    ]
    arrows = [
        _arrow(11 + 10 * n, name=target, source=ids[source], target=ids[target])
        for n, (source, target) in enumerate(wanted.transitions)
    ]
    first = {
        "id": "1",
        "name": "Create",
        "type": "INITIAL",
        "links": [],
        "toStatusReference": ids[wanted.initial],
    }
    return {"name": name, "description": "", "statuses": statuses, "transitions": [first, *arrows]}


def extended(
    found: Json,
    *,
    statuses: Collection[str] = (),
    arrows: Collection[tuple[str, str, str]] = (),
    initial: str | None = None,
) -> Json:
    """The present workflow with something added: statuses, `(name, from, to)`, another beginning."""
    [workflow] = found["workflows"]
    references = {str(one["id"]): str(one["statusReference"]) for one in found["statuses"]}
    transitions = [_kept(one) for one in workflow["transitions"]]
    number = max(int(one["id"]) for one in transitions)
    for name, source, target in arrows:
        number += 10
        taken = _names_from(workflow, references.get(source, source))
        transitions.append(
            _arrow(
                number,
                name=name if name not in taken else f"{name} ({number})",
                source=references.get(source, source),
                target=references.get(target, target),
            )
        )
    for one in transitions:
        if initial and one["type"] == "INITIAL":
            one["toStatusReference"] = references.get(initial, initial)
    present = [_placed(one) for one in workflow["statuses"]]
    added = [{"statusReference": one, "properties": {}} for one in statuses]
    return {
        "id": workflow["id"],
        "description": workflow.get("description") or "",
        "version": workflow["version"],
        "statuses": [*present, *added],
        "transitions": transitions,
    }


def _arrow(number: int, *, name: str, source: str, target: str) -> Json:
    link = {"fromStatusReference": source, "fromPort": 0, "toPort": 1}
    kind = {"id": str(number), "name": name, "type": "DIRECTED", "description": ""}
    return {**kind, "links": [link], "toStatusReference": target}


def _placed(status: Json) -> Json:
    layout = {"layout": status["layout"]} if status.get("layout") else {}
    return {
        "statusReference": status["statusReference"],
        "properties": status.get("properties") or {},
    } | layout


def _kept(transition: Json) -> Json:
    kept = {key: transition[key] for key in KEPT if transition.get(key) is not None}
    return kept | {"links": transition.get("links") or []}


def _names_from(workflow: Json, source: str) -> set[str]:
    """Jira refuses two transitions of one name from one status."""
    return {
        str(one.get("name"))
        for one in workflow["transitions"]
        if not one.get("links") or any(link["fromStatusReference"] == source for link in one["links"])
    }
