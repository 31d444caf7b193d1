"""What is kept about a person, handed over and forgotten; the database is searched for what is left."""

import json
from pathlib import Path

from sqlalchemy import select

from bridge.store import Store, people
from bridge.store.tables import Base, Mail, PartnerActionRow
from bridge.store.tickets import ring
from tests.test_doctor import run
from tests.world import World

ANA = "parceiro@revenda.example"
CUSTOMER = "compras@cliente.example"
OTHER = f"outro.{ANA}"
NOBODY = "ninguem@example.com"


def holding(store: Store, *words: str) -> set[str]:
    """The columns that hold any of the words, in text, JSON or bytes."""
    found = set()
    with store.read() as db:
        for table in Base.metadata.sorted_tables:
            for row in db.execute(select(table)).mappings():
                for name, value in row.items():
                    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
                    text = text.lower().replace(OTHER, "")
                    if any(word.lower() in text for word in words):
                        found.add(f"{table.name}.{name}")
    return found


def _lived(world: World) -> str:
    """A ticket with an answer of its partner's, followers, and e-mails to all."""
    key = world.filed(
        email_cliente=CUSTOMER,
        notificar=["suporte@revenda.example", OTHER],
        descricao=f"Escreva para {ANA.upper()} se precisar.",
    )
    world.wait_mail("recebido", 1)
    world.say(key, "/parceiro Qual é a versão?")
    world.drag(key, "Faltam Informações")
    world.settle()
    with world.services.store.begin() as db:
        partner = people.by_email(db, ANA)
        assert partner is not None
        row = PartnerActionRow(
            ticket_id=world.ticket_of(key).id,
            verb="answered",
            author=partner.name,
            partner_id=partner.id,
            text="É a 4.2. Ana",
            at=world.services.clock(),
            email=ANA,
        )
        db.add(row)
        db.flush()
        ring(db, row.ticket_id, kind="partner", subject="answered", now=world.services.clock())
    world.settle()
    return key


def test_all_that_is_kept_is_handed_over(world: World, tmp_path: Path) -> None:
    _lived(world)
    code, said = run(world, "privacy", "export", ANA.upper(), "--files", str(tmp_path / "para a Ana"))
    assert code == 0, said
    found = json.loads(said)
    assert found["partner"]["name"] == "Revenda Modelo"
    [ticket] = found["tickets"]
    assert (ticket["ticket"], ticket["issue"]) == ("CT-1", "CHAM-1")
    assert ticket["answers"]["email_cliente"] == CUSTOMER
    assert [one["text"] for one in found["messages"]] == ["É a 4.2. Ana"]
    assert {"recebido", "faltam_informacoes"} <= {one["kind"] for one in found["emails_to"]}
    assert all(one["subject"].startswith("[CT-1]") for one in found["emails_to"])
    customers = json.loads(run(world, "privacy", "export", CUSTOMER)[1])
    assert customers["named_in"] == [{"ticket": "CT-1", "fields": ["email_cliente"]}]
    assert (customers["partner"], customers["tickets"]) == (None, [])
    assert json.loads(run(world, "privacy", "export", NOBODY)[1])["named_in"] == []


def test_an_erasure_is_shown_first_and_changes_nothing(world: World) -> None:
    _lived(world)
    before = holding(world.services.store, ANA)
    code, said = run(world, "privacy", "erase", ANA, CHAMADOS_PARTNERS="")
    assert code == 2
    assert "would erase 1 partners" in said
    assert "nothing was changed: add --yes" in said
    assert "look for the address and the name in CHAM-1" in said
    assert "told of them no more: CT-1" in said
    assert holding(world.services.store, ANA) == before
    code, said = run(world, "privacy", "erase", ANA, "--yes")
    assert code == 1
    assert "each start registers parceiro@revenda.example: take it out of CHAMADOS_PARTNERS" in said
    assert holding(world.services.store, ANA) == before
    assert run(world, "privacy", "erase", NOBODY) == (0, f"nothing is kept about {NOBODY}\n")


def test_who_was_erased_is_found_nowhere_and_their_ticket_goes_on(world: World) -> None:
    key = _lived(world)
    store = world.services.store
    assert "partners.email" in holding(store, ANA)
    code, said = run(world, "privacy", "erase", ANA, "--yes", CHAMADOS_PARTNERS="")
    assert code == 0, said
    assert holding(store, ANA, "Revenda Modelo") == set()
    with store.read() as db:
        told = len(db.scalars(select(Mail.id)).all())
    world.drag(key, "Backlog")
    world.drag(key, "To Do")
    world.settle()
    assert world.ticket_of(key).status == "To Do"
    assert world.ticket_of(key).parked == ""
    with store.read() as db:
        later = db.scalars(select(Mail.recipient).order_by(Mail.id).offset(told)).all()
    assert set(later) <= {"suporte@revenda.example", OTHER}
    assert OTHER in world.ticket_of(key).answers["notificar"]
    assert "tickets.answers" in holding(store, CUSTOMER)
    assert run(world, "privacy", "erase", CUSTOMER, "--yes")[0] == 0
    assert holding(store, CUSTOMER) == set()
