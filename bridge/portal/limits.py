"""How much is taken from whom: sizes of requests, and how often one address may ask."""

import ipaddress
import math
import time
from collections.abc import Sequence
from functools import wraps
from typing import Any

from flask import Flask, Request, current_app, request
from flask.typing import RouteCallable
from limits import RateLimitItem, parse, parse_many
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from werkzeug.exceptions import TooManyRequests

from bridge.portal import access, link_views
from bridge.portal.pages import api, pages
from bridge.store.tables import Partner

PLAIN_BYTES = 1024 * 1024
UPLOADS = frozenset({"portal.save_draft", "portal.act", "portal.receive_piece"})
WEIGHED = {pages.name, api.name, "operator"}
"""Webhooks have limits of their own."""
QUOTAS = {
    "portal.request_link": "5 per minute;30 per hour",
    "portal.use_link": "10 per minute",
    "portal.use_code": "10 per minute",
    "portal.begin": "20 per minute",
    "portal.finish": "20 per minute",
    "portal.save_draft": "60 per minute",
    "portal.act": "30 per minute",
    "portal.act_by_link": "30 per minute",
    "portal.choose": "60 per minute",
    "portal.add_recipient": "20 per minute;100 per hour",
    "portal.look_alikes": "60 per minute",
    "portal.keep_typed": "120 per minute",
    "portal.look_up_licence": "60 per minute",
    "portal.begin_upload": "120 per minute",
    "portal.receive_piece": "1200 per minute",
    "api.file": "120 per minute",
    "api.listing": "300 per minute",
    "api.show": "1200 per minute",
}
"""From one address; what is asked of the API with a token, for one partner: a panel's server asks for all."""


AI_QUOTA = parse("10 per minute")
OTHERS_QUOTA = parse("30 per day")
"""Times that a partner is told of another organisation's ticket that may be about the same."""
COUNTS = "chamados-counts"


class Counts:
    """Who asked for what of late, as this process counts it."""

    def __init__(self) -> None:
        self.enabled = True
        self._window = FixedWindowRateLimiter(MemoryStorage())

    def seconds_too_soon(self, quotas: Sequence[RateLimitItem], what: str, who: str) -> int:
        """Count once more; how long to wait where that was once too often, else 0."""
        if not self.enabled:
            return 0
        passed = [quota for quota in quotas if not self._window.hit(quota, what, who)]
        ends = [self._window.get_window_stats(quota, what, who).reset_time for quota in passed]
        return max((max(math.ceil(end - time.time()), 1) for end in ends), default=0)


def install(app: Flask) -> None:
    """Hold every route of the portal to its size and quota."""
    app.before_request(_weigh)
    app.extensions[COUNTS] = Counts()
    for endpoint, quota in QUOTAS.items():
        app.view_functions[endpoint] = _held(app.view_functions[endpoint], endpoint, parse_many(quota))


def _held(view: RouteCallable, endpoint: str, quotas: Sequence[RateLimitItem]) -> RouteCallable:
    key = _bearer_or_address if endpoint.startswith(f"{api.name}.") else _address

    @wraps(view)
    def held(**arguments: Any) -> Any:
        wait = _counts().seconds_too_soon(quotas, endpoint, key())
        if wait:
            raise TooManyRequests(retry_after=wait)
        return view(**arguments)

    return held


def _counts() -> Counts:
    counts: Counts = current_app.extensions[COUNTS]
    return counts


def _bearer_or_address() -> str:
    bearer = access.token_bearer()
    return f"partner {bearer.id}" if bearer else _address()


def may_ask_ai(partner: Partner) -> bool:
    """Count one question to the AI; False when the partner has asked enough for this minute."""
    return _may(AI_QUOTA, "ai", partner)


def may_hear_of_others(partner: Partner) -> bool:
    """Count one "Já relatado por outra revenda"; False when the partner was told it enough for this day."""
    return _may(OTHERS_QUOTA, "others", partner)


def _may(quota: RateLimitItem, what: str, partner: Partner) -> bool:
    return not _counts().seconds_too_soon([quota], what, str(partner.id))


def _address() -> str:
    """The address that asks; of IPv6 its network, where one customer has as many addresses as they like."""
    told = request.remote_addr or "127.0.0.1"
    try:
        address = ipaddress.IPv6Address(told)
    except ValueError:  # IPv4, or what else a proxy calls its client
        return told
    # So a socket for both kinds tells of IPv4.
    return str(address.ipv4_mapped or ipaddress.IPv6Network((int(address), 64), strict=False))


def _weigh() -> None:
    """Only who is known may send files; everybody else's requests stay small."""
    if request.blueprint not in WEIGHED or request.method in {"GET", "HEAD", "OPTIONS"}:
        return
    request.max_content_length = PLAIN_BYTES + (_upload_bytes() if _may_upload(request) else 0)
    request.max_form_memory_size = PLAIN_BYTES


def _upload_bytes() -> int:
    """As much as a partner may have with us at all."""
    return access.services().config.uploads.quota


def _may_upload(asking: Request) -> bool:
    if asking.endpoint == "api.file":
        # JSON is read whole into memory, and takes ten times its size there.
        return asking.mimetype == "multipart/form-data" and access.token_bearer() is not None
    if asking.endpoint == "portal.act_by_link":
        return link_views.opened((asking.view_args or {})["token"]) is not None
    return asking.endpoint in UPLOADS and (access.visitor() or access.former_visitor()) is not None
