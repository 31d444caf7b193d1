"""E-mails that came in, and the addresses that get none."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bridge.operator.pages import pages, requires_operator
from bridge.portal.access import services
from bridge.store import incoming, suppressed

SHOWN = 100
NOTICES = {"liberado": "O endereço volta a receber mensagens."}


@pages.get("/emails")
@requires_operator
def mails() -> ResponseReturnValue:
    with services().store.read() as db:
        return render_template(
            "operator/mails.html",
            stopped=suppressed.everyone(db),
            arrived=incoming.newest(db, limit=SHOWN),
            reads=services().mailbox.configured,
            notice=NOTICES.get(request.args.get("aviso", ""), ""),
        )


@pages.post("/emails/liberar")
@requires_operator
def release() -> ResponseReturnValue:
    """Send to the address again."""
    with services().store.begin() as db:
        released = suppressed.release(db, request.form.get("email", ""))
    return redirect(url_for("operator.mails", aviso="liberado" if released else ""), 303)
