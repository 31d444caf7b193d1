"""What developers read on a pull request: which ticket it is of, and what the partner says. Pure texts."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bridge.domain import REFERENCE_PREFIX

NAME = "chamado"
SHORT = 140
"""The longest description of a commit status (docs.github.com/rest/commits/statuses)."""
LONGEST = 8_000
"""Of a partner's description; a check's text may have 65,535 (docs.github.com/rest/checks/runs)."""
NEAR_ENOUGH = 3


@dataclass(frozen=True, kw_only=True)
class Face:
    """A ticket as developers see it."""

    reference: str
    key: str
    url: str
    title: str
    status: str
    plain: str
    """The status in the partner's words."""
    steps: tuple[str, ...]
    description: str
    closed: bool


@dataclass(frozen=True, kw_only=True)
class Check:
    """`short` is for those who may only write a commit status."""

    passed: bool
    """False: neutral, for nobody is to be stopped by it."""
    title: str
    summary: str
    text: str
    short: str
    url: str


def check_of(faces: Sequence[Face], near: Sequence[Face]) -> Check:
    """The check of a pull request that names these tickets; `near`: those that it may have meant."""
    if not faces:
        return _no_ticket(near)
    title = ", ".join(f"{one.key} · {one.status}" for one in faces)
    return Check(
        passed=any(not one.closed for one in faces),
        title=_cut(title, SHORT),
        summary="\n\n".join(_summary(one) for one in faces),
        text="\n\n".join(_text(one) for one in faces),
        short=_cut("; ".join(f"{one.key} ({one.status}) {one.title}".strip() for one in faces), SHORT),
        url=faces[0].url,
    )


def comment_of(faces: Sequence[Face], marker: str) -> str:
    """The one comment: whose pull request it is."""
    if not faces:
        return f"Este pull request não cita mais nenhum chamado.\n\n{marker}"
    parts = [
        _followed(f"Este pull request é do chamado [{one.key}]({one.url}) ({one.reference})", one.title)
        for one in faces
    ]
    return "\n\n".join([*parts, f"O andamento está no check **{NAME}**.", marker])


def still_failing(face: Face, *, said: str, marker: str) -> str:
    """The partner's "Ainda ocorre", for whoever wrote the fix."""
    head = (
        f"O parceiro testou o chamado [{face.key}]({face.url}) ({face.reference}) e diz que **ainda ocorre**"
    )
    return f"{_followed(head, said)}\n\n{marker}"


def near_misses(texts: Iterable[str], known: Mapping[str, Face]) -> list[Face]:
    """The tickets that a branch or a title may have meant: a letter or a digit wrong, no hyphen, or the
    reference in the key's place. `known`: by key and by reference, in capitals.
    """
    written = [
        (word.upper(), number.lstrip("0")) for text in texts for word, number in _LIKE_A_KEY.findall(text)
    ]
    same_number, same_word = {}, {}
    for name, face in known.items():
        word, _, number = name.rpartition("-")
        if any(theirs == number and _alike(mine, word) for mine, theirs in written):
            same_number[face.key] = face
        elif any(mine == word and _one_edit(theirs, number) for mine, theirs in written):
            same_word[face.key] = face
    return list((same_number or same_word).values())[:NEAR_ENOUGH]


_LIKE_A_KEY = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{2,20})[-_ #]?([0-9]{1,9})(?![A-Za-z0-9])")


def _alike(written: str, word: str) -> bool:
    return written == word or (
        min(len(written), len(word)) > len(REFERENCE_PREFIX) and _one_edit(written, word)
    )


def _one_edit(first: str, second: str) -> bool:
    """One character more, less or other, or two neighbours swapped; never of a single character."""
    if min(len(first), len(second)) < 2 or abs(len(first) - len(second)) > 1 or first == second:
        return False
    place = next((n for n, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), None)
    if place is None:
        return True
    rest, other = first[place:], second[place:]
    swapped = rest[:2] == other[:2][::-1] and rest[2:] == other[2:]
    return swapped or other[1:] in (rest[1:], rest) or rest[1:] == other


def fenced(text: str) -> str:
    """Somebody's words as they are: no markup, no mention, no reference comes of them."""
    runs = re.findall(r"`+", text)
    fence = "`" * max(3, max(map(len, runs), default=0) + 1)
    return f"{fence}text\n{text.strip()}\n{fence}"


def _followed(sentence: str, words: str) -> str:
    """A sentence, and somebody's words below it where there are any to be shown."""
    return f"{sentence}:\n\n{fenced(words)}" if words.strip() else f"{sentence}."


def _no_ticket(near: Sequence[Face]) -> Check:
    asked = f"Você quis dizer {' ou '.join(f'{one.key} ({one.reference})' for one in near)}?" if near else ""
    how = (
        "Se este pull request é de um chamado, escreva a chave da issue no nome do branch, no título ou na "
        "descrição."
    )
    links = "\n\n".join(_followed(f"[{one.key}]({one.url}) ({one.reference})", one.title) for one in near)
    return Check(
        passed=False,
        title=asked or "Nenhum chamado citado",
        summary="\n\n".join(part for part in (asked, links, how) if part),
        text="",
        short=_cut(f"Nenhum chamado citado. {asked}".strip(), SHORT),
        url=near[0].url if near else "",
    )


def _summary(one: Face) -> str:
    closed = " Este chamado já está encerrado." if one.closed else ""
    stands = f"[{one.key}]({one.url}) ({one.reference}) está em **{one.status}**."
    words = f"\n\n{fenced(one.title)}" if one.title else ""
    return f"{stands} O parceiro lê “{one.plain}”.{closed}{words}"


def _text(one: Face) -> str:
    steps, told = " › ".join(one.steps), _cut(one.description, LONGEST)
    parts = [
        _followed(f"Para aceitar {one.key}, o parceiro vai repetir", steps) if steps else "",
        _followed(f"O que o parceiro conta em {one.key}", told) if told else "",
    ]
    return "\n\n".join(part for part in parts if part)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
