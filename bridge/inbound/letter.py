"""An e-mail as it came, taken apart: who says to have written it, to whom it was brought, words and files.

Nothing here is believed: headers are whatever the sender liked.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from itertools import islice

from bridge import proofs
from bridge.inbound.html import text_of

MAXIMUM_PARTS = 200
DEEPEST = 20
MAXIMUM_TEXT = 200_000
"""Characters of a text that are read, with their HTML; what comes after is not."""
BROUGHT_TO = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To", "Cc", "Resent-To")
"""Where a mailbox says which of its addresses was used; the copy's own address comes first."""
MAXIMUM_ADDRESSES = 20

_WORD = re.compile(r"[^\s<>,;:\"()\[\]\\]+")
_IN_BRACKETS = re.compile(r"<\s*+([^\s<>]++)\s*+>")
_SIGNATURES = {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
_PICTURE_TOKEN = re.compile(r"\[(?:cid:|image: ?)([^\]]{0,300})\]", re.IGNORECASE)
_PICTURE_IN_TEXT = re.compile(r"data:[^\s\"'<>]{200,}")
"""A picture written into the HTML: of no use here, and longer than all the words."""
_FOR_NAMES_ONLY = {"idna", "punycode"}
"""Charsets to Python, but of domains: a long text in them takes hours."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, kw_only=True)
class Enclosure:
    """A file that came with an e-mail."""

    filename: str
    content: bytes = field(repr=False)
    content_id: str
    """Its name in the text, where it stands inside it; empty for what is attached."""


@dataclass(frozen=True, kw_only=True)
class Letter:
    message_id: str
    sender: str
    """The address in From, lower case; empty where there is not exactly one. Anybody can write any."""
    sender_name: str
    subject: str
    text: str = field(repr=False)
    cut: bool
    """True where the text was longer than what is read."""
    enclosures: tuple[Enclosure, ...]
    answers: tuple[str, ...]
    """The Message-IDs in In-Reply-To and References."""

    @property
    def fingerprint(self) -> str:
        """The same for each copy of this e-mail; another for another with its Message-ID."""
        parts = [self.message_id, self.sender, " ".join(self.text.split())]
        parts += [hashlib.sha256(one.content).hexdigest() for one in self.enclosures]
        return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def letter(message: Message) -> Letter:
    name, address = sender_of(header(message, "From"))
    parts = list(_parts(message))
    text, cut = _read(part for part in parts if _is_text(part))
    return Letter(
        message_id=header(message, "Message-ID"),
        sender=address,
        sender_name=name,
        subject=header(message, "Subject"),
        text=text,
        cut=cut,
        enclosures=tuple(_enclosure(part) for part in parts if not _is_text(part)),
        answers=tuple(
            re.findall(r"<[^<>\s]+>", f"{header(message, 'In-Reply-To')} {header(message, 'References')}")
        ),
    )


def brought_to(message: Message) -> tuple[str, ...]:
    """Those addresses it came to that look like ours, in lower case."""
    values = (str(value) for name in BROUGHT_TO for value in message.get_all(name, []))
    ours = (word.lower() for value in values for word in _addresses(value) if proofs.looks_like_ours(word))
    return tuple(dict.fromkeys(islice(ours, MAXIMUM_ADDRESSES)))


def header(message: Message, name: str) -> str:
    """A header in words and in one line; empty where there is none."""
    given = message.get(name)
    if given is None:
        return ""
    try:
        words = str(make_header(decode_header(str(given))))
    except (MessageError, LookupError, ValueError):
        words = str(given)
    return " ".join(_CONTROL.sub(" ", words.encode("utf-8", "replace").decode()).split())


def sender_of(text: str) -> tuple[str, str]:
    """(name, address) of a From header.

    Not by the standard library: it takes a name that looks like an address for one (CVE-2023-27043).
    """
    bracketed = [found for found in _IN_BRACKETS.findall(text) if _is_address(found)]
    if len(bracketed) == 1 and text.rstrip().endswith(">"):
        return text[: text.index("<")].strip(' "'), bracketed[0].lower()
    found = _addresses(text)
    return ("", found[0].lower()) if len(found) == 1 and not bracketed else ("", "")


def _addresses(text: str) -> list[str]:
    return [word for word in _WORD.findall(text) if _is_address(word)]


def _is_address(word: str) -> bool:
    return "@" in word[1:-1]


def shown_pictures(text: str) -> frozenset[str]:
    """The names of pictures that stand in the text: `[cid:image001.png@01D]`, `[image: print.png]`."""
    return frozenset(name.strip().lower() for name in _PICTURE_TOKEN.findall(text))


def without_pictures(text: str) -> str:
    """The text without its pictures' names, and without the lines that were nothing else."""
    lines = [(line, _PICTURE_TOKEN.sub("", line)) for line in text.split("\n")]
    return "\n".join(bare.rstrip() for line, bare in lines if bare.strip() or not line.strip()).strip("\n")


# --- parts


def children(message: Message) -> list[Message]:
    """The parts of a part; none where it has its content itself."""
    payload = message.get_payload()
    return [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []


def _parts(message: Message, depth: int = 0) -> Iterator[Message]:
    """The parts that say something: of alternatives the plainest that is not empty, else every one."""
    if depth > DEEPEST:
        raise ValueError("parts within parts within parts")
    if message.get_content_maintype() != "multipart" or not message.is_multipart():
        if message.get_content_type() not in _SIGNATURES:
            yield message
        return
    inner = children(message)[:MAXIMUM_PARTS]
    for child in _alternative(inner) if message.get_content_subtype() == "alternative" else inner:
        yield from _parts(child, depth + 1)


def _alternative(offered: list[Message]) -> list[Message]:
    plain = [one for one in offered if one.get_content_type() == "text/plain" and _written(one).strip()]
    if not plain:
        return offered[-1:]
    # Pictures lie beside the HTML that shows them; of that only they are wanted.
    pictures = [part for one in offered for part in one.walk() if part.get_content_maintype() == "image"]
    return [plain[0], *pictures]


def _is_text(part: Message) -> bool:
    plain = part.get_content_type() in {"text/plain", "text/html"}
    return plain and part.get_content_disposition() != "attachment" and not part.get_filename()


def _read(parts: Iterable[Message]) -> tuple[str, bool]:
    """The texts of the parts, one after the other; whether something was left out."""
    texts: list[str] = []
    left = MAXIMUM_TEXT
    for part in parts:
        written = _written(part)
        texts.append(_words(part, written[: max(left, 0)]).strip("\r\n"))
        left -= len(written)
    return "\n\n".join(filter(None, texts)), left < 0


def _words(part: Message, written: str) -> str:
    if part.get_content_type() == "text/html":
        return text_of(written)
    flowed = str(part.get_param("format", "")).lower() == "flowed"
    delsp = str(part.get_param("delsp", "")).lower() == "yes"
    return _unflowed(written, delsp=delsp) if flowed else written


def _written(part: Message) -> str:
    content = part.get_payload(decode=True)
    text = _decoded(content, part.get_content_charset() or "utf-8") if isinstance(content, bytes) else ""
    text = _CONTROL.sub("", text)
    return _PICTURE_IN_TEXT.sub("", text) if part.get_content_type() == "text/html" else text


def _decoded(content: bytes, named: str) -> str:
    for charset in (named, "utf-8"):
        try:
            if charset not in _FOR_NAMES_ONLY:
                return content.decode(charset)
        except (LookupError, ValueError):
            continue
    return content.decode("cp1252", "replace")  # what Windows programs mean when they name none


def _unflowed(text: str, *, delsp: bool) -> str:
    """Paragraphs in one line again (RFC 3676 4.1): a line that ends with a space goes on in the next."""
    lines: list[str] = []
    open_depth: int | None = None
    for line in text.replace("\r\n", "\n").split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        bare = line[depth:].removeprefix(" ")
        if open_depth == depth and bare != "-- ":
            lines[-1] += bare
        else:
            lines.append(f"{'>' * depth} {bare}" if depth else bare)
        flows = bare.endswith(" ") and bare != "-- "
        open_depth = depth if flows else None
        if flows and delsp:
            lines[-1] = lines[-1][:-1]
    return "\n".join(lines)


def _enclosure(part: Message) -> Enclosure:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):  # an e-mail inside the e-mail
        content = part.as_bytes()
    content_id = header(part, "Content-ID").strip("<>")
    attached = part.get_content_disposition() == "attachment"
    return Enclosure(
        filename=_filename(part), content=content, content_id="" if attached else content_id.lower()
    )


def _filename(part: Message) -> str:
    """The name it was given. Outlook writes it in encoded words, which RFC 2047 5 forbids and all do."""
    given = part.get_filename()
    if given:
        try:
            return str(make_header(decode_header(given)))
        except (MessageError, LookupError, ValueError):
            return given
    return {"message/rfc822": "mensagem.eml"}.get(
        part.get_content_type(), f"arquivo.{part.get_content_subtype()}"
    )
