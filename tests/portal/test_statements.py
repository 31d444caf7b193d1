"""What the portal promises, seen in Chromium over a whole installation: real HTTP, SMTP, Jira's stand-in."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect
from sqlalchemy import select

from bridge.cli.waiting import until
from bridge.store import people
from bridge.store.tables import PartnerActionRow
from tests.conftest import installed
from tests.portal.conftest import PNG
from tests.portal.test_browser import chromium, fill, pytestmark  # noqa: F401  (fixtures and marks)
from tests.world import World

PATIENCE = 15_000
"""Milliseconds: a bound for a busy machine; what is usual is printed."""
INTERNAL, PUBLIC = "CANÁRIO-INTERNO-7319", "CANÁRIO-PÚBLICO-7319"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with installed(f"sqlite:///{tmp_path / 'chamados.db'}", tmp_path, {}) as made:
        yield made


@pytest.fixture
def page(chromium: Chromium, world: World) -> Iterator[Page]:  # noqa: F811
    """The partner's browser, signed in, the notice read."""
    services = world.services
    with services.store.begin() as db:
        partner = people.by_email(db, "parceiro@revenda.example")
        assert partner
        people.read_notice(db, partner.id, version=services.mappings.form.notice_version)
        token = people.open_session(db, partner.id, now=services.clock())
    base = services.config.public_url
    context = chromium.new_context(base_url=base, locale="pt-BR")
    context.add_cookies([{"name": "sessao", "value": token, "url": base}])
    yield context.new_page()
    context.close()


def fault(world: World, do: str, *, times: int) -> None:
    body = {"match": "* /jira/*", "do": do, "times": times, "retry_after": 1}
    requests.post(f"{world.sandbox.url}/_sandbox/faults", json=body, timeout=10).raise_for_status()


@pytest.mark.parametrize("jira", ["up", "down"])
def test_1_sent_form_is_confirmed_and_makes_one_issue(page: Page, world: World, jira: str) -> None:
    if jira == "down":
        fault(world, "503", times=2)  # one each second
    page.goto("/chamados/novo")
    fill(page)
    page.get_by_role("button", name="Revisar e enviar").click()
    confirm = page.get_by_label("Conferi o e-mail")
    if confirm.count():
        confirm.check()
    page.get_by_role("button", name="Enviar chamado").click()
    expect(page.locator(".reference")).to_have_text("CT-1", timeout=PATIENCE)
    expect(page.get_by_role("heading", name="O que acontece agora")).to_be_visible()
    took = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
    print(f"confirmed {took:.0f} ms after the press, Jira {jira}")
    page.get_by_role("link", name="Acompanhar o chamado").click()
    expect(page).to_have_url(re.compile("/chamados/CT-1$"))
    assert until(lambda: world.ticket(1).jira_key, seconds=60), world.ticket(1).outcome
    world.settle()
    assert len(world.issues()) == 1
    assert len(world.wait_mail("recebido")) == 1


def lead(world: World, key: str, *statuses: str) -> None:
    for status in statuses:
        world.drag(key, status)
    world.settle()


def published(world: World) -> str:
    """A ticket that people have led to staging: its key."""
    key = world.filed()
    lead(world, key, "Backlog", "To Do", "Doing", "PR Review", "PR Aprovado", "Publicado em Homologação")
    return key


def test_15_still_failing_goes_back_with_reason_actor_and_files(page: Page, world: World) -> None:
    key = published(world)
    page.goto("/chamados/CT-1")
    page.get_by_role("link", name="Ainda ocorre").click()
    press = page.get_by_role("button", name="Avisar que ainda ocorre")
    page.get_by_label("Conte o que fez").fill("não foi")
    press.click()
    expect(page.locator(".summary")).to_be_focused()
    expect(page).to_have_title(re.compile("^Erro: "))
    expect(page.get_by_label("Conte o que fez")).to_have_value("não foi")
    assert world.issue(key)["status"] == "Publicado em Homologação"
    page.get_by_label("Conte o que fez").fill("A planilha com 600 linhas ainda perde as últimas cem.")
    page.get_by_label("Prints, vídeos").set_input_files(
        [{"name": "prova.png", "mimeType": "image/png", "buffer": PNG}]
    )
    press.click()
    expect(page.get_by_text("Recebemos seu aviso")).to_be_visible()
    world.wait_status(key, "Error Fix")
    world.settle()
    issue = world.issue(key)
    (comment,) = [one for one in issue["comments"] if "perde as últimas cem" in str(one["body"])]
    assert "Revenda Modelo" in str(comment["body"])
    assert "visibility" not in comment
    assert [one["filename"].startswith("prova-") for one in issue["attachments"]] == [True]
    lead(world, key, "PR Review", "PR Aprovado", "Publicado em Homologação")
    page.goto("/chamados/CT-1/ainda-ocorre")
    expect(page.get_by_role("heading", name="Avisos anteriores")).to_be_visible()
    expect(page.get_by_text("perde as últimas cem")).to_be_visible()
    page.get_by_label("Conte o que fez").fill("Agora perde a última linha.")
    press.click()
    expect(page.locator(".summary")).to_contain_text("Anexe um print ou vídeo do que ainda ocorre")
    page.get_by_label("Prints, vídeos").set_input_files(
        [{"name": "prova2.png", "mimeType": "image/png", "buffer": PNG}]
    )
    press.click()
    expect(page.get_by_text("Você avisou que ainda ocorre (2ª vez)")).to_be_visible()
    expect(page.get_by_text("O parceiro avisou que o problema ainda ocorre.").first).to_be_visible()
    world.wait_status(key, "Error Fix")
    with world.services.store.read() as db:
        rows = db.scalars(select(PartnerActionRow).order_by(PartnerActionRow.id)).all()
    assert [row.author for row in rows] == ["Revenda Modelo", "Revenda Modelo"]


def test_17_internal_words_stay_inside_and_public_ones_come_by_themselves(page: Page, world: World) -> None:
    key = world.filed()
    token = _token(world)
    page.goto("/chamados/CT-1")
    page.evaluate(
        "window.shifts = 0; new PerformanceObserver((list) => list.getEntries().forEach("
        "(one) => { if (!one.hadRecentInput) window.shifts += one.value; }))"
        ".observe({type: 'layout-shift', buffered: false});"
    )
    world.say(key, INTERNAL)
    world.say(key, f"/parceiro {PUBLIC}")
    # No reload: the page asks by itself.
    expect(page.get_by_text(PUBLIC)).to_be_visible(timeout=PATIENCE)
    assert page.evaluate("window.shifts") < 0.1
    assert page.evaluate("performance.getEntriesByType('navigation').length") == 1
    world.settle()
    assert len([one for one in world.mails() if PUBLIC in str(one)]) == 2  # one to each recipient
    bearing = {"Authorization": f"Bearer {token}"}
    base = world.services.config.public_url
    for path in ("/chamados/CT-1", "/chamados", "/chamados/quadro", "/chamados/planilha.csv"):
        page.goto("/chamados")
        shown = page.request.get(path).text()
        assert INTERNAL not in shown, path
    for path in ("/api/chamados/CT-1", "/api/chamados"):
        assert INTERNAL not in requests.get(f"{base}{path}", headers=bearing, timeout=10).text, path
    assert INTERNAL not in str(world.mails())
    assert INTERNAL in str(world.issue(key)["comments"])


def _token(world: World) -> str:
    with world.services.store.begin() as db:
        partner = people.by_email(db, "parceiro@revenda.example")
        assert partner
        return people.issue_token(db, partner)


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no-javascript"])
def test_14_mail_button_and_confirmation_are_two_clicks_without_a_session(
    chromium: Chromium,  # noqa: F811
    world: World,
    javascript: bool,
) -> None:
    key = world.filed()
    lead(world, key, "Backlog", "To Do", "Doing", "PR Review", "PR Aprovado", "Publicado em Homologação")
    lead(world, key, "Testing", "Test Finished", "Publicado")
    links = _links(world, "publicado") + _links(world, "homologacao")
    for link in links:
        for scan in (requests.get, requests.head):
            scan(link, timeout=10)
    assert _said(world) == []
    confirmed = next(link for link in links if ".confirmed." in link)
    context = chromium.new_context(locale="pt-BR", java_script_enabled=javascript)
    page = context.new_page()
    page.goto(confirmed)
    page.get_by_role("button", name="Sim, funcionou").click()
    world.wait_status(key, "Encerrado")
    assert _said(world) == ["confirmed"]
    page.goto(confirmed)
    expect(page.get_by_role("button", name="Sim, funcionou")).to_have_count(0)
    context.close()


def _links(world: World, kind: str) -> list[str]:
    """What a scanner finds in the opener's e-mail: every address of ours."""
    opener = next(one for one in world.wait_mail(kind, 2) if "parceiro@revenda" in str(one["rcpt_tos"]))
    return sorted(set(re.findall(rf"{world.services.config.public_url}/\S+", opener["text"])))


def _said(world: World) -> list[str]:
    with world.services.store.read() as db:
        return list(db.scalars(select(PartnerActionRow.verb).order_by(PartnerActionRow.id)))
