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
from bridge.clients.limits import Limiter, Scope
from bridge.clients.signing import signed
from bridge.config import MailSettings
from bridge.inbound import reports
from bridge.store import outside

SERVICE = "SMTP"
TIMEOUT = 30
"""Seconds for each step of the dialogue."""
WHOLE = Scope(name="smtp")
REST = 300.0
"""Seconds before a relay that does not let us send is dialled again: only the operator can mend it."""


class Mailer:
    """Knows the relay, and finishes messages for it."""

    def __init__(self, settings: MailSettings, *, limiter: Limiter | None = None) -> None:
        parts = urlsplit(settings.smtp_url.reveal())
        options = parse_qs(parts.query)
        self._settings = settings
        self._limiter = limiter
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
        """Connect, sign in and say NOOP; the relay's answer.

        Raises:
            Unavailable: as `connect`.
        """
        with self.connect() as connection:
            code, words = connection.noop()
        return _sentence(code, words)

    def finished(self, raw: bytes, *, key: str) -> bytes:
        """The message as the relay gets it: signed, and with the idempotency header where one is set."""
        if self._settings.dkim_key:
            raw = signed(raw, self._settings)
        header = self._settings.idempotency_header
        return f"{header}: {sha256(key.encode()).hexdigest()}\r\n".encode() + raw if header else raw

    def connect(self) -> smtplib.SMTP:
        """A line on which an envelope is due.

        Raises:
            Unavailable: there is none; `denied` when the relay does not let us in.
        """
        if self._limiter:
            self._limiter.take(SERVICE, [WHOLE])
        try:
            return self._signed_in(self._dialled())
        except smtplib.SMTPResponseException as error:
            raise self.not_let_in(error.smtp_code, error.smtp_error) from error
        except (OSError, smtplib.SMTPException) as error:
            raise Unavailable(SERVICE, f"could not be reached ({type(error).__name__})") from error

    def not_let_in(self, code: int, words: bytes | str) -> Unavailable:
        """What a bad answer means before a recipient was named; one for good has every process rest.

        It is about us or the relay, never about an e-mail. Not even 552 to MAIL FROM: we give no SIZE=
        (RFC 1870), so a relay says that a message is too large after the final dot.
        """
        sentence, denied = _sentence(code, words), _for_good(code)
        if denied and self._limiter:
            self._limiter.pause(WHOLE.name, seconds=REST, reason=sentence)
        return Unavailable(SERVICE, sentence, denied=denied)

    def _dialled(self) -> smtplib.SMTP:
        if self._implicit_tls:
            return smtplib.SMTP_SSL(self._host, self._port, timeout=TIMEOUT, context=self._context)
        return smtplib.SMTP(self._host, self._port, timeout=TIMEOUT)

    def _signed_in(self, connection: smtplib.SMTP) -> smtplib.SMTP:
        try:
            if self._starttls:
                connection.starttls(context=self._context)
            if self._user:
                connection.login(self._user, self._password)
            connection.ehlo_or_helo_if_needed()
        except BaseException:
            connection.close()
            raise
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

    @outside()
    def send(self, raw: bytes, *, recipient: str, key: str, envelope: str = "") -> str:
        """Send a finished message; the relay's own words of acceptance. `key` is the same for each attempt.

        `envelope`: where bounces go, instead of to the sender.

        Raises:
            Unavailable: 4xx, no connection, or an answer that is about us, which is `denied`;
                `unknown_outcome` when the connection broke after the final dot, for then the relay may have
                taken the message (RFC 1047).
            Refused: 5xx about the recipient or the message.
        """
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
            code, words = connection.mail(sender)
            if code != 250:
                raise self._mailer.not_let_in(code, words)
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
            self._connection = self._mailer.connect()
        return self._connection


def _expect(answer: tuple[int, bytes], good: set[int]) -> str:
    code, words = answer
    if code not in good:
        raise _answer(code, words)
    return _sentence(code, words)


def _answer(code: int, words: bytes | str) -> Unavailable | Refused:
    """What a bad answer means once a recipient was named."""
    sentence = _sentence(code, words)
    if _for_good(code) and not reports.is_about_us(sentence):
        return Refused(SERVICE, sentence)
    return Unavailable(SERVICE, sentence, denied=_for_good(code))


def _for_good(code: int) -> bool:
    return 500 <= code < 600


def _sentence(code: int, words: bytes | str) -> str:
    return f"{code} {_text(words)}"


def _text(words: bytes | str) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else words
