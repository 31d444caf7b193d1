"""IMAP: the mailbox that partners answer to, and that bounces come back to."""

import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError

from bridge.clients.errors import Refused, Unavailable
from bridge.config import Secret
from bridge.store import outside

SERVICE = "IMAP"
TIMEOUT = 30
"""Seconds for each command."""
MAXIMUM_BYTES = 40 * 1024 * 1024
"""Of a larger e-mail only the headers are read."""
DONE_FOLDER = "Tratadas"
"""Where what has been taken is put away; `?done=` in the address names another, or none."""

Answer = TypeVar("Answer")


@dataclass(frozen=True, kw_only=True)
class Fetched:
    raw: bytes = field(repr=False)
    whole: bool
    """False: too large to be read, so only its headers."""


class Mailbox:
    """One folder over one connection, opened when it is needed and kept. Not for two threads at once."""

    def __init__(self, url: Secret) -> None:
        parts = urlsplit(url.reveal())
        options = parse_qs(parts.query)
        self._host = parts.hostname or ""
        self._implicit_tls = parts.scheme == "imaps"
        self._port = parts.port or (993 if self._implicit_tls else 143)
        self._starttls = options.get("tls") == ["starttls"]
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")
        self._folder = unquote(parts.path.strip("/")) or "INBOX"
        self._done = options.get("done", [DONE_FOLDER])[0]
        self._connection: IMAPClient | None = None
        self._uid_next: int | None = None
        """What the next e-mail's UID was to be when we last looked; None where the server does not say."""
        self.name = f"{self._user}@{self._host}/{self._folder}"[:255]
        """Without the password: the rows about its e-mails bear it."""

    @property
    def configured(self) -> bool:
        return bool(self._host)

    def waiting(self) -> tuple[int, list[int]]:
        """(UIDVALIDITY, the UIDs of what lies in the folder, oldest first).

        Raises:
            Unavailable: it cannot be reached or broke off.
            Refused: it does not let us in.
        """
        uid_validity, uids, self._uid_next = self._asked(_waiting, self._folder)
        return uid_validity, uids

    def read(self, uid: int) -> Fetched | None:
        """An e-mail, without marking it as read; None when it lies there no more.

        Raises:
            Unavailable, Refused: as for `waiting`.
        """
        return self._asked(_read, uid)

    def done(self, uid: int) -> None:
        """Mark as read and put away what has been taken; what lies in the folder is still to do."""
        self._asked(_put_away, uid, self._done)

    def find(self, message_id: str) -> bytes | None:
        """The headers of an e-mail that lies in the folder or was put away; None while it does in neither."""
        return self._asked(_find, message_id, [self._folder, self._done])

    def flagged(self, uid: int) -> None:
        """Leave it where it is, for a person to look at."""
        self._asked(lambda box: box.add_flags([uid], [rb"\Flagged"]))

    def wait(self, seconds: float) -> bool | None:
        """Until something changes in the folder, or has come since `waiting`: True; None where the server
        cannot tell (RFC 2177).
        """
        return self._asked(_wait, seconds, self._uid_next)

    def probe(self) -> str:
        """Sign in and count; what the server offers."""
        _, uids = self.waiting()
        idle = self._asked(lambda box: box.has_capability("IDLE"))
        return f"{len(uids)} in {self._folder}, {'told of new ones' if idle else 'asked every half minute'}"

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection:
            with suppress(OSError, IMAPClientError, ValueError):
                connection.logout()

    @outside()
    def _asked(self, question: Callable[..., Answer], *given: object) -> Answer:
        """Ask over the open connection; one that has died since is opened anew, once."""
        fresh = self._connection is None
        try:
            return question(self._open(), *given)
        except LoginError as error:
            self.close()
            raise Refused(SERVICE, f"does not let us in: {error}") from error
        except (OSError, IMAPClientError) as error:
            self.close()
            if fresh:
                raise Unavailable(SERVICE, f"{type(error).__name__}: {error}"[:300]) from error
            return self._asked(question, *given)

    def _open(self) -> IMAPClient:
        if self._connection is None:
            context = self._context if self._implicit_tls else None
            connection = IMAPClient(
                self._host, self._port, ssl=self._implicit_tls, ssl_context=context, timeout=TIMEOUT
            )
            self._connection = connection
            if self._starttls:
                connection.starttls(self._context)
            connection.login(self._user, self._password)
            connection.select_folder(self._folder)
        return self._connection

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context()


def _waiting(box: IMAPClient, folder: str) -> tuple[int, list[int], int | None]:
    # Selected anew each time: some servers tell of new e-mails only then, and UIDVALIDITY may have changed.
    selected: dict[bytes, Any] = box.select_folder(folder)
    uids = sorted(int(uid) for uid in box.search("UNDELETED"))
    return int(selected[b"UIDVALIDITY"]), uids, selected.get(b"UIDNEXT")


def _read(box: IMAPClient, uid: int) -> Fetched | None:
    known = box.fetch([uid], ["RFC822.SIZE"]).get(uid)
    if known is None:
        return None
    section = "" if known[b"RFC822.SIZE"] <= MAXIMUM_BYTES else "HEADER"
    found = box.fetch([uid], [f"BODY.PEEK[{section}]"]).get(uid)
    return Fetched(raw=bytes(found[f"BODY[{section}]".encode()]), whole=not section) if found else None


def _find(box: IMAPClient, message_id: str, folders: list[str]) -> bytes | None:
    for folder in filter(None, folders):
        if not box.folder_exists(folder):
            continue
        box.select_folder(folder, readonly=True)
        for uid in box.search(["HEADER", "Message-ID", message_id]):
            return bytes(box.fetch([uid], ["BODY.PEEK[HEADER]"])[uid][b"BODY[HEADER]"])
    return None


def _put_away(box: IMAPClient, uid: int, folder: str) -> None:
    box.add_flags([uid], [rb"\Seen"])
    if not folder:
        return
    if not box.folder_exists(folder):
        box.create_folder(folder)
    if box.has_capability("MOVE"):
        box.move([uid], folder)
        return
    box.copy([uid], folder)
    box.delete_messages([uid])
    if box.has_capability("UIDPLUS"):
        box.uid_expunge([uid])  # without it, others' deletions would go too


def _wait(box: IMAPClient, seconds: float, uid_next: int | None) -> bool | None:
    if not box.has_capability("IDLE"):
        return None
    if uid_next and _has_come(box, uid_next):
        return True
    box.idle()
    heard = box.idle_check(timeout=seconds)
    _, last = box.idle_done()
    return bool(heard or last)


def _has_come(box: IMAPClient, uid_next: int) -> bool:
    """True when there is an e-mail of this UID or a later one.

    Of what came while no one listened the server would tell together with its "+ idling": that lies in a
    buffer which `idle_check`, waiting for the socket, does not see.
    """
    # Dovecot searches in what it has told of, so it is asked to tell; others tell something each time.
    if not box.noop()[1]:
        return False
    # `*` is the last e-mail, however old (RFC 9051, "sequence-set").
    return any(uid >= uid_next for uid in box.search(["UID", f"{uid_next}:*"]))
