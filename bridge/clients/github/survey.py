"""GitHub looked at for set-up: what the token or App may do, and its webhooks; and the webhooks put right."""

from collections.abc import Callable
from typing import Any

from github.GithubIntegration import GithubIntegration
from github.Repository import Repository

from bridge.clients.errors import Refused, Unavailable
from bridge.clients.github.credentials import installation_id
from bridge.clients.github.transport import Transport
from bridge.config import GitHubSettings
from bridge.provision import Change
from bridge.provision.github import LiveGitHub, LiveGitHubHook, LiveRepository, WantedGitHub

NOBODY = "0" * 40
ENOUGH = {"read": {"read", "write", "admin"}, "write": {"write", "admin"}}


class Survey(Transport):
    """For `plan`, `apply` and `doctor`."""

    def __init__(self, settings: GitHubSettings) -> None:
        super().__init__(settings, connections=1)
        self._settings = settings

    def look(self, wanted: WantedGitHub) -> LiveGitHub:
        """Everything that set-up needs to know.

        Raises:
            Unavailable, Refused: GitHub, or our credentials, cannot be used at all.
        """
        if self.app:
            return self._as_app(self.app, wanted)
        login = self.asked(lambda: self._github.get_user().login)
        seen = {name: self._repository(name, wanted) for name in wanted.repositories}
        return LiveGitHub(account=f"the token of {login}", repositories=seen)

    def carry_out(self, change: Change, wanted: WantedGitHub, *, secret: str) -> None:
        """Make the webhook as it should be.

        Raises:
            Unavailable, Refused.
        """
        config = {"url": wanted.hook_url, "content_type": "json", "secret": secret, "insecure_ssl": "0"}
        if app := self.app:
            self._json(lambda: app.requester.requestJsonAndCheck("PATCH", "/app/hook/config", input=config))
            return
        body: dict[str, Any] = {"config": config, "events": list(wanted.events), "active": True}
        path = f"/repos/{change.facts['repository']}/hooks"
        verb, path = ("PATCH", f"{path}/{change.facts['id']}") if change.facts["id"] else ("POST", path)
        body |= {"name": "web"} if verb == "POST" else {}
        self._json(lambda: self._github.requester.requestJsonAndCheck(verb, path, input=body))

    def _json(self, ask: Callable[[], tuple[Any, Any]]) -> Any:
        return self.asked(ask)[1]

    # --- with a token

    def _repository(self, name: str, wanted: WantedGitHub) -> LiveRepository:
        found = self.repository(name)
        try:
            self.asked(lambda: found.id)
        except Refused as error:
            if error.missing:
                return LiveRepository(visible=False)
            raise
        missing = frozenset(
            one.name for one in wanted.permissions if not self._may(_PROBES[one.name, one.level], found)
        )
        readable = self._may(_PROBES["repository_hooks", "write"], found)
        hook = self._hook(found, wanted.hook_url) if readable else None
        return LiveRepository(visible=True, missing=missing, hook=hook, hooks_readable=readable)

    def _may(self, probe: Callable[[Repository], Any], found: Repository) -> bool:
        """GitHub tells nobody what a fine-grained token may do, so each permission is tried on nothing: reads
        are reads, and what is to be written is for a commit, a pull request or a webhook that cannot be.
        """
        try:
            self.asked(lambda: probe(found))
        except Unavailable as error:
            if not error.denied:
                raise
            return False
        except Refused:
            return True
        return True

    def _hook(self, found: Repository, url: str) -> LiveGitHubHook | None:
        hooks = self.asked(lambda: list(found.get_hooks()))
        ours = next((one for one in hooks if one.config.get("url") == url), None)
        return _hook(ours.id, ours.config, ours.events, active=ours.active) if ours else None

    # --- as an App

    def _as_app(self, app: GithubIntegration, wanted: WantedGitHub) -> LiveGitHub:
        number = self.asked(lambda: installation_id(app, self._settings))
        installed = self._json(
            lambda: app.requester.requestJsonAndCheck("GET", f"/app/installations/{number}")
        )
        config = self._json(lambda: app.requester.requestJsonAndCheck("GET", "/app/hook/config"))
        granted = installed["permissions"]
        missing = frozenset(
            one.name for one in wanted.permissions if granted.get(one.name) not in ENOUGH[one.level]
        )
        seen = {name: self._as_installed(name, missing) for name in wanted.repositories}
        hook = _hook(0, config, installed["events"], active=True)
        return LiveGitHub(account=f"the App {installed['app_slug']}", repositories=seen, app=hook)

    def _as_installed(self, name: str, missing: frozenset[str]) -> LiveRepository:
        try:
            self.asked(lambda: self.repository(name).id)
        except Refused as error:
            if error.missing:
                return LiveRepository(visible=False)
            raise
        return LiveRepository(visible=True, missing=missing, hooks_readable=False)


def _hook(number: int, config: dict[str, Any], events: list[str], *, active: bool) -> LiveGitHubHook:
    return LiveGitHubHook(
        id=number,
        url=config.get("url") or "",
        events=frozenset(events),
        content_type=config.get("content_type") or "form",
        active=active,
        # The secret itself is never shown; stars stand for one.
        signed=bool(config.get("secret")),
        checks_certificate=str(config.get("insecure_ssl", "0")) == "0",
    )


def _first(found: Any) -> Any:
    return next(iter(found), None)


_PROBES: dict[tuple[str, str], Callable[[Repository], Any]] = {
    ("contents", "read"): lambda found: _first(found.get_branches()),
    ("pull_requests", "read"): lambda found: _first(found.get_pulls(state="all")),
    ("pull_requests", "write"): lambda found: found.get_issue(0).create_comment("chamados"),
    ("deployments", "read"): lambda found: _first(found.get_deployments()),
    ("statuses", "write"): lambda found: found.get_commit(NOBODY).create_status("success", context="chamado"),
    ("actions", "read"): lambda found: _first(found.get_workflow_runs()),
    # Who may only read webhooks could not mend them either.
    ("repository_hooks", "write"): lambda found: found.requester.requestJsonAndCheck(
        "PATCH", f"{found.url}/hooks/0", input={"active": False}
    ),
}
