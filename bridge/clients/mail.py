"""SMTP: one message, one recipient, one outcome."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.utils import parseaddr
from functools import cached_property
from hashlib import sha256
from urllib.parse import parse_qs, unquote, urlsplit

from bridge.clients.errors import Refused, Unavailable
from bridge.clients.signing import signed
from bridge.config import MailSettings
from bridge.store import refuse_in_transaction

SERVICE = "SMTP"
TIMEOUT = 30
"""Seconds for each step of the dialogue."""


class Mailer:
    """Knows the relay, and finishes messages for it."""

    def __init__(self, settings: MailSettings) -> None:
        parts = urlsplit(settings.smtp_url.reveal())
        options = parse_qs(parts.query)
        self._settings = settings
        self._host = parts.hostname or "localhost"
        self._implicit_tls = parts.scheme == "smtps"
        self._port = parts.port or (465 if self._implicit_tls else 587)
        self._starttls = options.get("tls") == ["starttls"]
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")
        self.sender = parseaddr(settings.sender)[1]

    @contextmanager
    def open(self) -> Iterator["Relay"]:
        """A line to the relay for any number of messages; nothing is dialled before the first."""
        relay = Relay(self)
        try:
            yield relay
        finally:
            relay.hang_up()

    def probe(self) -> str:
        """Connect, sign in and say NOOP; the relay's answer."""
        connection = self.connect()
        code, words = connection.noop()
        connection.quit()
        return f"{code} {_text(words)}"

    def finished(self, raw: bytes, *, key: str) -> bytes:
        """The message as the relay gets it: signed, and with the idempotency header where one is set."""
        if self._settings.dkim_key:
            raw = signed(raw, self._settings)
        header = self._settings.idempotency_header
        return f"{header}: {sha256(key.encode()).hexdigest()}\r\n".encode() + raw if header else raw

    def connect(self) -> smtplib.SMTP:
        if self._implicit_tls:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, timeout=TIMEOUT, context=self._context
            )
        else:
            connection = smtplib.SMTP(self._host, self._port, timeout=TIMEOUT)
        if self._starttls:
            connection.starttls(context=self._context)
        if self._user:
            connection.login(self._user, self._password)
        connection.ehlo_or_helo_if_needed()
        return connection

    @cached_property
    def _context(self) -> ssl.SSLContext:
        """Made once: reading the machine's certificates takes longer than sending."""
        return ssl.create_default_context()


class Relay:
    """A line to the relay: dialled when it is needed, and again when it has broken."""

    def __init__(self, mailer: Mailer) -> None:
        self._mailer = mailer
        self._connection: smtplib.SMTP | None = None

    def send(self, raw: bytes, *, recipient: str, key: str, envelope: str = "") -> str:
        """Send a finished message; the relay's own words of acceptance. `key` is the same for each attempt.

        `envelope`: where bounces go, instead of to the sender.

        Raises:
            Unavailable: 4xx or no connection; `unknown_outcome` when the connection broke after the final
                dot, for then the relay may have taken the message (RFC 1047).
            Refused: 5xx.
        """
        refuse_in_transaction()
        finished = self._mailer.finished(raw, key=key)
        connection = self._addressed(envelope or self._mailer.sender, recipient)
        try:
            return _expect(connection.data(finished), {250})
        except smtplib.SMTPDataError as error:  # the answer to DATA itself, before the message
            self.hang_up()
            raise _answer(error.smtp_code, error.smtp_error) from error
        except (OSError, smtplib.SMTPException) as error:
            self.hang_up()
            raise Unavailable(SERVICE, "broke off after the message", unknown_outcome=True) from error

    def hang_up(self) -> None:
        if self._connection is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._connection.quit()
        self._connection = None

    def _addressed(self, sender: str, recipient: str) -> smtplib.SMTP:
        """The line with the envelope written, on which the message itself is due."""
        used = self._connection is not None
        connection = self._connected()
        try:
            _expect(connection.mail(sender), {250})
            _expect(connection.rcpt(recipient), {250, 251})
            return connection
        except (Unavailable, Refused) as error:
            self.hang_up()
            if not (used and error.reason.startswith("421")):
                raise
        except (OSError, smtplib.SMTPException) as error:
            self.hang_up()
            if not used:
                reason = f"broke off before the message ({type(error).__name__})"
                raise Unavailable(SERVICE, reason) from error
        # A relay ends a line that has idled or carried enough; nothing was sent on this one yet.
        return self._addressed(sender, recipient)

    def _connected(self) -> smtplib.SMTP:
        if self._connection is None:
            try:
                self._connection = self._mailer.connect()
            except smtplib.SMTPResponseException as error:
                raise _answer(error.smtp_code, error.smtp_error) from error
            except (OSError, smtplib.SMTPException) as error:
                raise Unavailable(SERVICE, f"could not be reached ({type(error).__name__})") from error
        return self._connection


def _expect(answer: tuple[int, bytes], good: set[int]) -> str:
    code, words = answer
    if code not in good:
        raise _answer(code, words)
    return f"{code} {_text(words)}"


def _answer(code: int, words: bytes | str) -> Unavailable | Refused:
    sentence = f"{code} {_text(words)}"
    return Refused(SERVICE, sentence) if 500 <= code < 600 else Unavailable(SERVICE, sentence)


def _text(words: bytes | str) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else words
