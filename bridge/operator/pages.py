"""The console's blueprint, and who is let in: those whom the settings name, by the partners' own sign-in."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from bridge.portal import access

P = ParamSpec("P")

pages = Blueprint("operator", __name__, url_prefix="/operador", template_folder="templates")


def requires_operator(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """To everybody else the console does not exist."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if access.visitor() is None:
            wanted = request.full_path.rstrip("?") if request.method == "GET" else request.path
            return redirect(url_for("portal.sign_in", next=wanted), 303)
        if not access.is_operator():
            abort(404)
        return view(*args, **kwargs)

    setattr(guarded, access.POLICY, "operator")
    return guarded


def page_number() -> int:
    """The page that the request asks for, from 1."""
    given = request.args.get("pagina", "1")
    return max(int(given), 1) if given.isascii() and given.isdigit() and len(given) < 7 else 1
