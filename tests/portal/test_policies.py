"""Who may do what: a matrix made from the application's own routes, so that a new one cannot be forgotten."""

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from bridge.portal.access import POLICY, requires_partner
from bridge.store import people
from bridge.store.tables import Delivery
from tests.portal.conftest import ENVIRONMENT, PNG, START, Browser, Portal, make, opened_store, unnamed

PUBLIC = {
    "portal.home",
    "portal.sign_in",
    "portal.request_link",
    "portal.ask_for_code",
    "portal.use_code",
    "portal.open_link",
    "portal.look",
    "portal.act_by_link",
    "portal.choices",
    "portal.choose",
    "portal.use_link",
    "portal.begin",
    "portal.finish",
    "portal.sign_out",
    "portal.static",
    "api.describe",
}
"""Routes that prove who is asking, or show what everybody may see."""
MAKES = {"portal.save_draft", "portal.keep_typed", "portal.begin_upload"}
"""Routes where a name that nobody has used makes something new; the names cannot be guessed."""
NOBODYS = {
    "ref": "CT-4242",
    "draft_id": "x" * 43,
    "number": "4242",
    "upload_id": "4242",
    "arriving_id": "0" * 32,
    "token": "x" * 43,
    "filename": "css/base.css",
    "deed": "ainda-ocorre",
    "change": "fora",
}
FORM = {
    "texto": "Ainda ocorre: https://drive.example/v",
    "acao": "salvar",
    "titulo": "Meu agora",
    "confirmo_licenca": "1",
}


@dataclass
class Company:
    """Ana and Bia of one organisation, Eva of another, Olga who operates, and what Ana has."""

    opened: Portal
    browsers: dict[str, Browser]
    owned: dict[str, str]


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    with opened_store(tmp_path) as (store, files):
        settings = {"CHAMADOS_FILES": files, "CHAMADOS_OPERATORS": "olga@softhouse.example"}
        opened = make(store, {**ENVIRONMENT, **settings})
        for email in ("ana@x.example", "bia@x.example"):
            with store.begin() as db:
                people.register(db, name=email, email=email, organisation="X", now=START)
        browsers = {
            email.partition("@")[0]: opened.signed_in(email)
            for email in ("ana@x.example", "bia@x.example", "eva@y.example", "olga@softhouse.example")
        }
        browsers["nobody"] = Browser(opened)
        yield Company(opened=opened, browsers=browsers, owned=_owned(opened, browsers["ana"]))


def _owned(opened: Portal, ana: Browser) -> dict[str, str]:
    ana.file_ticket(titulo="Só da Ana", arquivos=(io.BytesIO(PNG), "segredo.png"))
    opened.move(1, "Publicado")
    address = ana.new_draft()
    ana.fill(address, "ia", titulo="Rascunho da Ana", arquivos=(io.BytesIO(PNG), "segredo.png"))
    with opened.services.store.begin() as db:
        facts = {"event": "push", "body": b"{}", "body_sha256": "", "outcome": "nothing", "result": "ignored"}
        db.add(Delivery(source="github", delivery_id="1", received_at=START, **facts))
    arriving = ana.begin(address, "segredo.png", len(PNG)).location or ""
    ids = {"draft_id": address.rpartition("/")[2], "arriving_id": arriving.rpartition("/")[2]}
    return {**NOBODYS, **ids, "ref": "CT-1", "number": "1", "upload_id": "1"}


def rules(opened: Portal, policy: str | None) -> list[Rule]:
    views = opened.app.view_functions
    return [
        rule
        for rule in opened.app.url_map.iter_rules()
        if getattr(views[rule.endpoint], POLICY, None) == policy
    ]


def addresses(rule: Rule, ids: dict[str, str]) -> list[str]:
    """The rule's address with these ids in it; one for each choice that it offers."""
    offered = re.search(r"<any\(([^)]*)\):(\w+)>", rule.rule)
    if offered is None:
        return [_filled(rule.rule, ids)]
    choices = re.findall(r"'([\w-]+)'", offered[1])
    return [_filled(rule.rule, {**ids, offered[2]: choice}) for choice in choices]


def _filled(pattern: str, ids: dict[str, str]) -> str:
    return re.sub(r"<(?:[^<>]*:)?(\w+)>", lambda found: ids[found[1]], pattern)


def every(browser: Browser, rule: Rule, ids: dict[str, str]) -> dict[str, TestResponse]:
    """The answers to each method that the rule takes."""
    file = {"Tus-Resumable": "1.0.0", "Upload-Length": "9", "Upload-Metadata": "filename bWV1LnBuZw=="}
    ask: dict[str, Callable[[str], TestResponse]] = {
        "GET": browser.get,
        "POST": lambda path: browser.post(path, {**FORM}, headers=file),
        "HEAD": lambda path: browser.tus("HEAD", path),
        "PATCH": lambda path: browser.piece(path, PNG, offset=0),
        "DELETE": lambda path: browser.tus("DELETE", path),
        "OPTIONS": lambda path: browser.tus("OPTIONS", path),
    }
    return {f"{way} {path}": ask[way](path) for way in ways(rule) for path in addresses(rule, ids)}


def ways(rule: Rule) -> list[str]:
    """The methods that the view was written for: Flask adds HEAD to GET, and OPTIONS."""
    methods = set(rule.methods or ())
    added = {"HEAD"} if "GET" in methods else set()
    return sorted(methods - added - ({"OPTIONS"} if rule.provide_automatic_options else set()))


def require_policies(opened: Portal) -> None:
    unguarded = {rule.endpoint for rule in rules(opened, None)}
    assert unguarded == PUBLIC, "guard the route, or list it as public with a reason"
    for rule in opened.app.url_map.iter_rules():
        assert set(rule.arguments) <= set(NOBODYS), f"{rule}: say in this test what that names"


def add(opened: Portal, path: str, view: Callable[..., str]) -> None:
    """One more route, as somebody might write it."""
    opened.app.view_functions["portal.new"] = view
    rule = Rule(path, endpoint="portal.new", methods=["GET"])
    rule.provide_automatic_options = True  # as Flask marks those that it adds
    opened.app.url_map.add(rule)


def test_every_route_says_whom_it_lets_in(company: Company) -> None:
    require_policies(company.opened)


@pytest.mark.parametrize("path", ["/chamados/<ref>/novidade", "/chamados/novidade"])
def test_a_new_route_that_says_nothing_is_found(company: Company, path: str) -> None:
    add(company.opened, path, lambda ref="": ref)
    with pytest.raises(AssertionError, match="guard the route"):
        require_policies(company.opened)


def test_a_new_route_that_looks_at_no_owner_is_found(company: Company) -> None:
    opened = company.opened
    add(opened, "/chamados/<ref>/novidade", requires_partner(lambda ref: opened.tickets()[0].title))
    require_policies(opened)
    with pytest.raises(AssertionError):
        require_strangers_find_nothing(company, "eva")


def test_who_is_not_signed_in_is_sent_to_sign_in(company: Company) -> None:
    before = company.opened.contents()
    for rule in [*rules(company.opened, "partner"), *rules(company.opened, "operator")]:
        for asked, answer in every(company.browsers["nobody"], rule, company.owned).items():
            if rule.endpoint == "portal.act" and answer.status_code == 401:
                assert "Nada se perdeu" in answer.text, asked  # what was written comes back
                continue
            assert answer.status_code == 303, asked
            assert (answer.location or "").startswith("/entrar?next="), asked
    for rule in [*rules(company.opened, "token"), *rules(company.opened, "script")]:
        for asked, answer in every(company.browsers["nobody"], rule, company.owned).items():
            assert answer.status_code == 401, asked
    assert company.opened.contents() == before


def alike(answer: TestResponse, ids: dict[str, str]) -> tuple[int, str, str]:
    """An answer without the names that were asked for."""

    def plain(text: str) -> str:
        for name in ("ref", "draft_id"):
            text = text.replace(ids[name], "…")
        return unnamed(text)

    return answer.status_code, plain(answer.location or ""), plain(answer.text)


@pytest.mark.parametrize("who", ["eva", "olga"])
def test_what_is_another_organisations_looks_like_nothing_and_stays(company: Company, who: str) -> None:
    require_strangers_find_nothing(company, who)


def require_strangers_find_nothing(company: Company, who: str) -> None:
    browser, opened = company.browsers[who], company.opened
    guarded = [*rules(opened, "partner"), *rules(opened, "script")]
    with_ids = [rule for rule in guarded if set(rule.arguments) - {"deed"}]
    assert len(with_ids) >= 10
    for rule in with_ids:
        before = _of_ana(opened)
        theirs = every(browser, rule, company.owned)
        assert _of_ana(opened) == before, rule
        # 204: what the server speaks, which is the same for every address.
        assert {one.status_code for one in theirs.values()} <= {404, 303, 204}, rule
        if rule.endpoint not in MAKES:
            nothing = [alike(one, NOBODYS) for one in every(browser, rule, NOBODYS).values()]
            assert [alike(one, company.owned) for one in theirs.values()] == nothing, rule
        for answer in theirs.values():
            assert "segredo" not in answer.text
            assert "da Ana" not in answer.text


def _of_ana(opened: Portal) -> str:
    """Every row that speaks of Ana's tickets and drafts, or of nobody's in particular."""
    rows = opened.contents()
    kept = {name: rows[name] for name in ("tickets", "partner_actions", "recipients", "rings", "timeline")}
    kept["arriving_files"] = [row for row in rows["arriving_files"] if "segredo.png" in row]
    kept["uploads"] = [row for row in rows["uploads"] if "segredo.png" in row]
    kept["drafts"] = [row for row in rows["drafts"] if "Rascunho da Ana" in repr(row)]
    return repr(kept)


def test_lists_hold_nothing_of_others(company: Company) -> None:
    eva = company.browsers["eva"]
    eva.file_ticket(titulo="Da Eva")
    token = company.opened.token("eva@y.example")
    bearing = {"Authorization": f"Bearer {token}"}
    for rule in rules(company.opened, "partner"):
        if not rule.arguments and "GET" in (rule.methods or set()):
            page = eva.get(f"{rule.rule}?situacao=todos&busca=ana").text + eva.get(rule.rule).text
            assert "da Ana" not in page, rule
            assert "ana@x.example" not in page, rule
    assert "Ana" not in company.opened.client().get("/api/chamados", headers=bearing).text
    assert company.opened.client().get("/api/chamados/CT-1", headers=bearing).status_code == 404
    assert company.opened.client().get("/api/chamados/CT-2", headers=bearing).status_code == 200


def test_colleagues_share_tickets_and_not_drafts(company: Company) -> None:
    bia = company.browsers["bia"]
    page = bia.get("/chamados/CT-1").text
    assert "Só da Ana" in page
    assert "Revenda A abriu o chamado" in page
    assert "Só da Ana" in bia.get("/chamados?situacao=todos").text
    assert bia.get(f"/chamados/novo/{company.owned['draft_id']}").status_code == 404
    bia.post("/chamados/CT-1/ainda-ocorre", {"texto": "Comigo também: https://drive.example/v"})
    story = company.browsers["ana"].get("/chamados/CT-1").text
    assert "Revenda B (X) avisou que ainda ocorre" in story
    assert "Você avisou que ainda ocorre" in bia.get("/chamados/CT-1").text


def test_console_is_there_for_operators_only(company: Company) -> None:
    console = rules(company.opened, "operator")
    assert len(console) >= 10
    before = company.opened.contents()
    for rule in console:
        for asked, answer in every(company.browsers["ana"], rule, company.owned).items():
            assert answer.status_code == 404, asked
    assert company.opened.contents() == before
    for rule in console:
        if "GET" in (rule.methods or set()):
            for path in addresses(rule, company.owned):
                assert company.browsers["olga"].get(path).status_code in {200, 303}, path
    assert ">Operação</a>" in company.browsers["olga"].get("/conta").text
    assert ">Operação</a>" not in company.browsers["ana"].get("/conta").text
