"""Who asks to be forgotten has done more than open tickets: no table knows them any more, whatever it was."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from bridge.cli import main
from bridge.store import Store, engine, people
from bridge.store.erasure import NOBODY
from bridge.store.tables import Mail, PartnerActionRow, Ticket
from tests.portal.conftest import ENVIRONMENT, Browser, Portal
from tests.test_privacy import holding

ANA, NAME = "ana@canario.example", "Ana Canario"
BIA = "bia@canario.example"
ADDED = "fora@canario.example"


@pytest.fixture
def two(opened: Portal) -> tuple[Browser, Browser]:
    """Ana, who will be forgotten, and Bia, her colleague, who has a ticket in Jira."""
    with opened.services.store.begin() as db:
        for email, name in ((ANA, NAME), (BIA, "Bia")):
            people.register(db, name=name, email=email, organisation="Revenda X", now=opened.now[0])
    ana, bia = enter(opened, ANA), enter(opened, BIA)
    in_jira(opened, bia.file_ticket())
    return ana, bia


def enter(opened: Portal, email: str) -> Browser:
    browser = Browser(opened)
    browser.get("/entrar")
    browser.post("/entrar", {"email": email})
    browser.post(opened.link(), {})
    browser.post("/chamados/novo/aviso", {})
    return browser


def in_jira(opened: Portal, number: int) -> None:
    with opened.services.store.begin() as db:
        db.execute(update(Ticket).where(Ticket.id == number).values(jira_key=f"CHAM-{number}"))


def erased(opened: Portal, email: str = ANA) -> str:
    """What the command says, once all e-mails have gone."""
    with opened.services.store.begin() as db:
        db.execute(update(Mail).values(state="sent"))
    config = opened.services.config
    places = {
        "CHAMADOS_DATABASE_URL": str(opened.services.store.engine.url),
        "CHAMADOS_FILES": str(config.files),
        "CHAMADOS_OPERATORS": "",
    }
    ran = CliRunner().invoke(main, ["privacy", "erase", email, "--yes"], env={**ENVIRONMENT, **places})
    assert ran.exit_code == 0, ran.output
    return ran.output


def test_who_added_a_follower_to_anothers_ticket(opened: Portal, two: tuple[Browser, Browser]) -> None:
    ana, bia = two
    ana.post("/chamados/CT-1/avisados", {"email": ADDED})
    assert {"recipients.added_by", "mails.raw"} <= holding(opened.services.store, NAME)
    assert "CHAM-1" not in erased(opened)
    assert holding(opened.services.store, NAME, ANA) == set()
    assert ADDED in bia.get("/chamados/CT-1").text


def test_who_watched_anothers_ticket(opened: Portal, two: tuple[Browser, Browser]) -> None:
    two[0].post("/chamados/CT-1/acompanhar", {})
    assert "recipients.added_by" in holding(opened.services.store, NAME)
    assert "CHAM-1" not in erased(opened)
    assert holding(opened.services.store, NAME, ANA) == set()


def test_jiras_list_has_tickets_on_which_they_only_wrote(
    opened: Portal, two: tuple[Browser, Browser]
) -> None:
    ana, bia = two
    in_jira(opened, bia.file_ticket())
    in_jira(opened, ana.file_ticket())
    opened.move(1, "Faltam Informações")
    ana.post("/chamados/CT-1/responder", {"texto": "É a versão 4.2."})
    assert "look for the address and the name in CHAM-1, CHAM-3\n" in erased(opened)
    assert NOBODY in bia.get("/chamados/CT-1").text


def test_a_name_in_their_own_words(opened: Portal, two: tuple[Browser, Browser]) -> None:
    ana, bia = two
    ana.file_ticket(titulo=f"{NAME}: produtos não salvam", descricao=f"Falem comigo.\nAtt., {NAME}.")
    opened.move(1, "Faltam Informações")
    ana.post("/chamados/CT-1/responder", {"texto": f"É a 4.2.\n{NAME}"})
    assert {"partner_actions.text", "tickets.answers", "tickets.title"} <= holding(
        opened.services.store, NAME
    )
    assert "erased 1 forms" in erased(opened)
    assert holding(opened.services.store, NAME, ANA) == set()
    assert "Falem comigo." in opened.tickets()[1].answers["descricao"]
    assert "É a 4.2." in bia.get("/chamados/CT-1").text


def test_a_message_from_before_addresses_were_kept(opened: Portal, two: tuple[Browser, Browser]) -> None:
    opened.move(1, "Faltam Informações")
    two[0].post("/chamados/CT-1/responder", {"texto": f"É a 4.2.\n{NAME}"})
    with opened.services.store.begin() as db:
        db.execute(update(PartnerActionRow).values(email=""))
    assert "CHAM-1" in erased(opened)
    assert holding(opened.services.store, NAME, ANA) == set()


def test_a_name_that_is_a_word_of_the_form_stays_one(opened: Portal) -> None:
    with opened.services.store.begin() as db:
        people.register(db, name="Sistema", email=ANA, now=opened.now[0])
    enter(opened, ANA).file_ticket(ferramenta="Sistema", descricao=f"Sou o Sistema, {ANA}.")
    erased(opened)
    answers = opened.tickets()[0].answers
    assert answers["ferramenta"] == "Sistema"
    assert answers["descricao"].startswith(f"Sou o {NOBODY}, removido-")


# --- the bytes in the files -----------------------------------------------------------------------------


def kept_bytes(opened: Portal) -> bytes:
    """All that lies in the database's files."""
    database = Path(str(opened.services.store.engine.url.database))
    return b"".join(one.read_bytes() for one in database.parent.glob(f"{database.name}*"))


def test_no_byte_is_left_in_the_files(opened: Portal, two: tuple[Browser, Browser]) -> None:
    ana, bia = two
    address = ana.new_draft()
    ana.fill(address, "salvar", descricao=f"Rascunho longo de {NAME}. " * 400)
    ana.post(f"{address}/descartar", {})
    bia.fill(bia.new_draft(), "salvar", titulo="O rascunho da Bia")
    assert NAME.encode() in kept_bytes(opened)
    erased(opened)
    left = kept_bytes(opened)
    assert NAME.encode() not in left
    assert ANA.encode() not in left
    assert b"O rascunho da Bia" in left
    assert "O rascunho da Bia" in bia.get("/chamados/novo").text


def test_who_reads_meanwhile_is_named_and_the_next_time_does_it(
    opened: Portal, two: tuple[Browser, Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.05)
    with opened.services.store.read() as db:
        db.scalars(select(Mail)).all()
        assert "its bytes may still lie in" in (said := erased(opened))
        assert "run this again" in said
    assert NAME.encode() in kept_bytes(opened)
    assert erased(opened) == f"nothing is kept about {ANA}\n"
    assert NAME.encode() not in kept_bytes(opened)


def test_who_writes_meanwhile_is_named(opened: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.05)
    other = Store(str(opened.services.store.engine.url))
    with opened.services.store.begin() as db:
        db.execute(update(Mail).values(state="sent"))
        assert "database is locked" in other.write_anew()
    assert other.write_anew() == ""
    other.close()
