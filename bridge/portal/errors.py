"""What is said when something is wrong: a page for people, JSON for programs, an id for what is our fault."""

import errno
import logging
import math
import secrets
from dataclasses import dataclass, replace

from flask import Flask, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, InternalServerError, ServiceUnavailable, TooManyRequests

from bridge.store.engine import TROUBLE

RETRY_SECONDS = 30

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Explanation:
    title: str
    text: str


PAGES = {
    400: Explanation(
        title="Não conseguimos ler este envio",
        text="A página pode ter ficado aberta por muito tempo. Volte, copie seu texto, recarregue e envie.",
    ),
    401: Explanation(title="Entre de novo", text="Sua sessão terminou. Entre e você volta a esta página."),
    403: Explanation(title="Acesso não permitido", text="Este envio não partiu de uma página nossa."),
    404: Explanation(
        title="Página não encontrada",
        text="O endereço não existe ou não está disponível para você. Confira o link.",
    ),
    405: Explanation(title="Isto não pode ser feito assim", text="Volte e use os botões da página."),
    413: Explanation(
        title="O envio é grande demais",
        text="Volte, tire os arquivos maiores e envie um link para eles, ou envie menos de cada vez.",
    ),
    415: Explanation(title="Formato não aceito", text="Volte e envie pelo formulário."),
    429: Explanation(
        title="Muitas tentativas seguidas",
        text="Espere {wait} e tente de novo. Nada do que você salvou se perdeu.",
    ),
    500: Explanation(
        title="Algo deu errado do nosso lado",
        text="Já registramos o problema. Tente de novo em alguns minutos.",
    ),
    503: Explanation(
        title="Não conseguimos guardar agora",
        text="Volte: o que você digitou continua na página. Envie de novo em um minuto.",
    ),
}


def install(app: Flask) -> None:
    """Explain every error of the application in Portuguese."""
    app.register_error_handler(HTTPException, explain)


def explain(error: HTTPException) -> ResponseReturnValue:
    """The page or the JSON for an error. Redirects that are raised pass through."""
    code = error.code or 500
    if code < 400:
        return error
    if isinstance(error, InternalServerError):
        if _is_storage(error.original_exception):
            log.error("cannot write", exc_info=error.original_exception)
            return explain(ServiceUnavailable(retry_after=RETRY_SECONDS))
        incident = _record(error)
    else:
        incident = ""
    headers = _headers(error)
    if request.path.startswith(("/api/", "/webhooks/")):
        return jsonify(_document(code, incident)), code, headers
    if code >= 500:
        g.setdefault("partner", None)  # the page must not ask the database that may be the trouble
    page = PAGES.get(code, PAGES[400] if code < 500 else PAGES[500])
    if isinstance(error, TooManyRequests):
        page = replace(page, text=page.text.format(wait=_minutes(int(headers["Retry-After"]))))
    return render_template("portal/error.html", page=page, incident=incident), code, headers


def _minutes(seconds: int) -> str:
    number = math.ceil(seconds / 60)
    return "um minuto" if number == 1 else f"{number} minutos"


def _is_storage(error: BaseException | None) -> bool:
    """The database does not answer in time, or a disk is full: a later attempt may well succeed."""
    full = isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}
    return full or isinstance(error, TROUBLE)


def _record(error: InternalServerError) -> str:
    incident = secrets.token_hex(4)
    log.error(
        "incident %s: %s %s", incident, request.method, request.url_rule, exc_info=error.original_exception
    )
    return incident


def _document(code: int, incident: str) -> dict[str, str]:
    page = PAGES.get(code, PAGES[400] if code < 500 else PAGES[500])
    return {"erro": page.title, **({"id": incident} if incident else {})}


def _headers(error: HTTPException) -> dict[str, str]:
    """The headers that belong to the error (Allow, Retry-After, WWW-Authenticate), not its old body's."""
    return {name: value for name, value in error.get_headers() if name.lower() != "content-type"}
