"""A reply's own words, without what mail programs add: the quoted e-mail, its heading, the signature.

Rather a line too many than one of the writer's lost: a quotation is taken for one only when it says that it
is of ours, and what stands inside it and is in no e-mail of ours is the writer's answer.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property

from bridge.inbound.signature import without_additions, without_signature

MARKER = re.compile(r"responda acima desta linha", re.IGNORECASE)
ATTRIBUTION_LINES = 4
"""Gmail breaks `Em seg., 10 de nov. de 2026 às 10:00, Nome <endereço> escreveu:` at 78 columns."""
HEADING_LINES = 14
LONGEST_RULE = 120
LONGEST_LINE = 2000
"""Characters of a line that is looked at closely; a longer one is the writer's."""

_ATTRIBUTION = re.compile(
    r"(em|no dia|on)\b.{4,400}\b(escreveu|wrote)\s*:"  # Gmail, Apple Mail, Thunderbird, Yahoo, Roundcube
    # Evolution: Nome <endereço> escreveu (10/11/2026):
    r"|.{1,200}<[^\s<>@]+@[^\s<>@]+>+\s*(escreveu|wrote)\b.{0,80}:"
    r"|\d{4}-\d\d-\d\d \d\d?:\d\d (GMT|UTC)\S* .{0,200}<[^\s<>@]+@[^\s<>@]+>+:",  # older Gmail
    re.IGNORECASE,
)
_BEGINS = re.compile(r"(em|no dia|on)\b|.{1,200}<\S*@?|\d{4}-\d\d-\d\d \d", re.IGNORECASE)
_LABEL = re.compile(
    r"\*?(de|from|enviad[oa](s|\(s\))?( em)?|sent|data|date|para|to|cc|cco|assunto|subject|"
    r"responder a|reply-to|prioridade|importância|importance|anexos?|attachments?)\s*\*?:",
    re.IGNORECASE,
)
_FROM = re.compile(r"\*?(de|from)\s*\*?:", re.IGNORECASE)
_RULE = re.compile(r"[-_*=\s]*(mensagem original|original message|original)?[-_*=\s]*", re.IGNORECASE)
_SAYS_ORIGINAL = re.compile(r"-{2,}\s*(mensagem original|original message)\s*-{2,}", re.IGNORECASE)
_REFERENCE = re.compile(r"\[CT-\d+\]", re.IGNORECASE)
_WORD = re.compile(r"\w+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufeff\u200b\u202a-\u202e\u2066-\u2069]")
_DRAWN = re.compile(r"\s*|[-_=*]{3,}")  # what is left of a line drawn above a quotation
_ADDRESS = re.compile(r"<?\b(?:https?://|www\.|mailto:)\S+>?|(?<!\S)\S+@\S+")


@dataclass(frozen=True, kw_only=True)
class Thread:
    """What was said before a reply came."""

    our_name: str
    our_domains: tuple[str, ...]
    writer: str
    """The name that the writer's mail program gives."""
    known: tuple[str, ...] = ()
    """Every text of the thread: our e-mails in words, and what the writer said earlier."""

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        return frozenset(word for text in self.known for word in _words(text))

    @cached_property
    def running(self) -> str:
        """All words in order, to find a line in."""
        return " ".join(f" {' '.join(_words(text))} " for text in self.known)

    def says(self, line: str) -> bool:
        """True when the line's words stand together in a text of the thread."""
        words = _words(line)
        return bool(words) and f" {' '.join(words)} " in self.running

    def is_new(self, line: str) -> bool:
        """True when the line says what no text of the thread says."""
        return not self.says(line) and any(word not in self.vocabulary for word in _words(line))

    def is_ours(self, text: str) -> bool:
        """True when a quotation's heading names us or a ticket."""
        said = text.casefold()
        ours = [self.our_name, *(f"@{domain}" for domain in self.our_domains if domain)]
        return any(one.casefold() in said for one in ours if one) or bool(_REFERENCE.search(text))


def own_words(text: str, thread: Thread) -> str:
    """What the writer wrote, with its line breaks; empty when that is nothing."""
    runs = list(_own_runs(_lines(text), thread))
    kept = [_trimmed(without_signature(run, thread.writer)) for run in runs]
    # A reply that is nothing but a name or a greeting is still what was said.
    kept = kept if any(kept) else [_trimmed(without_additions(run)) for run in runs]
    return "\n\n".join(filter(None, kept))


def _own_runs(lines: Sequence[str], thread: Thread) -> Iterator[list[str]]:
    """Runs of lines that are the writer's, split where something was quoted."""
    run: list[str] = []
    place, quotation = 0, _Quotation.NONE
    while place < len(lines):
        taken = _introduction(lines, place, thread)
        line = lines[place]
        if taken:
            prefixed = _prefixed_after(lines, place + taken)
            quotation = _Quotation.PREFIXED if prefixed else _Quotation.BARE
        elif _is_own(line, thread, quotation, follows=bool(run)):
            run.append(line)
            quotation = _Quotation.NONE if quotation is _Quotation.PREFIXED and line else quotation
            place += 1
            continue
        yield run
        run = []
        place += taken or 1
    yield run


class _Quotation(Enum):
    """What the present line may be part of."""

    NONE = auto()
    PREFIXED = auto()
    """Its lines begin with `>`; whatever does not is the writer's."""
    BARE = auto()
    """Nothing marks its lines: Outlook, Yahoo, Zimbra."""


def _is_own(line: str, thread: Thread, quotation: _Quotation, *, follows: bool) -> bool:
    """`follows`: the line before was the writer's."""
    if MARKER.search(line):
        return False
    if line.startswith(">"):
        # Somebody may begin a line of their own so: "> 500 linhas".
        return quotation is _Quotation.NONE and (thread.is_new(line) or not thread.known)
    if quotation is not _Quotation.BARE:
        return True
    said = _ADDRESS.sub(" ", line) if len(line) <= LONGEST_LINE else line
    return bool(thread.known) and (thread.is_new(said) or (follows and not thread.says(said)))


def _introduction(lines: Sequence[str], place: int, thread: Thread) -> int:
    """How many lines from here on introduce a quotation: an attribution or a heading; 0 for none."""
    return _attribution(lines, place, thread) or _heading(lines, place, thread)


def _attribution(lines: Sequence[str], place: int, thread: Thread) -> int:
    if len(lines[place]) > LONGEST_LINE or not _BEGINS.match(_unquoted(lines[place])):
        return 0
    for length in range(1, ATTRIBUTION_LINES + 1):
        part = lines[place : place + length]
        if len(part) < length or not part[-1].strip():
            return 0
        joined = " ".join(map(_unquoted, part)).replace("< ", "<")
        found = _ATTRIBUTION.match(joined)
        if found and (found.end() == len(joined) or thread.says(joined[found.end() :])):
            quoted = _prefixed_after(lines, place + length) or thread.is_ours(found[0])
            return length if quoted else 0
    return 0


def _heading(lines: Sequence[str], place: int, thread: Thread) -> int:
    """A block of `De:`, `Enviado:`, `Para:`, `Assunto:` of this thread, with the rule above it."""
    start = place
    while start < len(lines) and start < place + 3 and _is_rule(lines[start]):
        start += 1
    if not lines[place].strip() or start >= len(lines) or not _FROM.match(lines[start].strip()):
        return 1 if _SAYS_ORIGINAL.fullmatch(lines[place].strip()) else 0
    end = start
    while end < min(len(lines), start + HEADING_LINES) and lines[end].strip():
        end += 1
    block = lines[start:end]
    labels = [found[1].lower() for line in block if (found := _LABEL.match(line.strip()))]
    begins_later = any(_FROM.match(line.strip()) for line in block[1:])
    if begins_later or len(set(labels)) < 3 or not thread.is_ours("\n".join(block)):
        return 0
    last = max(at for at, line in enumerate(block) if _LABEL.match(line.strip()))
    return start - place + last + 1


def _is_rule(line: str) -> bool:
    return len(line) <= LONGEST_RULE and bool(_RULE.fullmatch(line))


def _prefixed_after(lines: Sequence[str], place: int) -> bool:
    following = next((line for line in lines[place : place + 4] if line.strip()), "")
    return following.startswith(">")


def _lines(text: str) -> list[str]:
    """The text's lines. Apple Mail puts a zero-width no-break space where a quotation begins."""
    plain = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return [_unindented(line.replace("\u00a0", " ").rstrip()) for line in plain.split("\n")]


def _unindented(line: str) -> str:
    """Before `>` some programs put a space."""
    return line.lstrip() if line.lstrip().startswith(">") else line


def _trimmed(lines: Sequence[str]) -> str:
    end = len(lines)
    while end and len(lines[end - 1]) <= LONGEST_RULE and _DRAWN.fullmatch(lines[end - 1]):
        end -= 1
    return "\n".join(lines[:end]).strip("\n")


def _unquoted(line: str) -> str:
    """Apple Mail writes its attribution into the quotation."""
    return line.lstrip("> ").strip()


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
