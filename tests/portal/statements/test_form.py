"""What a partner may count on while filling in the form: acceptance statements 2, 3, 4, 6 and 7."""

import re
import socket
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from bridge.clients.licences import Licences
from tests.portal.conftest import PNG
from tests.portal.statements.conftest import EMAIL, Desk
from tests.portal.test_browser import pytestmark as needs_chromium

pytestmark = needs_chromium
JAVASCRIPT = pytest.mark.parametrize("desk", [True], indirect=True, ids=["javascript"])
PROGRAM = b"MZ\x90\0" * 30_000


def licences(desk: Desk, source: str) -> None:
    object.__setattr__(desk.opened.services, "licences", Licences(source))


# --- 2: nothing that was typed or sent is lost, and drafts never mix


@JAVASCRIPT
def test_statement_2_a_closed_tab_loses_nothing(desk: Desk) -> None:
    desk.fill(**{"Notificar também": "suporte@revenda.com.br;", "Links": "https://drive.example/a "})
    desk.choose("tela.png", PNG)
    desk.kept("tela.png")
    desk.saved()
    typed = desk.typed()
    desk.reopen()
    desk.new_form()
    desk.page.get_by_label("Título").fill("Outro problema")
    desk.saved()
    desk.reopen()
    desk.page.goto("/chamados/novo")
    desk.page.get_by_role("link", name=re.compile("^Não salva produtos importados")).click()
    assert desk.typed() == typed
    desk.kept("tela.png")
    desk.page.goto("/chamados/novo")
    desk.page.get_by_role("link", name="Outro problema", exact=True).click()
    assert desk.typed()["titulo"] == "Outro problema"
    assert desk.typed()["descricao"] == ""
    expect(desk.page.locator("a.file-name")).to_have_count(0)
    desk.page.goto("/chamados/novo")
    desk.page.get_by_role("link", name="Descartar “Não salva").click()
    desk.page.get_by_role("button", name="Descartar").click()
    expect(desk.page.get_by_text("Rascunho descartado.")).to_be_visible()
    expect(desk.page.get_by_role("link", name="Não salva produtos importados")).to_have_count(0)
    expect(desk.page.get_by_role("link", name="Outro problema", exact=True)).to_be_visible()


@JAVASCRIPT
def test_statement_2_what_is_typed_offline_is_kept_on_the_device(desk: Desk) -> None:
    desk.page.get_by_label("Título").fill("Começo")
    desk.saved()
    desk.context.set_offline(True)
    desk.page.get_by_label("Explique").fill("Escrito sem conexão")
    expect(desk.page.get_by_text("Sem conexão. O que você digita fica guardado")).to_be_visible(
        timeout=20_000
    )
    desk.reopen()
    desk.context.set_offline(False)
    desk.page.goto("/chamados/novo")
    desk.page.get_by_role("link", name="Continuar este").click()
    assert desk.typed()["descricao"] == "Escrito sem conexão"
    assert desk.typed()["titulo"] == "Começo"
    desk.saved()
    assert desk.page.evaluate("localStorage.length") == 0


@JAVASCRIPT
def test_statement_2_another_window_overwrites_nothing(desk: Desk) -> None:
    desk.page.get_by_label("Título").fill("Primeira janela")
    desk.saved()
    other = desk.context.new_page()
    other.goto(desk.page.url)
    other.get_by_label("Título").fill("Segunda janela")
    expect(other.get_by_text("Rascunho salvo às")).to_be_visible()
    desk.page.get_by_label("Explique").fill("Da primeira")
    expect(desk.page.get_by_text("mudado em outra janela")).to_be_visible(timeout=20_000)
    other.reload()
    expect(other.get_by_label("Título")).to_have_value("Segunda janela")
    expect(other.get_by_text("guardou outra versão")).to_be_visible()
    desk.page.get_by_role("button", name="Ficar com o que está aqui").click()
    desk.saved()
    other.reload()
    expect(other.get_by_label("Título")).to_have_value("Primeira janela")


def test_statement_2_an_ended_session_brings_back_the_same_page(desk: Desk) -> None:
    desk.fill()
    desk.choose("tela.png", PNG)
    if desk.page.evaluate("document.documentElement.classList.contains('js')"):
        desk.kept("tela.png")
    desk.opened.wait(timedelta(hours=13))
    desk.page.get_by_label("Título").fill("Escrito depois do almoço")
    desk.page.get_by_role("button", name="Revisar e enviar").click()
    desk.page.get_by_label("Seu e-mail").fill(EMAIL)
    desk.page.get_by_role("button", name="Enviar link").click()
    expect(desk.page.get_by_role("heading", level=1)).to_have_text("Confira seu e-mail")
    desk.page.goto(desk.opened.link())
    desk.page.get_by_role("button", name="Entrar").click()
    expect(desk.page.get_by_role("heading", level=1)).to_have_text("Novo chamado técnico")
    assert desk.typed()["titulo"] == "Escrito depois do almoço"
    assert "erro 42" in desk.typed()["descricao"]
    desk.kept("tela.png")


def test_sent_twice_and_back_again_is_one_ticket(desk: Desk) -> None:
    desk.fill()
    desk.page.get_by_role("button", name="Revisar e enviar").click()
    desk.page.get_by_role("button", name="Enviar chamado").dblclick()
    expect(desk.page.locator(".reference")).to_have_text("CT-1")
    desk.page.go_back()
    desk.page.go_back()
    sending = desk.page.get_by_role("button", name="Revisar e enviar")
    if sending.count():  # the browser showed the form as it was
        sending.click()
    expect(desk.page.locator(".reference")).to_have_text("CT-1")
    assert len(desk.opened.tickets()) == 1


# --- 3: errors


def test_statement_3_errors_lead_to_their_fields_and_keep_everything(desk: Desk) -> None:
    desk.fill(**{"E-mail de um cliente": "admin", "Notificar também": "a@b.com.br; ruim", "Título": ""})
    desk.choose("tela.png", PNG)
    desk.page.get_by_role("button", name="Revisar e enviar").click()
    expect(desk.page).to_have_title(re.compile("^Erro: "))
    summary = desk.page.locator(".summary a")
    expect(summary).to_have_count(3)
    if desk.page.evaluate("document.documentElement.classList.contains('js')"):
        expect(desk.page.locator(".summary")).to_be_focused()
    for place in range(3):
        target = summary.nth(place).get_attribute("href")
        assert target
        summary.nth(place).click()
        expect(desk.page.locator(f"input{target}, textarea{target}")).to_be_in_viewport()
    assert desk.typed()["email_cliente"] == "admin"
    assert desk.typed()["notificar"] == "a@b.com.br; ruim"
    assert desk.typed()["descricao"].endswith("erro 42.")
    desk.kept("tela.png")


# --- 4: a print from the clipboard


@JAVASCRIPT
def test_statement_4_a_pasted_print_is_attached_and_removed_by_keyboard(desk: Desk) -> None:
    desk.context.grant_permissions(["clipboard-read", "clipboard-write"])
    desk.page.evaluate(
        """async () => {
          const canvas = document.createElement("canvas");
          canvas.width = 1280; canvas.height = 720;
          canvas.getContext("2d").fillRect(9, 9, 400, 300);
          const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
          await navigator.clipboard.write([new ClipboardItem({"image/png": blob})]);
        }"""
    )
    desk.page.get_by_label("Explique").focus()
    desk.page.keyboard.press("Control+V")
    expect(desk.page.locator(".going canvas.thumb, img.thumb").first).to_be_visible()
    desk.kept("print-")
    shown = desk.page.locator("img.thumb")
    expect(shown).to_be_visible()
    assert shown.evaluate("(image) => image.naturalWidth") == 256
    desk.page.get_by_role("button", name="Remover print-").focus()
    desk.page.keyboard.press("Enter")
    expect(desk.page.locator("a.file-name")).to_have_count(0)
    expect(desk.page.locator("#campo-arquivos")).to_be_focused()


@JAVASCRIPT
def test_statement_4_cells_of_a_spreadsheet_are_pasted_as_text(desk: Desk) -> None:
    desk.context.grant_permissions(["clipboard-read", "clipboard-write"])
    desk.page.evaluate(
        """async () => {
          const canvas = document.createElement("canvas");
          const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
          const text = new Blob(["a@b.com.br\\tc@d.com.br\\nruim\\na@b.com.br"], {type: "text/plain"});
          await navigator.clipboard.write([new ClipboardItem({"image/png": blob, "text/plain": text})]);
        }"""
    )
    desk.page.get_by_label("Notificar também").focus()
    desk.page.keyboard.press("Control+V")
    expect(desk.page.locator(".chips-emails .chip-text")).to_have_text(["a@b.com.br", "c@d.com.br", "ruim"])
    expect(desk.page.get_by_text("“ruim” não é um e-mail.")).to_be_visible()
    expect(desk.page.get_by_text("“a@b.com.br” estava repetido")).to_be_visible()
    expect(desk.page.locator(".file")).to_have_count(0)
    assert desk.typed()["notificar"] == "a@b.com.br; c@d.com.br; ruim"


# --- 6: what is not what it says


def test_statement_6_a_renamed_program_is_refused_and_others_stay(desk: Desk) -> None:
    desk.fill()
    desk.choose("tela.png", PNG)
    said = "o conteúdo não é de um arquivo .png"
    if desk.page.evaluate("document.documentElement.classList.contains('js')"):
        desk.kept("tela.png")
        desk.choose("programa.png", PROGRAM)
        expect(desk.page.locator(".file.bad", has_text="programa.png")).to_contain_text(said)
    else:
        desk.page.get_by_role("button", name="Salvar rascunho").click()
        desk.choose("programa.png", PROGRAM)
        desk.page.get_by_role("button", name="Revisar e enviar").click()
        expect(desk.page.locator("#arquivos .fault")).to_contain_text(f"“programa.png”: {said}")
    expect(desk.page.locator("a.file-name")).to_have_text(["tela.png"])


# --- 7: the licence


@JAVASCRIPT
def test_statement_7_the_licence_is_looked_up_on_leaving_its_field(desk: Desk) -> None:
    listed = desk.opened.services.config.files.parent / "licencas.csv"
    listed.write_text("email\nadmin@cliente.com.br\n")
    licences(desk, str(listed))
    desk.fill()
    said = desk.page.locator("[data-licence]")
    expect(said).to_have_text("Licença válida.")
    desk.page.get_by_label("E-mail de um cliente").fill("outro@cliente.com.br")
    desk.page.keyboard.press("Tab")
    expect(said).to_contain_text("Não encontrada.")
    desk.page.get_by_role("button", name="Revisar e enviar").click()
    desk.page.get_by_role("button", name="Enviar chamado").click()
    expect(desk.page.locator(".summary")).to_contain_text("Confirme que o e-mail do cliente está certo")
    desk.page.get_by_label("Conferi o e-mail").check()
    desk.page.get_by_role("button", name="Enviar chamado").click()
    expect(desk.page.locator(".reference")).to_have_text("CT-1")


@JAVASCRIPT
def test_statement_7_a_silent_licence_service_stops_nobody(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        licences(desk, f"http://127.0.0.1:{silent.getsockname()[1]}/licencas")
        desk.fill()
        expect(desk.page.locator("[data-licence]")).to_contain_text("Não foi possível verificar")
        desk.page.get_by_role("button", name="Revisar e enviar").click()
        desk.page.get_by_role("button", name="Enviar chamado").click()
        expect(desk.page.locator(".reference")).to_have_text("CT-1")
