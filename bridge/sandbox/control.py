"""Around every sandbox request: the call log, latency and scripted faults. And the pages that steer them."""

import base64
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatch
from typing import Any

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
WsgiApp = Callable[[Environ, StartResponse], Iterable[bytes]]

WATCHED = ("/jira", "/github", "/openai")
HOLD_SECONDS = 30.0
LONGEST = 3_600_000
ACTIONS = {
    "503",
    "429",
    "500",
    "401",
    "403",
    "404",
    "409",
    "timeout",
    "drop_after",
    "lost_response",
    "lag",
    "html",
}
MAIL_ACTIONS = {"451", "550", "drop_after"}
HTML = b"<!doctype html><title>Maintenance</title><h1>We will be back soon</h1>"


class NotAFault(ValueError):
    """The fault's description cannot be used."""


def a_text(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise NotAFault(f"{name} must be a text")


def a_number(name: str, value: object) -> None:
    """Finite, and not below nothing."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= float(str(value)) <= LONGEST:
        raise NotAFault(f"{name} must be a number from 0 to {LONGEST}")


def _a_count(name: str, value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise NotAFault(f"{name} must be a whole number from 1")


def _seconds_or_null(name: str, value: object) -> None:
    if value is not None:
        a_number(name, value)


def _an_action(name: str, value: object) -> None:
    if not isinstance(value, str | int):
        raise NotAFault(f"{name} must be one of {', '.join(sorted(ACTIONS | MAIL_ACTIONS))}")


_KINDS: dict[str, Callable[[str, object], None]] = {
    "match": a_text,
    "do": _an_action,
    "times": _a_count,
    "retry_after": _seconds_or_null,
    "seconds": a_number,
}


@dataclass(kw_only=True)
class Fault:
    match: str
    do: str
    times: int = 1
    retry_after: int | None = None
    seconds: float = HOLD_SECONDS

    @classmethod
    def read(cls, found: dict[str, Any]) -> "Fault":
        if not isinstance(found, dict):
            raise NotAFault("a fault is an object")
        for name, value in found.items():
            if name not in _KINDS:
                raise NotAFault(f"{name} is no part of a fault; use {', '.join(_KINDS)}")
            _KINDS[name](name, value)
        try:
            fault = cls(**found)
        except TypeError as error:
            raise NotAFault(str(error)) from error
        if str(fault.do) not in ACTIONS | MAIL_ACTIONS:
            raise NotAFault(f"do must be one of {', '.join(sorted(ACTIONS | MAIL_ACTIONS))}")
        fault.do = str(fault.do)
        return fault


@dataclass
class Controls:
    """What scripts set and read; safe for many threads."""

    set_index_lag: Callable[[float | None], None] = lambda _: None
    """None: as on the first day."""
    faults: list[Fault] = field(default_factory=list)
    latencies: list[tuple[str, float]] = field(default_factory=list)
    _calls: list[dict[str, Any]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, fault: Fault) -> None:
        if fault.do == "lag":
            self.set_index_lag(fault.seconds)
            return
        with self._lock:
            self.faults.append(fault)

    def take(self, name: str) -> Fault | None:
        """The first fault that matches `METHOD path`, used up by one."""
        with self._lock:
            for fault in self.faults:
                if fnmatch(name, fault.match):
                    fault.times -= 1
                    if fault.times <= 0:
                        self.faults.remove(fault)
                    return fault
        return None

    def latency(self, name: str) -> float:
        with self._lock:
            return sum(seconds for match, seconds in self.latencies if fnmatch(name, match))

    def log(self, **call: Any) -> None:
        with self._lock:
            self._calls.append({"n": len(self._calls) + 1, **call})

    def calls(self, since: int = 0) -> list[dict[str, Any]]:
        with self._lock:
            return [dict(call) for call in self._calls[since:]]

    def forget_faults(self) -> None:
        """None is left to come, and Jira's index lags as on the first day."""
        with self._lock:
            self.faults.clear()
        self.set_index_lag(None)

    def clear(self) -> None:
        self.forget_faults()
        with self._lock:
            self._calls.clear()
            self.latencies.clear()


class Watched:
    """The middleware: a fault may answer in an application's place, or swallow its answer."""

    def __init__(self, app: WsgiApp, controls: Controls) -> None:
        self._app = app
        self._controls = controls

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if not path.startswith(WATCHED):
            return self._app(environ, start_response)
        name = f"{environ['REQUEST_METHOD']} {path}"
        began = time.monotonic()
        statuses: list[int] = []

        def started(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            statuses.append(int(status[:3]))
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        time.sleep(self._controls.latency(name))
        fault = self._controls.take(name)
        try:
            return self._faulty(fault, environ, started) if fault else self._app(environ, started)
        finally:
            self._controls.log(
                time=datetime.now(UTC).isoformat(timespec="milliseconds"),
                method=environ["REQUEST_METHOD"],
                path=path,
                query=environ.get("QUERY_STRING", ""),
                status=statuses[-1] if statuses else 0,
                who=_who(environ),
                ms=round((time.monotonic() - began) * 1000),
            )

    def _faulty(self, fault: Fault, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        if fault.do in {"drop_after", "lost_response"}:
            _performed(self._app, environ)
            return _silence(environ, 0 if fault.do == "drop_after" else fault.seconds)
        if fault.do == "timeout":
            return _silence(environ, fault.seconds)
        if fault.do == "html":
            start("200 OK", [("Content-Type", "text/html"), ("Content-Length", str(len(HTML)))])
            return [HTML]
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        return _refusal(fault, environ, start)


def _who(environ: Environ) -> str:
    """Whose credentials a request bore: a Jira user, a GitHub login, or `token` for any other token."""
    scheme, _, credentials = str(environ.get("HTTP_AUTHORIZATION", "")).partition(" ")
    if scheme == "Basic":
        try:
            return base64.b64decode(credentials).decode().partition(":")[0]
        except ValueError:
            return ""
    if credentials.startswith("human:"):
        return credentials.removeprefix("human:")
    return "token" if credentials else ""


def _refusal(fault: Fault, environ: Environ, start: StartResponse) -> Iterable[bytes]:
    body = b'{"errorMessages": ["scripted"], "errors": {}, "message": "scripted"}'
    status = f"{fault.do} Scripted"
    if fault.do == "404" and environ["PATH_INFO"].endswith("/graphql"):
        # GraphQL answers 200 to all that it can read, and says within what it has not found.
        body, status = b'{"data": null, "errors": [{"type": "NOT_FOUND", "message": "scripted"}]}', "200 OK"
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    if fault.retry_after is not None:
        headers.append(("Retry-After", str(fault.retry_after)))
    if fault.do == "429" and environ["PATH_INFO"].startswith("/jira"):
        headers.append(("RateLimit-Reason", "jira-burst-based"))  # R1
    start(status, headers)
    return [body]


def _performed(app: WsgiApp, environ: Environ) -> None:
    """Let the request take effect and throw its answer away."""
    for _ in app(environ, lambda *_: lambda _data: None):
        pass


def _silence(environ: Environ, seconds: float) -> Iterable[bytes]:
    time.sleep(seconds)
    connection = environ["werkzeug.socket"]
    connection.shutdown(2)
    raise ConnectionResetError("scripted: the connection is closed without an answer")
