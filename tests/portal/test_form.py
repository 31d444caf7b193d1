"""The form: nothing typed or sent is lost, every fault is named, one ticket is made."""

import io
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from bridge.clients.licences import Licences, LicenceState
from bridge.store.tables import Recipient, Ring, Upload
from tests.portal.conftest import ANSWERS, PNG, Browser, Portal, textarea


def file(content: bytes, name: str) -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), name


def picture(kind: str) -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(drawn, kind)
    return drawn.getvalue()


def uploads(opened: Portal) -> list[Upload]:
    with opened.services.store.read() as db:
        return list(db.scalars(select(Upload).order_by(Upload.id)))


def stored(opened: Portal) -> set[str]:
    folder: Path = opened.services.config.files
    names = {path.name for path in folder.iterdir()} if folder.exists() else set()
    return {name for name in names if not name.endswith(".mini")}


# --- the notice -----------------------------------------------------------------------------------------


def test_notice_is_read_once(opened: Portal) -> None:
    browser = opened.signed_in(notice=False)
    first = browser.get("/chamados/novo").text
    assert "Entendi" in first
    assert "<fieldset" not in first
    browser.post("/chamados/novo/aviso", {})
    assert "<fieldset" in browser.get("/chamados/novo", follow_redirects=True).text


# --- keeping what was typed -----------------------------------------------------------------------------

NASTY = {
    "titulo": '  <b>"aspas"</b> & ção ',
    "email_cliente": "não é e-mail",
    "ferramenta": "Central de Integrações",
    "integracao": "Shopee",
    "notificar": "a@b.com.br; ruim,\r\n também ruim",
    "fluxo": " Cadastros ;; Produtos",
    "descricao": "\r\n\r\n  começa longe\r\n</textarea><script>x</script>\t\r\nfim  ",
    "links": "ftp://x\r\nhttps://ok.example/a",
}


def test_errors_keep_everything_typed_and_sent(browser: Browser, opened: Portal) -> None:
    address = browser.new_draft()
    page = browser.fill(
        address, **NASTY, arquivos=[file(PNG, "tela.png"), file(b"MZ\x90\0" * 9, "virus.png")]
    )
    assert page.status_code == 422
    for text in (page.text, browser.get(address).text):
        for name in ("notificar", "fluxo", "descricao", "links"):
            assert textarea(text, name) == NASTY[name]
        assert 'value="  &lt;b&gt;&#34;aspas&#34;&lt;/b&gt; &amp; ção "' in text
        assert 'value="não é e-mail"' in text
        assert re.search(r'<option value="Central de Integrações" selected>', text)
        assert re.search(r'<option value="Shopee" selected>', text)
        assert "tela.png" in text
        assert "<script>x" not in text


def test_error_summary_leads_to_each_field(browser: Browser) -> None:
    page = browser.fill(browser.new_draft(), **NASTY, arquivos=file(b"MZ\x90\0" * 9, "virus.png")).text
    assert "<title>Erro: Novo chamado" in page
    assert 'role="alert"' in page
    summary = page[page.index('class="summary"') : page.index("<h1>")]
    links = re.findall(r'<a href="#([\w-]+)">([^<]+)</a>', summary)
    named = [name for name, _ in links]
    assert named == [
        "campo-email_cliente",
        "campo-notificar",
        "campo-notificar",
        "campo-arquivos",
        "campo-links",
    ]
    places = [page.index(f'id="{name}"') for name in named]
    assert places == sorted(places)
    for _, sentence in links:
        assert page.count(sentence) == 2  # in the summary and beside the field, in the same words
    assert "“ruim” não é" in summary
    assert "“também ruim” não é" in summary
    assert "virus.png" in summary


def test_empty_form_names_what_is_required(browser: Browser) -> None:
    page = browser.post(browser.new_draft(), {"acao": "revisar"}).text
    for label in ("Título", "E-mail de um cliente com o problema", "Ferramenta"):
        assert f"“{label}”" in page
    assert "“Integração”" not in page
    asked = browser.fill(browser.new_draft(), ferramenta="Central de Integrações").text
    assert "“Integração”" in asked


def test_draft_is_found_again(browser: Browser) -> None:
    address = browser.new_draft()
    browser.fill(address, "salvar", titulo="Pela metade")
    assert "Pela metade" in browser.get("/chamados/novo").text
    assert 'value="Pela metade"' in browser.get(address).text
    browser.post(f"{address}/descartar", {})
    assert browser.get(address).status_code == 404


def test_a_draft_is_discarded_only_after_a_question(browser: Browser, opened: Portal) -> None:
    kept, address = browser.new_draft(), browser.new_draft()
    browser.fill(kept, "salvar", titulo="O outro")
    browser.fill(address, "salvar", titulo="Pela <metade>", arquivos=(io.BytesIO(PNG), "tela.png"))
    listed = browser.get("/chamados/novo").text
    assert f'href="{address}/descartar"' in listed
    assert f'action="{address}/descartar"' not in listed
    question = browser.get(f"{address}/descartar").text
    assert "<h1>Descartar “Pela &lt;metade&gt;”?</h1>" in question
    assert "serão apagados e não podem ser recuperados" in question
    assert opened.draft(address)
    after = browser.post(f"{address}/descartar", {}, follow_redirects=True).text
    assert "Rascunho descartado." in after
    assert "O outro" in after
    assert list(opened.services.config.files.iterdir()) == []
    last = browser.post(f"{kept}/descartar", {}, follow_redirects=True).text
    assert "Rascunho descartado." in last
    assert "<h1>Novo chamado técnico</h1>" in last


def test_what_became_a_ticket_is_not_asked_about(browser: Browser) -> None:
    address = browser.new_draft()
    browser.fill(address)
    browser.post(f"{address}/enviar", {"confirmo_licenca": "1"})
    assert browser.get(f"{address}/descartar").location == "/chamados/CT-1/recebido"


def test_drafts_never_mix(browser: Browser) -> None:
    first, second = browser.new_draft(), browser.new_draft()
    browser.fill(first, "salvar", titulo="Primeiro")
    browser.fill(second, "salvar", titulo="Segundo")
    assert 'value="Primeiro"' in browser.get(first).text
    assert 'value="Segundo"' in browser.get(second).text


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("titulo", "com sino \x07", "caracteres de controle"),
        ("titulo", "invertido \u202e", "caracteres de controle"),
        ("titulo", "x" * 201, "o máximo é 200"),
        ("descricao", "x" * 20_001, "o máximo é 20000"),
        ("ferramenta", "Excel", "não é uma das opções"),
        ("links", "javascript:alert(1)", "não é um link"),
        ("fluxo", " ; ;", "Preencha"),
        ("descricao", " \r\n ", "Preencha"),
    ],
)
def test_faults_are_named(browser: Browser, name: str, value: str, said: str) -> None:
    page = browser.fill(browser.new_draft(), **{name: value})
    assert page.status_code == 422
    assert said in page.text


# --- files ----------------------------------------------------------------------------------------------


def test_refused_file_is_named_and_the_others_stay(browser: Browser, opened: Portal) -> None:
    address = browser.new_draft()
    files = [file(PNG, "tela.png"), file(b"MZ\x90\0" * 99, "programa.png"), file(b"oi\n", "nota.txt")]
    page = browser.fill(address, arquivos=files)
    assert page.status_code == 422
    assert "“programa.png”: o conteúdo não é de um arquivo .png" in page.text
    assert [one.filename for one in uploads(opened)] == ["tela.png", "nota.txt"]
    assert stored(opened) == {one.stored_as for one in uploads(opened)}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("grande.txt", b"x" * (10 * 1024 * 1024 + 1), "passa de 10 MB"),
        ("vazio.txt", b"", "está vazio"),
        ("pagina.html", b"<script>", "não é aceito"),
        ("desenho.svg", b"<svg/>", "não é aceito"),
        ("planilha.xlsx", b"PK\x03\x04nada", "o conteúdo não é"),
        ("texto.txt", b"a\0b", "o conteúdo não é"),
        ("sem-nada", b"oi", "não é aceito"),
    ],
)
def test_files_are_refused_with_a_reason(
    browser: Browser, opened: Portal, name: str, content: bytes, said: str
) -> None:
    page = browser.fill(browser.new_draft(), arquivos=file(content, name)).text
    assert said in page
    assert name in page
    assert stored(opened) == set()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jpg", picture("JPEG")),
        ("a.gif", picture("GIF")),
        ("a.webp", picture("WEBP")),
        ("a.pdf", b"%PDF-1.7\n" + b"x" * 64),
        ("a.mp4", b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + b"\0" * 64),
        ("a.mov", b"\0\0\0\x14ftypqt  \0\0\0\0qt  " + b"\0" * 64),
        ("a.webm", b"\x1a\x45\xdf\xa3" + b"\0" * 64),
        ("a.json", b'{"a": 1}'),
        ("a.log", "ação\n".encode("utf-16")),
        ("A.CSV", "ç;1\n".encode("latin-1")),
    ],
)
def test_usual_files_are_taken(browser: Browser, opened: Portal, name: str, content: bytes) -> None:
    assert browser.fill(browser.new_draft(), arquivos=file(content, name)).status_code == 303
    assert [one.filename for one in uploads(opened)] == [name]


def test_names_are_cleaned_and_never_used_on_disk(browser: Browser, opened: Portal) -> None:
    browser.fill(browser.new_draft(), arquivos=file(PNG, "..\\..\\etc/foto\u202egnp.png"))
    (one,) = uploads(opened)
    assert one.filename == "fotognp.png"
    assert re.fullmatch(r"[0-9a-f]{32}", one.stored_as)


def test_files_are_removed_without_javascript(browser: Browser, opened: Portal) -> None:
    address = browser.new_draft()
    browser.fill(address, "salvar", arquivos=[file(PNG, "um.png"), file(PNG, "dois.png")])
    page = browser.get(address).text
    button = re.search(r'value="(remover-\d+)"', page)
    assert button
    browser.fill(address, button[1], titulo="Mudado")
    assert [one.filename for one in uploads(opened)] == ["dois.png"]
    assert stored(opened) == {uploads(opened)[0].stored_as}
    assert 'value="Mudado"' in browser.get(address).text


def test_how_many_files_is_not_read_as_megabytes(browser: Browser) -> None:
    page = browser.get("/chamados/novo?vazio=1", follow_redirects=True).text
    assert re.search(r">Aceitamos imagens \(PNG[^<]* e ZIP: até 20 arquivos, de até 10 MB cada um\.<", page)


def test_twenty_files_at_most(browser: Browser, opened: Portal) -> None:
    address = browser.new_draft()
    browser.fill(address, "salvar", arquivos=[file(PNG, f"{n}.png") for n in range(18)])
    page = browser.fill(address, arquivos=[file(PNG, f"mais{n}.png") for n in range(4)])
    assert "“mais2.png”: são no máximo 20 arquivos" in page.text
    assert len(uploads(opened)) == 20


# --- review and sending ---------------------------------------------------------------------------------


def test_review_shows_what_will_be_sent(browser: Browser) -> None:
    address = browser.new_draft()
    browser.fill(address, arquivos=file(PNG, "tela.png"), links="https://video.example/1")
    page = browser.get(f"{address}/revisar").text
    for text in (
        ANSWERS["titulo"],
        "Importar",
        "suporte@revenda.com.br",
        "tela.png",
        "https://video.example/1",
    ):
        assert text in page
    assert "Não foi possível verificar" in page


def test_ticket_is_filed_rung_and_shown(browser: Browser, opened: Portal) -> None:
    number = browser.file_ticket(arquivos=file(PNG, "tela.png"), integracao="Shopee")
    (ticket,) = opened.tickets()
    assert ticket.answers["descricao"] == ANSWERS["descricao"]
    assert ticket.answers["fluxo"] == ["Cadastros", "Produtos", "Importar"]
    assert "integracao" not in ticket.answers  # not asked for with this tool
    assert ticket.status == opened.services.mappings.workflow.initial.name
    assert opened.woken == [number]
    assert [one.ticket_id for one in uploads(opened)] == [number]
    with opened.services.store.read() as db:
        assert [ring.kind for ring in db.scalars(select(Ring))] == ["filed"]
        assert {one.email for one in db.scalars(select(Recipient))} == {
            "ana@revenda.com.br",
            "suporte@revenda.com.br",
        }
    page = browser.get(f"/chamados/CT-{number}/recebido").text
    assert f"CT-{number}" in page
    assert "O que acontece agora" in page


def test_sending_twice_makes_one_ticket(browser: Browser, opened: Portal) -> None:
    address = browser.new_draft()
    browser.fill(address)
    first = browser.post(f"{address}/enviar", {})
    second = browser.post(f"{address}/enviar", {})
    assert first.location == second.location
    assert len(opened.tickets()) == 1
    assert browser.get(address).location == first.location
    assert browser.fill(address, titulo="Outro título").location == first.location
    assert opened.tickets()[0].title == ANSWERS["titulo"]


def interrupt(opened: Portal, deed: Callable[[], object]) -> None:
    """Let `deed` happen while the next request is between its look at the draft and its write."""

    class Interrupted(Licences):
        def check(self, email: str) -> LicenceState:
            object.__setattr__(opened.services, "licences", Licences(""))
            deed()
            return super().check(email)

    object.__setattr__(opened.services, "licences", Interrupted(""))


def test_two_sendings_at_once_make_one_ticket(browser: Browser, opened: Portal) -> None:
    address = browser.new_draft()
    browser.fill(address)
    answers: list[str | None] = []
    interrupt(opened, lambda: answers.append(browser.post(f"{address}/enviar", {}).location))
    answers.append(browser.post(f"{address}/enviar", {}).location)
    assert answers == ["/chamados/CT-1/recebido"] * 2
    assert len(opened.tickets()) == 1


def test_draft_changed_meanwhile_is_not_sent_unseen(browser: Browser, opened: Portal) -> None:
    address = browser.new_draft()
    browser.fill(address)
    interrupt(opened, lambda: browser.fill(address, "salvar", titulo="Em outra janela"))
    answer = browser.post(f"{address}/enviar", {})
    assert "mudou em outra janela" in browser.get(answer.location or "").text
    assert opened.tickets() == []


def test_what_is_sent_has_been_checked(browser: Browser, opened: Portal) -> None:
    address = browser.new_draft()
    browser.fill(address, titulo="")
    assert browser.post(f"{address}/enviar", {}).location == f"{address}?conferir=1"
    assert "“Título”" in browser.get(f"{address}?conferir=1").text
    assert opened.tickets() == []


# --- licences -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["email\nadmin@cliente.com.br\n", '\ufeff"Nome";"Email"\n"X; Y";"ADMIN@Cliente.com.br"\n']
)
def test_known_licence_is_said(opened: Portal, tmp_path: Path, text: str) -> None:
    (tmp_path / "l.csv").write_text(text, encoding="utf-8")
    object.__setattr__(opened.services, "licences", Licences(str(tmp_path / "l.csv")))
    browser = opened.signed_in()
    address = browser.new_draft()
    browser.fill(address)
    assert "Licença válida" in browser.get(f"{address}/revisar").text
    assert browser.post(f"{address}/enviar", {}).status_code == 303


def test_unknown_licence_wants_a_confirmation(opened: Portal, tmp_path: Path) -> None:
    listed = tmp_path / "l.csv"
    listed.write_text("email\noutro@cliente.com.br\n")
    object.__setattr__(opened.services, "licences", Licences(str(listed)))
    browser = opened.signed_in()
    address = browser.new_draft()
    browser.fill(address)
    assert "Não encontrada" in browser.get(f"{address}/revisar").text
    refused = browser.post(f"{address}/enviar", {})
    assert refused.status_code == 422
    assert "Confirme que o e-mail" in refused.text
    assert opened.tickets() == []
    assert browser.post(f"{address}/enviar", {"confirmo_licenca": "1"}).status_code == 303


def test_list_is_read_again_when_it_changes(tmp_path: Path) -> None:
    listed = tmp_path / "l.csv"
    licences = Licences(str(listed))
    assert licences.check("a@b.c").value == "unchecked"
    listed.write_text("email\nx@y.z\n")
    assert licences.check("a@b.c").value == "unknown"
    listed.write_text("email\nx@y.z\na@b.c\n")
    assert licences.check("a@b.c").value == "valid"
    listed.write_text("nome\nx\n")
    assert licences.check("a@b.c").value == "unchecked"


def test_idle_session_keeps_the_draft(browser: Browser, opened: Portal) -> None:
    address = browser.new_draft()
    browser.fill(address, "salvar", titulo="Antes do almoço")
    opened.wait(timedelta(hours=13))
    assert browser.get(address).status_code == 303
    again = opened.signed_in()
    assert 'value="Antes do almoço"' in again.get(address).text


def test_who_is_sent_to_sign_in_reads_that_what_they_wrote_is_kept(browser: Browser, opened: Portal) -> None:
    kept = "Sua sessão terminou. O que você escreveu está guardado"
    address = browser.new_draft()
    opened.wait(timedelta(hours=13))
    sent = browser.fill(address, titulo="Depois do almoço")
    assert kept in browser.get(sent.location or "").text
    assert kept not in browser.get("/entrar?next=/chamados").text
    stranger = Browser(opened)
    lost = stranger.fill(address, titulo="De ninguém")
    assert kept not in stranger.get(lost.location or "").text
