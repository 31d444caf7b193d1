"""The guard: what a proposal says that its partner did not, sentence by sentence; and what it forgot."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from bridge.proposal.masking import PLACEHOLDER
from bridge.proposal.parts import Proposal

SENTENCE = re.compile(r"(?<=[.!?…])\s+(?=[A-ZÀ-Ý“\"«(])|\n+")
# None of these tries a run of characters anew from each place in it: one endless word would cost minutes.
QUOTED = re.compile(r"“([^“”]+)”|\"([^\"\n]+)\"|«([^«»]+)»|(?<!\w)'([^'\n]+)'(?!\w)|‘([^‘’]+)’")
ADDRESS = re.compile(
    r"(?:https?://|www\.)[^\s<>\"”)]+|(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.IGNORECASE
)
NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
WORD = re.compile(r"(?<!\w)[^\W\d_]+(?:-[^\W\d_]+)*(?!\w)")
RUN = re.compile(r"[\w.-]+")
LETTER, DIGIT = re.compile(r"[^\W\d_]"), re.compile(r"\d")
CODE = re.compile(r"\b\w+_\w+|\b[A-Z]{3,}\b")
THOUSANDS = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?")
MONTHS = ("jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez")
MONTH = re.compile(
    r"janeiro|fevereiro|março|abril|maio|junho|julho|agosto|setembro|outubro|novembro|dezembro", re.IGNORECASE
)
COUNTS = re.compile(
    r"\b(?:dois|duas|três|quatro|cinco|seis|sete|oito|nove|dez|onze|doze|quinze|vinte|trinta|quarenta|cinquenta"
    r"|sessenta|cem|cento|duzent[oa]s|quinhent[oa]s|mil|milhão|milhões|dezenas|centenas|milhares|metade"
    r"|segunda-feira|terça-feira|quarta-feira|quinta-feira|sexta-feira|sábado|domingo"
    r"|ontem|anteontem|hoje|semana|mês|meses|todos|todas|sempre|nunca)\b",
    re.IGNORECASE,
)
"""How many and when, in words: as much a fact as a figure."""
DIGITS = {"dois": "2", "duas": "2", "três": "3", "quatro": "4", "cinco": "5", "seis": "6", "sete": "7",
          "oito": "8", "nove": "9", "dez": "10", "vinte": "20", "cem": "100", "mil": "1000"}  # fmt: skip
PRODUCT = {"erp"}
STEM = 5
"""Letters by which two forms of a word are taken for the same."""
NEW_SHARE = 0.6
"""A sentence of whose telling words more than this share are new says what its partner did not."""
FEW = 3
PLAIN = """
    acont ocorr probl erro erros mensa tela telas siste usuár usuar botão botao clica acess abrir abre infor
    selec exibi apare quand depoi antes deve dever pode poder fazer feito esper corre norma confo atual realiz
    execu tenta possi conse apres seguin retor proce opera regis campo opção opcao menu camin local forma
    descr situa atrav então entao ainda mesmo outro outra qualq sobre entre desde durant para pelo pela como
    porém porem assim após apos ação acao salvo salva conti perma result efetu utili dentr estar estão estao
"""
"""The beginnings of words that every description needs and that state nothing."""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One thing that the partner takes or leaves. `doubts`: what in it the partner did not write."""

    part: str
    text: str
    doubts: tuple[str, ...] = ()


def checked(proposal: Proposal, *, own: Sequence[str]) -> list[Piece]:
    """The proposal in pieces, what is doubtful apart; every quotation of the partner's survives in one."""
    given = _Given(own)
    pieces = [
        piece
        for part, texts in proposal.said().items()
        for text in texts
        for piece in _pieces(part, text, given)
    ]
    lost = forgotten(own, " ".join(piece.text for piece in pieces))
    return [*pieces, *(Piece(part="mensagem_de_erro", text=f"“{quote}”") for quote in lost)]


def forgotten(own: Iterable[str], text: str) -> list[str]:
    """The messages that the partner quoted and the text lacks."""
    there = _flat(text)
    quotes = dict.fromkeys(quote for one in own for quote in _quotes(one) if _is_message(quote))
    return [quote for quote in quotes if _flat(quote) not in there]


def loses(own: str, text: str) -> bool:
    """Whether the text lacks a telling word or a number of the partner's."""
    kept = _Given([text])
    words, numbers = map(_stem, _telling(own)), map(_number, NUMBER.findall(own))
    return not (kept.stems.issuperset(words) and kept.numbers.issuperset(numbers))


@dataclass
class _Given:
    """What the partner wrote, in the shapes in which it is looked for."""

    own: Sequence[str]
    flat: str = field(init=False)
    numbers: set[str] = field(init=False)
    stems: set[str] = field(init=False)

    def __post_init__(self) -> None:
        whole = "\n".join(self.own)
        self.flat = _flat(whole)
        self.numbers = {_number(one) for one in NUMBER.findall(whole)}
        self.stems = {_stem(word) for word in WORD.findall(whole)}

    def has(self, text: str) -> bool:
        return _flat(text) in self.flat

    def has_word(self, word: str) -> bool:
        return re.search(rf"(?<!\w){re.escape(_flat(word))}(?!\w)", self.flat) is not None


def _pieces(part: str, text: str, given: _Given) -> list[Piece]:
    """A step or message is one piece; other parts are cut into sentences where one of them is doubtful."""
    if part in {"titulo", "passos", "mensagem_de_erro"}:
        sentences = [text]
    else:
        sentences = [one.strip() for one in SENTENCE.split(text) if one.strip()]
    pieces = [Piece(part=part, text=one, doubts=tuple(_doubts(part, one, given))) for one in sentences]
    return pieces if any(piece.doubts for piece in pieces) else [Piece(part=part, text=text)]


def _doubts(part: str, sentence: str, given: _Given) -> list[str]:
    if part == "mensagem_de_erro":
        bare = sentence.strip("“”\"'«»‘’ ")
        return [] if given.has(bare) else [sentence]
    found = [*_facts(sentence, given)]
    if part in {"usuario_afetado", "frequencia"}:
        found += [word for word in _telling(sentence) if _stem(word) not in given.stems]
    elif not found and part != "resultado_esperado" and _is_new(sentence, given):
        found = [sentence]
    return list(dict.fromkeys(found))


def _facts(sentence: str, given: _Given) -> Iterator[str]:
    """Numbers, dates, addresses, codes, quotations, names: each must have been written by the partner."""
    yield from (one for one in _quotes(sentence) if not given.has(one))
    yield from (found[0] for found in PLACEHOLDER.finditer(sentence))
    yield from (one for one in ADDRESS.findall(sentence) if not given.has(one.rstrip(".,;")))
    rest = ADDRESS.sub(" ", sentence)
    yield from (one for one in NUMBER.findall(rest) if _number(one) not in given.numbers)
    yield from (one for one in _codes(rest) if _flat(one) not in PRODUCT and not given.has_word(one))
    yield from (one for one in MONTH.findall(rest) if not _has_month(one, given))
    yield from (one for one in COUNTS.findall(rest) if not _has_count(one, given))
    yield from (one for one in _names(rest) if _flat(one) not in PRODUCT and not given.has_word(one))


def _codes(sentence: str) -> Iterator[str]:
    """Words with letters and digits, with an underscore, or all in capitals."""
    for run in RUN.findall(sentence):
        if LETTER.search(run) and DIGIT.search(run):
            yield run.strip(".-")
        else:
            yield from CODE.findall(run)


def _names(sentence: str) -> Iterator[str]:
    """Words with a capital where the grammar asks for none: screens, buttons, people."""
    for found in WORD.finditer(sentence):
        before = sentence[: found.start()].rstrip()
        if found[0][0].isupper() and len(found[0]) > 1 and before and before[-1] not in ".!?…:\n(“\"'«":
            yield found[0]


def _has_month(name: str, given: _Given) -> bool:
    number = MONTHS.index(_flat(name)[:3]) + 1
    dated = rf"\d[/.-]0?{number}(?!\d)"
    return given.has_word(name) or given.has_word(name[:3]) or bool(re.search(dated, given.flat))


def _has_count(word: str, given: _Given) -> bool:
    digits = DIGITS.get(word.lower())
    return given.has_word(word) or (digits is not None and digits in given.numbers)


def _is_new(sentence: str, given: _Given) -> bool:
    words = [_stem(word) for word in _telling(sentence)]
    new = [word for word in words if word not in given.stems]
    return len(words) >= FEW and len(new) > NEW_SHARE * len(words)


def _telling(sentence: str) -> list[str]:
    return [word for word in WORD.findall(sentence) if len(word) >= STEM - 1 and _stem(word) not in _PLAIN]


def _quotes(text: str) -> list[str]:
    return [next(filter(None, found)).strip() for found in QUOTED.findall(text) if any(found)]


def _is_message(quote: str) -> bool:
    """A quoted button is one word; what a system says is more, or has a number."""
    return len(quote.split()) > 1 or any(char.isdigit() for char in quote)


def _number(text: str) -> str:
    """`1.500` and `1500` are one number."""
    plain = text.replace(".", "") if THOUSANDS.fullmatch(text) else text
    return plain.lstrip("0") or "0"


def _flat(text: str) -> str:
    """The text as it is compared: one space between words, no capitals, no accents."""
    plain = unicodedata.normalize("NFKD", text)
    bare = "".join(char for char in plain if not unicodedata.combining(char))
    return " ".join(bare.casefold().split())


def _stem(word: str) -> str:
    return _flat(word)[:STEM]


_PLAIN = frozenset(_flat(one)[:STEM] for one in PLAIN.split())
