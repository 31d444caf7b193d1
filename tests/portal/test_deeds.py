"""Messages to the team; and what becomes of what is written when something has changed meanwhile."""

import io
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from bridge import proofs
from bridge.domain import PartnerVerb
from bridge.store.tables import PartnerActionRow, Upload
from tests.portal.conftest import PNG, Browser, Portal, textarea, unnamed
from tests.portal.test_panel import tell


def said(opened: Portal) -> list[tuple[str, str]]:
    with opened.services.store.read() as db:
        return [(one.verb, one.text) for one in db.scalars(select(PartnerActionRow))]


@pytest.mark.parametrize("status", ["Triagem", "Backlog", "Doing", "PR Review", "Publicado"])
def test_the_team_is_written_to_for_as_long_as_the_ticket_lives(
    opened: Portal, browser: Browser, status: str
) -> None:
    number = browser.file_ticket()
    opened.move(number, status)
    path = f"/chamados/CT-{number}/escrever"
    assert f'href="{path}"' in browser.get(f"/chamados/CT-{number}").text
    assert "a situação dele não muda" in browser.get(path).text
    assert "Escreva a sua mensagem." in browser.post(path, {"texto": " "}).text
    files = (io.BytesIO(PNG), "outra tela.png")
    page = browser.post(path, {"texto": "Segue a planilha", "arquivos": files}, follow_redirects=True).text
    assert "Recebemos sua mensagem." in page
    assert "Você escreveu" in page
    assert "outra tela.png" in page
    assert said(opened) == [("commented", "Segue a planilha")]


@pytest.mark.parametrize("status", ["Reprovado", "Encerrado", "Faltam Informações"])
def test_no_message_where_the_ticket_has_ended_or_an_answer_is_awaited(
    opened: Portal, browser: Browser, status: str
) -> None:
    number = browser.file_ticket()
    opened.move(number, status)
    path = f"/chamados/CT-{number}/escrever"
    assert path not in browser.get(f"/chamados/CT-{number}").text
    assert browser.get(path).status_code == 303
    answer = browser.post(path, {"texto": "Segue a planilha"})
    assert answer.status_code == 409
    assert "Segue a planilha" in answer.text
    assert said(opened) == []


def test_a_question_that_is_not_there_is_not_spoken_of(opened: Portal, browser: Browser) -> None:
    number = browser.file_ticket()
    tell(opened, number, "comment:1", kind="comment", status="", text="Bom dia!")
    tell(opened, number, "changelog:2", kind="status", status="Faltam Informações")
    opened.move(number, "Faltam Informações")
    page = browser.get(f"/chamados/CT-{number}").text
    assert "A triagem ainda não escreveu qual é." in page
    assert "O que a triagem perguntou" not in page
    tell(opened, number, "comment:3", kind="comment", status="", text="Qual planilha?")
    page = browser.get(f"/chamados/CT-{number}").text
    assert "Responda à pergunta abaixo." in page
    assert re.search(r"O que a triagem perguntou</h3>\s*<div[^>]*>Qual planilha\?", page)


def test_an_answer_outlives_its_session_with_its_files(opened: Portal, browser: Browser) -> None:
    number = browser.file_ticket()
    opened.move(number, "Faltam Informações")
    path = f"/chamados/CT-{number}/responder"
    opened.wait(timedelta(hours=13))
    answer = browser.post(path, {"texto": "É a de março", "arquivos": (io.BytesIO(PNG), "tela.png")})
    assert answer.status_code == 401
    assert "Sua sessão terminou" in answer.text
    assert textarea(answer.text, "texto") == "É a de março"
    assert "tela.png" in answer.text
    kept = re.findall(r'name="arquivo" value="(\d+)"', answer.text)
    browser = opened.signed_in()
    assert browser.post(path, {"texto": "É a de março", "arquivo": kept}).status_code == 303
    assert said(opened) == [("answered", "É a de março")]
    with opened.services.store.read() as db:
        assert db.scalars(select(Upload.ticket_id).where(Upload.filename == "tela.png")).all() == [number]


def test_an_answer_outlives_signing_out_elsewhere(opened: Portal, browser: Browser) -> None:
    number = browser.file_ticket()
    opened.move(number, "Faltam Informações")
    token = browser.token()
    browser.post("/sair", {})
    sent = {"texto": "É a de março", "csrf_token": token, "arquivos": (io.BytesIO(PNG), "tela.png")}
    answer = browser.client.post(
        f"/chamados/CT-{number}/responder", data=sent, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert answer.status_code == 401
    assert textarea(answer.text, "texto") == "É a de março"
    assert "escolha-os de novo" in answer.text
    assert said(opened) == []


def test_who_is_signed_out_learns_nothing_of_a_ticket(opened: Portal, browser: Browser) -> None:
    number = browser.file_ticket(titulo="Segredo da revenda")
    stranger = Browser(opened)
    here, nowhere = (
        stranger.post(f"/chamados/CT-{one}/responder", {"texto": "x"}).text for one in (number, 999)
    )
    assert "Segredo" not in here
    assert unnamed(here).replace(f"CT-{number}", "CT-999") == unnamed(nowhere)


def link(opened: Portal, number: int, verb: PartnerVerb) -> str:
    services = opened.services
    token = proofs.deed_token(
        services.config.secret_key,
        ticket_id=number,
        recipient="ana@revenda.com.br",
        verb=verb,
        cause="changelog:1",
        until=services.clock() + timedelta(days=30),
    )
    return f"/agir/{token}"


def test_an_old_link_says_where_the_ticket_is_now(opened: Portal, browser: Browser) -> None:
    number = browser.file_ticket()
    opened.move(number, "Publicado")
    path = link(opened, number, PartnerVerb.CONFIRMED)
    opened.move(number, "Error Fix")
    stranger = Browser(opened)
    page = stranger.get(path).text
    assert "Este chamado já passou dessa etapa: agora está em “Correção em ajuste”." in page
    assert "enquanto você escrevia" not in page


def test_a_used_link_says_that_the_answer_arrived(opened: Portal, browser: Browser) -> None:
    number = browser.file_ticket()
    opened.move(number, "Publicado")
    path = link(opened, number, PartnerVerb.CONFIRMED)
    stranger = Browser(opened)
    assert stranger.client.post(path, data={"texto": ""}).status_code == 200
    again = stranger.get(path)
    assert again.status_code == 410
    assert "a resposta chegou à equipe" in again.text
    assert f"Ver o CT-{number}" in again.text


def test_what_is_sent_is_what_was_reviewed(opened: Portal, browser: Browser) -> None:
    draft = browser.new_draft()
    browser.fill(draft, titulo="O da primeira aba")
    page = browser.get(f"{draft}/revisar").text
    version = re.search(r'name="versao" value="(\w+)"', page)
    assert version
    browser.fill(draft, titulo="O da segunda aba")
    sent = {"confirmo_licenca": "1", "versao": version[1]}
    answer = browser.post(f"{draft}/enviar", sent)
    assert answer.status_code == 409
    assert "O rascunho mudou em outra janela." in answer.text
    assert "O da segunda aba" in answer.text
    assert opened.tickets() == []
    version = re.search(r'name="versao" value="(\w+)"', answer.text)
    assert version
    browser.post(f"{draft}/enviar", {**sent, "versao": version[1]})
    assert [one.title for one in opened.tickets()] == ["O da segunda aba"]
