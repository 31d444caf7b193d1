"""Every request that a test sends to a Jira, held against Atlassian's published description.

The suite's own transport does it, for every test (tests/conftest.py): the bridge's requests, administrators'
and those of the people who act in the tests. openapi-core reads the description and checks the operation, its
parameters and its body; the documents in the body are held against the ADF schema, which the description
only names.
"""

import json
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from jsonschema import Draft4Validator
from openapi_core import Config, OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest
from requests.adapters import HTTPAdapter


@dataclass(frozen=True)
class Tolerance:
    """Requests that the description cannot be asked about, and why."""

    name: str
    method: str
    path: str
    reason: str


TOLERATED = (
    Tolerance(
        "multipart attachments",
        "POST",
        r"/rest/api/\d/issue/[^/]+/attachments",
        "The description calls the multipart body an array of objects, which nobody can send.",
    ),
    Tolerance(
        "search on Data Center",
        "POST",
        r"/rest/api/2/search",
        "It is Data Center's; the description is Cloud's, which has it no more.",
    ),
    Tolerance(
        "administrators' webhooks",
        "[A-Z]+",
        r"/rest/webhooks/1\.0/webhook(/\d+)?",
        "They have a description of their own, in prose.",
    ),
    Tolerance(
        "a file's content on Data Center",
        "GET",
        r"/secure/attachment/.*",
        "It is the address for browsers; v2 has no other.",
    ),
)
JIRA = re.compile(r"/rest/(?:api|webhooks)/|/secure/attachment/")


@dataclass
class Recorder:
    """Keeps a copy of every request to a Jira until it is judged, and counts what was judged."""

    waiting: list[requests.PreparedRequest] = field(default_factory=list)
    judged: int = 0
    documents: int = 0
    tolerated: Counter[str] = field(default_factory=Counter)
    _known: dict[tuple[Any, ...], str] = field(default_factory=dict)
    """What was found about a request once; the same again is not held against the description again."""

    def wrap(self, send: Callable[..., Any]) -> Callable[..., Any]:
        recorder = self

        def recorded(adapter: HTTPAdapter, request: requests.PreparedRequest, **options: Any) -> Any:
            if JIRA.search(str(request.url)):
                recorder.waiting.append(request.copy())
            return send(adapter, request, **options)

        return recorded

    def faults(self, shared: Path) -> list[str]:
        """What is wrong with the requests since the last time, one sentence each."""
        waiting, self.waiting = self.waiting, []
        return [fault for request in waiting if (fault := self._judged(request, shared))]

    def summary(self) -> str:
        spared = ", ".join(f"{number} {name}" for name, number in sorted(self.tolerated.items()))
        return (
            f"{self.judged} requests to Jira held against its description ({len(self._known)} different), "
            f"{self.documents} documents against the ADF schema; tolerated: {spared or 'none'}"
        )

    def _judged(self, request: requests.PreparedRequest, shared: Path) -> str:
        path = _path(request)
        for one in TOLERATED:
            if re.fullmatch(one.method, str(request.method)) and re.fullmatch(one.path, path):
                self.tolerated[one.name] += 1
                return ""
        self.judged += 1
        found = documents(_json(request))
        self.documents += len(found)
        key = (request.method, request.path_url, request.body, request.headers.get("Content-Type"))
        if key not in self._known:
            self._known[key] = _fault(request, path, shared) or _document_fault(found, request, path, shared)
        return self._known[key]


@contextmanager
def kept(recorder: Recorder, shared: Path) -> Iterator[None]:
    """Whatever was sent until the end has to be right."""
    yield
    if shared.is_dir():
        faults = recorder.faults(shared)
        assert faults == [], "\n".join(faults)


def _path(request: requests.PreparedRequest) -> str:
    """Below the site's own address."""
    path = urlsplit(str(request.url)).path
    found = JIRA.search(path)
    return path[found.start() :] if found else path


def _json(request: requests.PreparedRequest) -> Any:
    if not isinstance(request.body, bytes | str) or not request.body:
        return None
    try:
        return json.loads(request.body)
    except ValueError:
        return None


def _fault(request: requests.PreparedRequest, path: str, shared: Path) -> str:
    moved = request.copy()
    parts = urlsplit(str(request.url))
    moved.url = parts._replace(path=path).geturl()
    try:
        _description(shared).validate_request(RequestsOpenAPIRequest(moved))
    except Exception as error:
        return f"{request.method} {path}: {error}"
    return ""


def _document_fault(
    found: list[dict[str, Any]], request: requests.PreparedRequest, path: str, shared: Path
) -> str:
    """Every ADF document in the body, against the ADF schema."""
    for document in found:
        errors = [error.message[:200] for error in _adf(shared).iter_errors(document)]
        if errors:
            return f"{request.method} {path}: not ADF: {errors[0]}"
    return ""


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
