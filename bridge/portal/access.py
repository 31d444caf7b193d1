"""Who is asking: the session cookie, the services behind a request, and what is asked of a visitor."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from bridge.services import Services
from bridge.store import people
from bridge.store.tables import Partner

P = ParamSpec("P")

EXTENSION = "chamados"
SESSION_COOKIE = "sessao"
POLICY = "policy"
"""The attribute by which a guarded view says whom it lets in: `partner`, `script`, `token` or `operator`."""
BROWSER_COOKIE = "navegador"
"""Names the browser that asked for a login link."""


def services() -> Services:
    """This application's services."""
    found = current_app.extensions[EXTENSION]
    assert isinstance(found, Services)
    return found


def is_https() -> bool:
    return services().config.public_url.startswith("https://")


def cookie_name(name: str) -> str:
    """`__Host-` cookies cannot be set by a neighbour domain; browsers take them over https only."""
    return f"__Host-{name}" if is_https() else name


def read_cookie(name: str) -> str:
    return request.cookies.get(cookie_name(name), "")


def set_cookie(response: Response, name: str, value: str, *, seconds: int) -> None:
    """A cookie for this host alone, out of reach of scripts."""
    response.set_cookie(
        cookie_name(name), value, max_age=seconds, path="/", secure=is_https(), httponly=True, samesite="Lax"
    )


def drop_cookie(response: Response, name: str) -> None:
    response.delete_cookie(cookie_name(name), path="/", secure=is_https(), httponly=True, samesite="Lax")


def visitor() -> Partner | None:
    """The signed-in partner, or nobody. Looked up once for each request."""
    if "partner" not in g:
        g.partner = _look_up(read_cookie(SESSION_COOKIE))
    found = g.partner
    assert found is None or isinstance(found, Partner)
    return found


def partner() -> Partner:
    """The signed-in partner, in a view that requires one."""
    found = visitor()
    if found is None:
        abort(403)
    return found


def may_use_ai() -> bool:
    """Whether the AI may read this partner's words."""
    own = partner().ai
    on = services().config.openai.everybody if own is None else own
    return services().assistant.available and on


def is_operator() -> bool:
    """Whether the visitor may open the console."""
    found = visitor()
    return found is not None and found.email in services().config.operators


def is_poll() -> bool:
    """Whether the page asks by itself for what is new; that is no sign of life, and no reason to move on."""
    return "visto" in request.args


def requires_partner(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Let only partners in; others are sent to sign in and come back to the page they wanted."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if visitor() is None and is_poll():
            abort(401)
        if visitor() is None:
            wanted = request.full_path.rstrip("?") if request.method == "GET" else request.path
            return redirect(url_for("portal.sign_in", next=wanted), 303)
        return view(*args, **kwargs)

    setattr(guarded, POLICY, "partner")
    return guarded


def answers_scripts(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Let only partners in; a script is told so, for it cannot follow to the sign-in page and back."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        return view(*args, **kwargs) if visitor() is not None else abort(401)

    setattr(guarded, POLICY, "script")
    return guarded


def sends_to_sign_in(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """The view lets in partners only, too, but keeps what others bring before it sends them to sign in."""
    setattr(view, POLICY, "partner")
    return view


def former_visitor() -> Partner | None:
    """Whose session this browser had until it fell idle or grew old: they may leave things, and read none."""
    token = read_cookie(SESSION_COOKIE)
    if not token:
        return None
    with services().store.read() as db:
        return people.lately_signed_in(db, token, now=services().clock())


def token_bearer() -> Partner | None:
    """Whose API token the request bears, or nobody. Looked up once for each request."""
    if "bearer" not in g:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        g.bearer = _bearer(token.strip()) if scheme.lower() == "bearer" else None
    found = g.bearer
    assert found is None or isinstance(found, Partner)
    return found


def own_path(wanted: str) -> str:
    """The address where it is a path of our own, else the panel."""
    leads_away = wanted.startswith("//") or "\\" in wanted  # browsers read both as another host
    return wanted if wanted.startswith("/") and wanted.isprintable() and not leads_away else "/chamados"


def _bearer(token: str) -> Partner | None:
    if not token:
        return None
    with services().store.read() as db:
        return people.by_token(db, token)


def _look_up(token: str) -> Partner | None:
    if not token:
        return None
    now = services().clock()
    with services().store.read() as db:
        found = people.signed_in(db, token, now=now)
    if found is None:
        return None
    partner, session = found
    if now - session.seen_at > people.SEEN_EVERY and not is_poll():
        with services().store.begin() as db:
            people.seen(db, token, now=now)
    return partner
