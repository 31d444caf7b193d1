"""What we write into issues: partner text is always text, in ADF and in wiki markup, and never too long."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema_rs import Draft4Validator

from bridge.clients.jira import Facts, Fold, Heading, Numbered, Paragraph, plain
from bridge.clients.jira import adf as adf_module
from bridge.clients.jira import wiki as wiki_module
from bridge.clients.jira.adf import adf, text_of
from bridge.clients.jira.documents import LIMIT, cut, fitted, one_line, readable, units
from bridge.clients.jira.wiki import escaped, wiki
from tests.hostile import PIECES, SPACES
from tests.wiki_notation import active, read

Json = dict[str, Any]
ANY = st.text(min_size=1)
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\r"), min_size=1)
NOTATION = st.lists(st.sampled_from((*PIECES, *SPACES)), min_size=1).map("".join)


def test_every_document_is_valid_adf(shared: Path) -> None:
    schema = json.loads((shared / "data/openapi/adf-schema-full.json").read_text("utf-8"))
    validator = Draft4Validator(schema)

    @settings(max_examples=100, deadline=None)
    @given(ANY)
    @example("\n\n\n")
    def holds(text: str) -> None:
        blocks = [
            Heading("T"),
            Paragraph(text),
            Numbered((text, text)),
            Facts((("a", text),)),
            Fold("O", text),
        ]
        document = adf(blocks)
        assert not list(validator.iter_errors(document))

    holds()


def _read_adf(text: str) -> str:
    """The text again, from the document's nodes."""
    paragraphs = adf([Paragraph(text)])["content"]
    kinds = {"hardBreak": lambda node: "\n", "text": lambda node: node["text"]}
    return "\n\n".join(
        "".join(kinds[node["type"]](node) for node in paragraph["content"]) for paragraph in paragraphs
    )


@settings(max_examples=300, deadline=None)
@given(TEXT)
@example("a\n\n\n\nb\n\n\nc ")
@example("  שלום\r\n🙂é\u202e\u0301")
def test_adf_keeps_every_character_and_every_line_break(text: str) -> None:
    assert _read_adf(text) == text.replace("\r\n", "\n").replace("\r", "\n")


@settings(max_examples=100, deadline=None)
@given(NOTATION)
def test_in_adf_partner_text_bears_no_marks(text: str) -> None:
    nodes = [node for paragraph in adf([Paragraph(text)])["content"] for node in paragraph["content"]]
    assert {frozenset(node) for node in nodes} <= {frozenset({"type", "text"}), frozenset({"type"})}
    assert {node["type"] for node in nodes} <= {"text", "hardBreak"}


def test_a_list_is_one_line_each() -> None:
    assert text_of(adf([Paragraph("Cadastros\nProdutos")])) == "Cadastros\nProdutos"


def _text(words: str, *marks: str, href: str = "") -> Json:
    made: list[Json] = [{"type": mark} for mark in marks]
    return {
        "type": "text",
        "text": words,
        "marks": made + [{"type": "link", "attrs": {"href": href}}] * bool(href),
    }


def _document(kind: str, *inline: Json) -> Json:
    block: Json = {"type": kind, "content": list(inline)}
    if kind in {"taskItem", "decisionItem"}:
        block = {"type": kind.replace("Item", "List"), "content": [block, block]}
    return {"type": "doc", "version": 1, "content": [block]}


SITE = "https://hml.erp.example/base9"


@pytest.mark.parametrize(
    ("inline", "text"),
    [
        # 1 January 2027, 0:00 UTC, which is the day before in Brazil
        ([_text("até "), {"type": "date", "attrs": {"timestamp": "1798761600000"}}], "até 01/01/2027"),
        ([_text("até "), {"type": "date", "attrs": {"timestamp": "soon"}}], "até "),
        ([_text("até "), {"type": "date"}, _text(".")], "até ."),
        ([_text("Teste "), _text("aqui", href=SITE), _text(".")], f"Teste aqui ({SITE})."),
        ([_text("Teste "), _text("aqui ", href=SITE), _text("e ali")], f"Teste aqui ({SITE}) e ali"),
        ([_text("bem ", href=SITE), _text("aqui", "strong", href=SITE)], f"bem aqui ({SITE})"),
        ([_text(SITE, href=SITE)], SITE),
        ([_text("hml.erp.example", href="https://hml.erp.example/")], "hml.erp.example"),
        ([_text("ti@softhouse.example", href="mailto:ti@softhouse.example")], "ti@softhouse.example"),
    ],
)
def test_dates_and_addresses_are_read(inline: list[Json], text: str) -> None:
    assert text_of(_document("paragraph", *inline)) == text.strip()


@pytest.mark.parametrize("kind", ["taskItem", "decisionItem"])
def test_an_item_is_one_line(kind: str) -> None:
    item = [_text("abrir "), _text("Produtos", "strong"), _text(" e salvar")]
    assert text_of(_document(kind, *item)) == "abrir Produtos e salvar\nabrir Produtos e salvar"


@settings(max_examples=500, deadline=None)
@given(NOTATION | TEXT)
@example("x²*negrito*")
@example("# a\n  # b\n*# c")
@example("C:\\temp\\\\x")
def test_wiki_text_has_nothing_active_and_reads_as_it_was_typed(text: str) -> None:
    written = escaped(text)
    assert active(written) == []
    assert read(written) == readable(text)


def test_the_judge_of_wiki_markup_sees_markup() -> None:
    for markup in (
        "{code}",
        "[~admin]",
        "!a.png!",
        "*b*",
        "-d-",
        "h1. x",
        "https://x",
        "(x)",
        "CHAM-1",
        "&lt;",
        "||a",
    ):
        assert active(f"a {markup} b") or active(markup), markup


@pytest.mark.parametrize(
    "usual",
    ["Não salva pré-vendas (novo) às 10:30.", "colega_2@revenda.example", "Cadastros > Produtos, 2*3"],
)
def test_usual_text_stays_as_it_was_typed(usual: str) -> None:
    assert escaped(usual) == usual


def test_wiki_blocks_keep_their_own_markup() -> None:
    assert wiki([Numbered(("a", "b"))]) == "# a\n# b"
    assert wiki([Facts((("Ferramenta", "SAT [x]"),))]) == "*Ferramenta*: SAT &#91;x]"
    assert wiki([Fold("Original", "{panel}")]) == "{panel:title=Original}\n&#123;panel&#125;\n{panel}"


def test_what_jira_cannot_keep_is_shown_as_a_picture() -> None:
    assert readable("a\0\x1b\ud800b\r\n\t") == "a␀␛�b\r\n\t"
    assert one_line("a\r\nb" + "c" * 300).startswith("a bccc")
    assert units(one_line("🙂" * 300)) <= 255


@settings(max_examples=300, deadline=None)
@given(st.text(), st.integers(0, 50))
def test_a_cut_text_is_no_longer_than_said(text: str, limit: int) -> None:
    short = cut(text, limit)
    assert units(short) <= limit
    assert short == text or text.startswith(short.removesuffix("…"))


@pytest.mark.parametrize("module", [adf_module, wiki_module])
@pytest.mark.parametrize("char", ["a", "{", "🙂", "\n", '"', "é"])
def test_the_limit_holds_after_the_conversion(module: object, char: str) -> None:
    blocks = [
        Heading("O que acontece"),
        Paragraph(char * 100_000),
        Numbered((char * 500,) * 50),
        Fold("Texto original", char * 20_000),
    ]
    size = module.size  # type: ignore[attr-defined]
    short, whole = fitted(blocks, size=size, notice="Cortado.")
    assert not whole
    assert 0.8 * LIMIT < size(short) <= LIMIT
    assert short[0] == Paragraph("Cortado.")
    assert char * 100_000 in plain(blocks)
    same, whole = fitted(blocks[:1], size=size, notice="Cortado.")
    assert (same, whole) == (blocks[:1], True)
