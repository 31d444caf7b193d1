"""The webhooks that came: found, looked at, rung again."""

import json
from datetime import timedelta

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import defer

from bridge.operator.pages import page_number, pages, requires_operator
from bridge.portal.access import services
from bridge.store.counts import refused
from bridge.store.tables import Delivery
from webhooks import replay

PAGE_SIZE = 50
RESULTS = {"": "Todas", "rang": "Tocaram um chamado", "ignored": "Sem efeito", "unreadable": "Falhas"}
SPANS = {
    "1": "na última hora",
    "6": "nas últimas 6 horas",
    "24": "nas últimas 24 horas",
    "72": "nos últimos 3 dias",
}
"""In hours."""
AT_ONCE = 500
"""Deliveries that one press rings again; the command line has no such bound."""


@pages.get("/entregas")
@requires_operator
def deliveries() -> ResponseReturnValue:
    """The newest first."""
    chosen, page = request.args.get("resultado", ""), page_number()
    query = select(Delivery).options(defer(Delivery.body)).order_by(Delivery.id.desc())
    if chosen in RESULTS and chosen:
        query = query.where(Delivery.result == chosen)
    with services().store.read() as db:
        found = db.scalars(query.limit(PAGE_SIZE + 1).offset((page - 1) * PAGE_SIZE)).all()
        by_result = select(Delivery.result, func.count()).group_by(Delivery.result)
        totals = {row[0]: row[1] for row in db.execute(by_result)}
        forged = refused(db)
    return render_template(
        "operator/deliveries.html",
        deliveries=found[:PAGE_SIZE],
        chosen=chosen if chosen in RESULTS else "",
        results=RESULTS,
        totals={"": sum(totals.values()), **totals},
        forged=forged,
        spans=SPANS,
        page=page,
        more=len(found) > PAGE_SIZE,
        notice=_notice(),
    )


@pages.get("/entregas/<int:number>")
@requires_operator
def delivery(number: int) -> ResponseReturnValue:
    """One delivery with its body."""
    with services().store.read() as db:
        found = db.get(Delivery, number) or abort(404)
    return render_template(
        "operator/delivery.html", delivery=found, body=_shown(found.body), notice=_notice()
    )


@pages.post("/entregas/<int:number>/repetir")
@requires_operator
def replay_one(number: int) -> ResponseReturnValue:
    """Ring again what it rings now. Harmless: a doorbell only asks for a look."""
    with services().store.read() as db:
        if db.get(Delivery, number) is None:
            abort(404)
    replay(services(), number)
    return redirect(url_for("operator.delivery", number=number, repetidas=1), 303)


@pages.post("/entregas/repetir")
@requires_operator
def replay_since() -> ResponseReturnValue:
    """Ring again what has come since, with the outcome that the list shows."""
    hours, chosen = request.form.get("horas", ""), request.form.get("resultado", "")
    if hours not in SPANS or chosen not in RESULTS:
        abort(400)
    since = services().clock() - timedelta(hours=int(hours))
    query = select(Delivery.id).where(Delivery.received_at >= since).order_by(Delivery.id).limit(AT_ONCE)
    with services().store.read() as db:
        numbers = db.scalars(query.where(Delivery.result == chosen) if chosen else query).all()
    for number in numbers:
        replay(services(), number)
    return redirect(url_for("operator.deliveries", resultado=chosen or None, repetidas=len(numbers)), 303)


def _notice() -> str:
    done = request.args.get("repetidas", "")
    if not (done.isascii() and done.isdigit()) or len(done) > 6:
        return ""
    return "Uma entrega repetida." if done == "1" else f"{done} entregas repetidas."


def _shown(body: bytes) -> str:
    text = body.decode("utf-8", "replace")
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return text
