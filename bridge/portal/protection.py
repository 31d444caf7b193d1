"""What every answer carries, and what every change must bring: headers, CSRF tokens, no foreign site behind it."""

from flask import Flask, abort, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response

from bridge.portal.pages import api

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
STATIC_SECONDS = 365 * 24 * 3600


def install(app: Flask, *, https: bool) -> None:
    """Protect the whole application. What is signed in another way (webhooks) exempts its blueprint."""
    app.config.update(
        SESSION_COOKIE_NAME="__Host-formulario" if https else "formulario",
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,  # as long as the cookie: a form that was left open overnight still works
        WTF_CSRF_SSL_STRICT=False,  # it wants a Referer, which our own Referrer-Policy forbids browsers to send
    )
    app.before_request(_refuse_foreign_sites)
    app.after_request(lambda response: _with_headers(response, https=https))
    if "csrf" not in app.extensions:
        CSRFProtect(app)
    app.extensions["csrf"].exempt(api)


def _refuse_foreign_sites() -> None:
    changing = request.method not in {"GET", "HEAD", "OPTIONS"}
    if changing and request.headers.get("Sec-Fetch-Site") == "cross-site":
        abort(403)


def _with_headers(response: Response, *, https: bool) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if https:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint == "portal.static":
        response.headers["Cache-Control"] = f"public, max-age={STATIC_SECONDS}, immutable"
    else:
        response.headers.setdefault("Cache-Control", "no-store")
    return response
