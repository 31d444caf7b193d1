"""What comes back: attempts counted, milestones in plain words, closed tickets that go on in new ones."""

import io
import re
from datetime import timedelta

import pytest

from bridge.store.tables import Draft, PartnerActionRow, PublicationRow, Ticket
from tests.portal.conftest import ANSWERS, PNG, START, Browser, Portal, textarea
from tests.portal.test_panel import tell

HOUR = timedelta(hours=1)


def headlines(page: str) -> list[str]:
    return re.findall(r'<div class="what">([^<]+)</div>', page)


def walk(opened: Portal, number: int, *statuses: str) -> None:
    for place, status in enumerate(statuses):
        tell(
            opened,
            number,
            f"c:{number}:{place}",
            kind="status",
            status=status,
            at=START + HOUR * 10 * (place + 1),
        )
    opened.move(number, statuses[-1])


def said(opened: Portal, number: int, verb: str, *, hours: int) -> None:
    with opened.services.store.begin() as db:
        facts = {"author": "Zé (X)", "text": "Ainda dá erro", "comment_id": "1"}
        db.add(PartnerActionRow(ticket_id=number, verb=verb, at=START + HOUR * hours, **facts))


def test_error_fix_says_why_each_time(opened: Portal, browser: Browser) -> None:
    number = browser.file_ticket()
    walk(
        opened,
        number,
        *("PR Review", "Error Fix", "PR Review", "PR Aprovado", "Publicado em Homologação"),
        *("Error Fix", "PR Review", "PR Aprovado", "Publicado em Homologação", "Testing", "Error Fix"),
    )
    said(opened, number, "still_failing", hours=55)
    said(opened, number, "answered", hours=56)
    said(opened, number, "still_failing", hours=57)
    page = browser.get(f"/chamados/CT-{number}").text
    whys = re.findall(r'class="what">Correção em ajuste</div>\s*<div>([^<]+)</div>', page)
    assert whys == [
        "Quem revisou pediu ajustes na correção.",
        "O parceiro avisou que o problema ainda ocorre.",
        "No teste o problema ainda apareceu.",
    ]
    assert "Zé (X) avisou que ainda ocorre" in headlines(page)
    assert "Zé (X) avisou que ainda ocorre (2ª vez)" in headlines(page)
    earlier = browser.get(f"/chamados/CT-{number}/ainda-ocorre", follow_redirects=True).text
    assert earlier.count("Ainda dá erro") >= 2


def test_people_who_move_a_ticket_are_not_taken_for_the_partner(opened: Portal, browser: Browser) -> None:
    number = browser.file_ticket()
    walk(opened, number, "Faltam Informações", "Triagem", "Testing", "Error Fix", "Publicado", "Encerrado")
    page = browser.get(f"/chamados/CT-{number}").text
    assert "No teste o problema ainda apareceu." in page
    for lie in ("A resposta chegou à triagem", "confirmou que funcionou", "avisou que o problema"):
        assert lie not in page


def test_version_is_told_where_it_was_published(opened: Portal, browser: Browser) -> None:
    number = browser.file_ticket()
    walk(opened, number, "Test Finished", "Publicado")
    with opened.services.store.begin() as db:
        facts = {"stage": "production", "environment": "p", "url": "", "contains": []}
        db.add(
            PublicationRow(ticket_id=number, identity="r:1", version="4.12.3", at=START + HOUR * 15, **facts)
        )
    assert "a todas as outras. Versão 4.12.3." in browser.get(f"/chamados/CT-{number}").text


def test_a_refused_ticket_is_put_right_with_all_that_it_had(opened: Portal, browser: Browser) -> None:
    files = (io.BytesIO(PNG), "tela.png")
    number = browser.file_ticket(titulo="Não grava", links="https://a.example/v", arquivos=files)
    opened.move(number, "Reprovado")
    page = browser.get(f"/chamados/CT-{number}").text
    assert "A triagem reprovou o chamado" in page
    address = browser.post(f"/chamados/CT-{number}/continuar", {}).location or ""
    page = browser.get(address).text
    assert "Trouxemos tudo do chamado reprovado." in page
    assert textarea(page, "descricao") == ANSWERS["descricao"]
    assert textarea(page, "links") == "https://a.example/v"
    draft = address.partition("?")[0]
    assert browser.get(re.search(rf"{draft}/arquivos/\d+", page)[0]).data == PNG  # type: ignore[index]
    browser.post(f"{draft}/descartar", {})
    assert browser.get(f"/chamados/CT-{number}/arquivos/1").data == PNG
    assert browser.get(f"/chamados/CT-{number}/arquivos/1/miniatura").status_code == 200


@pytest.mark.parametrize(
    ("status", "days", "offered"),
    [("Encerrado", 29, True), ("Encerrado", 31, False), ("Reprovado", 1, True), ("Publicado", 1, False)],
)
def test_closed_tickets_may_be_taken_up_for_a_while(
    opened: Portal, browser: Browser, status: str, days: int, offered: bool
) -> None:
    number = browser.file_ticket()
    opened.move(number, status)
    opened.wait(timedelta(days=days))
    browser = opened.signed_in()
    assert ("/continuar" in browser.get(f"/chamados/CT-{number}").text) is offered
    answer = browser.post(f"/chamados/CT-{number}/continuar", {})
    assert ("/chamados/novo/" in (answer.location or "")) is offered


def test_the_continuation_is_linked_both_ways(opened: Portal, browser: Browser) -> None:
    number = browser.file_ticket(titulo="Não grava", fluxo="Cadastros; Produtos")
    opened.move(number, "Encerrado")
    path = f"/chamados/CT-{number}/continuar"
    address = browser.post(path, {}).location or ""
    assert browser.post(path, {}).location == address
    page = browser.get(address).text
    assert 'value="Não grava"' in page
    assert textarea(page, "fluxo") == "Cadastros; Produtos"
    assert textarea(page, "descricao") == ""
    draft = address.partition("?")[0]
    browser.fill(draft, titulo="Não grava de novo")
    browser.post(f"{draft}/enviar", {"confirmo_licenca": "1"})
    assert [one.continues_id for one in opened.tickets()] == [None, number]
    assert f'<a href="/chamados/CT-{number}">CT-{number}</a>' in browser.get("/chamados/CT-2").text
    assert 'Continua em</dt><dd><a href="/chamados/CT-2">' in browser.get(f"/chamados/CT-{number}").text
    with opened.services.store.read() as db:
        assert db.get_one(Ticket, number).status == "Encerrado"
        assert db.query(Draft).filter(Draft.ticket_id.is_(None)).count() == 0
