"""What we write into issues: partner text is always text, in ADF and in wiki markup."""

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from bridge.clients.jira import Facts, Fold, Heading, Numbered, Paragraph
from bridge.clients.jira.documents import adf, adf_text, text_of, wiki, wiki_text

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\r"), min_size=1)


def test_every_document_is_valid_adf(shared: Path) -> None:
    schema = json.loads((shared / "data/openapi/adf-schema-full.json").read_text("utf-8"))
    validator = Draft4Validator(schema)

    @settings(max_examples=100, deadline=None)
    @given(TEXT)
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


@settings(max_examples=200, deadline=None)
@given(TEXT)
def test_adf_keeps_every_character(text: str) -> None:
    kept = text_of(adf([Paragraph(text)]))
    assert kept == text.replace("\r\n", "\n").replace("\r", "\n").strip()


def test_a_list_field_is_one_line_each() -> None:
    assert text_of(adf_text("Cadastros\nProdutos")) == "Cadastros\nProdutos"


def test_wiki_text_has_no_active_markup() -> None:
    hostile = "{code}h1. x[~admin]*b*!http://x/y.png!|{color:red}"
    escaped = wiki_text(hostile + "\nh1. título\nbq. citação")
    for active in ("{", "[", "*", "!", "|"):
        assert escaped.count(active) == escaped.count("\\" + active)
    assert "\nh1\\. título" in escaped
    assert "\nbq\\. citação" in escaped
    assert wiki([Numbered(("a", "b"))]) == "# a\n# b"
