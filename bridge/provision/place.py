"""Where tickets live: project, issue type, screens, permissions, webhook; wanted against live."""

from collections.abc import Iterator

from bridge.provision.changes import Change, Kind, Way
from bridge.provision.live import Live, LiveField, LiveScreen
from bridge.provision.wanted import BUILT_IN, EVENTS, Wanted, WantedField


def team_managed(wanted: Wanted) -> Change:
    return Change(
        kind=Kind.PROJECT,
        name=wanted.project,
        way=Way.MANUAL,
        detail="is team-managed: its workflow and fields cannot be set up over the API",
        step=f"Create a company-managed project and name its key in CHAMADOS_JIRA_PROJECT, "
        f"in place of {wanted.project}.",
    )


def project(wanted: Wanted, live: Live) -> Iterator[Change]:
    if live.project is None:
        yield Change(
            kind=Kind.PROJECT,
            name=wanted.project,
            way=Way.ADD,
            detail="is not on the site, or the account may not see it",
            step=f"Create a company-managed software project with the key {wanted.project}.",
        )


def issue_type(wanted: Wanted, live: Live) -> Iterator[Change]:
    name, found = wanted.issue_type, live.type_of(wanted.issue_type)
    if found is None:
        yield Change(
            kind=Kind.ISSUE_TYPE,
            name=name,
            way=Way.ADD,
            detail="is not on the site",
            step=f'Create the issue type "{name}".',
        )
    elif live.types[found] != name:
        yield Change(
            kind=Kind.ISSUE_TYPE,
            name=name,
            way=Way.CHANGE,
            detail=f'was renamed to "{live.types[found]}"',
            step=f'Rename the issue type "{live.types[found]}" back to "{name}", '
            "or write its new name in fields.yaml.",
            facts={"id": found},
        )
    if found and live.project and found not in live.project.types:
        yield _not_offered(wanted)


def _not_offered(wanted: Wanted) -> Change:
    return Change(
        kind=Kind.TYPE_SCHEME,
        name=wanted.own,
        way=Way.CHANGE,
        detail=f'the project {wanted.project} does not offer the issue type "{wanted.issue_type}"',
        step=f'Add the issue type "{wanted.issue_type}" to the issue type scheme of {wanted.project}.',
    )


# --- screens


def screens(wanted: Wanted, live: Live) -> Iterator[Change]:
    if live.screens is None:
        yield from _unseen_screens(wanted, live)
        return
    lacking = {
        screen.id: (screen, names)
        for operation, screen in live.screens.items()
        if (names := _lacking(wanted, live, screen, operation))
    }
    if not lacking:
        return
    if live.screens_shared and any(screen.name != wanted.own for screen, _ in lacking.values()):
        yield from _own_screen(wanted, live)
        return
    for screen, names in lacking.values():
        yield _incomplete(live, screen, names)


def _unseen_screens(wanted: Wanted, live: Live) -> Iterator[Change]:
    """Without a project, or without the right to see its screens, what a creation may set tells."""
    if live.on_create is None:
        if live.project is None or live.own_screen:
            yield from _own_screen(wanted, live)
        return
    if live.own_screen and (names := _lacking(wanted, live, live.own_screen, "create")):
        yield _incomplete(live, live.own_screen, names)
        return
    shown = LiveScreen(id="", name="", fields=live.on_create)
    names = _lacking(wanted, live, shown, "create")
    if names:
        yield from _own_screen(wanted, live)


def _own_screen(wanted: Wanted, live: Live) -> Iterator[Change]:
    """The project's screens are others' as well: ours is made beside them, and given to our issue type."""
    names = [*BUILT_IN, *(field.name for field in _usable(wanted, live))]
    own = live.own_screen
    if own is None:
        yield Change(
            kind=Kind.SCREEN,
            name=wanted.own,
            way=Way.ADD,
            detail=f"with {len(names)} fields",
            step=f'Create the screen "{wanted.own}" with the fields {", ".join(names)}.',
            facts={"fields": tuple(names)},
        )
    elif lacking := _lacking(wanted, live, own, "view"):
        yield _incomplete(live, own, lacking)
    yield Change(
        kind=Kind.SCREEN_SCHEME,
        name=wanted.own,
        way=Way.CHANGE,
        detail=f'shows that screen for the issue type "{wanted.issue_type}" of {wanted.project}',
        step=f'Show the screen "{wanted.own}" (through a screen scheme and the issue type screen scheme of '
        f'{wanted.project}) when an issue of the type "{wanted.issue_type}" is created, edited or viewed.',
    )


def _incomplete(live: Live, screen: LiveScreen, names: list[str]) -> Change:
    return Change(
        kind=Kind.SCREEN,
        name=screen.name,
        way=Way.CHANGE,
        detail=f"lacks {', '.join(names)}",
        step=f'Add to the screen "{screen.name}" the fields {", ".join(names)}.',
        facts={
            "id": screen.id,
            "fields": tuple(names),
            "ids": tuple(one for name in names for one in _ids(live.fields_of(name))),
        },
    )


def _lacking(wanted: Wanted, live: Live, screen: LiveScreen, operation: str) -> list[str]:
    """Names of the fields that the screen should show for this operation and does not."""
    fields = _usable(wanted, live)
    names = [field.name for field in fields if field.at_creation or operation != "create"]
    if operation == "edit":
        names = [field.name for field in fields if not field.at_creation]
    asked = [*(BUILT_IN if operation == "create" else ()), *names]
    return [name for name in asked if not screen.fields & {name, *_ids(live.fields_of(name))}]


def _usable(wanted: Wanted, live: Live) -> list[WantedField]:
    """The fields that are there or can be made; about the others a person decides first."""
    candidates = [(field, live.fields_of(field.name)) for field in wanted.fields]
    return [
        field
        for field, found in candidates
        if (not found and not field.by_id) or (len(found) == 1 and found[0].type == field.type)
    ]


def _ids(fields: list[LiveField]) -> list[str]:
    return [one.id for one in fields]


# --- who may, and who is told


def permissions(wanted: Wanted, live: Live) -> Iterator[Change]:
    missing = tuple(name for name in wanted.permissions if not live.permissions.get(name))
    if not missing or live.project is None:
        return
    told = ", ".join(f"{name} ({wanted.permissions[name]})" for name in missing)
    yield Change(
        kind=Kind.PERMISSIONS,
        name=wanted.project,
        way=Way.CHANGE,
        detail=f"the bridge's account lacks {told}",
        step=f"In {wanted.project}'s permission scheme, grant the bridge's account {', '.join(missing)}.",
        facts={"names": missing},
    )


def hook_step(wanted: Wanted) -> str:
    return (
        f"Have a webhook call {wanted.hook_url} for the issues of the filter {wanted.jql}, enabled, "
        f"with the secret CHAMADOS_JIRA_WEBHOOK_SECRET and the events {', '.join(EVENTS)}."
    )


def webhook(wanted: Wanted, live: Live) -> Iterator[Change]:
    if not live.hooks_readable:
        return
    found, step = live.hook, hook_step(wanted)
    if found is None:
        detail = f"{len(EVENTS)} events of {wanted.jql}, signed"
        yield Change(kind=Kind.WEBHOOK, name=wanted.hook_url, way=Way.ADD, detail=detail, step=step)
        return
    faults = [] if found.enabled else ["is switched off"]
    faults += [f"does not tell of {event}" for event in EVENTS if event not in found.events]
    if found.jql.strip() != wanted.jql:
        faults.append(f"has the filter {found.jql!r}, not {wanted.jql!r}")
    if not found.signed:
        faults.append("is not signed")
    if faults:
        yield Change(
            kind=Kind.WEBHOOK,
            name=wanted.hook_url,
            way=Way.CHANGE,
            detail="; ".join(faults),
            step=step,
            facts={"id": found.id},
        )
