"""E-mails' links: what their readers do and choose without a session, and only by pressing a button."""

import io
import re
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from sqlalchemy import select

from bridge.portal import recipient_views
from bridge.reconcile import letters
from bridge.reconcile.letters import Happening, send_to_all
from bridge.store import followers
from bridge.store.tables import Mail, PartnerActionRow, Ticket
from tests.portal.conftest import PNG, Browser, Portal

OPENER, COLLEAGUE, STRANGER = "ana@revenda.com.br", "suporte@revenda.com.br", "caio@gmail.com"
STAGING = {"staging_url": "https://hml.example", "version": "v7"}


@pytest.fixture
def number(browser: Browser) -> int:
    return browser.file_ticket(notificar=f"{COLLEAGUE}; {STRANGER}")


def tell(
    opened: Portal, number: int, kind: str, status: str, *, cause: str = "changelog:1", by: str = ""
) -> str:
    """The ticket moves, and its e-mails are queued."""
    opened.move(number, status)
    with opened.services.store.begin() as db:
        ticket = db.get_one(Ticket, number)
        what = Happening(kind=kind, cause=cause, context=STAGING, status=status, caused_by=by)
        return send_to_all(db, opened.services, ticket, what)


def mail_to(opened: Portal, email: str, kind: str) -> str:
    """The text of the last e-mail of that kind to this person; empty where there is none."""
    with opened.services.store.read() as db:
        wanted = select(Mail).where(Mail.recipient == email, Mail.kind == kind).order_by(Mail.id.desc())
        found = db.scalars(wanted).first()
    if found is None:
        return ""
    part = message_from_bytes(found.raw, policy=policy.default).get_body(("plain",))
    assert part
    return str(part.get_content())


def links(text: str, folder: str = "") -> list[str]:
    return re.findall(rf"http://localhost(/{folder}\S+)", text)


def said(opened: Portal) -> list[tuple[int, str, str]]:
    with opened.services.store.read() as db:
        rows = db.scalars(select(PartnerActionRow).order_by(PartnerActionRow.id))
        return [(row.ticket_id, row.verb, row.text) for row in rows]


def recipients(opened: Portal, kind: str) -> set[str]:
    return {one.recipient for one in opened.mails() if one.kind == kind}


def test_14_a_scanner_changes_nothing_and_a_human_validates_in_two_clicks_once(
    opened: Portal, number: int
) -> None:
    tell(opened, number, "homologacao", "Publicado em Homologação")
    tell(opened, number, "publicado", "Publicado", cause="changelog:2")
    before = opened.contents()
    scanner = opened.client()
    for kind in ("homologacao", "publicado"):
        for path in links(mail_to(opened, OPENER, kind)):
            for _ in range(2):
                scanner.get(path)
                scanner.head(path)
    assert opened.contents() == before
    [confirmed, _] = links(mail_to(opened, OPENER, "publicado"), "agir/")
    human = opened.client()  # no session, no cookie
    page = human.get(confirmed)
    assert (page.status_code, "Sim, funcionou" in page.text) == (200, True)
    assert human.post(confirmed, data={}).status_code == 200
    assert said(opened) == [(number, "confirmed", "")]
    assert human.post(confirmed, data={}).status_code == 410
    assert human.get(confirmed).status_code == 410
    assert len(said(opened)) == 1


def test_14_a_link_expires_and_is_of_its_own_ticket_and_deed(
    opened: Portal, browser: Browser, number: int
) -> None:
    other = browser.file_ticket()
    tell(opened, number, "publicado", "Publicado")
    tell(opened, other, "publicado", "Publicado", cause="changelog:9")
    [confirmed, failing] = links(mail_to(opened, OPENER, "publicado"), "agir/")
    assert f"/agir/{other}.confirmed." in confirmed
    for forged in (
        confirmed.replace(f"/{other}.", f"/{number}."),
        confirmed.replace("confirmed", "answered"),
        failing.replace("still_failing", "confirmed"),
        confirmed[:-1] + ("a" if confirmed[-1] != "a" else "b"),
    ):
        assert opened.client().post(forged, data={"texto": "x" * 20}).status_code == 410
    opened.wait(letters.DEED_LIFE + timedelta(seconds=1))
    assert opened.client().post(confirmed, data={}).status_code == 410
    assert said(opened) == []


def test_what_still_happens_and_an_answer_need_words(opened: Portal, number: int) -> None:
    tell(opened, number, "homologacao", "Publicado em Homologação")
    [failing] = links(mail_to(opened, OPENER, "homologacao"), "agir/")
    client = opened.client()
    assert client.post(failing, data={"texto": "curto"}).status_code == 422
    assert client.post(failing, data={"texto": "A tela fecha sozinha ao salvar"}).status_code == 422
    shown = {"texto": "A tela fecha sozinha ao salvar", "arquivos": (io.BytesIO(PNG), "prova.png")}
    assert client.post(failing, data=shown).status_code == 200
    opened.move(number, "Faltam Informações")
    tell(opened, number, "faltam_informacoes", "Faltam Informações", cause="changelog:2")
    [answered] = links(mail_to(opened, OPENER, "faltam_informacoes"), "agir/")
    assert client.post(answered, data={"texto": ""}).status_code == 422
    assert client.post(answered, data={"texto": "A do modelo"}).status_code == 200
    assert [verb for _, verb, _ in said(opened)] == ["still_failing", "answered"]


def test_a_link_whose_moment_has_passed_does_nothing(opened: Portal, number: int) -> None:
    tell(opened, number, "publicado", "Publicado")
    [confirmed, _] = links(mail_to(opened, OPENER, "publicado"), "agir/")
    opened.move(number, "Encerrado")
    assert opened.client().get(confirmed).status_code == 409
    assert opened.client().post(confirmed, data={}).status_code == 409
    assert said(opened) == []


def test_nobody_but_the_opener_gets_deeds_or_a_way_in(opened: Portal, number: int) -> None:
    tell(opened, number, "publicado", "Publicado")
    text = mail_to(opened, COLLEAGUE, "publicado")
    assert links(text, "agir/") == []
    assert links(text, "chamados/") == []


def one_click(opened: Portal, text: str) -> int:
    [path] = set(links(text, "avisos/"))
    return opened.client().post(path, data={"List-Unsubscribe": "One-Click"}).status_code


def test_16_one_click_stops_that_ticket_for_that_address(
    opened: Portal, browser: Browser, number: int
) -> None:
    other = browser.file_ticket(notificar=COLLEAGUE)
    tell(opened, number, "aprovado", "Backlog")
    assert one_click(opened, mail_to(opened, COLLEAGUE, "aprovado")) == 200
    assert one_click(opened, mail_to(opened, OPENER, "aprovado")) == 200
    tell(opened, number, "testing", "Testing", cause="changelog:2")
    assert recipients(opened, "testing") == set()
    tell(opened, other, "aprovado", "Backlog", cause="changelog:3")
    assert len([one for one in opened.mails() if one.kind == "aprovado" and one.ticket_id == other]) == 2


@pytest.mark.parametrize(
    ("kind", "status"), [("faltam_informacoes", "Faltam Informações"), ("publicado", "Publicado")]
)
def test_16_what_needs_action_still_reaches_the_opener_and_says_why(
    opened: Portal, number: int, kind: str, status: str
) -> None:
    tell(opened, number, "aprovado", "Backlog")
    one_click(opened, mail_to(opened, OPENER, "aprovado"))
    one_click(opened, mail_to(opened, COLLEAGUE, "aprovado"))
    tell(opened, number, kind, status, cause="changelog:2")
    assert recipients(opened, kind) == {OPENER}
    assert "Você silenciou este chamado" in mail_to(opened, OPENER, kind)


def test_looking_at_the_choices_changes_nothing(opened: Portal, number: int) -> None:
    tell(opened, number, "aprovado", "Backlog")
    [path] = set(links(mail_to(opened, COLLEAGUE, "aprovado"), "avisos/"))
    before = opened.contents()
    page = opened.client().get(path)
    assert "Parar de receber" in page.text
    assert opened.contents() == before
    assert opened.client().get(path[:-1] + ("a" if path[-1] != "a" else "b")).status_code == 404


def test_a_link_that_is_not_whole_is_not_taken_for_a_removal(
    opened: Portal, browser: Browser, number: int
) -> None:
    tell(opened, number, "aprovado", "Backlog")
    [path] = set(links(mail_to(opened, COLLEAGUE, "aprovado"), "avisos/"))
    client = opened.client()
    for mangled in (path[:-1], f"/avisos/{number}", path[:-1] + ("a" if path[-1] != "a" else "b")):
        for page in (client.get(mangled), client.post(mangled, data={"acao": "parar"})):
            assert page.status_code == 404
            assert "Abra-o de novo pelo e-mail" in page.text
            assert "Nada mais é enviado" not in page.text
    browser.post(f"/chamados/CT-{number}/avisados/tirar", {"email": COLLEAGUE})
    assert "Nada mais é enviado" in client.get(path).text
    assert "Abra-o de novo" in client.get(path[:-1]).text


def test_whoever_stopped_may_go_on(opened: Portal, number: int) -> None:
    tell(opened, number, "aprovado", "Backlog")
    [path] = set(links(mail_to(opened, COLLEAGUE, "aprovado"), "avisos/"))
    client = opened.client()
    client.post(path, data={"acao": "parar"})
    assert "Voltar a receber" in client.get(path).text
    client.post(path, data={"acao": "voltar"})
    tell(opened, number, "testing", "Testing", cause="changelog:2")
    assert COLLEAGUE in recipients(opened, "testing")


# --- strangers: an address that has not proved that it wants e-mails


def test_a_stranger_gets_one_fixed_mail_until_they_ask_for_more(opened: Portal, number: int) -> None:
    tell(opened, number, "recebido", "Triagem", cause="filed")
    tell(opened, number, "aprovado", "Backlog")
    tell(opened, number, "publicado", "Publicado", cause="changelog:2")
    [first] = [one for one in opened.mails() if one.recipient == STRANGER]
    assert first.kind == "acompanhar"
    text = mail_to(opened, STRANGER, "acompanhar")
    with opened.services.store.read() as db:
        ticket = db.get_one(Ticket, number)
    raw = message_from_bytes(first.raw, policy=policy.default)
    assert ticket.title not in f"{raw['Subject']} {text}"
    assert f"{OPENER} pediu" in text
    [path] = set(links(text, "avisos/"))
    opened.client().post(path, data={"acao": "querer"})
    tell(opened, number, "encerrado", "Encerrado", cause="changelog:3")
    assert recipients(opened, "encerrado") == {OPENER, COLLEAGUE, STRANGER}


def test_the_form_says_that_a_stranger_is_asked_first(browser: Browser) -> None:
    page = browser.get("/chamados/novo?vazio=1", follow_redirects=True).text
    assert "recebe primeiro um convite e só é avisado se aceitar" in page


def test_the_receipt_tells_who_is_told_from_who_must_accept(opened: Portal, browser: Browser) -> None:
    def receipt(*emails: str) -> str:
        number = browser.file_ticket(notificar="; ".join(emails))
        return browser.get(f"/chamados/CT-{number}/recebido").text

    page = receipt(COLLEAGUE, STRANGER)
    assert f"Recebem: {OPENER}, {COLLEAGUE}." in page
    assert f"Convidados, falta aceitar: {STRANGER}." in page
    assert "Convidados" not in receipt(COLLEAGUE)
    with opened.services.store.begin() as db:
        followers.answer(db, STRANGER, wants=False, now=opened.now[0])
    alone = receipt(STRANGER)
    assert f"Recebe: {OPENER}." in alone
    assert STRANGER not in alone
    with opened.services.store.begin() as db:
        followers.answer(db, STRANGER, wants=True, now=opened.now[0])
    assert f"Recebem: {OPENER}, {STRANGER}." in receipt(STRANGER)


def test_a_stranger_who_refuses_is_never_asked_again(opened: Portal, browser: Browser, number: int) -> None:
    tell(opened, number, "recebido", "Triagem", cause="filed")
    [path] = set(links(mail_to(opened, STRANGER, "acompanhar"), "avisos/"))
    opened.client().post(path, data={"acao": "recusar"})
    other = browser.file_ticket(notificar=STRANGER)
    tell(opened, other, "recebido", "Triagem", cause="filed")
    assert len([one for one in opened.mails() if one.recipient == STRANGER]) == 1


def test_first_mails_are_limited_by_address_partner_and_in_all(
    opened: Portal, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def strangers(*emails: str, by: Browser = browser) -> int:
        number = by.file_ticket(notificar="; ".join(emails))
        tell(opened, number, "recebido", "Triagem", cause="filed")
        return len([one for one in opened.mails() if one.kind == "acompanhar"])

    assert [strangers("a@gmail.com") for _ in range(5)] == [1, 2, 3, 3, 3]
    monkeypatch.setattr(letters, "FIRST_MAILS_OF_PARTNER", 5)
    assert strangers("b@gmail.com", "c@gmail.com", "d@gmail.com") == 5
    monkeypatch.setattr(letters, "FIRST_MAILS_OF_PARTNER", 50)
    monkeypatch.setattr(letters, "FIRST_MAILS", 6)
    assert strangers("e@gmail.com", "f@gmail.com") == 6
    opened.wait(letters.DAY)
    assert strangers("a@gmail.com", by=opened.signed_in(OPENER)) == 7


def test_nobody_is_written_to_about_their_own_doing(opened: Portal, number: int) -> None:
    tell(opened, number, "encerrado", "Encerrado", by=OPENER)
    assert recipients(opened, "encerrado") == {COLLEAGUE}


# --- from the panel


def test_people_are_added_and_removed_on_the_tickets_page(
    opened: Portal, browser: Browser, number: int
) -> None:
    place = f"/chamados/CT-{number}/avisados"
    browser.post(place, {"email": "bia@revenda.com.br"})
    assert "pediu que você receba" in mail_to(opened, "bia@revenda.com.br", "acompanhar")
    page = browser.get(f"/chamados/CT-{number}").text
    assert "bia@revenda.com.br" in page
    assert "aguardando a confirmação" in page
    browser.post(f"{place}/tirar", {"email": "bia@revenda.com.br"})
    browser.post(f"{place}/tirar", {"email": OPENER})
    tell(opened, number, "aprovado", "Backlog")
    assert recipients(opened, "aprovado") == {OPENER, COLLEAGUE}
    browser.post(place, {"email": "bia@revenda.com.br"})
    assert len([one for one in opened.mails() if one.recipient == "bia@revenda.com.br"]) == 1


def test_a_wrong_address_is_kept_and_named_at_its_field(
    browser: Browser, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = f"/chamados/CT-{number}/avisados"
    page = browser.post(place, {"email": "ruim@x"})
    fault = "“ruim@x” não é um e-mail. Escreva-o como nome@empresa.com.br."
    assert page.status_code == 422
    assert f'<a href="#novo-avisado">{fault}</a>' in page.text
    assert f'id="erro-avisado"><p><span class="unseen">Erro: </span>{fault}</p>' in page.text
    assert re.search(r'<input id="novo-avisado"[^>]* value="ruim@x"[^>]* aria-invalid="true"', page.text)
    assert "Informe um e-mail" in browser.post(place, {"email": " "}).text
    monkeypatch.setattr(recipient_views, "MOST", 1)
    assert "está cheia" in browser.post(place, {"email": "bia@revenda.com.br"}).text
    assert browser.get(place).location == f"/chamados/CT-{number}#avisados"


def test_nobody_adds_to_another_organisations_ticket(opened: Portal, number: int) -> None:
    stranger = opened.signed_in("eva@outra.com.br")
    for email in ("bia@outra.com.br", "ruim@x"):
        assert stranger.post(f"/chamados/CT-{number}/avisados", {"email": email}).status_code == 404


def test_the_page_says_what_came_of_adding_somebody(
    opened: Portal, browser: Browser, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def added(email: str, *, to: int = number) -> str:
        page = browser.post(f"/chamados/CT-{to}/avisados", {"email": email}, follow_redirects=True).text
        found = re.search(r'class="notice" role="status"><p>(.*?)</p>', page)
        assert found
        return found[1]

    assert added("bia@revenda.com.br") == "Pronto: essa pessoa está na lista de quem é avisado."
    invited = "Convite enviado. Essa pessoa passa a ser avisada quando aceitar."
    assert [added("bia@gmail.com"), added("bia@gmail.com")] == [invited, invited]
    [path] = set(links(mail_to(opened, "bia@gmail.com", "acompanhar"), "avisos/"))
    opened.client().post(path, data={"acao": "recusar"})
    assert "não quer receber" in added("bia@gmail.com", to=browser.file_ticket())
    monkeypatch.setattr(letters, "FIRST_MAILS", 1)
    assert added("edu@gmail.com").startswith("Já saíram convites demais por agora")
    assert mail_to(opened, "edu@gmail.com", "acompanhar") == ""


def test_who_stopped_stays_undisturbed_when_added_again(
    opened: Portal, browser: Browser, number: int
) -> None:
    tell(opened, number, "aprovado", "Backlog")
    one_click(opened, mail_to(opened, COLLEAGUE, "aprovado"))
    place = f"/chamados/CT-{number}/avisados"
    browser.post(f"{place}/tirar", {"email": COLLEAGUE})
    browser.post(place, {"email": COLLEAGUE})
    tell(opened, number, "testing", "Testing", cause="changelog:2")
    assert COLLEAGUE not in recipients(opened, "testing")


def test_the_opener_mutes_a_ticket_on_its_page(opened: Portal, browser: Browser, number: int) -> None:
    place = f"/chamados/CT-{number}/avisados/silenciar"
    browser.post(place, {"silenciar": "sim"})
    assert "Voltar a receber os e-mails" in browser.get(f"/chamados/CT-{number}").text
    tell(opened, number, "aprovado", "Backlog")
    assert OPENER not in recipients(opened, "aprovado")
    browser.post(place, {"silenciar": "nao"})
    tell(opened, number, "testing", "Testing", cause="changelog:2")
    assert OPENER in recipients(opened, "testing")
