"""The API: the same schema as the form, a token, one ticket for each key."""

import io
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from openapi_core import OpenAPI
from openapi_core.contrib.werkzeug import WerkzeugOpenAPIRequest, WerkzeugOpenAPIResponse
from werkzeug.test import EnvironBuilder, TestResponse
from werkzeug.wrappers import Request

from tests.portal.conftest import ANSWERS, PNG, Browser, Portal

BODY: dict[str, Any] = {
    **{name: value for name, value in ANSWERS.items() if value},
    "fluxo": ["Cadastros", "Produtos"],
    "notificar": "a@b.com.br; c@d.com.br",
    "links": ["https://video.example/1"],
}


class Caller:
    def __init__(self, opened: Portal, email: str = "ana@revenda.com.br") -> None:
        opened.partner(email)
        self.client: FlaskClient = opened.client()
        self.token = opened.token(email)

    def post(self, body: object = BODY, key: str | None = None, **settings: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}", **({"Idempotency-Key": key} if key else {})}
        given = settings or {"json": body}
        return self.client.post("/api/chamados", headers=headers, **given)

    def get(self, path: str = "") -> TestResponse:
        return self.client.get(f"/api/chamados{path}", headers={"Authorization": f"Bearer {self.token}"})


@pytest.fixture
def caller(opened: Portal) -> Caller:
    return Caller(opened)


def test_ticket_is_filed(caller: Caller, opened: Portal) -> None:
    answer = caller.post()
    assert answer.status_code == 201
    assert answer.json == {
        "referencia": "CT-1",
        "url": "http://localhost/chamados/CT-1",
        "status": "Em análise pela triagem",
    }
    (ticket,) = opened.tickets()
    assert ticket.answers["notificar"] == ["a@b.com.br", "c@d.com.br"]
    assert ticket.answers["fluxo"] == ["Cadastros", "Produtos"]
    assert ticket.answers["links"] == ["https://video.example/1"]
    assert opened.woken == [1]


def test_a_file_without_a_name_is_refused_and_an_empty_part_is_none(caller: Caller, opened: Portal) -> None:
    def part(content: bytes) -> dict[str, Any]:
        texts = {name: value if isinstance(value, str) else value[0] for name, value in BODY.items()}
        fields = [
            f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in texts.items()
        ]
        opening = '--b\r\nContent-Disposition: form-data; name="arquivos"; filename=""\r\n\r\n'
        body = "".join(fields).encode() + opening.encode() + content + b"\r\n--b--\r\n"
        return {"data": body, "content_type": "multipart/form-data; boundary=b"}

    answer = caller.post(**part(PNG))
    assert answer.status_code == 422
    [said] = answer.get_json()["erros"]["arquivos"]
    assert said.startswith("“arquivo sem nome”: ")
    assert opened.tickets() == []
    assert caller.post(**part(b"")).status_code == 201


def test_files_come_as_multipart(caller: Caller, opened: Portal) -> None:
    form = {**BODY, "fluxo": ["Cadastros", "Produtos"], "arquivos": [(io.BytesIO(PNG), "tela.png")]}
    assert caller.post(data=form).status_code == 201
    assert opened.tickets()[0].answers["fluxo"] == ["Cadastros", "Produtos"]
    shown = caller.get("/CT-1").json
    assert shown
    assert [one["nome"] for one in shown["arquivos"]] == ["tela.png"]


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer errado", "Basic YTpi", "Bearer \0"])
def test_without_a_token_nothing_is_said(opened: Portal, authorization: str) -> None:
    client = opened.client()
    headers = {"Authorization": authorization} if authorization else {}
    for answer in (
        client.post("/api/chamados", json=BODY, headers=headers),
        client.get("/api/chamados", headers=headers),
        client.get("/api/chamados/CT-1", headers=headers),
    ):
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.json == {"erro": "Não autorizado"}
    assert opened.tickets() == []


def test_new_token_ends_the_old_one(caller: Caller, opened: Portal) -> None:
    opened.token("ana@revenda.com.br")
    assert caller.get().status_code == 401


def test_faults_are_told_by_field(caller: Caller, opened: Portal) -> None:
    body = {
        **BODY,
        "email_cliente": "ruim",
        "notificar": ["a@b.com.br", "pior"],
        "titulo": "",
        "prioridade": "alta",
    }
    answer = caller.post(body)
    assert answer.status_code == 422
    assert answer.json
    assert set(answer.json["erros"]) == {"email_cliente", "notificar", "titulo", "prioridade"}
    assert answer.json["erros"]["prioridade"] == ["Este campo não existe."]
    assert opened.tickets() == []


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"data": "{nope", "content_type": "application/json"}, 400),
        ({"data": b"\xff\xfe{", "content_type": "application/json"}, 400),
        ({"data": "[" * 100_000, "content_type": "application/json"}, 400),
        ({"data": "titulo=x", "content_type": "application/x-www-form-urlencoded"}, 415),
        ({"data": "x", "content_type": "text/plain"}, 415),
        ({"json": []}, 422),
        ({"json": None, "content_type": "application/json"}, 400),
        ({"json": {"titulo": {"a": 1}, "descricao": ["\ud800"], "fluxo": [1, {}]}}, 422),
    ],
)
def test_unreadable_requests_are_refused(caller: Caller, settings: dict[str, Any], code: int) -> None:
    answer = caller.post(**settings)
    assert answer.status_code == code
    assert answer.is_json


def test_too_large_is_refused(caller: Caller, opened: Portal) -> None:
    stranger = opened.client().post("/api/chamados", data={"arquivos": (io.BytesIO(b"x" * 2**21), "a.txt")})
    assert stranger.status_code in {401, 413}
    big = {**BODY, "arquivos": [(io.BytesIO(b"x" * (10 * 2**20 + 1)), "a.txt")]}
    answer = caller.post(data=big)
    assert answer.status_code == 422
    assert answer.json
    assert "passa de 10 MB" in answer.json["erros"]["arquivos"][0]


def stored(opened: Portal) -> list[Path]:
    folder = opened.services.config.files
    return list(folder.glob("*[!i]")) if folder.exists() else []  # thumbnails end in .mini


def test_same_key_and_content_is_one_ticket(caller: Caller, opened: Portal) -> None:
    def ask() -> TestResponse:
        return caller.post(key="k-1", data={**BODY, "arquivos": [(io.BytesIO(PNG), "tela.png")]})

    first = ask()
    opened.move(1, "Doing")
    second = ask()
    assert (second.status_code, second.data) == (201, first.data)
    assert len(opened.tickets()) == 1
    assert len(stored(opened)) == 1


def test_same_key_with_other_content_is_refused(caller: Caller, opened: Portal) -> None:
    caller.post(key="k-1")
    other = caller.post({**BODY, "titulo": "Outro"}, key="k-1")
    assert other.status_code == 422
    assert other.json
    assert "Idempotency-Key" in other.json["erros"]
    assert len(opened.tickets()) == 1


def test_keys_belong_to_partners(caller: Caller, opened: Portal) -> None:
    caller.post(key="k-1")
    assert Caller(opened, "eva@outra.com.br").post(key="k-1").json == {
        "referencia": "CT-2",
        "url": "http://localhost/chamados/CT-2",
        "status": "Em análise pela triagem",
    }


def test_refused_request_does_not_spend_its_key(caller: Caller, opened: Portal) -> None:
    assert caller.post({**BODY, "titulo": ""}, key="k-1").status_code == 422
    assert caller.post(key="k-1").status_code == 201


def test_refused_files_leave_nothing_behind(caller: Caller, opened: Portal) -> None:
    files = [(io.BytesIO(PNG), "tela.png"), (io.BytesIO(b"MZ\x90\0"), "virus.png")]
    assert caller.post(data={**BODY, "arquivos": files}).status_code == 422
    assert stored(opened) == []


def test_partners_see_their_own_only(caller: Caller, opened: Portal) -> None:
    caller.post()
    other = Caller(opened, "eva@outra.com.br")
    assert other.get().json == {"chamados": []}
    assert other.get("/CT-1").status_code == 404
    assert other.get("/CT-1").json == other.get("/CT-77").json
    listed = caller.get("?situacao=abertos&busca=nao+salva").json
    assert listed
    assert [one["referencia"] for one in listed["chamados"]] == ["CT-1"]


def test_session_cookie_opens_no_api(browser: Browser) -> None:
    assert browser.get("/api/chamados").status_code == 401


def test_form_and_api_share_one_schema(caller: Caller, browser: Browser) -> None:
    wrong = {"titulo": "x" * 300, "email_cliente": "x", "ferramenta": "y", "notificar": "z"}
    page = browser.fill(browser.new_draft(), **wrong, fluxo="", descricao="").text
    answer = caller.post({**wrong, "fluxo": "", "descricao": ""})
    assert answer.json
    for sentences in answer.json["erros"].values():
        for sentence in sentences:
            assert sentence in page


def test_answers_are_as_described(caller: Caller, opened: Portal) -> None:
    described = caller.client.get("/api/openapi.json").json
    assert described
    openapi = OpenAPI.from_dict(described)
    caller.post()
    asked = [
        ("POST", "/api/chamados", BODY),
        ("POST", "/api/chamados", {"titulo": ""}),
        ("GET", "/api/chamados", None),
        ("GET", "/api/chamados/CT-1", None),
        ("GET", "/api/chamados/CT-9", None),
    ]
    for method, path, body in asked:
        headers = {"Authorization": f"Bearer {caller.token}"}
        settings: dict[str, Any] = {"json": body} if body is not None else {}
        answer = caller.client.open(path, method=method, headers=headers, **settings)
        environ = EnvironBuilder(
            path, "http://localhost", method=method, headers=headers, **settings
        ).get_environ()
        openapi.validate_response(WerkzeugOpenAPIRequest(Request(environ)), WerkzeugOpenAPIResponse(answer))
