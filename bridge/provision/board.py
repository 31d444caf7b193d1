"""Statuses and transitions: wanted against live."""

from collections.abc import Iterator

from bridge.provision.changes import Change, Kind, Way
from bridge.provision.live import Live, LiveStatus, LiveWorkflow
from bridge.provision.wanted import Wanted
from mappings.model import Category

CATEGORIES = {Category.NEW: "To Do", Category.IN_PROGRESS: "In Progress", Category.DONE: "Done"}
"""As Jira's administration names them."""


def statuses(wanted: Wanted, live: Live) -> Iterator[Change]:
    for name, category in wanted.statuses.items():
        found = live.status_of(name)
        if found is None:
            yield _missing(name, category)
        else:
            yield from _differing(live, found, name=name, category=category)


def _missing(name: str, category: Category) -> Change:
    detail = f"is not on the site; category {CATEGORIES[category]}"
    return Change(
        kind=Kind.STATUS,
        name=name,
        way=Way.ADD,
        detail=detail,
        step=f'Create the status "{name}" in the category {CATEGORIES[category]}.',
        facts={"category": category},
    )


def _differing(live: Live, found: LiveStatus, *, name: str, category: Category) -> Iterator[Change]:
    renamed, moved = found.name != name, found.category not in {category, None}
    if not renamed and not moved:
        return
    faults, steps = [], []
    if renamed:
        faults.append(f'was renamed to "{found.name}"')
        steps.append(
            f'Rename the status "{found.name}" back to "{name}", or write its new name in workflow.yaml'
        )
    if moved and found.category:
        faults.append(f"is in the category {CATEGORIES[found.category]}, not {CATEGORIES[category]}")
        steps.append(f'Put the status "{name}" into the category {CATEGORIES[category]}')
    change = Change(
        kind=Kind.STATUS,
        name=name,
        way=Way.CHANGE,
        detail=" and ".join(faults),
        step="; ".join(steps) + ".",
        facts={"id": found.id, "category": category},
    )
    # A status belongs to the whole site: one that was never ours is for a person to judge.
    yield change if live.recorded("status", name) == found.id else change.by_hand()


def workflow(wanted: Wanted, live: Live) -> Iterator[Change]:
    found = live.workflow
    if found is None and live.project and not live.workflow_readable:
        known = [live.status_of(name) for name in wanted.statuses]
        if all(one and one.id in live.project.statuses for one in known):
            return
    if found and (not found.shared or not _lacks(wanted, live, found)):
        yield from _completed(wanted, live, found)
        return
    yield from _own(wanted, live)


def _own(wanted: Wanted, live: Live) -> Iterator[Change]:
    """The project's workflow is others' as well: ours is made beside it, and given to our issue type."""
    own = live.own_workflow
    if own is None:
        arrows = ", ".join(f"{source} → {target}" for source, target in wanted.transitions)
        yield Change(
            kind=Kind.WORKFLOW,
            name=wanted.own,
            way=Way.ADD,
            detail=f"{len(wanted.statuses)} statuses, {len(wanted.transitions)} transitions",
            step=f'Create the workflow "{wanted.own}" that begins in {wanted.initial}, '
            f"with these transitions and no others: {arrows}.",
        )
    else:
        yield from _completed(wanted, live, own)
    yield Change(
        kind=Kind.WORKFLOW_SCHEME,
        name=wanted.own,
        way=Way.CHANGE,
        detail=f'gives the issue type "{wanted.issue_type}" of {wanted.project} that workflow',
        step=f"In the workflow scheme of the project {wanted.project}, give the issue type "
        f'"{wanted.issue_type}" the workflow "{wanted.own}".',
    )


def _lacks(wanted: Wanted, live: Live, found: LiveWorkflow) -> bool:
    differs = next(_initial(wanted, live, found), None)
    return bool(_absent(wanted, live, found) or _gone(wanted, live, found) or differs)


def _completed(wanted: Wanted, live: Live, found: LiveWorkflow) -> Iterator[Change]:
    """One that is ours alone: what it lacks is added, what it has besides is named."""
    for name in _absent(wanted, live, found):
        yield Change(
            kind=Kind.WORKFLOW,
            name=found.name,
            way=Way.CHANGE,
            detail=f'has lost the status "{name}"',
            step=f'Add the status "{name}" to the workflow "{found.name}".',
            facts={"status": name},
        )
    for source, target in _gone(wanted, live, found):
        yield Change(
            kind=Kind.TRANSITION,
            name=f"{source} → {target}",
            way=Way.ADD,
            detail=f'is not in the workflow "{found.name}"',
            step=f'Add a transition from "{source}" to "{target}" to the workflow "{found.name}".',
            facts={"workflow": found.name, "from": source, "to": target},
        )
    yield from _initial(wanted, live, found)
    yield from _hindered(wanted, live, found)
    yield from _extra(wanted, live, found)


def _absent(wanted: Wanted, live: Live, found: LiveWorkflow) -> list[str]:
    """Statuses that are on the site, or about to be, but not in the workflow."""
    known = {name: live.status_of(name) for name in wanted.statuses}
    return [name for name, one in known.items() if one is None or one.id not in found.statuses]


def _gone(wanted: Wanted, live: Live, found: LiveWorkflow) -> list[tuple[str, str]]:
    present = _pairs(wanted, live, found)
    return [pair for pair in wanted.transitions if pair not in present]


def _names(wanted: Wanted, live: Live) -> dict[str, str]:
    """Status id to our name for it; what is not ours keeps Jira's."""
    names = {one.id: one.name for one in live.statuses}
    return names | {one.id: name for name in wanted.statuses if (one := live.status_of(name))}


def _pairs(wanted: Wanted, live: Live, found: LiveWorkflow) -> set[tuple[str, str]]:
    """What the workflow lets through; a transition from anywhere counts from each status."""
    names = _names(wanted, live)
    return {
        (names.get(source, source), names.get(one.target, one.target))
        for one in found.transitions
        for source in ([one.source] if one.source else found.statuses)
        if source != one.target
    }


def _initial(wanted: Wanted, live: Live, found: LiveWorkflow) -> Iterator[Change]:
    wanted_status = live.status_of(wanted.initial)
    if wanted_status is None or found.initial == wanted_status.id:
        return
    name = _names(wanted, live).get(found.initial, found.initial)
    yield Change(
        kind=Kind.WORKFLOW,
        name=found.name,
        way=Way.CHANGE,
        detail=f'begins in "{name}", not in "{wanted.initial}"',
        step=f'Let the transition "Create" of the workflow "{found.name}" lead to "{wanted.initial}".',
        facts={"initial": wanted.initial},
    )


def _hindered(wanted: Wanted, live: Live, found: LiveWorkflow) -> Iterator[Change]:
    names = _names(wanted, live)
    for one in found.transitions:
        pair = (names.get(one.source or "", "anywhere"), names.get(one.target, one.target))
        if one.hindrance and (pair in wanted.transitions or one.source is None):
            yield Change(
                kind=Kind.TRANSITION,
                name=f"{pair[0]} → {pair[1]}",
                way=Way.MANUAL,
                detail=f"now has {one.hindrance}, which the bridge does not fill in",
                step=f'Free the transition "{one.name}" of "{found.name}" of {one.hindrance}.',
            )


def _extra(wanted: Wanted, live: Live, found: LiveWorkflow) -> Iterator[Change]:
    names = _names(wanted, live)
    for source, target in sorted(_pairs(wanted, live, found) - set(wanted.transitions)):
        if source in wanted.statuses or target in wanted.statuses:
            yield Change(
                kind=Kind.TRANSITION,
                name=f"{source} → {target}",
                way=Way.EXTRA,
                detail="is not in workflow.yaml: the bridge never takes it, people may",
            )
    for status_id in found.statuses:
        name = names.get(status_id, status_id)
        if name not in wanted.statuses:
            yield Change(
                kind=Kind.STATUS,
                name=name,
                way=Way.EXTRA,
                detail=f'is in the workflow "{found.name}" and not in workflow.yaml: '
                "the bridge moves no ticket out of it",
            )
