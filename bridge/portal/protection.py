"""What every answer carries (headers), and what every change must bring (a token, from our own pages)."""

import secrets

from flask import Flask, abort, g, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response

CSP = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""Only scripts that this very page names run: a script that a partner uploaded is on our host, too."""
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
KEEPERS = frozenset(
    f"portal.{view}" for view in ("save_draft", "keep_typed", "begin_upload", "receive_piece", "act")
)
"""They keep what was typed and attached: a token that a new sign-in has made stale must not lose it. It is
enough there that the browser says that our own page is asking (Sec-Fetch-Site, which no page can set)."""
WITHOUT_COOKIES = ("/api/", "/webhooks/", "/agir/", "/avisos/")
"""Each request proves itself there (a token, a signature): there are no cookies to borrow."""
STATIC_SECONDS = 365 * 24 * 3600


def install(app: Flask, *, https: bool) -> None:
    """Protect the whole application, other people's routes too."""
    app.config.update(
        SESSION_COOKIE_NAME="__Host-formulario" if https else "formulario",
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_CHECK_DEFAULT=False,  # `_refuse_forgeries` does, on every route but those below
        WTF_CSRF_TIME_LIMIT=None,  # as long as the cookie: a form that was left open overnight still works
        WTF_CSRF_SSL_STRICT=False,  # it wants a Referer, which our Referrer-Policy forbids
    )
    csrf = CSRFProtect(app)
    app.before_request(lambda: _refuse_forgeries(csrf))
    app.after_request(lambda response: _with_headers(response, https=https))


def nonce() -> str:
    """What this answer's scripts must bear."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


def _refuse_forgeries(csrf: CSRFProtect) -> None:
    harmless = request.method in {"GET", "HEAD", "OPTIONS"} or request.endpoint is None
    if harmless or request.path.startswith(WITHOUT_COOKIES):
        return
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        abort(403)
    if request.endpoint in KEEPERS and request.headers.get("Sec-Fetch-Site") == "same-origin":
        return
    csrf.protect()


def _with_headers(response: Response, *, https: bool) -> Response:
    response.headers.setdefault("Content-Security-Policy", CSP.format(nonce=nonce()))
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if https:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint == "portal.static":
        response.headers["Cache-Control"] = f"public, max-age={STATIC_SECONDS}, immutable"
    else:
        response.headers.setdefault("Cache-Control", "no-store")
    return response
