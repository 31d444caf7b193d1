"""Nothing of a person's or a secret leaves for the AI, and all of it comes back."""

import random

import pytest

from bridge.proposal.masking import PLACEHOLDER, is_cnpj, is_cpf, mask

HIDDEN = [
    ("O CPF 529.982.247-25 não salva", "529.982.247-25", "CPF"),
    ("CPF 52998224725 inválido", "52998224725", "CPF"),
    ("CPF digitado errado: 111.222.333-00", "111.222.333-00", "CPF"),
    ("CNPJ 11.222.333/0001-81 do cliente", "11.222.333/0001-81", "CNPJ"),
    ("cnpj 11222333000181", "11222333000181", "CNPJ"),
    ("CNPJ novo 12.ABC.345/01DE-35", "12.ABC.345/01DE-35", "CNPJ"),
    ("cnpj novo 12ABC34501DE35 sem pontos", "12ABC34501DE35", "CNPJ"),
    ("escreva a maria.souza+erp@cliente.com.br.", "maria.souza+erp@cliente.com.br", "EMAIL"),
    ("ligue (11) 98765-4321 depois", "(11) 98765-4321", "TELEFONE"),
    ("fone +55 11 98765-4321", "+55 11 98765-4321", "TELEFONE"),
    ("fone 11 3456-7890", "11 3456-7890", "TELEFONE"),
    ("celular 98765-4321", "98765-4321", "TELEFONE"),
    ("cartão 4111 1111 1111 1111 recusado", "4111 1111 1111 1111", "CARTAO"),
    ("cartão 5500-0000-0000-0004", "5500-0000-0000-0004", "CARTAO"),
    ("Authorization: Bearer abc.DEF-123_456", "abc.DEF-123_456", "SEGREDO"),
    ("a senha: S3nh@Forte! não entra", "S3nh@Forte!", "SEGREDO"),
    ("usuário admin senha é: 1234", "1234", "SEGREDO"),
    (
        "token=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
        "SEGREDO",
    ),
    ("chave sk-proj-abcdefghijklmnop1234", "sk-proj-abcdefghijklmnop1234", "SEGREDO"),
    ("ghp_abcdefghijklmnopqrstuvwx1234 vazou", "ghp_abcdefghijklmnopqrstuvwx1234", "SEGREDO"),
    ("pix 123e4567-e89b-12d3-a456-426614174000", "123e4567-e89b-12d3-a456-426614174000", "CHAVE"),
    (
        "NF-e 3523 0911 2223 3300 0181 5500 1000 0000 0110 0000 0010",
        "3523 0911 2223 3300 0181 5500 1000 0000 0110 0000 0010",
        "CHAVE_NFE",
    ),
    ("conta 1234567890123456789012", "1234567890123456789012", "NUMERO"),
]
SHOWN = [
    "Pedido 4512 com 3 itens, erro 500 às 10:32 de 24/11/2026",
    "Ao salvar 1.500 produtos a tela NF-e mostra “Erro 42: campo vazio”",
    "Versão 12.4.1, Windows 10, R$ 1.234,56",
]


@pytest.mark.parametrize(("text", "value", "kind"), HIDDEN)
def test_is_hidden_and_comes_back(text: str, value: str, kind: str) -> None:
    masked = mask()
    hidden = masked.hide(text)
    assert value not in hidden
    assert f"⟦{kind}_1⟧" in hidden
    assert masked.restore(hidden) == text


@pytest.mark.parametrize("text", SHOWN)
def test_what_describes_the_problem_stays(text: str) -> None:
    assert mask().hide(text) == text


def test_the_same_value_is_the_same_placeholder_in_every_text() -> None:
    masked = mask()
    assert masked.hide("a@b.example e a@b.example") == "⟦EMAIL_1⟧ e ⟦EMAIL_1⟧"
    assert masked.hide("c@d.example, a@b.example") == "⟦EMAIL_2⟧, ⟦EMAIL_1⟧"


def test_a_placeholder_of_nobodys_is_left_for_the_guard() -> None:
    assert mask().restore("use ⟦CPF_9⟧") == "use ⟦CPF_9⟧"


def test_generated_numbers_never_leave() -> None:
    dice = random.Random(7)
    for _ in range(500):
        values = [_cpf(dice), _cnpj(dice, "0123456789"), _cnpj(dice, "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ")]
        text = "; ".join(f"cliente {value} com erro" for value in values)
        masked = mask()
        hidden = masked.hide(text)
        assert not [value for value in values if value in hidden], hidden
        assert len(PLACEHOLDER.findall(hidden)) == len(values)
        assert masked.restore(hidden) == text


def _cpf(dice: random.Random) -> str:
    while True:
        found = "".join(dice.choice("0123456789") for _ in range(9))
        whole = next((f"{found}{end:02}" for end in range(100) if is_cpf(f"{found}{end:02}")), None)
        if whole:
            return whole


def _cnpj(dice: random.Random, letters: str) -> str:
    while True:
        found = "".join(dice.choice(letters) for _ in range(12))
        whole = next((f"{found}{end:02}" for end in range(100) if is_cnpj(f"{found}{end:02}")), None)
        if whole:
            return whole
