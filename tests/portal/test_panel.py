"""The panel: only one's own, in plain words, with what can be done now and nothing else."""

import io
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from bridge.store import sweeps
from bridge.store.file_limit import remember_file_limit
from bridge.store.tables import Event, Mail, PartnerActionRow, Ring, Ticket, Upload
from tests.portal.conftest import PNG, START, Browser, Portal, textarea, unnamed

PATHS = ["/chamados/{}", "/chamados/{}/recebido", "/chamados/{}/funcionou"]
DEEDS = ["responder", "funcionou", "ainda-ocorre"]


def actions(opened: Portal) -> list[PartnerActionRow]:
    with opened.services.store.read() as db:
        return list(db.scalars(select(PartnerActionRow).order_by(PartnerActionRow.id)))


def tell(opened: Portal, ticket_id: int, source: str, **facts: object) -> None:
    defaults = {
        "author": "Zé Dev",
        "status": "",
        "text": "",
        "visible": True,
        "outcome": "interno",
        "at": START,
    }
    with opened.services.store.begin() as db:
        db.add(Event(ticket_id=ticket_id, source=source, **{**defaults, **facts}))


# --- whose ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "ref", ["CT-1", "ct-1", "CT-999", "CT-0", "CT--1", "XX-1", "1", "CT-99999999999999999999"]
)
@pytest.mark.parametrize("path", PATHS)
def test_not_yours_and_not_there_look_the_same(opened: Portal, browser: Browser, path: str, ref: str) -> None:
    browser.file_ticket()
    other = opened.signed_in("eva@outra.com.br")
    answer = other.get(path.format(ref))
    assert answer.status_code == 404
    assert unnamed(answer.text) == unnamed(other.get("/chamados/CT-424242").text)
    assert "planilha" not in answer.text


@pytest.mark.parametrize("deed", DEEDS)
def test_strangers_cannot_act(opened: Portal, browser: Browser, deed: str) -> None:
    number = browser.file_ticket()
    opened.move(number, "Publicado")
    other = opened.signed_in("eva@outra.com.br")
    refused = other.post(f"/chamados/CT-{number}/{deed}", {"texto": "Ainda ocorre, sim senhor"})
    assert refused.status_code == 404
    assert actions(opened) == []


def test_strangers_cannot_touch_a_draft(opened: Portal, browser: Browser) -> None:
    address = browser.new_draft()
    browser.fill(address, "salvar", arquivos=(io.BytesIO(PNG), "tela.png"))
    other = opened.signed_in("eva@outra.com.br")
    for path in ("", "/ia", "/revisar"):
        assert other.get(f"{address}{path}").status_code == 404
    for path in ("", "/ia", "/enviar"):
        assert other.fill(f"{address}{path}", titulo="Meu agora").status_code == 404
    other.post(f"{address}/descartar", {})
    page = browser.get(address).text
    assert "Meu agora" not in page
    assert "tela.png" in page


def test_strangers_files_cannot_be_taken(opened: Portal, browser: Browser) -> None:
    number = browser.file_ticket()
    opened.move(number, "Faltam Informações")
    browser.post(
        f"/chamados/CT-{number}/responder", {"texto": "", "arquivos": (io.BytesIO(PNG), "segredo.png")}
    )
    other = opened.signed_in("eva@outra.com.br")
    theirs = other.file_ticket()
    opened.move(theirs, "Faltam Informações")
    other.post(f"/chamados/CT-{theirs}/responder", {"texto": "Aqui está", "arquivo": ["1", "2", "3"]})
    assert "segredo.png" not in other.get(f"/chamados/CT-{theirs}").text


def test_list_shows_only_own(opened: Portal, browser: Browser) -> None:
    browser.file_ticket(titulo="Só da Ana")
    other = opened.signed_in("eva@outra.com.br")
    other.file_ticket(titulo="Só da Eva")
    assert "Só da Eva" not in browser.get("/chamados?situacao=todos").text
    assert "Só da Ana" not in other.get("/chamados?situacao=todos&busca=ana").text


# --- the list -------------------------------------------------------------------------------------------


def test_filter_and_search(opened: Portal, browser: Browser) -> None:
    one = browser.file_ticket(titulo="Não grava o pedido")
    two = browser.file_ticket(titulo="Etiqueta sai em branco")
    opened.move(two, "Encerrado")

    def shown(query: str) -> set[str]:
        return set(re.findall(r'<td class="code">(CT-\d+)', browser.get(f"/chamados{query}").text))

    assert shown("") == {f"CT-{one}"}
    assert shown("?situacao=encerrados") == {f"CT-{two}"}
    assert shown("?situacao=todos") == {f"CT-{one}", f"CT-{two}"}
    assert shown("?situacao=todos&busca=NAO+pedido") == {f"CT-{one}"}
    assert shown(f"?situacao=todos&busca=ct-{two}") == {f"CT-{two}"}
    assert shown("?situacao=todos&busca=%25") == set()
    assert shown("?situacao=quebrado&pagina=zero") == {f"CT-{one}"}


def test_no_board_name_reaches_a_partner(opened: Portal, browser: Browser) -> None:
    number = browser.file_ticket()
    statuses = opened.services.mappings.workflow.statuses
    for place, status in enumerate(statuses.values()):
        opened.move(number, status.name)
        tell(opened, number, f"changelog:{place}", kind="status", status=status.name)
    for status in (*statuses, "Coluna nova do Jira"):
        opened.move(number, status)
        page = browser.get(f"/chamados/CT-{number}").text + browser.get("/chamados?situacao=todos").text
        for name in (
            "PR Review",
            "Error Fix",
            "PR Aprovado",
            "To Do",
            "Doing",
            "Backlog",
            "Testing",
            "Coluna nova",
        ):
            assert name not in page
        assert "Zé Dev" not in page
        assert "interno" not in page


# --- the story ------------------------------------------------------------------------------------------


def test_timeline_tells_what_is_visible_in_order(opened: Portal, browser: Browser) -> None:
    number = browser.file_ticket()
    hour = timedelta(hours=1)
    tell(
        opened,
        number,
        "c:1",
        kind="status",
        status="Faltam Informações",
        text="Qual usuário?",
        quotes={"1": "Qual usuário?"},
        at=START + hour,
    )
    asked = {"quotes": {"1": "Qual usuário?"}, "text": "Qual usuário?"}
    tell(opened, number, "comment:1", kind="comment", at=START + hour, **asked)
    tell(opened, number, "comment:2", kind="comment", text="Obrigado!", at=START + 2 * hour)
    tell(opened, number, "comment:3", kind="comment", text="SEGREDO", visible=False)
    tell(opened, number, "c:9:due", kind="due_date", text="30/11/2026", at=START + 3 * hour)
    with opened.services.store.begin() as db:
        for recipient, state in (("a@b.c", "sent"), ("d@e.f", "sent"), ("g@h.i", "queued")):
            db.add(
                Mail(
                    ticket_id=number,
                    cause="c:1",
                    kind="faltam_informacoes",
                    recipient=recipient,
                    state=state,
                    message_id=recipient,
                    raw=b"",
                    created_at=START,
                )
            )
    page = browser.get(f"/chamados/CT-{number}").text
    order = [
        "Chamado recebido",
        "Aguardando informações",
        "Mensagem da equipe",
        "Prazo de entrega: 30/11/2026",
    ]
    places = [page.index(text, page.index('class="timeline"')) for text in order]
    assert places == sorted(places)
    assert page.count("Qual usuário?") == 1
    assert "E-mail enviado a 2 pessoas" in page
    assert "SEGREDO" not in page
    assert "24 de nov. de 2026, 10:12" in page


# --- what can be done -----------------------------------------------------------------------------------


def offered(page: str) -> set[str]:
    return {deed for deed in DEEDS if f"/{deed}" in page}


def test_deeds_follow_the_rules(opened: Portal, browser: Browser) -> None:
    number = browser.file_ticket()
    expected = {
        "Faltam Informações": {"responder"},
        "Publicado em Homologação": {"ainda-ocorre"},
        "Testing": {"ainda-ocorre"},
        "Test Finished": {"ainda-ocorre"},
        "Publicado": {"funcionou", "ainda-ocorre"},
    }
    for status in opened.services.mappings.workflow.statuses:
        opened.move(number, status)
        assert offered(browser.get(f"/chamados/CT-{number}").text) == expected.get(status, set()), status


@pytest.mark.parametrize(
    ("status", "deed", "text", "notice"),
    [
        ("Faltam Informações", "responder", "É o usuário admin.\r\n", "Recebemos sua resposta"),
        ("Publicado", "funcionou", "", "Recebemos sua confirmação"),
        ("Testing", "ainda-ocorre", "Continua dando erro 42", "Recebemos seu aviso"),
    ],
)
def test_deed_is_written_rung_and_shown_at_once(
    opened: Portal, browser: Browser, status: str, deed: str, text: str, notice: str
) -> None:
    number = browser.file_ticket()
    opened.move(number, status)
    opened.wait(timedelta(minutes=1))
    opened.woken.clear()
    form = {"texto": text, "arquivos": (io.BytesIO(PNG), "prova.png")}
    answer = browser.post(f"/chamados/CT-{number}/{deed}", form)
    assert answer.status_code == 303
    (row,) = actions(opened)
    assert (row.text, row.at, row.comment_id) == (text, opened.now[0], None)
    with opened.services.store.read() as db:
        assert [(one.kind, one.subject) for one in db.scalars(select(Ring))][-1] == (
            "partner",
            f"action:{row.id}",
        )
        (upload,) = db.scalars(select(Upload))
        assert (upload.ticket_id, upload.action_id) == (number, row.id)
    assert opened.woken == [number]
    page = browser.get(answer.location or "").text
    assert notice in page
    assert "A caminho da equipe" in page
    assert "prova.png" in page


def test_short_reason_is_refused_and_kept(opened: Portal, browser: Browser) -> None:
    number = browser.file_ticket()
    opened.move(number, "Publicado")
    form = {"texto": "não foi ", "arquivos": (io.BytesIO(PNG), "prova.png")}
    page = browser.post(f"/chamados/CT-{number}/ainda-ocorre", form)
    assert page.status_code == 422
    assert "pelo menos 10 caracteres" in page.text
    assert textarea(page.text, "texto") == "não foi "
    assert "prova.png" in page.text
    kept = re.findall(r'name="arquivo" value="(\d+)"', page.text)
    answer = browser.post(f"/chamados/CT-{number}/ainda-ocorre", {"texto": "não foi, mesmo", "arquivo": kept})
    assert "prova.png" in browser.get(answer.location or "").text
    assert [row.text for row in actions(opened)] == ["não foi, mesmo"]


def test_what_still_happens_is_shown(opened: Portal, browser: Browser) -> None:
    number = browser.file_ticket()
    opened.move(number, "Publicado")
    path = f"/chamados/CT-{number}/ainda-ocorre"
    page = browser.post(path, {"texto": "Ainda ocorre, sim"})
    assert page.status_code == 422
    assert "Anexe um print ou vídeo do que ainda ocorre" in page.text
    assert textarea(page.text, "texto") == "Ainda ocorre, sim"
    refused = browser.post(path, {"texto": "Ainda ocorre, sim", "arquivos": (io.BytesIO(b"MZ"), "a.png")})
    assert refused.status_code == 422
    assert actions(opened) == []
    assert browser.post(path, {"texto": "Ainda ocorre: https://drive.example/v"}).status_code == 303
    assert len(actions(opened)) == 1


def test_where_no_files_are_taken_words_are_enough(opened: Portal, browser: Browser) -> None:
    number = browser.file_ticket()
    opened.move(number, "Publicado")
    with opened.services.store.begin() as db:
        remember_file_limit(db, 0, now=opened.now[0])
    path = f"/chamados/CT-{number}/ainda-ocorre"
    assert "(opcional)" in browser.get(path).text
    assert browser.post(path, {"texto": "Ainda ocorre, sim"}).status_code == 303


def test_second_press_counts_once(opened: Portal, browser: Browser) -> None:
    number = browser.file_ticket()
    opened.move(number, "Publicado")
    for _ in range(2):
        browser.post(f"/chamados/CT-{number}/funcionou", {"texto": ""})
    assert len(actions(opened)) == 1
    assert offered(browser.get(f"/chamados/CT-{number}").text) == set()


def test_ticket_that_moved_meanwhile_is_not_acted_on(opened: Portal, browser: Browser) -> None:
    number = browser.file_ticket()
    opened.move(number, "Encerrado")
    form = {"texto": "Escrevi isto com cuidado", "arquivos": (io.BytesIO(PNG), "prova.png")}
    page = browser.post(f"/chamados/CT-{number}/ainda-ocorre", form)
    assert page.status_code == 409
    assert "mudou de situação" in page.text
    assert "Escrevi isto com cuidado" in page.text
    assert actions(opened) == []


def test_confirmation_is_asked_for_once_more(opened: Portal, browser: Browser) -> None:
    number = browser.file_ticket()
    opened.move(number, "Publicado")
    page = browser.get(f"/chamados/CT-{number}/funcionou").text
    assert "Sim, funcionou" in page
    assert actions(opened) == []


def test_reference_in_any_case_is_found(browser: Browser) -> None:
    number = browser.file_ticket()
    assert browser.get(f"/chamados/ct-{number}").location == f"/chamados/CT-{number}"


@pytest.mark.parametrize(
    ("minutes", "said"), [(0, "agora mesmo"), (2, "há 2 min"), (200, "há 3 h"), (4 * 1440, "há 4 dias")]
)
def test_list_and_ticket_say_when_jira_was_last_asked(
    opened: Portal, browser: Browser, minutes: int, said: str
) -> None:
    number = browser.file_ticket()
    assert "Conferido" not in browser.get("/chamados").text
    store, then = opened.services.store, opened.now[0] - timedelta(minutes=minutes)
    sweeps.take(store, "jira", now=then, every=timedelta(minutes=5))
    sweeps.finished(store, "jira", since=then, began=then, now=then, outcome="")
    with store.begin() as db:
        ticket = db.get_one(Ticket, number)
        ticket.jira_key, ticket.observed_generation = "CHAM-1", ticket.generation
    for path in ("/chamados", f"/chamados/CT-{number}"):
        assert f">{said}</time>" in browser.get(path).text


def test_a_ticket_that_waits_was_checked_at_its_last_good_look(opened: Portal, browser: Browser) -> None:
    number, now = browser.file_ticket(), opened.now[0]
    assert "Conferido" not in browser.get(f"/chamados/CT-{number}").text
    sweeps.take(opened.services.store, "jira", now=now, every=timedelta(minutes=5))
    sweeps.finished(opened.services.store, "jira", since=now, began=now, now=now, outcome="")
    with opened.services.store.begin() as db:
        ticket = db.get_one(Ticket, number)
        ticket.jira_key, ticket.reconciled_at = "CHAM-1", now - timedelta(minutes=7)
    assert ">há 7 min</time>" in browser.get(f"/chamados/CT-{number}").text
