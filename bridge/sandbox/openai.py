"""OpenAI's Responses API with scripted answers; without a script, an answer made of the input's own words."""

import json
import threading
import time
from typing import Any

from flask import Flask, Response, jsonify, request

from bridge.sandbox.settings import SandboxSettings

TIMEOUT_SECONDS = 30
SCRIPTED_ERRORS = {
    "429 insufficient_quota": (429, "insufficient_quota", "You exceeded your current quota"),
    "429 rate_limit_exceeded": (429, "rate_limit_exceeded", "Rate limit reached"),
    "500": (500, "server_error", "The server had an error"),
    "503": (503, "server_is_overloaded", "The server is overloaded"),
}


class OpenAISandbox:
    """One account. `answers` is a queue of what to answer next; `requests` is what was asked."""

    def __init__(self, settings: SandboxSettings) -> None:
        self._key = settings.openai_key
        self._lock = threading.Lock()
        self.answers: list[dict[str, Any]] = []
        self.requests: list[dict[str, Any]] = []
        self.app = Flask("sandbox-openai")
        self.app.before_request(self._authenticate)
        self.app.add_url_rule("/v1/responses", view_func=self._respond, methods=["POST"])
        self.app.add_url_rule("/v1/models", view_func=self._models)

    def reset(self) -> None:
        with self._lock:
            self.answers.clear()
            self.requests.clear()

    def _authenticate(self) -> Response | None:
        if request.headers.get("Authorization") == f"Bearer {self._key}":
            return None
        return _error(401, "invalid_api_key", "Incorrect API key provided")

    def _models(self) -> Response:
        return jsonify(
            object="list", data=[{"id": "gpt-5-mini", "object": "model", "created": 0, "owned_by": "openai"}]
        )

    def _respond(self) -> Response:
        asked = request.get_json(silent=True)
        if not isinstance(asked, dict) or "input" not in asked or "model" not in asked:
            return _error(400, "missing_required_parameter", "model and input are required")
        with self._lock:
            self.requests.append(asked)
            scripted = self.answers.pop(0) if self.answers else None
        error = (scripted or {}).get("error", "")
        if error in SCRIPTED_ERRORS:
            return _error(*SCRIPTED_ERRORS[error])
        if error == "timeout":
            time.sleep(TIMEOUT_SECONDS)
        if error == "refusal":
            return _answer(asked, {"type": "refusal", "refusal": "I cannot help with that."})
        if error == "garbage":
            return _answer(asked, _text("{not json"))
        return _answer(asked, _text(json.dumps(scripted or _proposal(asked), ensure_ascii=False)))


def _text(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": []}


def _answer(asked: dict[str, Any], content: dict[str, Any]) -> Response:
    return jsonify(
        id="resp_sandbox",
        object="response",
        created_at=0,
        status="completed",
        model=asked["model"],
        output=[
            {
                "type": "message",
                "id": "msg_sandbox",
                "status": "completed",
                "role": "assistant",
                "content": [content],
            }
        ],
        parallel_tool_calls=False,
        tool_choice="none",
        tools=[],
    )


def _proposal(asked: dict[str, Any]) -> dict[str, Any]:
    """The partner's own words, put in order."""
    told = _told(asked)
    return {
        "titulo": str(told.get("titulo", "")).strip(),
        "passos": [str(step) for step in told.get("fluxo") or []],
        "resultado_obtido": str(told.get("descricao", "")).strip(),
        "resultado_esperado": "",
        "mensagem_de_erro": "",
        "usuario_afetado": "",
        "frequencia": "",
        "perguntas": ["Com qual usuário acontece?", "Aparece alguma mensagem na tela?"],
    }


def _told(asked: dict[str, Any]) -> dict[str, Any]:
    """The last user message, which holds the partner's words as a JSON object."""
    messages = asked["input"]
    text = messages if isinstance(messages, str) else messages[-1]["content"]
    if isinstance(text, list):
        text = text[0].get("text", "")
    start, end = text.find("{"), text.rfind("}")
    try:
        found = json.loads(text[start : end + 1])
    except ValueError:
        return {"descricao": text}
    return found if isinstance(found, dict) else {"descricao": text}


def _error(status: int, code: str, message: str) -> Response:
    response = jsonify(error={"message": message, "type": code, "code": code, "param": None})
    response.status_code = status
    return response
