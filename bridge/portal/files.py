"""Files as they come in: written under a name of our own, weighed, looked into, cleaned, scanned."""

import hashlib
import secrets
import shutil
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from werkzeug.datastructures import FileStorage

from bridge.clients.errors import Refused, Unavailable
from bridge.portal import file_kinds, pictures, words
from bridge.portal.terms import MAXIMUM_FILES, NO_FILES, Terms, terms
from bridge.services import Services
from bridge.store import arriving
from bridge.store.drafts import StoredFile
from bridge.store.tables import Partner

MAXIMUM_NAME = 120
CHUNK = 64 * 1024
SMALL = ".mini"
"""Added to a stored picture's name: its thumbnail."""
TOO_MANY = f"são no máximo {MAXIMUM_FILES} arquivos."
EMPTY = "está vazio."
NAMELESS = "arquivo sem nome"
WITHOUT_NAME = "dê um nome a ele, com a terminação do seu tipo, e envie de novo."
INFECTED = "o antivírus encontrou algo perigoso nele. Ele não foi guardado."
UNSCANNABLE = "é grande demais para o antivírus. Envie um link para ele."
NOT_SCANNED = "não foi possível passar o antivírus agora. Tente de novo em alguns minutos."


class FileRefused(Exception):
    """The file is not taken. `reason` is a sentence for the partner, the file's name in it."""

    def __init__(self, filename: str, reason: str) -> None:
        self.filename = filename
        self.reason = f"“{filename}”: {reason}"
        super().__init__(self.reason)


class NotNow(FileRefused):
    """The same file may be taken later."""


@dataclass(frozen=True, kw_only=True)
class Intake:
    """What became of the files of one request."""

    stored: tuple[StoredFile, ...]
    refusals: tuple[str, ...]


def take_in(services: Services, files: Iterable[FileStorage], partner: Partner, *, room: int) -> Intake:
    """Store what may be stored, at most `room` files; each other file is refused by name, alone."""
    left, taken_now = quota_left(services, partner), terms(services)
    stored: list[StoredFile] = []
    refusals: list[str] = []
    for file in files:
        if not file.filename and not file.stream.read(1):
            continue  # an empty file input still sends a part
        try:
            if not file.filename:
                raise FileRefused(NAMELESS, WITHOUT_NAME)
            name = admitted_name(file.filename, taken_now)
            if len(stored) >= room:
                raise FileRefused(name, TOO_MANY)
            stored.append(_store_within(services, left, name, file.stream))
            left -= stored[-1].size
        except FileRefused as refusal:
            refusals.append(refusal.reason)
    return Intake(stored=tuple(stored), refusals=tuple(refusals))


def store(services: Services, name: str, content: IO[bytes]) -> StoredFile:
    """Keep a copy of the content, once it has been looked into.

    Raises:
        FileRefused: it is not what its name says, or may not be kept (NotNow: nobody can tell at present).
    """
    folder, ending = services.config.files, file_kinds.ending_of(name)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / secrets.token_hex(16)
    try:
        _write(path, name, content, terms(services))
        _judge(services, path, name, ending)
    except BaseException:
        forget(folder, [path.name])
        raise
    with path.open("rb") as kept:
        digest = hashlib.file_digest(kept, "sha256").hexdigest()
    return StoredFile(
        filename=name,
        content_type=file_kinds.content_type(ending),
        size=path.stat().st_size,
        sha256=digest,
        stored_as=path.name,
    )


def quota_left(services: Services, partner: Partner) -> int:
    """Bytes that the partner may still send before something is filed or discarded."""
    with services.store.read() as db:
        held = arriving.held_bytes(db, partner, now=services.clock())
    return services.config.uploads.quota - held


def no_quota(services: Services, name: str) -> FileRefused:
    quota = words.size(services.config.uploads.quota)
    return FileRefused(name, f"seus rascunhos já guardam quase {quota}. Envie ou descarte algum antes.")


def forget(folder: Path, names: Iterable[str]) -> None:
    """Delete stored bytes that nothing refers to any more."""
    for name in names:
        own = folder / Path(name).name
        own.unlink(missing_ok=True)
        small(own).unlink(missing_ok=True)


def copied(folder: Path, name: str) -> str | None:
    """The same bytes under another name, with their thumbnail; None where they are gone."""
    own, other = folder / name, folder / secrets.token_hex(16)
    if not own.is_file():
        return None
    for source, target in ((own, other), (small(own), small(other))):
        if source.is_file():
            _link(source, target)
    return other.name


def _link(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except OSError:  # some network shares know no second names
        shutil.copyfile(source, target)


def small(path: Path) -> Path:
    """Where a stored picture's thumbnail lies."""
    return path.with_name(path.name + SMALL)


def admitted_name(given: str, taken_now: Terms) -> str:
    """The name to show, when files of its kind are taken.

    Raises:
        FileRefused: they are not.
    """
    name = display_name(given)
    if not taken_now.limit:
        raise FileRefused(name, NO_FILES)
    try:
        file_kinds.ending_of(name)
    except file_kinds.WrongKind as error:
        raise FileRefused(name, str(error)) from error
    return name


def display_name(given: str) -> str:
    """The name without folders, control characters and characters that reorder what is read."""
    base = given.replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(char for char in base if unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Zl", "Zp"})
    shown = " ".join(shown.split()).lstrip(".") or "arquivo"
    stem, dot, ending = shown.rpartition(".")
    limit = MAXIMUM_NAME - len(ending) - 1
    return f"{stem[:limit]}{dot}{ending}" if dot and len(ending) <= 10 else shown[:MAXIMUM_NAME]


def too_large(name: str, taken_now: Terms) -> FileRefused:
    return FileRefused(name, f"passa de {taken_now.largest}. Envie um link para ele.")


def _store_within(services: Services, left: int, name: str, content: IO[bytes]) -> StoredFile:
    stored = store(services, name, content)
    if stored.size > left:
        forget(services.config.files, [stored.stored_as])
        raise no_quota(services, name)
    return stored


def _write(path: Path, name: str, content: IO[bytes], taken_now: Terms) -> None:
    size = 0
    with path.open("xb") as target:
        while chunk := content.read(CHUNK):
            size += len(chunk)
            if size > taken_now.limit:
                raise too_large(name, taken_now)
            target.write(chunk)
    if size == 0:
        raise FileRefused(name, EMPTY)


def _judge(services: Services, path: Path, name: str, ending: str) -> None:
    try:
        file_kinds.believe(path, ending)
        if file_kinds.is_picture(ending):
            pictures.settle(path, ending, small=small(path))
    except (file_kinds.WrongKind, pictures.Unreadable) as error:
        raise FileRefused(name, str(error)) from error
    try:
        infected = services.antivirus.finds_something(path)
    except Unavailable as error:
        raise NotNow(name, NOT_SCANNED) from error
    except Refused as error:
        raise FileRefused(name, UNSCANNABLE) from error
    if infected:
        raise FileRefused(name, INFECTED)
