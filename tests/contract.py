"""Every request of the bridge's to Jira, held against Atlassian's published description."""

import json
import warnings
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from jsonschema import Draft4Validator
from openapi_core import Config, OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest
from requests.adapters import HTTPAdapter

TOLERATED = {
    # The description calls the multipart body an array of objects, which nobody can send.
    ("POST", "attachments"): "multipart attachments",
    # Data Center's search, which the Cloud description has no more.
    ("POST", "/rest/api/2/search"): "search on Data Center",
}


class Recorder:
    """Keeps a copy of every request to a Jira that bears the bridge's credentials."""

    def __init__(self, user: str) -> None:
        self._user = user
        self.requests: list[requests.PreparedRequest] = []

    def wrap(self, send: Callable[..., Any]) -> Callable[..., Any]:
        recorder = self

        def recorded(adapter: HTTPAdapter, request: requests.PreparedRequest, **options: Any) -> Any:
            if "/jira/rest/api/" in str(request.url) and not _human(request):
                recorder.requests.append(request.copy())
            return send(adapter, request, **options)

        return recorded

    def faults(self, shared: Path) -> list[str]:
        """What the description says is wrong, one sentence a request."""
        return [fault for request in self.requests if (fault := _judged(request, shared))]


_KNOWN: dict[tuple[Any, ...], str | None] = {}
"""What was found about a request once; the same again is not held against the description again."""


def _judged(request: requests.PreparedRequest, shared: Path) -> str | None:
    if not isinstance(request.body, bytes | str | None):
        return _fault(request, shared)
    key = (request.method, request.path_url, request.body, request.headers.get("Content-Type"))
    if key not in _KNOWN:
        _KNOWN[key] = _fault(request, shared)
    return _KNOWN[key]


def _human(request: requests.PreparedRequest) -> bool:
    auth = requests.auth._basic_auth_str
    people = ("triagem", "dev", "dev2", "tester")
    known = {auth(f"{one}@softhouse.example", "human") for one in people}
    return request.headers.get("Authorization") in known


def _fault(request: requests.PreparedRequest, shared: Path) -> str | None:
    path = urlsplit(str(request.url)).path.removeprefix("/jira")
    if any(request.method == method and path.endswith(end) for method, end in TOLERATED):
        return None
    moved = request.copy()
    moved.url = str(request.url).replace("/jira/rest/", "/rest/")
    try:
        _description(shared).validate_request(RequestsOpenAPIRequest(moved))
    except Exception as error:
        return f"{request.method} {path}: {error}"
    return _document_fault(request, path, shared)


def _document_fault(request: requests.PreparedRequest, path: str, shared: Path) -> str | None:
    """Every ADF document in the body, against the ADF schema."""
    body = json.loads(request.body) if request.body else None
    for document in documents(body):
        errors = [error.message[:200] for error in _adf(shared).iter_errors(document)]
        if errors:
            return f"{request.method} {path}: not ADF: {errors[0]}"
    return None


def documents(value: Any) -> list[dict[str, Any]]:
    """The ADF documents anywhere in a JSON value."""
    if isinstance(value, dict):
        if value.get("type") == "doc":
            return [value]
        return [found for one in value.values() for found in documents(one)]
    return [found for one in value for found in documents(one)] if isinstance(value, list) else []


@lru_cache
def _adf(shared: Path) -> Draft4Validator:
    return Draft4Validator(json.loads((shared / "data/openapi/adf-schema-full.json").read_text("utf-8")))


@lru_cache
def _description(shared: Path) -> OpenAPI:
    description = json.loads((shared / "data/openapi/jira-platform-v3.json").read_text("utf-8"))
    paths = {path: item for path, item in description["paths"].items() if path.startswith("/rest/api/3/")}
    paths |= {path.replace("/api/3/", "/api/2/"): item for path, item in paths.items()}
    description |= {"paths": paths, "servers": [{"url": "/"}]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # The published text is not valid OpenAPI in every corner; requests are checked all the same.
        return OpenAPI.from_dict(description, config=Config(spec_validator_cls=None))
