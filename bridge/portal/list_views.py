"""The panel's list of tickets, the same as a spreadsheet, and the board."""

import csv
import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from bridge.domain import reference
from bridge.portal import access, selection, words
from bridge.portal.access import requires_partner, services
from bridge.portal.pages import pages
from bridge.portal.selection import FILTERS, ORDERS
from bridge.portal.words import Badge
from bridge.store import drafts, listing, panel
from bridge.store.listing import Order, TicketLine, Wanted

PAGE_SIZE = 50
COLUMN_SIZE = 20
"""Tickets that a column of the board shows; the list has the rest."""
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""Without it Excel reads a CSV file as Windows-1252."""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A cell that begins so is computed by a spreadsheet (OWASP, CSV Injection)."""
HEADINGS = (
    "Referência",
    "Título",
    "Situação",
    "Desde",
    "Aberto em",
    "Aberto por",
    "Prazo de entrega",
    "Versão publicada",
)


@dataclass(frozen=True, kw_only=True)
class Column:
    """One status of the board."""

    status: str
    badge: Badge
    total: int
    lines: tuple[TicketLine, ...]


@pages.get("/")
def home() -> ResponseReturnValue:
    return redirect(url_for("portal.listing"), 303)


@pages.get("/chamados", endpoint="listing")
@requires_partner
def tickets() -> ResponseReturnValue:
    """The organisation's tickets, filtered, searched and sorted."""
    asked, workflow = selection.asked(request.args), services().mappings.workflow
    with services().store.read() as db:
        by_status = listing.by_status(db, access.partner())
        wanted = selection.wanted(asked, workflow, by_status)
        # Without a search the counts by status say it already.
        total = (
            listing.count(db, access.partner(), wanted)
            if wanted.words
            else sum(by_status[one] for one in wanted.statuses)
        )
        page = _page_number(total)
        lines = listing.lines(db, access.partner(), wanted, limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE)
        checked_at = panel.swept_at(db)
        begun = len(drafts.unsent(db, access.partner()))
    return _live(
        "portal/list.html",
        "portal/list_part.html",
        seen=(lines, total, by_status, checked_at and words.ago(checked_at, now=services().clock())),
        lines=lines,
        total=total,
        owned=sum(by_status.values()),
        checked_at=checked_at,
        drafts=begun,
        page=page,
        pages=_page_count(total),
        selection=asked,
        counts=selection.counts(by_status, workflow),
        filters=FILTERS,
        orders=ORDERS,
        workflow=workflow,
        colleagues=_has_colleagues(lines),
    )


@pages.get("/chamados/planilha.csv")
@requires_partner
def spreadsheet() -> ResponseReturnValue:
    """The list as it is filtered, for a spreadsheet in Portuguese: semicolons, UTF-8 with its mark."""
    asked, workflow = selection.asked(request.args), services().mappings.workflow
    with services().store.read() as db:
        wanted = selection.wanted(asked, workflow, listing.by_status(db, access.partner()))
        lines = listing.lines(db, access.partner(), wanted)
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerows([HEADINGS, *([tame(cell) for cell in _cells(line)] for line in lines)])
    answer = Response(BOM + text.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = 'attachment; filename="chamados.csv"'
    return answer


@pages.get("/chamados/quadro")
@requires_partner
def board() -> ResponseReturnValue:
    """The organisation's tickets by status, in the order of the vendor's board."""
    workflow = services().mappings.workflow
    with services().store.read() as db:
        by_status = listing.by_status(db, access.partner())
        strangers = [status for status in by_status if status not in workflow.statuses]
        columns = []
        for status in (*workflow.statuses, *strangers):
            wanted = Wanted(statuses=(status,), order=Order.MOVED)
            few = (
                listing.lines(db, access.partner(), wanted, limit=COLUMN_SIZE) if status in by_status else []
            )
            columns.append(
                Column(
                    status=status,
                    badge=words.badge(workflow, status),
                    total=by_status.get(status, 0),
                    lines=tuple(few),
                )
            )
    return _live("portal/board.html", "portal/board_part.html", seen=columns, columns=columns)


def tame(cell: str) -> str:
    """The cell, as text that no spreadsheet computes."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _cells(line: TicketLine) -> tuple[str, ...]:
    return (
        reference(line.id),
        line.title,
        services().mappings.workflow.plain(line.status),
        words.stamp(line.status_since),
        words.stamp(line.created_at),
        line.opener,
        line.due_date.strftime("%d/%m/%Y") if line.due_date else "",
        line.version,
    )


def _live(whole: str, part: str, *, seen: object, **shown: Any) -> ResponseReturnValue:
    """The page; to a page that asks by itself, only the part that changes, and nothing if nothing has."""
    state = hashlib.sha256(repr(seen).encode()).hexdigest()[:16]
    if request.args.get("visto") == state:
        return "", 204
    return render_template(part if access.is_poll() else whole, state=state, **shown)


def _has_colleagues(lines: Iterable[TicketLine]) -> bool:
    """Whether it is worth saying who opened each."""
    return len({line.opener for line in lines} | {access.partner().name}) > 1


def _page_count(found: int) -> int:
    return max(1, -(-found // PAGE_SIZE))


def _page_number(found: int) -> int:
    given = request.args.get("pagina", "1")
    number = int(given) if given.isascii() and given.isdigit() and len(given) < 7 else 1
    return min(max(number, 1), _page_count(found))
