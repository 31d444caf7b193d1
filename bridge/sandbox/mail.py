"""An SMTP inbox that keeps what it is given, refuses on script, and shows it in a browser."""

import asyncio
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as default_policy
from functools import cached_property
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Blueprint, Response, abort, jsonify, render_template, request

from bridge.sandbox.control import Controls

SIZE_LIMIT = 10 * 1024 * 1024
"""Bytes; more is answered 552 (RFC 5321 4.5.3.1.9)."""
HEADERS = ("Subject", "From", "To", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted")


@dataclass(frozen=True, kw_only=True)
class _Kept:
    """A message as it came; read when somebody asks for it, for that takes longer than taking it."""

    number: int
    at: datetime
    mail_from: str
    rcpt_tos: list[str]
    raw: bytes

    @cached_property
    def shown(self) -> dict[str, Any]:
        message = message_from_bytes(self.raw, policy=default_policy)
        assert isinstance(message, EmailMessage)
        return {
            "id": self.number,
            "at": self.at.isoformat(timespec="milliseconds"),
            "mail_from": self.mail_from,
            "rcpt_tos": self.rcpt_tos,
            "subject": str(message["Subject"] or ""),
            "headers": {name.lower(): str(value) for name, value in message.items()},
            "text": _part(message, "plain"),
            "html": _part(message, "html"),
            "attachments": [part.get_filename() for part in message.iter_attachments()],
            "raw": self.raw.decode("utf-8", "replace"),
        }


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    return str(part.get_content()) if part is not None else ""


class Inbox:
    """Every message that was accepted, oldest first."""

    def __init__(self, controls: Controls) -> None:
        self._controls = controls
        self._mails: list[_Kept] = []
        self._lock = threading.Lock()
        self._controller: Controller | None = None

    def start(self, host: str, port: int) -> int:
        """Listen; the port (a free one when 0 was asked for)."""
        # aiosmtpd looks whether it answers on the port it was given, so a free one must be found first.
        port = port or _free_port(host)
        controller = Controller(
            _Handler(self, self._controls),
            hostname=host,
            port=port,
            data_size_limit=SIZE_LIMIT,
            enable_SMTPUTF8=True,
        )
        controller.start()
        self._controller = controller
        return port

    def stop(self) -> None:
        if self._controller:
            self._controller.stop(no_assert=True)

    def keep(self, envelope: Envelope) -> None:
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        with self._lock:
            mail = _Kept(
                number=len(self._mails) + 1,
                at=datetime.now(UTC),
                mail_from=str(envelope.mail_from),
                rcpt_tos=list(envelope.rcpt_tos),
                raw=raw,
            )
            self._mails.append(mail)

    def mails(self, *, to: str = "", since: int = 0) -> list[dict[str, Any]]:
        with self._lock:
            found = [one for one in self._mails[since:] if not to or to in one.rcpt_tos]
        return [one.shown for one in found]

    def clear(self) -> None:
        with self._lock:
            self._mails.clear()


def _free_port(host: str) -> int:
    with socket.create_server((host, 0)) as taken:
        return int(taken.getsockname()[1])


class _Handler:
    def __init__(self, inbox: Inbox, controls: Controls) -> None:
        self._inbox = inbox
        self._controls = controls
        self._dropping: set[int] = set()

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        fault = self._controls.take(f"SMTP {address}")
        if fault and fault.do in {"451", "550"}:
            return {"451": "451 4.7.1 Greylisted, try later", "550": "550 5.1.1 No such mailbox"}[fault.do]
        if fault:
            self._dropping.add(id(session))
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self._inbox.keep(envelope)
        if id(session) in self._dropping and isinstance(server.transport, asyncio.Transport):
            self._dropping.discard(id(session))
            # RFC 1047: the message is taken, and the sender never learns of it.
            server.transport.abort()
            await asyncio.sleep(0)
        return "250 2.0.0 Accepted"


def views(inbox: Callable[[], Inbox]) -> Blueprint:
    """The inbox for scripts (JSON) and for people (a webmail page)."""
    pages = Blueprint("inbox", __name__)

    @pages.get("/mails")
    def mails() -> Response:
        since = request.args.get("since", 0, type=int)
        return jsonify(inbox().mails(to=request.args.get("to", ""), since=since))

    @pages.delete("/mails")
    def forget() -> tuple[str, int]:
        inbox().clear()
        return "", 204

    @pages.get("/mails/<int:number>/raw")
    def raw(number: int) -> Response:
        return Response(_chosen(inbox(), number)["raw"], mimetype="text/plain")

    @pages.get("/inbox")
    def page() -> str:
        found = inbox().mails(to=request.args.get("to", ""))[::-1]
        return render_template("inbox.html", mails=found, to=request.args.get("to", ""), open=None)

    @pages.get("/inbox/<int:number>")
    def message(number: int) -> str:
        found = inbox().mails()[::-1]
        return render_template("inbox.html", mails=found, to="", open=_chosen(inbox(), number))

    return pages


def _chosen(inbox: Inbox, number: int) -> dict[str, Any]:
    found = next((one for one in inbox.mails() if one["id"] == number), None)
    if found is None:
        abort(404)
    return found
