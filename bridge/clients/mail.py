"""SMTP: one message, one recipient, one outcome."""

import smtplib
import ssl
from contextlib import suppress
from email.utils import parseaddr
from functools import cached_property
from hashlib import sha256
from urllib.parse import parse_qs, unquote, urlsplit

from bridge.clients.errors import Refused, Unavailable
from bridge.config import MailSettings
from bridge.store import refuse_in_transaction

SERVICE = "SMTP"
TIMEOUT = 30
"""Seconds for each step of the dialogue."""


class Mailer:
    """Hands messages to the relay."""

    def __init__(self, settings: MailSettings) -> None:
        parts = urlsplit(settings.smtp_url.reveal())
        options = parse_qs(parts.query)
        self._host = parts.hostname or "localhost"
        self._implicit_tls = parts.scheme == "smtps"
        self._port = parts.port or (465 if self._implicit_tls else 587)
        self._starttls = options.get("tls") == ["starttls"]
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")
        self._key_header = settings.idempotency_header
        self.sender = parseaddr(settings.sender)[1]

    def send(self, raw: bytes, *, recipient: str, key: str) -> str:
        """Send a finished message; the relay's own words of acceptance. `key` is the same for each attempt.

        Raises:
            Unavailable: 4xx or no connection; `unknown_outcome` when the connection broke after the final
                dot, for then the relay may have taken the message (RFC 1047).
            Refused: 5xx.
        """
        refuse_in_transaction()
        if self._key_header:
            raw = f"{self._key_header}: {sha256(key.encode()).hexdigest()}\r\n".encode() + raw
        try:
            connection = self._connect()
        except smtplib.SMTPResponseException as error:
            raise _answer(error.smtp_code, error.smtp_error) from error
        except (OSError, smtplib.SMTPException) as error:
            raise Unavailable(SERVICE, f"could not be reached ({type(error).__name__})") from error
        try:
            return self._hand_over(connection, raw, recipient)
        finally:
            with suppress(OSError, smtplib.SMTPException):
                connection.quit()

    def probe(self) -> str:
        """Connect, sign in and say NOOP; the relay's answer."""
        connection = self._connect()
        code, words = connection.noop()
        connection.quit()
        return f"{code} {_text(words)}"

    def _connect(self) -> smtplib.SMTP:
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
        return connection

    @cached_property
    def _context(self) -> ssl.SSLContext:
        """Made once: reading the machine's certificates takes longer than sending."""
        return ssl.create_default_context()

    def _hand_over(self, connection: smtplib.SMTP, raw: bytes, recipient: str) -> str:
        try:
            connection.ehlo_or_helo_if_needed()
            _expect(connection.mail(self.sender), {250})
            _expect(connection.rcpt(recipient), {250, 251})
        except (OSError, smtplib.SMTPException) as error:
            raise Unavailable(SERVICE, f"broke off before the message ({type(error).__name__})") from error
        try:
            return _expect(connection.data(raw), {250})
        except smtplib.SMTPDataError as error:  # the answer to DATA itself, before the message
            raise _answer(error.smtp_code, error.smtp_error) from error
        except (OSError, smtplib.SMTPException) as error:
            raise Unavailable(SERVICE, "broke off after the message", unknown_outcome=True) from error


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
