"""Personal and secret data in a partner's words, put aside before they leave the house and put back after.

Where it is unclear whether a number is somebody's, it is taken for somebody's.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

PLACEHOLDER = re.compile(r"⟦([A-Z_]+)_(\d+)⟧")
"""What stands for a value; partners do not write these brackets."""


@dataclass
class Masked:
    """The values put aside, each under its placeholder; the same value is the same placeholder."""

    values: dict[str, str] = field(default_factory=dict)

    def hide(self, text: str) -> str:
        """The text with every value that must not leave replaced."""
        for kind, pattern, is_one in _KINDS:
            text = pattern.sub(partial(self._hidden, kind, is_one), text)
        return text

    def restore(self, text: str) -> str:
        """The text with our placeholders replaced by their values; others stay, for the guard to see."""
        return PLACEHOLDER.sub(lambda found: self.values.get(found[0], found[0]), text)

    def _hidden(self, kind: str, is_one: Callable[[str], bool] | None, found: re.Match[str]) -> str:
        # A secret has its name before it ("senha: abc"), which stays.
        value = found["value"]
        if is_one is not None and not is_one(value):
            return found[0]
        start = found.start("value") - found.start()
        return found[0][:start] + self._placeholder(kind, value) + found[0][start + len(value) :]

    def _placeholder(self, kind: str, value: str) -> str:
        known = next((name for name, one in self.values.items() if one == value), None)
        if known:
            return known
        number = sum(name.startswith(f"⟦{kind}_") for name in self.values) + 1
        name = f"⟦{kind}_{number}⟧"
        self.values[name] = value
        return name


def mask() -> Masked:
    """A mask for one question to the AI: what it hides in one text it knows in the next."""
    return Masked()


def _digits(text: str) -> list[int]:
    return [int(char) for char in text if char.isdigit()]


def is_cpf(text: str) -> bool:
    """Eleven digits whose last two are right (Receita Federal's modulus 11)."""
    digits = _digits(text)
    if len(digits) != 11 or len(set(digits)) == 1:
        return False
    return all(digits[size] == _check(digits[:size], range(size + 1, 1, -1)) for size in (9, 10))


def is_cnpj(text: str) -> bool:
    """Fourteen characters whose last two digits are right; a letter counts as its ASCII code less 48."""
    chars = [char for char in text.upper() if char.isalnum()]
    if len(chars) != 14 or not "".join(chars[12:]).isdigit():
        return False
    values = [ord(char) - 48 for char in chars]
    weights = (5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
    return values[12] == _check(values[:12], weights) and values[13] == _check(values[:13], (6, *weights))


def is_card(text: str) -> bool:
    """Thirteen to nineteen digits in Luhn's order."""
    digits = _digits(text)[::-1]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return 13 <= len(digits) <= 19 and (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _check(values: list[int], weights: "range | tuple[int, ...]") -> int:
    rest = sum(value * weight for value, weight in zip(values, weights, strict=True)) % 11
    return 0 if rest < 2 else 11 - rest


_EDGE = r"(?<![\w⟦])", r"(?![\w⟧])"


def _whole(pattern: str) -> re.Pattern[str]:
    return re.compile(f"{_EDGE[0]}(?P<value>{pattern}){_EDGE[1]}", re.IGNORECASE)


_ANNOUNCE = r"senhas?|password|pwd|pass|token|secret|segredo|api[ _-]?key|chave(?: de (?:api|acesso))?|pin"
_KINDS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool] | None], ...] = (
    ("SEGREDO", re.compile(r"\bbearer\s+(?P<value>[\w.~+/=-]{8,})", re.IGNORECASE), None),
    ("SEGREDO", _whole(r"eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*"), None),
    ("SEGREDO", _whole(r"(?:sk|pk|rk|ghp|gho|ghs|glpat|xox[abp]|AKIA|ATATT)[-_]?[A-Za-z0-9_-]{16,}"), None),
    (
        "SEGREDO",
        re.compile(
            rf"\b(?:{_ANNOUNCE})\b\s*(?:(?:é|e)\s*)?[:=]\s*[\"'“]?(?P<value>[^\s\"'”,;⟦⟧]+)",
            re.IGNORECASE,
        ),
        None,
    ),
    ("EMAIL", re.compile(r"(?<![\w.+-])(?P<value>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)", re.IGNORECASE), None),
    ("CHAVE", _whole(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"), None),
    ("CHAVE_NFE", _whole(r"(?:\d{4}[ .]?){11}"), None),
    ("CNPJ", _whole(r"[0-9A-Z]{2}\.?[0-9A-Z]{3}\.?[0-9A-Z]{3}/[0-9A-Z]{4}-?\d{2}"), None),
    ("CNPJ", _whole(r"[0-9A-Z]{2}[. ]?[0-9A-Z]{3}[. ]?[0-9A-Z]{3}[ ]?[0-9A-Z]{4}[- ]?\d{2}"), is_cnpj),
    ("CPF", _whole(r"\d{3}\.\d{3}\.\d{3}[-.]?\d{2}|\d{9}-\d{2}"), None),
    ("CPF", _whole(r"\d{3}[ .]?\d{3}[ .]?\d{3}[- ]?\d{2}"), is_cpf),
    ("CARTAO", _whole(r"\d(?:[ -]?\d){12,18}"), is_card),
    (
        "TELEFONE",
        re.compile(r"(?<![\w⟦+])(?P<value>\+?55[ -]?\(?\d{2}\)?[ -]?9?[ ]?\d{4}[- ]?\d{4})(?![\w⟧])"),
        None,
    ),
    ("TELEFONE", re.compile(r"(?<![\w⟦])(?P<value>\(0?\d{2}\)[ -]?9?[ .-]?\d{4}[- .]?\d{4})(?![\w⟧])"), None),
    (
        "TELEFONE",
        _whole(r"0?\d{2}[ -]9?\d{4}[- ]?\d{4}|9\d{4}-\d{4}|\d{4}-\d{4}|0800[ -]?\d{3}[ -]?\d{4}"),
        None,
    ),
    ("NUMERO", _whole(r"\d{10,}"), None),
)
"""In this order: what is longer or surer first. A bare run of ten digits or more is somebody's number."""
