"""The operator's console: deliveries found and rung again, parked tickets tried again, partners let in."""

import io
import json

import pytest
from sqlalchemy import select

from bridge.store import people
from bridge.store.tables import Delivery, Ring, Ticket
from tests.portal.conftest import START, Browser, Portal


@pytest.fixture
def arrived(opened: Portal, browser: Browser) -> None:
    """A ticket with an issue, a webhook that rang it, and one that nobody could read."""
    browser.file_ticket()
    issue = {"id": "10001", "key": "CHAM-1", "fields": {"labels": []}}
    body = json.dumps({"webhookEvent": "jira:issue_updated", "issue": issue}).encode()
    with opened.services.store.begin() as db:
        ticket = db.get_one(Ticket, 1)
        ticket.jira_id, ticket.jira_key = "10001", "CHAM-1"
        for number, result in ((1, "rang"), (2, "unreadable")):
            facts = {"event": "jira:issue_updated", "received_at": START, "body_sha256": str(number)}
            db.add(
                Delivery(
                    source="jira",
                    delivery_id=str(number),
                    body=body if result == "rang" else b"<script>alert(1)</script>",
                    outcome=result,
                    result=result,
                    **facts,
                )
            )
    opened.woken.clear()


@pytest.mark.usefixtures("arrived")
def test_poisoned_delivery_is_found_and_replayed(opened: Portal, browser: Browser) -> None:
    page = browser.get("/operador/entregas?resultado=unreadable").text
    assert "/operador/entregas/2" in page
    assert "/operador/entregas/1" not in page
    page = browser.get("/operador/entregas/2").text
    assert "&lt;script&gt;alert(1)" in page
    answer = browser.post("/operador/entregas/1/repetir", {})
    assert "Uma entrega repetida." in browser.get(answer.location or "").text
    assert opened.woken == [1]
    assert browser.post("/operador/entregas/99/repetir", {}).status_code == 404


@pytest.mark.usefixtures("arrived")
def test_deliveries_since_are_replayed_together(opened: Portal, browser: Browser) -> None:
    answer = browser.post("/operador/entregas/repetir", {"horas": "1", "resultado": "rang"})
    assert "Uma entrega repetida." in browser.get(answer.location or "").text
    assert opened.woken == [1]
    assert browser.post("/operador/entregas/repetir", {"horas": "9999"}).status_code == 400


def test_parked_ticket_says_why_and_is_tried_again(opened: Portal, browser: Browser) -> None:
    number = browser.file_ticket(titulo="Preso")
    with opened.services.store.begin() as db:
        ticket = db.get_one(Ticket, number)
        ticket.parked, ticket.observed_generation = "Jira: offers no transition", ticket.generation
    page = browser.get("/operador/parados").text
    assert "Preso" in page
    assert "Jira: offers no transition" in page
    opened.woken.clear()
    answer = browser.post(f"/operador/chamados/CT-{number}/tentar", {})
    assert "será olhado agora" in browser.get(answer.location or "").text
    assert opened.woken == [number]
    browser.post(f"/operador/chamados/CT-{number}/parar", {"motivo": "  esperando o\nJira "})
    page = browser.get(f"/operador/chamados/CT-{number}").text
    assert "parked by the operator: esperando o Jira" in page
    assert (
        browser.get(f"/operador/chamados?referencia=ct-{number}").location
        == f"/operador/chamados/CT-{number}"
    )
    with opened.services.store.read() as db:
        assert db.get_one(Ticket, number).held
        assert "cli" in set(db.scalars(select(Ring.kind)))


def test_partners_are_let_in_and_shut_out(opened: Portal, browser: Browser) -> None:
    form = {"nome": "Bia", "email": "Bia@revenda.com.br", "organizacao": "Revenda"}
    assert browser.post("/operador/parceiros", form).status_code == 303
    page = browser.get("/operador/parceiros").text
    assert "bia@revenda.com.br" in page
    with opened.services.store.read() as db:
        bia = people.by_email(db, "bia@revenda.com.br")
        ana = people.by_email(db, "ana@revenda.com.br")
        assert bia
        assert ana
    hers = opened.signed_in("bia@revenda.com.br")
    browser.post(f"/operador/parceiros/{bia.id}/fora", {})
    assert hers.get("/chamados").status_code == 303
    browser.post(f"/operador/parceiros/{bia.id}/dentro", {})
    assert opened.signed_in("bia@revenda.com.br").get("/chamados").status_code == 200
    assert browser.post(f"/operador/parceiros/{ana.id}/fora", {}).status_code == 400
    page = browser.post("/operador/parceiros", {**form, "email": "bia arroba"})
    assert page.status_code == 422
    assert 'value="bia arroba"' in page.text


@pytest.mark.parametrize(
    "text",
    [
        "nome;email;organizacao\nCaio;caio@x.example;X\nDora;dora@x.example;X\n",
        "\ufeffNome,E-mail,Organização\r\nCaio,caio@x.example,X\r\nDora,DORA@x.example, X \r\n".replace(
            "E-mail", "Email"
        ),
    ],
)
def test_list_of_partners_is_imported(opened: Portal, browser: Browser, text: str) -> None:
    file = (io.BytesIO(text.encode()), "parceiros.csv")
    assert browser.post("/operador/parceiros/lista", {"lista": file}).status_code == 303
    caio, dora = (opened.signed_in(f"{name}@x.example") for name in ("caio", "dora"))
    number = caio.file_ticket()
    assert dora.get(f"/chamados/CT-{number}").status_code == 200


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"nome;email\nCaio;caio@x.example\n;b@x.example\nEva;eva\n", ["Linha 3: Falta o nome.", "Linha 4:"]),
        (b"name;mail\n", ["colunas nome, email, organizacao"]),
        ("nome;email\nJoão;j@x.example\n".encode("latin-1"), ["UTF-8"]),
        (b"", ["colunas"]),
    ],
)
def test_list_with_a_fault_registers_nobody(
    opened: Portal, browser: Browser, content: bytes, said: list[str]
) -> None:
    before = opened.contents()["partners"]
    page = browser.post("/operador/parceiros/lista", {"lista": (io.BytesIO(content), "x.csv")})
    assert page.status_code == 422
    for sentence in said:
        assert sentence in page.text
    assert opened.contents()["partners"] == before
