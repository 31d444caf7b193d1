"""Which kinds of files are taken, and whether a file is what its name says: only its content is believed."""

import io
import zipfile
from pathlib import Path

import puremagic

from bridge.portal import pictures

CHUNK = 64 * 1024
MAXIMUM_UNPACKED = 2 * 1024**3
"""Bytes that a package may say it holds: whoever opens it in triage must not run out of disk."""
MAXIMUM_MEMBERS = 10_000
MAXIMUM_DIRECTORY = MAXIMUM_MEMBERS * 512
"""Bytes of a package's list of what it holds."""

_TEXT = {
    "txt": "text/plain",
    "log": "text/plain",
    "csv": "text/csv",
    "json": "application/json",
    "xml": "application/xml",
}
_PICTURES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
}
_BINARY = {
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
ACCEPTED = tuple(f".{ending}" for ending in (*_PICTURES, *_BINARY, *_TEXT, *_PACKED))
ACCEPTED_SENTENCE = (
    "Aceitamos imagens (PNG, JPG, GIF, WEBP), vídeos (MP4, WEBM, MOV), PDF, "
    "textos (TXT, LOG, CSV, XML, JSON), planilhas e documentos (XLSX, DOCX) e ZIP"
)
# An iPhone's .mov is often written as MP4, and the other way round.
_TWINS = {"mp4": {"mp4", "m4v", "mov"}, "mov": {"mov", "mp4", "m4v", "qt"}}
_INSTEAD = {
    "heic": "No iPhone, envie um print ou exporte a foto como JPG.",
    "bmp": "Salve a imagem como PNG.",
    "tif": "Salve a imagem como PNG.",
    "tiff": "Salve a imagem como PNG.",
    "avi": "Converta o vídeo para MP4 ou envie um link.",
    "mkv": "Converta o vídeo para MP4 ou envie um link.",
    "rar": "Compacte como ZIP.",
    "7z": "Compacte como ZIP.",
    "xls": "Salve a planilha como XLSX.",
    "doc": "Salve o documento como DOCX ou PDF.",
}


class WrongKind(Exception):
    """The file is not of a kind that is taken, or is not what it says. The message completes “name”: …"""


def ending_of(name: str) -> str:
    """The name's ending in lower case, when files with it are taken.

    Raises:
        WrongKind: they are not.
    """
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if f".{ending}" not in ACCEPTED:
        instead = _INSTEAD.get(ending, f"{ACCEPTED_SENTENCE}.")
        raise WrongKind(f"este tipo de arquivo não é aceito. {instead}")
    return ending


def is_picture(ending: str) -> bool:
    return ending in _PICTURES


def content_type(ending: str) -> str:
    return _PICTURES.get(ending) or _BINARY.get(ending) or _TEXT.get(ending) or _PACKED[ending][0]


def believe(path: Path, ending: str) -> None:
    """Look into the file.

    Raises:
        WrongKind: its content is another kind's, or cannot be read.
    """
    if not begins_like(path, ending):
        raise not_one(ending)
    if ending in _PACKED:
        _believe_package(path, ending)


def begins_like(path: Path, ending: str) -> bool:
    """False when its first bytes show already that the file is no such thing."""
    if ending in _TEXT:
        return _is_text(path)
    if ending in _PACKED:
        return _starts_with(path, b"PK")
    if ending in _PICTURES:
        return pictures.begins_like(path, ending)
    return bool(_kinds(path) & _TWINS.get(ending, {ending}))


def _believe_package(path: Path, ending: str) -> None:
    try:
        with _Package(path) as file, zipfile.ZipFile(file) as package:
            members = package.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, RuntimeError):
        raise not_one(ending) from None
    prefix = _PACKED[ending][1]
    if prefix and not any(member.filename.startswith(prefix) for member in members):
        raise not_one(ending)
    unpacked = sum(member.file_size for member in members)
    if unpacked > MAXIMUM_UNPACKED or len(members) > MAXIMUM_MEMBERS:
        raise _too_much()


class _Package(io.FileIO):
    """Refuses to have a long list read at once, as `zipfile` does: by its length, for a count may lie."""

    def read(self, size: int | None = -1) -> bytes:
        if size is not None and size > MAXIMUM_DIRECTORY:
            raise _too_much()
        return super().read(size)


def _too_much() -> WrongKind:
    return WrongKind("descompactado, ele é grande demais. Envie só os arquivos necessários.")


def not_one(ending: str) -> WrongKind:
    """What is said of a file that does not begin like one with this ending."""
    return WrongKind(f"o conteúdo não é de um arquivo .{ending}. Abra-o no computador e confira.")


def _kinds(path: Path) -> set[str]:
    try:
        return {match.extension.lstrip(".") for match in puremagic.magic_file(str(path))}
    except (puremagic.PureError, ValueError):
        return set()


def _starts_with(path: Path, first: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(first)) == first


def _is_text(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(CHUNK)
    if start[:2] in {b"\xff\xfe", b"\xfe\xff"}:  # Windows saves logs in UTF-16
        return b"\0\0" not in start.removesuffix(b"\0")
    return not any(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in start)
