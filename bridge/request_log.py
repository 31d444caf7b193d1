"""One log line a request, found again by the id that its answer bears."""

import secrets
import time

import structlog
from flask import Flask, Response, g, request

HEADER = "X-Request-Id"
UNREMARKABLE = {
    "portal.static",
    "probes.healthz",
    "probes.readyz",
    "probes.metrics",
    "webhooks_github.github",
    "webhooks_jira.jira",
}
"""Asked all day long by browsers and machines, and webhooks, which have a line of their own: logged only when
they fail."""

log = structlog.get_logger()


def install(app: Flask) -> None:
    """Before everything else that looks at requests: what that logs bears the id too."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    # A server's threads answer one request after another: nothing of the last one may stay.
    structlog.contextvars.clear_contextvars()
    g.request_id, g.request_began = secrets.token_hex(8), time.monotonic()
    structlog.contextvars.bind_contextvars(request=g.request_id)


def _end(response: Response) -> Response:
    response.headers[HEADER] = g.request_id
    if request.endpoint in UNREMARKABLE and response.status_code < 400:
        return response
    # The route's pattern, never the path: paths hold tokens, query strings what people search for.
    named = {"ticket": (request.view_args or {}).get("ref")} if "ref" in (request.view_args or {}) else {}
    log.info(
        "request",
        method=request.method,
        route=str(request.url_rule or "(none)"),
        status=response.status_code,
        ms=round((time.monotonic() - g.request_began) * 1000),
        **named,
    )
    return response
