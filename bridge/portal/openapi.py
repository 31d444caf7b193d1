"""The API's description, built from the same form as its schema."""

from typing import Any

from bridge.portal.answers import MAXIMUM_ITEM, MAXIMUM_ITEMS
from bridge.portal.schemas import LINKS, files_field, questions
from bridge.portal.selection import ALL, FILTERS
from mappings.form import FieldType, Form, FormField

Document = dict[str, Any]

_LIST = {"type": "array", "items": {"type": "string", "maxLength": MAXIMUM_ITEM}, "maxItems": MAXIMUM_ITEMS}
_TICKET = {
    "type": "object",
    "required": ["referencia", "url", "status"],
    "properties": {
        "referencia": {"type": "string", "pattern": "^CT-[0-9]+$"},
        "url": {"type": "string", "format": "uri"},
        "status": {"type": "string", "description": "Em palavras do parceiro"},
    },
}
_ERRORS = {
    "type": "object",
    "required": ["erros"],
    "properties": {
        "erros": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        }
    },
}
_TIMES = {
    "desde": {"type": "string", "format": "date-time"},
    "aberto_em": {"type": "string", "format": "date-time"},
}


_HEADERS: dict[str, Document] = {
    "429": {
        "headers": {
            "Retry-After": {
                "description": "Em quantos segundos pedir de novo",
                "schema": {"type": "integer", "minimum": 0},
            }
        }
    }
}


def document(form: Form, public_url: str) -> Document:
    """OpenAPI 3.1 of `/api`."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Chamados técnicos", "version": "1"},
        "servers": [{"url": public_url}],
        "security": [{"token": []}],
        "paths": {
            "/api/chamados": {"post": _post(), "get": _list()},
            "/api/chamados/{referencia}": {"get": _get()},
        },
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "NovoChamado": _new_ticket(form),
                "NovoChamadoComArquivos": _with_files(form),
                "Chamado": _TICKET,
                "Linha": _extended({"titulo": {"type": "string"}, **_TIMES}),
                "ChamadoCompleto": _extended({**_TIMES, **_details()}),
                "Erros": _ERRORS,
                "Erro": {"type": "object", "properties": {"erro": {"type": "string"}}},
            },
        },
    }


def _post() -> Document:
    return {
        "operationId": "abrirChamado",
        "summary": "Abrir um chamado",
        "parameters": [
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "description": "Repetir a mesma chave com o mesmo conteúdo devolve o mesmo chamado",
                "schema": {"type": "string", "minLength": 1, "maxLength": 255},
            }
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": _ref("NovoChamado")},
                "multipart/form-data": {"schema": _ref("NovoChamadoComArquivos")},
            },
        },
        "responses": {
            "201": _answer("O chamado", "Chamado"),
            "422": _answer("Erros por campo", "Erros"),
            **_refusals("400", "401", "413", "415", "429"),
        },
    }


def _list() -> Document:
    lines = {"type": "object", "properties": {"chamados": {"type": "array", "items": _ref("Linha")}}}
    choices = {"type": "string", "enum": list(FILTERS), "default": ALL}
    return {
        "operationId": "listarChamados",
        "summary": "Listar os chamados, do mais novo ao mais antigo",
        "parameters": [
            {"name": "situacao", "in": "query", "schema": choices},
            {"name": "busca", "in": "query", "schema": {"type": "string"}},
        ],
        "responses": {
            "200": {"description": "Os chamados", "content": {"application/json": {"schema": lines}}},
            "422": _answer("Erros por campo", "Erros"),
            **_refusals("401", "429"),
        },
    }


def _get() -> Document:
    reference = {"name": "referencia", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        "operationId": "verChamado",
        "summary": "Ver um chamado",
        "parameters": [reference],
        "responses": {
            "200": _answer("O chamado e o seu andamento", "ChamadoCompleto"),
            **_refusals("401", "404", "429"),
        },
    }


def _new_ticket(form: Form) -> Document:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [field.name for field in questions(form) if field.required and not field.only_when],
        "properties": {
            **{field.name: _property(field) for field in questions(form)},
            LINKS: _text_or_list("\n"),
        },
    }


def _with_files(form: Form) -> Document:
    plain, files = _new_ticket(form), files_field(form)
    binary = {"type": "array", "items": {"type": "string", "contentMediaType": "application/octet-stream"}}
    extra = {files.name: {**binary, "description": files.hint}} if files else {}
    return {**plain, "properties": {**plain["properties"], **extra}}


def _property(field: FormField) -> Document:
    described = {"title": field.label, **({"description": field.hint} if field.hint else {})}
    if field.type in {FieldType.EMAILS, FieldType.STEPS}:
        return {**described, **_text_or_list(";")}
    limit = {"maxLength": field.max_length} if field.max_length else {}
    if field.type is FieldType.CHOICE:
        values = [option.value for option in field.options]
        return {
            **described,
            "type": "string",
            "enum": values if field.required and not field.only_when else [*values, ""],
        }
    return {**described, "type": "string", **limit}


def _text_or_list(separator: str) -> Document:
    return {"oneOf": [_LIST, {"type": "string", "description": f"Itens separados por {separator!r}"}]}


def _details() -> Document:
    return {
        "prazo": {"type": ["string", "null"], "format": "date"},
        "url_homologacao": {"type": ["string", "null"]},
        "versao": {"type": ["string", "null"]},
        "respostas": {"type": "object"},
        "arquivos": {"type": "array", "items": {"type": "object"}},
        "andamento": {"type": "array", "items": {"type": "object"}},
    }


def _extended(properties: Document) -> Document:
    return {**_TICKET, "properties": {**_TICKET["properties"], **properties}}  # type: ignore[dict-item]


def _ref(name: str) -> Document:
    return {"$ref": f"#/components/schemas/{name}"}


def _answer(description: str, schema: str) -> Document:
    return {"description": description, "content": {"application/json": {"schema": _ref(schema)}}}


def _refusals(*codes: str) -> Document:
    said = {
        "400": "Conteúdo ilegível",
        "401": "Sem um token válido",
        "404": "Não há este chamado",
        "413": "Grande demais",
        "415": "Envie application/json ou multipart/form-data",
        "429": "Pedidos demais para um parceiro neste minuto",
    }
    return {code: {**_answer(said[code], "Erro"), **_HEADERS.get(code, {})} for code in codes}
