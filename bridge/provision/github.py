"""What GitHub must let the bridge do and tell it of, held against what it does. Pure: no calls."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bridge.provision.changes import Change, Kind, Way
from mappings.model import Workflow

EVENTS = (
    "create",
    "delete",
    "deployment_status",
    "pull_request",
    "pull_request_review",
    "push",
    "release",
    "repository",
)
"""The events that ring tickets; `workflow_run` besides, where workflows are mapped."""


@dataclass(frozen=True, kw_only=True)
class Permission:
    """One line of a fine-grained token's or an App's permissions. `name` is the API's."""

    name: str
    label: str
    level: str
    """`read` or `write`."""
    purpose: str

    @property
    def shown(self) -> str:
        return f"{self.label}: {self.level}"


@dataclass(frozen=True, kw_only=True)
class WantedGitHub:
    repositories: tuple[str, ...]
    permissions: tuple[Permission, ...]
    events: tuple[str, ...]
    hook_url: str


@dataclass(frozen=True, kw_only=True)
class LiveGitHubHook:
    """A webhook of ours. `id` 0 is the App's."""

    id: int
    url: str
    events: frozenset[str]
    content_type: str
    active: bool
    signed: bool
    checks_certificate: bool


@dataclass(frozen=True, kw_only=True)
class LiveRepository:
    visible: bool
    missing: frozenset[str] = frozenset()
    """Names of permissions that the token lacks here."""
    hook: LiveGitHubHook | None = None
    hooks_readable: bool = True


@dataclass(frozen=True, kw_only=True)
class LiveGitHub:
    """One look at GitHub. `app`: the App's own webhook; None where the bridge comes with a token."""

    account: str
    repositories: Mapping[str, LiveRepository]
    app: LiveGitHubHook | None = None


def wanted_github(
    workflow: Workflow, *, repositories: tuple[str, ...], public_url: str, is_app: bool
) -> WantedGitHub:
    runs = bool(workflow.environments.staging_workflows or workflow.environments.production_workflows)
    return WantedGitHub(
        repositories=repositories,
        permissions=tuple(_permissions(workflow, is_app=is_app, runs=runs)),
        events=(*EVENTS, "workflow_run") if runs else EVENTS,
        hook_url=f"{public_url}/webhooks/github",
    )


def _permissions(workflow: Workflow, *, is_app: bool, runs: bool) -> Iterator[Permission]:
    on = workflow.on_pull_requests
    talks = on.comment or on.still_failing
    yield Permission(name="contents", label="Contents", level="read", purpose="compare commits")
    yield Permission(
        name="pull_requests",
        label="Pull requests",
        level="write" if talks else "read",
        purpose="read them and their reviews" + (", and comment on them" if talks else ""),
    )
    yield Permission(name="deployments", label="Deployments", level="read", purpose="see what was deployed")
    if on.check and is_app:
        yield Permission(name="checks", label="Checks", level="write", purpose="show the check")
    if on.check and not is_app:
        yield Permission(name="statuses", label="Commit statuses", level="write", purpose="show the check")
    if runs:
        yield Permission(name="actions", label="Actions", level="read", purpose="see mapped workflows")


# --- compared


def compare_github(wanted: WantedGitHub, live: LiveGitHub) -> list[Change]:
    """Every difference. Empty when GitHub is as it should be."""
    return list(_differences(wanted, live))


def unchecked_github(wanted: WantedGitHub, live: LiveGitHub) -> list[str]:
    """What this look could not see, each as a sentence."""
    found = [] if wanted.repositories else ["repositories: CHAMADOS_GITHUB_REPOSITORIES names none"]
    hidden = [name for name, one in live.repositories.items() if one.visible and not one.hooks_readable]
    if live.app is None:
        found += [
            f'the webhook of {name}: {live.account} lacks "Webhooks: write" there; {_step(wanted, name)}'
            for name in hidden
        ]
    return found


def _differences(wanted: WantedGitHub, live: LiveGitHub) -> Iterator[Change]:
    for name in wanted.repositories:
        one = live.repositories[name]
        if not one.visible:
            yield _by_hand(name, "is not shown to us", f"Give {live.account} access to {name}.")
            continue
        yield from _lacks(wanted, live, name, one)
        if live.app is None and one.hooks_readable:
            yield from _hook(wanted, name, one.hook)
    if live.app is not None:
        yield from _app_hook(wanted, live.app)


def _lacks(wanted: WantedGitHub, live: LiveGitHub, name: str, one: LiveRepository) -> Iterator[Change]:
    for permission in wanted.permissions:
        if permission.name in one.missing:
            detail = f'lacks "{permission.shown}": to {permission.purpose}'
            yield _by_hand(name, detail, f'Give {live.account} "{permission.shown}" on {name}.')


def _by_hand(name: str, detail: str, step: str) -> Change:
    return Change(kind=Kind.PERMISSIONS, name=name, way=Way.MANUAL, detail=detail, step=step)


def _hook(wanted: WantedGitHub, name: str, found: LiveGitHubHook | None) -> Iterator[Change]:
    title, facts = f"{name} → {wanted.hook_url}", {"repository": name, "id": found.id if found else 0}
    if found is None:
        detail = f"{len(wanted.events)} events as JSON, signed"
        yield Change(
            kind=Kind.WEBHOOK, name=title, way=Way.ADD, detail=detail, step=_step(wanted, name), facts=facts
        )
        return
    faults = [*([] if found.active else ["is switched off"]), *_faults(found)]
    faults += [f"does not tell of {event}" for event in wanted.events if not found.events & {event, "*"}]
    if faults:
        yield Change(
            kind=Kind.WEBHOOK,
            name=title,
            way=Way.CHANGE,
            detail="; ".join(faults),
            step=_step(wanted, name),
            facts=facts,
        )


def _app_hook(wanted: WantedGitHub, found: LiveGitHubHook) -> Iterator[Change]:
    faults = [] if found.url == wanted.hook_url else [f"goes to {found.url or 'nowhere'}"]
    faults += _faults(found)
    if faults:
        step = f"In the App's settings, set the webhook's URL to {wanted.hook_url} and its secret."
        yield Change(
            kind=Kind.WEBHOOK, name=wanted.hook_url, way=Way.CHANGE, detail="; ".join(faults), step=step
        )
    silent = [event for event in wanted.events if event not in found.events]
    if silent:
        yield Change(
            kind=Kind.WEBHOOK,
            name=f"{wanted.hook_url} events",
            way=Way.MANUAL,
            detail=f"the App does not tell of {', '.join(silent)}",
            step=f"In the App's settings, under Permissions & events, subscribe to {', '.join(silent)}.",
        )


def _faults(found: LiveGitHubHook) -> list[str]:
    faults = [] if found.signed else ["is not signed"]
    faults += [] if found.content_type == "json" else [f"sends {found.content_type}, not json"]
    return faults + ([] if found.checks_certificate else ["does not check our certificate"])


def _step(wanted: WantedGitHub, name: str) -> str:
    return (
        f"In {name} under Settings, Webhooks: {wanted.hook_url}, content type application/json, "
        f"the secret of CHAMADOS_GITHUB_WEBHOOK_SECRET, events {', '.join(wanted.events)}."
    )
