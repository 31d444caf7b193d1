"""How long the portal's pages take with many tickets of one organisation, beside a static file."""

import os
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import click
import requests
from sqlalchemy import func, insert, select

from bridge.store import people
from bridge.store.searching import search_text
from bridge.store.tables import Ticket
from mappings import load
from tests.bench.installation import FORM, Installation, installation

BATCH = 2_000
STATIC = "a static file"
WORDS = (
    "planilha",
    "etiqueta",
    "pedido",
    "relatório",
    "imposto",
    "estoque",
    "frete",
    "boleto",
    "leitor",
    "nota",
)
PAGES = {
    STATIC: "/static/css/base.css",
    "form": f"/chamados/novo/{secrets.token_urlsafe(32)}?novo=1",
    "list": "/chamados",
    "list, every ticket": "/chamados?situacao=todos",
    "list, last page": "/chamados?situacao=todos&pagina=9999",
    "list by movement": "/chamados?situacao=todos&ordem=movimento",
    "search, one word": "/chamados?situacao=todos&busca=planilha",
    "search, three words": "/chamados?situacao=todos&busca=cliente+boleto+1999",
    "search, nothing found": "/chamados?situacao=todos&busca=xyzxyz",
    "board": "/chamados/quadro",
    "ticket": "/chamados/CT-1",
}
LIMITS = {"form": 50}
"""Milliseconds at p95; 100 for every other page."""


@click.command()
@click.option("--tickets", default=20_000)
@click.option("--rounds", default=100)
def portal(tickets: int, rounds: int) -> None:
    """Every page of the panel, with so many tickets of one organisation on SQLite."""
    os.environ["CHAMADOS_WORKERS"] = "0"
    with installation() as place:
        session = _signed_in(place, tickets)
        taken: dict[str, list[float]] = {name: [] for name in PAGES}
        for _ in range(rounds):
            for name, path in PAGES.items():
                began = time.perf_counter()
                answer = session.get(f"{place.url}{path}", timeout=30, allow_redirects=False)
                taken[name].append((time.perf_counter() - began) * 1000)
                assert answer.status_code == 200, f"{path}: {answer.status_code}"
    static = _quantile(taken[STATIC], 0.95)
    click.echo(f"{tickets} tickets, {rounds} rounds; milliseconds, and times a static file's p95")
    for name, times in taken.items():
        p95 = _quantile(times, 0.95)
        said = f"p50 {_quantile(times, 0.5):6.1f}  p95 {p95:6.1f}  {p95 / static:5.1f}x"
        over = "" if name == STATIC or p95 <= LIMITS.get(name, 100) else "  OVER"
        click.echo(f"{name:<24} {said}{over}")


def _signed_in(place: Installation, tickets: int) -> requests.Session:
    with place.store.begin() as db:
        partner = people.by_email(db, "parceiro@revenda.example")
        assert partner
        people.read_notice(db, partner.id, version=load().form.notice_version)
        token = people.open_session(db, partner.id, now=datetime.now(UTC))
        owner, organisation = partner.id, partner.organisation_id
    for rows in _rows(tickets, owner, organisation):
        with place.store.begin() as db:
            db.execute(insert(Ticket), rows)
    with place.store.read() as db:
        assert db.scalar(select(func.count()).select_from(Ticket)) == tickets
    session = requests.Session()
    session.cookies.set("sessao", token)
    return session


def _rows(tickets: int, owner: int, organisation: int) -> Iterator[list[dict[str, Any]]]:
    statuses, now = list(load().workflow.statuses), datetime.now(UTC)
    made = (
        {
            "id": number,
            "partner_id": owner,
            "organisation_id": organisation,
            "answers": (answers := {**FORM, "titulo": _title(number), "descricao": "Nada acontece. " * 60}),
            "title": answers["titulo"],
            "search_text": search_text(number, answers),
            "created_at": now - timedelta(minutes=tickets - number),
            "marker": f"br-bench-{number}",
            "status": statuses[number % len(statuses)],
            "status_since": now - timedelta(minutes=(number * 7919) % 100_000),
        }
        for number in range(1, tickets + 1)
    )
    while batch := list(islice(made, BATCH)):
        yield batch


def _title(number: int) -> str:
    first, second = WORDS[number % 10], WORDS[number // 10 % 10]
    return f"O sistema não grava {first} depois de {second} número {number}"


def _quantile(times: list[float], share: float) -> float:
    return sorted(times)[min(int(len(times) * share), len(times) - 1)]
