"""Who may open tickets, and in which organisation."""

from collections.abc import Sequence

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bridge.operator.pages import pages, requires_operator
from bridge.portal import access
from bridge.portal.access import services
from bridge.store import organisations, partner_list, people
from bridge.store.partner_list import ListRefused, Row
from bridge.store.tables import Partner

NOTICES = {
    "salvo": "Parceiro salvo.",
    "lista": "Lista importada.",
    "fora": "O parceiro não entra mais; o que ele escreveu continua.",
    "dentro": "O parceiro pode entrar de novo.",
}
LONGEST = 200


@pages.get("/parceiros")
@requires_operator
def partners() -> ResponseReturnValue:
    return _page()


@pages.post("/parceiros")
@requires_operator
def save() -> ResponseReturnValue:
    """Register a partner; a known address takes the name and the organisation."""
    given = {name: request.form.get(name, "").strip()[:LONGEST] for name in partner_list.COLUMNS}
    fault = partner_list.fault(given)
    if fault:
        return _page(faults=[fault], given=given), 422
    row = Row(name=given["nome"], email=given["email"], organisation=given["organizacao"])
    with services().store.begin() as db:
        partner_list.take(db, [row], now=services().clock())
    return redirect(url_for("operator.partners", aviso="salvo"), 303)


@pages.post("/parceiros/lista")
@requires_operator
def import_list() -> ResponseReturnValue:
    """Register everybody in a CSV file, or nobody."""
    file = request.files.get("lista")
    try:
        rows = partner_list.read(file.stream.read() if file else b"")
    except ListRefused as refusal:
        return _page(list_faults=refusal.faults), 422
    with services().store.begin() as db:
        partner_list.take(db, rows, now=services().clock())
    return redirect(url_for("operator.partners", aviso="lista"), 303)


@pages.post("/parceiros/<int:number>/<any('fora', 'dentro'):change>")
@requires_operator
def admit(number: int, change: str) -> ResponseReturnValue:
    """Shut a partner out at once and everywhere, or let one in again."""
    if number == access.partner().id:
        abort(400)  # nobody shuts oneself out
    with services().store.begin() as db:
        partner = db.get(Partner, number) or abort(404)
        if change == "fora":
            people.shut_out(db, partner)
        else:
            partner.active = True
    return redirect(url_for("operator.partners", aviso=change), 303)


def _page(
    *, faults: Sequence[str] = (), list_faults: Sequence[str] = (), given: dict[str, str] | None = None
) -> str:
    with services().store.read() as db:
        return render_template(
            "operator/partners.html",
            everyone=organisations.everyone(db),
            faults=faults,
            list_faults=list_faults,
            given=given or {},
            me=access.partner().id,
            notice=NOTICES.get(request.args.get("aviso", ""), ""),
        )
