"""The portal in Chromium: with and without JavaScript, by keyboard, at a phone's width."""

import re
import shutil
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright
from werkzeug.serving import make_server

from bridge.portal.access import SESSION_COOKIE
from bridge.store import people
from bridge.store.file_limit import remember_file_limit
from bridge.store.filing import Submission, file_ticket
from tests.portal.conftest import PNG, Portal, proposal
from tests.portal.test_similar import ALIKE, TITLE, WORDS

CHROMIUM = "/usr/bin/chromium"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
EMAIL = "ana@revenda.com.br"
SMALL_TARGETS = """() => [...document.querySelectorAll("button, .button, input, select")]
  .filter((one) => one.checkVisibility() && !one.classList.contains("unseen"))
  .filter((one) => { const box = one.getBoundingClientRect(); return box.width < 24 || box.height < 24; })
  .map((one) => one.outerHTML)"""
KEEP_A_COPY = """() => localStorage.setItem(
  `rascunho:1:${location.pathname.split("/")[3]}`, JSON.stringify({at: Date.now(), answers: {}}))"""
OWN = "\n  Não salva.\n\nMensagem: “erro 42”  "

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not shutil.which(CHROMIUM), reason=f"NO BROWSER TESTS: {CHROMIUM} is not installed"),
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        expect.set_options(timeout=20_000)  # a machine may be busy
        yield started
        started.close()


@pytest.fixture
def served(opened: Portal) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, opened.app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(params=[True, False], ids=["javascript", "no-javascript"])
def page(request: pytest.FixtureRequest, chromium: Chromium, served: str, opened: Portal) -> Iterator[Page]:
    """A form before a partner who has signed in and read the notice; every console error fails the test."""
    context = chromium.new_context(base_url=served, java_script_enabled=request.param, locale="pt-BR")
    sign_in(opened, context, served)
    shown = context.new_page()
    complaints: list[str] = []
    shown.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    shown.goto("/chamados/novo")
    expect(shown.get_by_role("heading", level=1)).to_have_text("Novo chamado técnico")
    yield shown
    context.close()
    assert [one for one in complaints if "status of 4" not in one] == []


def sign_in(opened: Portal, context: BrowserContext, url: str) -> None:
    """The partner has signed in and read the notice."""
    partner = opened.partner(EMAIL)
    with opened.services.store.begin() as db:
        people.read_notice(db, partner.id, version=opened.services.mappings.form.notice_version)
        token = people.open_session(db, partner.id, now=opened.now[0])
    context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": url}])


def fill(page: Page) -> None:
    page.get_by_label("Ferramenta").select_option("Sistema")
    page.get_by_label("E-mail de um cliente").fill("admin@cliente.com.br")
    page.get_by_label("Título").fill("Não salva produtos")
    page.get_by_label("Qual o fluxo").fill("Cadastros; Produtos")
    page.get_by_label("Explique").fill(OWN)


def test_whole_way_from_form_to_ticket(page: Page, opened: Portal) -> None:
    fill(page)
    page.get_by_label("Arquivos para").set_input_files(
        [{"name": "tela.png", "mimeType": "image/png", "buffer": PNG}]
    )
    page.get_by_role("button", name="Melhorar descrição com IA").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Compare e decida")
    page.get_by_role("button", name="Aceitar tudo").click()
    expect(page.get_by_label("Explique")).to_have_value(re.compile("^O que acontece:\nProposta clara."))
    page.get_by_role("button", name="Voltar ao meu texto original").click()
    expect(page.get_by_label("Explique")).to_have_value(OWN)
    page.get_by_role("button", name="Revisar e enviar").click()
    expect(page.get_by_text("tela.png")).to_be_visible()
    page.get_by_role("button", name="Enviar chamado").click()
    expect(page.locator(".reference")).to_have_text("CT-1")
    page.get_by_role("link", name="Acompanhar o chamado").click()
    expect(page.get_by_text("Em análise pela triagem")).to_be_visible()
    assert opened.tickets()[0].answers["descricao"] == OWN.replace("\n", "\r\n")


def test_statement_9_an_invention_is_told_apart_without_colour_and_left_out(
    page: Page, opened: Portal
) -> None:
    said = "Não salva. Acontece desde 26 de outubro com 3 clientes."
    opened.assistant.answer = proposal(
        title="Produtos não salva", steps=("Abrir Produtos", "Salvar"), result=said
    )
    fill(page)
    page.get_by_role("button", name="Melhorar descrição com IA").click()
    doubtful = page.get_by_role("checkbox", name="Acontece desde")
    expect(doubtful).not_to_be_checked()
    expect(doubtful).to_have_accessible_description(re.compile("não consta no seu texto.*26.*3.*outubro"))
    expect(page.get_by_role("checkbox", name="Não salva.")).to_be_checked()
    assert (
        page.locator("ins").first.evaluate("one => getComputedStyle(one).textDecorationLine") == "underline"
    )
    assert (
        page.locator("del").first.evaluate("one => getComputedStyle(one).textDecorationLine")
        == "line-through"
    )
    page.get_by_role("button", name="Aceitar selecionados").click()
    expect(page.get_by_label("Explique")).to_have_value(re.compile("Não salva"))
    assert "26 de outubro" not in page.get_by_label("Explique").input_value()


def test_faults_keep_everything(page: Page) -> None:
    fill(page)
    page.get_by_label("E-mail de um cliente").fill("admin")
    page.get_by_label("Notificar também").fill("a@b.com.br; ruim")
    page.get_by_label("Arquivos para").set_input_files(
        [{"name": "tela.png", "mimeType": "image/png", "buffer": PNG}]
    )
    page.get_by_label("Título").press("Enter")
    expect(page).to_have_title(re.compile("^Erro: "))
    links = page.locator(".summary a")
    expect(links).to_have_count(2)
    for place in range(2):
        target = links.nth(place).get_attribute("href")
        assert target
        links.nth(place).click()
        expect(page.locator(target)).to_be_visible()
    expect(page.get_by_label("Explique")).to_have_value(OWN)
    expect(page.locator("[name=notificar]")).to_have_value("a@b.com.br; ruim")
    expect(page.locator(".file-name")).to_have_text("tela.png")
    page.get_by_role("button", name="Remover tela.png").click()
    expect(page.locator(".file-name")).to_have_count(0)
    expect(page.get_by_label("Explique")).to_have_value(OWN)


def test_a_draft_is_discarded_in_two_clicks(page: Page) -> None:
    fill(page)
    page.get_by_role("button", name="Salvar rascunho").click()
    expect(page.get_by_text("Rascunho salvo.")).to_be_visible()
    page.goto("/chamados/novo")
    page.get_by_role("link", name="Descartar").click()
    page.get_by_role("link", name="Voltar").click()
    page.get_by_role("link", name="Descartar “Não salva produtos”").click()
    page.evaluate(KEEP_A_COPY)
    page.get_by_role("button", name="Descartar").click()
    expect(page.get_by_text("Rascunho descartado.")).to_be_visible()
    expect(page.get_by_label("Título")).to_have_value("")
    assert "Guardado só neste aparelho" not in page.content()


@pytest.mark.parametrize("page", [True], indirect=True, ids=["javascript"])
def test_javascript_spares_a_look(page: Page, opened: Portal) -> None:
    with opened.services.store.begin() as db:
        remember_file_limit(db, 2**20, now=opened.now[0])
    page.reload()
    expect(page.get_by_label("Integração", exact=True)).to_be_hidden()
    page.get_by_label("Ferramenta").select_option("Central de Integrações")
    expect(page.get_by_label("Integração", exact=True)).to_be_visible()
    page.get_by_label("Arquivos para").set_input_files(
        [{"name": "grande.mp4", "mimeType": "video/mp4", "buffer": b"x" * (2**20 + 1)}]
    )
    expect(page.locator(".file.bad")).to_contain_text("“grande.mp4”: passa de 1 MB. Envie um link")
    page.get_by_role("button", name="Remover grande.mp4").click()
    page.get_by_role("button", name="Revisar e enviar").click()
    expect(page.locator(".summary")).to_be_focused()


@pytest.mark.parametrize("page", [True], indirect=True, ids=["javascript"])
def test_refused_files_are_named_once_before_the_form_goes_on_without_them(page: Page) -> None:
    fill(page)
    for name, content in (("virus.png", b"MZ"), ("setup.exe", b"MZ"), ("tela.png", PNG)):
        page.get_by_label("Arquivos para").set_input_files(
            [{"name": name, "mimeType": "image/png", "buffer": content}]
        )
    expect(page.locator(".file.bad")).to_have_count(2)
    expect(page.locator("a.file-name")).to_have_text("tela.png")
    page.get_by_role("button", name="Revisar e enviar").click()
    expect(page.locator(".hold")).to_have_text(re.compile(r"não vão no chamado: .*virus\.png.* sem eles\.$"))
    page.get_by_role("button", name="Remover setup.exe").click()
    expect(page.locator(".hold")).to_have_count(0)
    page.get_by_role("button", name="Revisar e enviar").click()
    expect(page.locator(".hold")).to_have_text(
        "Este arquivo não foi aceito e não vai no chamado: virus.png. Aperte de novo para seguir sem ele."
    )
    expect(page.get_by_role("heading", level=1)).to_have_text("Novo chamado técnico")
    page.get_by_role("button", name="Revisar e enviar").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Revise antes de enviar")
    expect(page.get_by_text("tela.png")).to_be_visible()


@pytest.mark.parametrize("page", [True], indirect=True, ids=["javascript"])
def test_a_refused_file_does_not_keep_a_draft_from_being_saved(page: Page) -> None:
    fill(page)
    page.get_by_label("Arquivos para").set_input_files(
        [{"name": "setup.exe", "mimeType": "image/png", "buffer": b"MZ"}]
    )
    expect(page.locator(".file.bad")).to_contain_text(re.compile(r"não é aceito\. Aceitamos imagens \(PNG,"))
    page.get_by_role("button", name="Salvar rascunho").click()
    expect(page.get_by_text("Rascunho salvo. Você pode continuar depois.")).to_be_visible()


@pytest.mark.parametrize("page", [False], indirect=True, ids=["no-javascript"])
def test_without_javascript_the_condition_is_said(page: Page) -> None:
    expect(page.get_by_label("Integração", exact=True)).to_be_visible()
    expect(page.get_by_text("Somente se você escolheu “Central de Integrações”.")).to_be_visible()


@pytest.mark.parametrize("page", [True], indirect=True, ids=["javascript"])
def test_nothing_sticks_out_and_targets_are_large(page: Page, opened: Portal) -> None:
    fill(page)
    page.get_by_label("Título").fill("Palavra" * 20)
    page.get_by_role("button", name="Revisar e enviar").click()
    page.get_by_role("button", name="Enviar chamado").click()
    expect(page.locator(".reference")).to_be_visible()
    opened.move(1, "Publicado")
    for path in ("/chamados", "/chamados/novo", "/chamados/CT-1", "/chamados/CT-1/recebido", "/nada"):
        page.goto(path)
        for width in (320, 390, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (path, width)
            assert page.evaluate(SMALL_TARGETS) == [], (path, width)


@pytest.mark.parametrize("page", [True], indirect=True, ids=["javascript"])
def test_statement_8_an_open_ticket_like_the_one_being_written_is_followed_in_one_click(
    page: Page, opened: Portal
) -> None:
    with opened.services.store.begin() as db:
        partner = people.by_email(db, "ana@revenda.com.br")
        assert partner
        answers = {**ALIKE, "titulo": TITLE, "descricao": WORDS}
        file_ticket(db, Submission(partner=partner, answers=answers), status="Triagem", now=opened.now[0])
    page.get_by_label("Título").press_sequentially(ALIKE["titulo"])
    page.get_by_label("Explique").press_sequentially(ALIKE["descricao"])
    page.get_by_role("button", name="Acompanhar este CT-1").click()
    expect(page.get_by_text("Você acompanha CT-1")).to_be_visible()
    expect(page.get_by_label("Explique")).to_have_value(ALIKE["descricao"])
