"""What an attacker would send through the form: files, names, titles and texts, from a seed."""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

from tests.portal.conftest import PNG

GPS = {1: "S", 2: (23.0, 33.0, 1.0), 3: "W", 4: (46.0, 38.0, 2.0)}
NOT_ONE = "o conteúdo não é de um arquivo"
NOT_TAKEN = "este tipo de arquivo não é aceito"
BROKEN = "a imagem está danificada"
PAGES = (
    b"<!doctype html><script>alert(document.domain)</script>",
    b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    b"<?php system($_GET['c']); ?>",
    b"<html><body onload=alert(1)><iframe src=javascript:alert(1)></iframe>",
    b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
)
PROGRAMS = (b"MZ\x90\0" * 99, b"\x7fELF\x02\x01\x01" + b"\0" * 99, b"\xca\xfe\xba\xbe" + b"\0" * 99)
PROGRAM_ENDINGS = [
    "exe",
    "scr",
    "bat",
    "cmd",
    "com",
    "msi",
    "hta",
    "js",
    "vbs",
    "ps1",
    "lnk",
    "jar",
    "php",
    "svg",
    "html",
    "htm",
    "xhtml",
    "mht",
    "docm",
    "xlsm",
    "iso",
    "reg",
]
TRICKS = (
    "../../{}",
    "..\\..\\{}",
    "/etc/{}",
    "C:\\{}",
    "{}\r\nSet-Cookie: a=b",
    "\u202egpj.{}",
    "<img src=x onerror=alert(1)>{}",
)
TRICKS += (
    '"; filename="x.html"; {}',
    "%2e%2e%2f{}",
    "{}\0",
    "....//{}",
    "=cmd|' /C calc'!A0{}",
    "a" * 300 + "{}",
    "{{{{7*7}}}}{}",
)


@dataclass(frozen=True)
class HostileFile:
    name: str
    content: bytes
    said: str
    """A piece of the refusal; empty where the file is harmless for as long as nobody opens it on our host."""


def files(count: int, seed: int) -> Iterator[HostileFile]:
    """So many files, each family in turn."""
    dice = random.Random(seed)
    for number in range(count):
        family = FAMILIES[number % len(FAMILIES)]
        file = family(dice)
        bare = file.name.rpartition(".")
        trick = dice.choice(TRICKS) if dice.random() < 0.5 else "{}"
        yield HostileFile(f"{trick.format(bare[0])}.{bare[2]}", file.content, file.said)


def _renamed_program(dice: random.Random) -> HostileFile:
    ending = dice.choice(
        ["png", "jpg", "gif", "webp", "mp4", "webm", "mov", "pdf", "zip", "xlsx", "docx", "txt"]
    )
    return HostileFile(f"foto.{ending}", dice.choice(PROGRAMS), NOT_ONE)


def _program(dice: random.Random) -> HostileFile:
    ending = dice.choice(PROGRAM_ENDINGS)
    return HostileFile(f"tela.png.{ending}", dice.choice(PROGRAMS + PAGES), NOT_TAKEN)


def _page_as_picture(dice: random.Random) -> HostileFile:
    return HostileFile(f"a.{dice.choice(['png', 'jpg', 'pdf', 'mp4', 'zip'])}", dice.choice(PAGES), NOT_ONE)


def _page_as_text(dice: random.Random) -> HostileFile:
    return HostileFile(f"a.{dice.choice(['txt', 'log', 'xml', 'csv', 'json'])}", dice.choice(PAGES), "")


def _script_in_picture(dice: random.Random) -> HostileFile:
    header = dice.choice([("gif", b"GIF89a=1;alert(1)//"), ("png", PNG[:16]), ("jpg", b"\xff\xd8\xff\xe0")])
    return HostileFile(f"a.{header[0]}", header[1] + dice.choice(PAGES), BROKEN)


def _page_behind_picture(dice: random.Random) -> HostileFile:
    return HostileFile("a.png", PNG + dice.choice(PAGES), "")


def _huge_picture(dice: random.Random) -> HostileFile:
    side = dice.randrange(20_000, 2**31 - 1)
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 9999)), (b"IEND", b""))
    content = b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*one) for one in chunks)
    return HostileFile("bomba.png", content, "a imagem tem pontos demais")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _cut_picture(dice: random.Random) -> HostileFile:
    kind = dice.choice(["PNG", "JPEG", "GIF", "WEBP"])
    whole = _picture(kind, dice)
    return HostileFile(f"a.{kind.lower()}", whole[: int(len(whole) * dice.uniform(0.3, 0.7))], BROKEN)


def _picture(kind: str, dice: random.Random, **options: object) -> bytes:
    drawn = io.BytesIO()
    image = Image.effect_noise((60, 40), dice.randrange(20, 90)).convert("RGB")
    image.save(drawn, kind, **options)
    return drawn.getvalue()


def _telling_picture(dice: random.Random) -> HostileFile:
    kind = dice.choice(["PNG", "JPEG", "WEBP"])
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Fabricante", dice.choice([1, 3, 6, 8])
    exif.get_ifd(0x8825).update(GPS)
    return HostileFile(f"foto.{kind.lower()}", _picture(kind, dice, exif=exif), "")


def _commented_picture(dice: random.Random) -> HostileFile:
    return HostileFile("foto.jpg", _picture("JPEG", dice, comment=dice.choice(PAGES)), "")


def _climbing_package(dice: random.Random) -> HostileFile:
    return HostileFile("a.zip", _package({"../../../etc/cron.d/x": b"* * * * * root id"}), "")


def _bomb(dice: random.Random) -> HostileFile:
    content = bytearray(_package({"a": b"0" * 100}))
    place = content.rindex(b"PK\x01\x02") + 24  # the size after unpacking, in the central directory
    content[place : place + 4] = struct.pack("<I", dice.randrange(2**31 + 1, 2**32 - 2))
    return HostileFile("a.zip", bytes(content), "descompactado, ele é grande demais")


def _crowd(dice: random.Random) -> HostileFile:
    return HostileFile(
        "a.zip", _package({str(n): b"" for n in range(10_001)}), "descompactado, ele é grande demais"
    )


def _false_office(dice: random.Random) -> HostileFile:
    return HostileFile(f"a.{dice.choice(['xlsx', 'docx'])}", _package({"x.html": PAGES[0]}), NOT_ONE)


def _package(members: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as package:
        for name, content in members.items():
            package.writestr(name, content)
    return made.getvalue()


def _nothing(dice: random.Random) -> HostileFile:
    return HostileFile("vazio.png", b"", "está vazio")


def _scripted_pdf(dice: random.Random) -> HostileFile:
    return HostileFile("a.pdf", b"%PDF-1.7\n1 0 obj<</S/JavaScript/JS(app.alert(1))>>endobj\n%%EOF", "")


FAMILIES = (
    _renamed_program,
    _program,
    _page_as_picture,
    _page_as_text,
    _script_in_picture,
    _page_behind_picture,
    _huge_picture,
    _cut_picture,
    _telling_picture,
    _commented_picture,
    _climbing_package,
    _bomb,
    _false_office,
    _nothing,
    _scripted_pdf,
    _crowd,
)

# --- names, titles, texts

VECTORS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' autofocus onfocus=alert(1) x='",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "javascript:alert(1)",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "{{ config.items() }}{% for x in ().__class__.__base__.__subclasses__() %}{% endfor %}",
    "${7*7}#{7*7}<%= 7*7 %>",
    "[~accountid:1] {html}<b>x</b>{html} !http://x/y.png!",
    '=HYPERLINK("http://x","y")',
    "../../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "%0d%0aSet-Cookie: a=b",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\u202e\u2066inverso\u2069",
    "\ufeff\u200bz\u0301\u0301\u0301\u0301",
    "<!--",
    "]]>",
    "hx-get=/sair hx-trigger=load",
    "<div hx-post='/sair' hx-trigger='load'></div>",
    "<form action='//x'><input type=submit>",
    "<base href='//x/'>",
    "<meta http-equiv=refresh content='0;url=//x'>",
    "<link rel=stylesheet href='//x'>",
    "' OR 1=1; DROP TABLE tickets; --",
)


def words(dice: random.Random) -> str:
    """One hostile text."""
    parts = [dice.choice(VECTORS) for _ in range(dice.randrange(1, 4))]
    text = dice.choice(["", " ", "'", '"', "`", ">"]).join(parts)
    for _ in range(dice.randrange(3)):
        place = dice.randrange(len(text) + 1)
        text = text[:place] + dice.choice("<>\"'&\\/\u00a0é\u2028🙂") + text[place:]
    return text.swapcase() if dice.random() < 0.2 else text
