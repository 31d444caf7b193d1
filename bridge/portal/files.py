"""Files as they come in: written under a name of our own, weighed, and believed by their content alone."""

import hashlib
import secrets
import unicodedata
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import puremagic
from werkzeug.datastructures import FileStorage

from bridge.store import Store
from bridge.store.drafts import StoredFile
from bridge.store.file_limit import file_limit

MEGABYTE = 1024 * 1024
MAXIMUM_BYTES = 200 * MEGABYTE
"""What one request may bring, and so the largest file, however large Jira's limit is."""
MAXIMUM_FILES = 20
MAXIMUM_NAME = 120
CHUNK = 64 * 1024

_TEXT = {"txt": "text/plain", "log": "text/plain", "csv": "text/csv", "json": "application/json"}
_TEXT["xml"] = "application/xml"
_BINARY = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "pdf": "application/pdf",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
}
_PACKED = {
    "zip": ("application/zip", ""),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xl/"),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "word/"),
}
ACCEPTED = tuple(f".{ending}" for ending in (*_BINARY, *_TEXT, *_PACKED))
KINDS = (
    "Imagens (PNG, JPG, GIF, WEBP), vídeos (MP4, WEBM, MOV), PDF, textos (TXT, LOG, CSV, XML, JSON), "
    "planilhas e documentos (XLSX, DOCX) e ZIP"
)
NO_FILES = "No momento não é possível enviar arquivos. Envie links."
# These name the same kind of file to us (an iPhone's .mov is often written as MP4).
_TWINS = {"jpg": {"jpg", "jpeg", "jfif"}, "mp4": {"mp4", "m4v", "mov"}, "mov": {"mov", "mp4", "m4v", "qt"}}
_TWINS["jpeg"] = _TWINS["jpg"]


@dataclass(frozen=True)
class Terms:
    """Which files are taken now."""

    limit: int
    """Bytes of the largest; 0 when none is."""

    @property
    def endings(self) -> str:
        return ",".join(ACCEPTED)

    @property
    def largest(self) -> str:
        """`10 MB`."""
        return f"{self.limit // MEGABYTE} MB" if self.limit >= MEGABYTE else f"{self.limit // 1024} kB"

    @property
    def sentence(self) -> str:
        if not self.limit:
            return NO_FILES
        together = "" if self.limit * MAXIMUM_FILES <= MAXIMUM_BYTES else f", {_TOGETHER} de cada vez"
        return f"{KINDS}, com até {self.largest} cada um e {MAXIMUM_FILES} no total{together}."


_TOGETHER = f"{MAXIMUM_BYTES // MEGABYTE} MB"


def terms(store: Store) -> Terms:
    """What Jira takes, as it last said."""
    with store.read() as db:
        return Terms(min(file_limit(db), MAXIMUM_BYTES))


class FileRefused(Exception):
    """The file is not taken. `reason` is a sentence for the partner, the file's name in it."""

    def __init__(self, filename: str, reason: str) -> None:
        self.filename = filename
        self.reason = f"“{filename}”: {reason}"
        super().__init__(self.reason)


@dataclass(frozen=True, kw_only=True)
class Intake:
    """What became of the files of one request."""

    stored: tuple[StoredFile, ...]
    refusals: tuple[str, ...]


def take_in(files: Iterable[FileStorage], *, folder: Path, room: int, terms: Terms) -> Intake:
    """Store what may be stored, at most `room` files; each other file is refused by name, alone."""
    stored: list[StoredFile] = []
    refusals: list[str] = []
    for file in files:
        if not file.filename:
            continue  # an empty file input still sends a part
        try:
            if len(stored) >= room:
                raise FileRefused(display_name(file.filename), f"são no máximo {MAXIMUM_FILES} arquivos.")
            stored.append(_store(file, folder, terms))
        except FileRefused as refusal:
            refusals.append(refusal.reason)
    return Intake(stored=tuple(stored), refusals=tuple(refusals))


def forget(folder: Path, names: Iterable[str]) -> None:
    """Delete stored bytes that nothing refers to any more."""
    for name in names:
        (folder / Path(name).name).unlink(missing_ok=True)


def display_name(given: str) -> str:
    """The name without folders, control characters and characters that reorder what is read."""
    base = given.replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(char for char in base if unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Zl", "Zp"})
    shown = " ".join(shown.split()).lstrip(".") or "arquivo"
    stem, dot, ending = shown.rpartition(".")
    limit = MAXIMUM_NAME - len(ending) - 1
    return f"{stem[:limit]}{dot}{ending}" if dot and len(ending) <= 10 else shown[:MAXIMUM_NAME]


def _store(file: FileStorage, folder: Path, terms: Terms) -> StoredFile:
    name = display_name(file.filename or "")
    ending = name.rpartition(".")[2].lower()
    if not terms.limit:
        raise FileRefused(name, NO_FILES)
    if f".{ending}" not in ACCEPTED:
        raise FileRefused(name, f"este tipo de arquivo não é aceito. {terms.sentence}")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / secrets.token_hex(16)
    try:
        size, digest = _write(file, path, name, terms)
        _believe(path, ending, name)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return StoredFile(
        filename=name, content_type=_content_type(ending), size=size, sha256=digest, stored_as=path.name
    )


def _write(file: FileStorage, path: Path, name: str, terms: Terms) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    with path.open("xb") as target:
        while chunk := file.stream.read(CHUNK):
            size += len(chunk)
            if size > terms.limit:
                raise FileRefused(name, f"passa de {terms.largest}. Envie um link na descrição.")
            digest.update(chunk)
            target.write(chunk)
    if size == 0:
        raise FileRefused(name, "está vazio.")
    return size, digest.hexdigest()


def _believe(path: Path, ending: str, name: str) -> None:
    if ending in _TEXT:
        genuine = _is_text(path)
    elif ending in _PACKED:
        genuine = _is_package(path, _PACKED[ending][1])
    else:
        genuine = bool(_kinds(path) & _TWINS.get(ending, {ending}))
    if not genuine:
        raise FileRefused(name, f"o conteúdo não é de um arquivo .{ending}. Abra-o no computador e confira.")


def _kinds(path: Path) -> set[str]:
    try:
        return {match.extension.lstrip(".") for match in puremagic.magic_file(str(path))}
    except (puremagic.PureError, ValueError):
        return set()


def _is_text(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(CHUNK)
    if start[:2] in {b"\xff\xfe", b"\xfe\xff"}:  # Windows saves logs in UTF-16
        return b"\0\0" not in start.removesuffix(b"\0")
    return not any(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in start)


def _is_package(path: Path, member_prefix: str) -> bool:
    try:
        with zipfile.ZipFile(path) as package:
            return any(name.startswith(member_prefix) for name in package.namelist()) or not member_prefix
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False


def _content_type(ending: str) -> str:
    return _BINARY.get(ending) or _TEXT.get(ending) or _PACKED[ending][0]
