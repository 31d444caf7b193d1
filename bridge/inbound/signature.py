"""Where a reply's words end and its signature begins: what people and their mail programs put below."""

import re
from collections.abc import Sequence

LONGEST = 12
"""Lines of a signature; what is longer is something else."""
LONGEST_LINE = 90

_DELIMITER = re.compile(r"--\s?")  # RFC 3676 4.3; many programs lose its space
_PROGRAM = re.compile(
    r"\W*("
    r"enviad[oa] (do|da|de|pelo|pela|com|via|usando)( o| a)?( meu| minha)?\s"
    r"(iphone|ipad|celular|smartphone|galaxy|samsung|motorola|xiaomi|android|yahoo|outlook|e-?mail|gmail|bol|uol|"
    r"windows|dispositivo|mobile|aparelho|huawei|redmi|poco|proton|aplicativo|app|apple|mail)\b.{0,80}"
    r"|(obter|obtenha|baixe|baixar|get) (o )?outlook (para|for) (ios|android)\b.{0,60}"
    r"|sent from my .{1,40}"
    r")",
    re.IGNORECASE,
)
_BOILERPLATE = re.compile(
    r"\W*("
    r"aviso (legal|de confidencialidade)\b"
    r"|(esta|essa|a presente) (mensagem|comunicação)\b.{0,160}\b(confidencia|sigilos|privilegiad|destinat)"
    r"|este e-?mail\b.{0,160}\b(confidencia|sigilos|privilegiad|destinat)"
    r"|as informações contidas nest[ae]\b"
    r"|(o conteúdo|as informações) dest[ae] (e-?mail|mensagem)\b"
    r"|antes de imprimir\b"
    r"|livre de vírus\b"
    r"|este e-?mail foi (verificado|escaneado)\b"
    r"|não contém vírus\b"
    r"|this (e-?mail|message)\b.{0,160}\bconfidential"
    r")",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"(att|atte|atenciosamente|cordialmente|respeitosamente|abra[cç]os?|abs|grat[oa]|sds|saudações|"
    r"(um )?(grande |forte )?abra[cç]o|à disposição|cumprimentos|atentamente|"
    r"(com os )?melhores cumprimentos|best regards|regards)\s*[,.;!:]*",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"(muito )?(obrigad[oa]|agrade[cç]o|valeu|grat[oa]|desde já (agrade[cç]o|obrigad[oa]))"
    r"( desde já| pela atenção| e aguardo)?\s*[,.;!]*",
    re.IGNORECASE,
)
_CONTACT = re.compile(
    r"\(?\b\d{2}\)?\s?9?\s?\d{4}[-.\s]?\d{4}\b|\b0800[\s\d-]+|<?(mailto:)?\S+@\S+\.\w+>?"
    r"|<?\b(https?://)?(www\.[^\s/]+|[\w-]+\.(com|net|ind|srv)(\.br)?)/?(?=[\s>]|$)>?"
    r"|<?(https?://)?(www\.)?(instagram|facebook|linkedin|wa|linktr|youtube)\.(com|me|ee)\S*>?",
    re.IGNORECASE,
)
_CONTACT_LABEL = re.compile(
    r"\b(tel|fone|telefones?|cel|celular|whats(app)?|ramal|site|e-?mail|skype|cep|cnpj|instagram)\b\s*[.:]*\s*",
    re.IGNORECASE,
)
_STREET = re.compile(
    r"(rua|r\.|av\.?|avenida|rod\.?|rodovia|praça|al\.?|alameda)\s+\w.{4,80}\d", re.IGNORECASE
)
_POSTSCRIPT = re.compile(r"\W*(p\.?\s?s\.?|obs\.?|observação|em tempo|ah)\b\W", re.IGNORECASE)
_TRADE = re.compile(
    r"\b(analista|suporte|gerente|técnic[oa]|consultor[a]?|coordenador[a]?|diretor[a]?|atendimento|comercial|"
    r"financeiro|departamento|depto|setor|revenda|sistemas|tecnologia|informática|soluções|ltda|eireli|sócia?o?|"
    r"assistente|auxiliar|estagiári[oa]|desenvolvedor[a]?|implantação|equipe)\b",
    re.IGNORECASE,
)
_SMALL = {"de", "da", "do", "das", "dos", "e", "em", "a", "o", "&", "-", "|", "/", "–", "·", "•"}
_PICTURE = re.compile(r"\[(cid:[^\]]+|image: [^\]]*|imagem[^\]]*|logo[^\]]*)\]", re.IGNORECASE)


def without_signature(lines: Sequence[str], writer: str) -> list[str]:
    """The lines above the signature. `writer` is the name that the writer's mail program gives."""
    kept = without_additions(lines)
    kept = kept[: _delimited(kept)]
    return kept[: _signed(kept, writer)]


def without_additions(lines: Sequence[str]) -> list[str]:
    """The lines that a person wrote, a signature among them: no program's, lawyer's or virus scanner's."""
    return _without_boilerplate([line for line in lines if not _PROGRAM.fullmatch(line.strip())])


def _delimited(lines: Sequence[str]) -> int:
    """Where `-- ` stands; a line of two dashes with a long text below is something else."""
    places = _last_filled(lines)
    return next((place for place in places if _DELIMITER.fullmatch(lines[place])), len(lines))


def _signed(lines: Sequence[str], writer: str) -> int:
    """Where a greeting or the writer's name begins a block that is nothing but a signature."""
    places = _last_filled(lines)
    for number, place in enumerate(places):
        said, below = lines[place].strip(), [lines[one].strip() for one in places[number + 1 :]]
        if not all(_is_of_signature(one, writer) for one in below):
            continue
        if _CLOSING.fullmatch(said) or _is_name(said, writer):
            return place
        if _THANKS.fullmatch(said) and any(_is_name(one, writer) or _CONTACT.search(one) for one in below):
            return place + 1
    return len(lines)


def _last_filled(lines: Sequence[str]) -> list[int]:
    """Where the last lines stand that are not empty: as many as a signature and what begins it may have."""
    return [place for place, line in enumerate(lines) if line.strip()][-LONGEST - 1 :]


def _without_boilerplate(lines: Sequence[str]) -> list[str]:
    """Without paragraphs that lawyers and virus scanners add."""
    kept: list[str] = []
    dropping = False
    for line in lines:
        dropping = (dropping and bool(line.strip())) or bool(_BOILERPLATE.match(line.strip()))
        if not dropping:
            kept.append(line)
    return kept


def _is_of_signature(line: str, writer: str) -> bool:
    if len(line) > LONGEST_LINE or _POSTSCRIPT.match(line):
        return False
    bare = _PICTURE.sub("", line).strip(" *_|-–·•")
    if not bare or _CLOSING.fullmatch(bare) or _is_name(bare, writer) or _STREET.match(bare):
        return True
    rest = _CONTACT_LABEL.sub(" ", _CONTACT.sub(" ", bare)).strip(" *_|-–·•/()+0123456789")
    if rest != bare and not rest:
        return True
    return not rest.endswith(("?", "!", ":", ";", ",")) and _is_title(rest)


def _is_title(line: str) -> bool:
    """A company, a role: words with capitals, or a trade's name among few words."""
    words = [word.strip(".,()") for word in line.split()]
    weighty = [word for word in words if word.lower() not in _SMALL and word]
    if not weighty or len(words) > 9:
        return False
    return all(word[0].isupper() or not word[0].isalpha() for word in weighty) or (
        len(words) <= 6 and bool(_TRADE.search(line)) and line[0].isupper()
    )


def _is_name(line: str, writer: str) -> bool:
    """True for the writer's name, or its first words, alone or before a role: `Ana Souza | Suporte`."""
    if len(line) > LONGEST_LINE:
        return False
    name, _, role = re.sub(r"\s[|–-]\s|\s*\|\s*", "|", line.strip(" *_.,")).partition("|")
    said = [word for word in name.casefold().split() if word not in _SMALL]
    ours = [word.strip(".,") for word in writer.casefold().split()]
    return bool(said) and said[0] in ours and all(word in ours for word in said) and len(role) <= 60
