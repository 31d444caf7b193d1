"""The proposal's parts, and the description that they make."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

PARTS: Mapping[str, str] = {
    "titulo": "Título",
    "passos": "Passo a passo",
    "resultado_obtido": "O que acontece",
    "resultado_esperado": "O que deveria acontecer",
    "mensagem_de_erro": "Mensagem exibida",
    "usuario_afetado": "Usuário afetado",
    "frequencia": "Com que frequência",
}
"""In the order in which they are shown."""

STANDARD_QUESTIONS: Mapping[str, str] = {
    "passos": "Qual é o passo a passo, clique a clique, até o problema?",
    "mensagem_de_erro": "Aparece alguma mensagem na tela? Qual é o texto exato dela?",
    "usuario_afetado": "Com qual usuário acontece: um só, alguns ou todos?",
    "resultado_esperado": "O que deveria acontecer nesse ponto?",
    "frequencia": "Acontece sempre ou só às vezes? Desde quando?",
}
"""Asked about what the proposal leaves empty, the most telling first."""
QUESTIONS = 3


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What the AI proposes, as plain text. What it does not know is empty."""

    title: str
    steps: tuple[str, ...]
    result: str
    expected: str
    message: str
    user: str
    frequency: str
    questions: tuple[str, ...]
    model: str

    def said(self) -> dict[str, tuple[str, ...]]:
        """Each part's name and its texts."""
        found = {
            "titulo": (self.title,),
            "passos": self.steps,
            "resultado_obtido": (self.result,),
            "resultado_esperado": (self.expected,),
            "mensagem_de_erro": (self.message,),
            "usuario_afetado": (self.user,),
            "frequencia": (self.frequency,),
        }
        return {name: tuple(text for text in texts if text) for name, texts in found.items()}

    def asked(self, *, told: Collection[str]) -> tuple[str, ...]:
        """At most three questions: the AI's, then one for each part that is not `told`."""
        missing = [question for part, question in STANDARD_QUESTIONS.items() if part not in told]
        return tuple(dict.fromkeys([*self.questions, *missing]))[:QUESTIONS]


def composed(texts: Mapping[str, Sequence[str]], *, own: str = "") -> str:
    """The description made of the parts' texts; `own`: the partner's words, kept below them."""
    sections = [_section(name, texts[name]) for name in PARTS if name != "titulo" and texts.get(name)]
    if own:
        sections.append(f"Relato original:\n{own}")
    return "\n\n".join(sections)


def _section(name: str, texts: Sequence[str]) -> str:
    if name == "passos":
        lines = [f"{number}. {step}" for number, step in enumerate(texts, 1)]
    else:
        lines = [" ".join(texts)] if name != "mensagem_de_erro" else list(texts)
    return "\n".join([f"{PARTS[name]}:", *lines])
