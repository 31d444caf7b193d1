"""Settings read one by one from the environment, each also from a file, gathering what is wrong with them."""

import os
import re
from collections.abc import Mapping
from email.errors import MessageError
from email.headerregistry import Address
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, urlsplit

from environs import EnvValidationError, FileAwareEnv

NOTHING = urlsplit("")
MAIL = {"smtp", "smtps", "imap", "imaps"}
QUOTE = "in a user name or password write % @ : / ? # [ ] as %25 %40 %3A %2F %3F %23 %5B %5D"


class Secret:
    """A value that never shows itself: not in a repr, a log or a traceback."""

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "Secret(…)" if self._value else "Secret('')"


class Reader:
    """One reading of `environ`, or of a mapping in its place."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        # environs reads os.environ itself; tests hand in their own mapping.
        self._env = FileAwareEnv(eager=True, prefix="CHAMADOS_", strip_whitespace=True)
        self._env._environ = dict(environ)
        self._faults: dict[str, str] = {}

    @property
    def faults(self) -> list[str]:
        """The first fault of each setting: what follows is often only its consequence."""
        return [f"CHAMADOS_{name}: {remedy}" for name, remedy in self._faults.items()]

    def check(self, name: str, good: bool, remedy: str) -> None:
        if not good:
            self._faults.setdefault(name, remedy)

    def text(self, name: str, default: str) -> str:
        try:
            return self._env.str(name, default).strip()
        except (EnvValidationError, ValueError, OSError):
            self.check(name, good=False, remedy=f"the file that CHAMADOS_{name}_FILE names cannot be read")
            return default

    def required(self, name: str) -> str:
        value = self.text(name, "")
        self.check(name, bool(value), "is not set")
        return value

    def secret(self, name: str, *, required: bool = True, minimum: int = 0) -> Secret:
        value = self.required(name) if required else self.text(name, "")
        self.check(name, not value or len(value) >= minimum, f"needs at least {minimum} characters")
        return Secret(value)

    def webhook_secrets(self, name: str) -> tuple[Secret, ...]:
        """One secret, or two split by a comma or a line break while one replaces the other."""
        words = [word.strip() for word in self.text(name, "").replace("\n", ",").split(",") if word.strip()]
        self.check(
            name, bool(words), "is not set; without a secret anybody could move tickets, so nothing starts"
        )
        self.check(
            name, len(words) <= 2, "holds more than two secrets; keep the new one and the one it replaces"
        )
        return tuple(Secret(word) for word in words)

    def url(self, name: str, default: str = "") -> str:
        value = (self.text(name, default) if default else self.required(name)).rstrip("/")
        parts = self.parts(name, value)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname)
        self.check(name, not value or good, "must be an http:// or https:// address")
        return value

    def parts(self, name: str, value: str) -> SplitResult:
        """The parts of an address; none of one that is not whole."""
        try:
            parts = urlsplit(value)
            _ = parts.port
        except ValueError:
            parts = NOTHING
        # A password with a # or / in it ends the host's name there, and goes on behind.
        left_over = parts.fragment or (parts.scheme in MAIL and "@" in parts.path + parts.query)
        whole = parts != NOTHING and not left_over
        self.check(name, not value or whole, f"is not a whole address; {QUOTE}")
        return parts if whole else NOTHING

    def smtp(self, name: str) -> str:
        value = self.required(name)
        parts = self.parts(name, value)
        good = parts.scheme in {"smtp", "smtps"} and bool(parts.hostname)
        self.check(name, not value or good, "must look like smtp://user:password@host:587?tls=starttls")
        self._options(name, parts, {"tls": "tls=starttls"})
        return value

    def imap(self, name: str) -> str:
        value = self.text(name, "")
        parts = self.parts(name, value)
        good = parts.scheme in {"imap", "imaps"} and bool(parts.hostname and parts.username)
        self.check(name, not value or good, "must look like imaps://user:password@host/INBOX")
        self._options(name, parts, {"tls": "tls=starttls", "done": "done=Folder"})
        return value

    def _options(self, name: str, parts: SplitResult, known: dict[str, str]) -> None:
        """A misspelt wish for encryption must not mean none."""
        given = parse_qs(parts.query, keep_blank_values=True)
        good = given.keys() <= known.keys() and given.get("tls", ["starttls"]) == ["starttls"]
        self.check(name, good, f"knows only {' and '.join(known.values())} after the question mark")

    def address(self, name: str) -> str:
        value = self.required(name)
        good = is_address(parseaddr(value)[1])
        self.check(name, not value or good, "must be an e-mail address, as Name <a@b.example>")
        return value

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        value = self.text(name, "").lower()
        self.check(name, value in choices, f"must be one of {', '.join(filter(None, choices))}")
        return value

    def number(self, name: str, default: int, *, most: int = 10**9) -> int:
        value = self.text(name, str(default))
        whole = value.isdecimal() and len(value) <= len(str(most))
        self.check(name, whole, "must be a whole number")
        self.check(name, not whole or int(value) <= most, f"must be {most} at most")
        return int(value) if whole else default

    def folder(self, name: str, default: str) -> Path:
        path = Path(self.text(name, default))
        self.check(name, not os.path.exists(path) or os.path.isdir(path), "must be a folder; this is a file")
        return path


def is_address(value: str) -> bool:
    """Whether an e-mail can be written to it."""
    try:
        return bool(Address(addr_spec=value).domain)
    except (ValueError, IndexError, MessageError):
        return False


def is_domain(value: str) -> bool:
    return re.fullmatch(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}", value) is not None
