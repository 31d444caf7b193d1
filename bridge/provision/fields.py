"""Custom fields, their contexts and options: wanted against live."""

from collections.abc import Iterator

from bridge.provision.changes import Change, Kind, Way
from bridge.provision.live import Live, LiveField
from bridge.provision.wanted import Wanted, WantedField

TYPES = {
    "textfield": "Short text (plain text only)",
    "textarea": "Paragraph (supports rich text)",
    "select": "Select list (single choice)",
    "url": "URL field",
}
"""As Jira's administration names them."""


def custom_fields(wanted: Wanted, live: Live) -> Iterator[Change]:
    for field in wanted.fields:
        found = live.fields_of(field.name)
        if len(found) > 1:
            yield _ambiguous(field, found)
        elif found:
            yield from _existing(wanted, live, field, found[0])
        elif field.by_id:
            yield _no_such_id(field)
        else:
            yield from _new(wanted, field)


def _ambiguous(field: WantedField, found: list[LiveField]) -> Change:
    ids = ", ".join(one.id for one in found)
    return Change(
        kind=Kind.FIELD,
        name=field.name,
        way=Way.MANUAL,
        detail=f"is the name of {len(found)} fields: {ids}",
        step=f'Write the id of the right field "{field.name}" ({ids}) in fields.yaml, or rename the others.',
    )


def _no_such_id(field: WantedField) -> Change:
    return Change(
        kind=Kind.FIELD,
        name=field.name,
        way=Way.MANUAL,
        detail="is named by its id in fields.yaml, and the site has no such field",
        step=f"Write the right field in place of {field.name} in fields.yaml.",
    )


def _new(wanted: Wanted, field: WantedField) -> Iterator[Change]:
    yield Change(
        kind=Kind.FIELD,
        name=field.name,
        way=Way.ADD,
        detail=f"is not on the site; type {TYPES[field.type]}",
        step=f'Create the custom field "{field.name}" of the type {TYPES[field.type]}.',
        facts={"type": field.type},
    )
    if field.options:
        yield _context(wanted, field)
        yield _options(field, field.options, way=Way.ADD)


def _existing(wanted: Wanted, live: Live, field: WantedField, found: LiveField) -> Iterator[Change]:
    if found.type != field.type:
        yield _wrong_type(field, found)
        return
    if found.name != field.name and not field.by_id:
        yield _renamed(field, found)
    adopted = not (_in_use(live, field, found) or _set_up_by_hand(wanted, live))
    if adopted:
        yield _adopted(field, found)
    if not live.administers or not live.cloud:
        yield from _visible_options(field, found, blind=not live.cloud)
    elif _needs_context(wanted, live, field, found, adopted=adopted):
        yield _context(wanted, field)
        if field.options:
            yield _options(field, field.options, way=Way.ADD)
    else:
        yield from _visible_options(field, found)


def _needs_context(
    wanted: Wanted, live: Live, field: WantedField, found: LiveField, *, adopted: bool
) -> bool:
    """No context holds for our tickets, or only one of others', whose options are theirs."""
    if field.options and (adopted or found.context is None):
        return True
    asked = live.project is not None and live.type_of(wanted.issue_type) is not None
    return asked and found.context is None


def _in_use(live: Live, field: WantedField, found: LiveField) -> bool:
    """Ours already: made or recorded by apply, named by its id, or on the project's own screens."""
    if field.by_id or found.made_by_us or live.recorded("field", field.name) == found.id:
        return True
    shown = [screen.fields for screen in (live.screens or {}).values()]
    return found.id in frozenset().union(live.on_create or frozenset(), *shown)


def _set_up_by_hand(wanted: Wanted, live: Live) -> bool:
    """Nothing was ever recorded, yet tickets can be filed: the bridge finds the fields by their names."""
    ours = {one.id for field in wanted.fields for one in live.fields_of(field.name)}
    return not live.record and bool(ours & (live.on_create or frozenset()))


def _wrong_type(field: WantedField, found: LiveField) -> Change:
    kind = TYPES.get(found.type, found.type)
    return Change(
        kind=Kind.FIELD,
        name=field.name,
        way=Way.MANUAL,
        detail=f"is of the type {kind}, not {TYPES[field.type]} ({found.id})",
        step=f'Rename the field "{field.name}" ({found.id}), whose type is {kind}, so that one of the type '
        f"{TYPES[field.type]} can be made; or name another field in fields.yaml.",
    )


def _renamed(field: WantedField, found: LiveField) -> Change:
    return Change(
        kind=Kind.FIELD,
        name=field.name,
        way=Way.CHANGE,
        detail=f'was renamed to "{found.name}"',
        step=f'Rename the field "{found.name}" back to "{field.name}", or write its new name in fields.yaml.',
        facts={"id": found.id, "renamed": True},
    )


def _adopted(field: WantedField, found: LiveField) -> Change:
    return Change(
        kind=Kind.FIELD,
        name=field.name,
        way=Way.CHANGE,
        detail=f"exists ({found.id}, {TYPES[field.type]}), made by others: it would be taken into use",
        step=f'Decide that the existing field "{field.name}" ({found.id}) is to be used.',
        adopts=True,
        facts={"id": found.id},
    )


def _context(wanted: Wanted, field: WantedField) -> Change:
    return Change(
        kind=Kind.CONTEXT,
        name=field.name,
        way=Way.ADD,
        detail=f"of its own for {wanted.project}",
        step=f'Give the field "{field.name}" a context for the project {wanted.project}.',
    )


def _visible_options(field: WantedField, found: LiveField, *, blind: bool = False) -> Iterator[Change]:
    """`blind`: options that cannot be seen are told as missing, for a person to look."""
    if not field.options or (found.options is None and not blind):
        return
    values = {one.value: one for one in found.options or ()}
    missing = tuple(value for value in field.options if value not in values)
    disabled = tuple(value for value in field.options if value in values and values[value].disabled)
    if missing:
        unseen = blind and found.options is None
        yield _options(field, missing, way=Way.ADD, unseen=unseen)
    if disabled:
        yield _options(field, disabled, way=Way.CHANGE)
    extra = [one.value for one in found.options or () if one.value not in field.options and not one.disabled]
    if extra:
        yield Change(
            kind=Kind.OPTIONS,
            name=field.name,
            way=Way.EXTRA,
            detail=f"not in fields.yaml, so no partner can choose them: {', '.join(extra)}",
        )


def _options(field: WantedField, values: tuple[str, ...], *, way: Way, unseen: bool = False) -> Change:
    verb = "lacks" if way is Way.ADD else "has disabled"
    verb = "cannot be seen before the field is on a screen; wanted are" if unseen else verb
    does = "Add to" if way is Way.ADD else "Enable in"
    listed = ", ".join(values)
    return Change(
        kind=Kind.OPTIONS,
        name=field.name,
        way=way,
        detail=f"{verb} {listed}",
        step=f'{does} the field "{field.name}" the options {listed}.',
        facts={"values": values},
    )


def demanded(wanted: Wanted, live: Live) -> Iterator[Change]:
    """Fields that Jira demands at creation and that no ticket of ours fills."""
    ours = {one.id for name in wanted.always_set for one in live.fields_of(name)} | wanted.always_set
    for field in live.demanded:
        if field.id not in ours:
            yield Change(
                kind=Kind.FIELD,
                name=field.name,
                way=Way.MANUAL,
                detail=f"is required now ({field.id}) and not asked by the form: Jira refuses new tickets",
                step=f'Make the field "{field.name}" optional for "{wanted.issue_type}" in the field '
                f"configuration of {wanted.project}, or give it a default value.",
            )
