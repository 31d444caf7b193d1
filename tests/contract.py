"""Requests to Jira and GitHub, held against the descriptions that Atlassian and GitHub publish.

The suite's own transport does it, for every test (tests/conftest.py): to Jira the bridge's requests,
administrators' and those of the people who act in the tests; to GitHub the bridge's. openapi-core reads the
description and checks the operation, its parameters and its body; the documents in a body for Jira are held
against the ADF schema, which the description only names.
"""

import json
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from jsonschema_rs import Draft4Validator
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


@dataclass(frozen=True, kw_only=True)
class Service:
    """Whose requests are judged, by which description, and which it cannot be asked about."""

    name: str
    where: re.Pattern[str]
    """Where the service's own path begins in an address."""
    tolerated: tuple[Tolerance, ...]
    description: Callable[[Path, str], OpenAPI]
    """By the reference data's folder and the request's path."""
    has_documents: bool = False

    def concerns(self, request: requests.PreparedRequest) -> bool:
        """People who act on GitHub in the tests bear their names in place of tokens; browsers bear none."""
        credentials = str(request.headers.get("Authorization", ""))
        return bool(self.where.search(str(request.url)) and credentials) and "human:" not in credentials


TOLERATED = (
    Tolerance(
        "multipart attachments",
        "POST",
        r"/rest/api/\d/issue/[^/]+/attachments",
        "The description calls the multipart body an array of objects, which nobody can send.",
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
GITHUB_TOLERATED = (
    Tolerance(
        "GraphQL",
        "POST",
        r"(/api)?/graphql",
        "It has a schema of its own, of which the stand-in holds the part that is asked for.",
    ),
    Tolerance(
        "names with slashes",
        "GET",
        r"/repos/[^/]+/[^/]+/(branches|compare|git/ref|releases/tags)/.+/.+",
        "The description marks them as `x-multi-segment`, which openapi-core does not know.",
    ),
    Tolerance(
        "runs created since",
        "GET",
        r"/repos/[^/]+/[^/]+/actions/runs",
        "`created` takes a range, as GitHub's prose has it; the description calls it a moment.",
    ),
    Tolerance(
        "repositories by their ids",
        "[A-Z]+",
        r"/repositories/\d+(/.*)?",
        "GitHub itself redirects there from a repository's former name.",
    ),
)


@dataclass
class Recorder:
    """Keeps a copy of every request to a service until it is judged, and counts what was judged."""

    service: Service
    waiting: list[requests.PreparedRequest] = field(default_factory=list)
    judged: int = 0
    documents: int = 0
    tolerated: Counter[str] = field(default_factory=Counter)
    _known: dict[tuple[Any, ...], str] = field(default_factory=dict)
    """What was found about a request once; the same again is not held against the description again."""

    def wrap(self, send: Callable[..., Any]) -> Callable[..., Any]:
        recorder = self

        def recorded(adapter: HTTPAdapter, request: requests.PreparedRequest, **options: Any) -> Any:
            if recorder.service.concerns(request):
                recorder.waiting.append(request.copy())
            return send(adapter, request, **options)

        return recorded

    def faults(self, shared: Path) -> list[str]:
        """What is wrong with the requests since the last time, one sentence each."""
        waiting, self.waiting = self.waiting, []
        return [fault for request in waiting if (fault := self._judged(request, shared))]

    def summary(self) -> str:
        spared = ", ".join(f"{number} {name}" for name, number in sorted(self.tolerated.items()))
        documents = f", {self.documents} documents against the ADF schema" * self.service.has_documents
        return (
            f"{self.judged} requests to {self.service.name} held against its description "
            f"({len(self._known)} different){documents}; tolerated: {spared or 'none'}"
        )

    def _judged(self, request: requests.PreparedRequest, shared: Path) -> str:
        path = self._path(request)
        for one in self.service.tolerated:
            if re.fullmatch(one.method, str(request.method)) and re.fullmatch(one.path, path):
                self.tolerated[one.name] += 1
                return ""
        self.judged += 1
        found = documents(_json(request)) if self.service.has_documents else []
        self.documents += len(found)
        key = (request.method, request.path_url, request.body, request.headers.get("Content-Type"))
        if key not in self._known:
            description = self.service.description(shared, path)
            fault = _fault(request, path, description)
            self._known[key] = fault or _document_fault(found, request, path, shared)
        return self._known[key]

    def _path(self, request: requests.PreparedRequest) -> str:
        """Below the site's own address."""
        path = urlsplit(str(request.url)).path
        found = self.service.where.search(path)
        return path[found.start() :] if found else path


@contextmanager
def kept(recorders: Sequence[Recorder], shared: Path) -> Iterator[None]:
    """Whatever was sent until the end has to be right."""
    yield
    if shared.is_dir():
        faults = [fault for one in recorders for fault in one.faults(shared)]
        assert faults == [], "\n".join(faults)


def _json(request: requests.PreparedRequest) -> Any:
    if not isinstance(request.body, bytes | str) or not request.body:
        return None
    try:
        return json.loads(request.body)
    except ValueError:
        return None


def _fault(request: requests.PreparedRequest, path: str, description: OpenAPI) -> str:
    moved = request.copy()
    parts = urlsplit(str(request.url))
    moved.url = parts._replace(path=path).geturl()
    try:
        description.validate_request(RequestsOpenAPIRequest(moved))
    except Exception as error:
        return f"{request.method} {path}: {error}"
    return ""


def _document_fault(
    found: list[dict[str, Any]], request: requests.PreparedRequest, path: str, shared: Path
) -> str:
    """Every ADF document in the body, against the ADF schema."""
    for document in found:
        error = next(_adf(shared).iter_errors(document), None)
        if error:
            return f"{request.method} {path}: not ADF: {error.message[:200]}"
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


def _of_jira(shared: Path, path: str) -> OpenAPI:
    """Of 600 paths only those that begin as this one does: openapi-core tries one after the other."""
    return _part_of_jira(shared, "/".join(path.split("/")[:5]))


@lru_cache
def _part_of_jira(shared: Path, begin: str) -> OpenAPI:
    whole = _whole(shared / "data/openapi/jira-platform-v3.json")
    paths = {path: item for path, item in whole["paths"].items() if path.startswith("/rest/api/3/")}
    paths |= {path.replace("/api/3/", "/api/2/"): item for path, item in paths.items()}
    part = {path: item for path, item in paths.items() if "/".join(path.split("/")[:5]) == begin}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # The published text is not valid OpenAPI in every corner; requests are checked all the same.
        described = {**whole, "paths": part, "servers": [{"url": "/"}]}
        return OpenAPI.from_dict(described, config=Config(spec_validator_cls=None))


@lru_cache
def _whole(file: Path) -> dict[str, Any]:
    return dict(json.loads(file.read_text("utf-8")))


@lru_cache
def _part_of_github() -> OpenAPI:
    """What the bridge uses is kept with the tests; the whole takes 12 MB."""
    return OpenAPI.from_dict(_whole(Path(__file__).with_name("data") / "github-openapi.json"))


JIRA = Service(
    name="Jira",
    where=re.compile(r"/rest/(?:api|webhooks)/|/secure/attachment/"),
    tolerated=TOLERATED,
    description=_of_jira,
    has_documents=True,
)
GITHUB = Service(
    name="GitHub",
    where=re.compile(r"(?<=/github)/"),
    tolerated=GITHUB_TOLERATED,
    description=lambda _shared, _path: _part_of_github(),
)
