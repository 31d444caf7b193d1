"""The list sorted, as a spreadsheet, as a board; and what a page is told that asks by itself."""

import csv
import io
import re
from datetime import date, timedelta

import pytest

from bridge.store.tables import Ticket
from tests.portal.conftest import Browser, Portal


@pytest.fixture
def three(opened: Portal, browser: Browser) -> None:
    for title, status, due in (
        ("Zebra", "Publicado", date(2026, 12, 9)),
        ("Abelha", "Doing", None),
        ("Mosca", "Testing", date(2026, 12, 1)),
    ):
        number = browser.file_ticket(titulo=title)
        opened.wait(timedelta(minutes=1))
        opened.move(number, status)
        with opened.services.store.begin() as db:
            db.get_one(Ticket, number).due_date = due
    opened.wait(timedelta(minutes=1))
    opened.move(1, "Faltam Informações")


def order(page: str) -> list[str]:
    return re.findall(r'class="row-title" href="[^"]+">([^<]+)<', page)


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        ("recentes", ["Mosca", "Abelha", "Zebra"]),
        ("antigos", ["Zebra", "Abelha", "Mosca"]),
        ("movimento", ["Zebra", "Mosca", "Abelha"]),
        ("prazo", ["Mosca", "Zebra", "Abelha"]),
        ("'; DROP TABLE tickets", ["Mosca", "Abelha", "Zebra"]),
    ],
)
def test_order(browser: Browser, wanted: str, shown: list[str]) -> None:
    assert order(browser.get("/chamados", query_string={"ordem": wanted}).text) == shown


@pytest.mark.usefixtures("three")
def test_groups_are_counted_and_filter(opened: Portal, browser: Browser) -> None:
    opened.move(2, "Coluna nova do Jira")
    page = browser.get("/chamados").text
    counted = dict(re.findall(r'id="filtro-(\w+)".*?class="count">(\d+)<', page))
    assert counted == {
        "abertos": "3",
        "comigo": "1",
        "fila": "0",
        "andamento": "1",
        "teste": "1",
        "encerrados": "0",
        "todos": "3",
    }
    for group, titles in (("comigo", ["Zebra"]), ("andamento", ["Abelha"]), ("teste", ["Mosca"])):
        assert order(browser.get(f"/chamados?situacao={group}").text) == titles
    assert order(browser.get("/chamados?busca=aguardando+informacoes").text) == ["Zebra"]
    assert order(browser.get("/chamados?busca=CLIENTE.com.br+mosca").text) == ["Mosca"]


def test_spreadsheet_computes_nothing(browser: Browser) -> None:
    titles = ['=HYPERLINK("http://x";"y")', "+1+1", "-2", "@SUM(A1)", "Título; com “aspas” e acento"]
    for title in titles:
        browser.file_ticket(titulo=title)
    answer = browser.get("/chamados/planilha.csv?situacao=todos&ordem=antigos")
    assert answer.data.startswith(b"\xef\xbb\xbfRefer\xc3\xaancia;T\xc3\xadtulo;")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="chamados.csv"'
    heading, *rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert len(heading) == 8
    assert [row[1] for row in rows] == [*(f"'{title}" for title in titles[:4]), titles[4]]
    assert rows[0][:1] + rows[0][2:6] == [
        "CT-1",
        "Em análise pela triagem",
        "24/11/2026 10:12",
        "24/11/2026 10:12",
        "Revenda A",
    ]
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@pytest.mark.usefixtures("three")
def test_spreadsheet_is_the_list_as_it_is_filtered(browser: Browser) -> None:
    page = browser.get("/chamados?situacao=teste&busca=mosca").text
    found = re.search(r'id="planilha" href="([^"]+)"', page)
    assert found
    text = browser.get(found[1].replace("&amp;", "&")).text
    assert "Mosca" in text
    assert "Zebra" not in text


@pytest.mark.usefixtures("three")
def test_board_has_every_column_in_order(opened: Portal, browser: Browser) -> None:
    page = browser.get("/chamados/quadro").text
    columns = re.findall(r'class="column-name">([^<]+)<', page)
    assert columns == [one.plain for one in opened.services.mappings.workflow.statuses.values()]
    places = [page.index(title) for title in ("Zebra", "Abelha", "Mosca")]
    assert places == sorted(places)
    opened.move(2, "Coluna nova do Jira")
    assert "Em andamento: 1" in browser.get("/chamados/quadro").text


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize("path", ["/chamados?situacao=todos&busca=e", "/chamados/quadro", "/chamados/CT-2"])
def test_a_page_that_asks_by_itself_is_told_only_what_is_new(
    opened: Portal, browser: Browser, path: str
) -> None:
    found = re.search(r'hx-get="([^"]+)"', browser.get(path).text)
    assert found
    again = found[1].replace("&amp;", "&")
    assert browser.get(again).status_code == 204
    opened.move(2, "PR Review")
    news = browser.get(again)
    assert news.status_code == 200
    assert "Correção em revisão" in news.text
    assert "<html" not in news.text
    asks = re.search(r'hx-get="([^"]+)"', news.text)
    assert asks
    assert browser.get(asks[1].replace("&amp;", "&")).status_code == 204
