"""One site, and the names by which it knows ours."""

import threading
from typing import Any

from bridge.clients.errors import Refused
from bridge.clients.jira.site import Site, ask_site
from bridge.clients.jira.transport import Transport
from bridge.clients.limits import Limiter
from bridge.config import JiraSettings
from bridge.store import outside
from mappings.model import Mappings


class Connected:
    """Its names are asked at the first call and kept; `forget_site()` asks again."""

    def __init__(
        self, settings: JiraSettings, mappings: Mappings, *, connections: int, limiter: Limiter | None = None
    ) -> None:
        self._settings = settings
        self._mappings = mappings
        self._transport = Transport(settings, connections=connections, limiter=limiter)
        self._site: Site | None = None
        self._asking = threading.Lock()

    # --- the site

    @property
    def site(self) -> Site:
        return self._site or self._asked_once()

    @outside()
    def _asked_once(self) -> Site:
        """Outside even while waiting for who asks: that one may wait for our turn."""
        with self._asking:
            if self._site is None:
                self._site = ask_site(self._transport, self._settings.project, self._mappings)
            return self._site

    @property
    def known_site(self) -> Site | None:
        """The site if it has been asked already; never a call."""
        return self._site

    def forget_site(self) -> None:
        with self._asking:
            self._site = None

    def _call(self, method: str, path: str, **request: Any) -> Any:
        try:
            return self._transport.call(method, path, version="3" if self.site.cloud else "2", **request)
        except Refused as error:
            raise Refused(error.service, self._by_name(error.reason), missing=error.missing) from error

    def _by_name(self, reason: str) -> str:
        """Jira's words with our names beside its field ids: nobody knows what customfield_10042 is."""
        for name, field_id in self.site.fields.items():
            if field_id != name:
                reason = reason.replace(f"{field_id}: ", f"{name} ({field_id}): ")
        return reason
