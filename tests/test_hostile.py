"""Texts that would rather be something else: every ticket is filed, none is active, all are readable back.

A few here; `CHAMADOS_TEST_TEXTS=2500 pytest -s tests/test_hostile.py` tries 5 000, half of them on Cloud and
half on Data Center.
"""

import os
import random
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.portal import schemas
from bridge.reconcile import reconcile
from bridge.sandbox.jira.model import Issue
from bridge.store.filing import Submission, file_ticket
from bridge.store.tables import Partner
from mappings.loader import SHIPPED
from tests.conftest import installed
from tests.hostile import hostile_text
from tests.wiki_notation import active, read
from tests.world import ANSWERS, World

TEXTS = int(os.environ.get("CHAMADOS_TEST_TEXTS", "8"))
SEED = int(os.environ.get("CHAMADOS_TEST_SEED", "1"))
LONG = 100_000
PICTURES = {code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n\r"}
ALLOWED = {"doc", "heading", "paragraph", "text", "hardBreak", "orderedList", "listItem", "expand"}


def mappings_without_limit(folder: Path) -> Path:
    """The shipped ones, but the description may be as long as anybody likes."""
    shutil.copytree(SHIPPED, folder / "mappings")
    fields = folder / "mappings" / "fields.yaml"
    fields.write_text(fields.read_text("utf-8").replace("max_length: 20000", "max_length: 900000"), "utf-8")
    return folder / "mappings"


def as_jira_keeps_it(text: str) -> str:
    """What XML cannot hold is shown as a picture of itself."""
    return text.translate(PICTURES).replace("\ufffe", "\ufffd")


@pytest.fixture(params=["Cloud", "Server"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    mappings = str(mappings_without_limit(tmp_path))
    options = {"still": True, "jira": request.param, "environment": {"CHAMADOS_MAPPINGS": mappings}}
    with installed(f"sqlite:///{tmp_path / 'c.db'}", tmp_path, options) as world:
        yield world


def test_hostile_texts_are_filed_inert_and_readable(desk: World) -> None:
    dice, cut, began = random.Random(SEED), 0, time.monotonic()
    for number in range(TEXTS):
        text = hostile_text(dice) if number else "{code}[~admin]" + "*x* \U0001f642\r\n" * (LONG // 6)
        cut += _filed_and_read_back(desk, text)
    cloud = desk.services.jira.site.cloud
    print(
        f"\n{'Cloud' if cloud else 'Data Center'}: {TEXTS} hostile texts (seed {SEED}) filed in "
        f"{time.monotonic() - began:.0f} s, 0 active, all readable back, {cut} of them from an attachment"
    )
    assert cut


def _filed_and_read_back(desk: World, text: str) -> bool:
    """Whether the issue holds it whole only as an attachment."""
    answers, errors = schemas.check(desk.services.mappings.form, {**ANSWERS, "descricao": text})
    assert errors == {}
    ticket = _file(desk, answers)
    reconcile(desk.services, ticket, owner="test")
    row = desk.ticket(ticket)
    assert row.jira_id, row.outcome
    issue = desk.sandbox.jira.site.by_id[row.jira_id]
    said = _in_adf(issue) if desk.services.jira.site.cloud else _in_wiki(issue)
    expected = as_jira_keeps_it(answers["descricao"])
    if desk.services.jira.site.cloud:
        expected = expected.replace("\r\n", "\n").replace("\r", "\n")
    if said == expected:
        return False
    assert expected.startswith(said.removesuffix("…"))
    [whole] = issue.attachments
    assert answers["descricao"].encode() in whole.content
    return True


def _file(desk: World, answers: dict[str, Any]) -> int:
    """As the form and the API do, with the text as an accepted proposal and as its original."""
    with desk.services.store.begin() as db:
        partner = db.get_one(Partner, 1)
        said = Submission(partner=partner, answers=answers, original=answers["descricao"][:1000])
        return file_ticket(db, said, status="Triagem", now=desk.services.clock()).id


def _in_adf(issue: Issue) -> str:
    """The description's first section; nothing in the document may be more than text."""
    document = issue.values["description"].adf
    for node in _nodes(document):
        assert node["type"] in ALLOWED
        assert "marks" not in node or (node["marks"] == [{"type": "strong"}] and node["text"].endswith(": "))
    headings = [place for place, node in enumerate(document["content"]) if node["type"] == "heading"]
    assert document["content"][headings[0]]["content"] == [{"type": "text", "text": "O que acontece"}]
    return "\n\n".join(
        "".join("\n" if node["type"] == "hardBreak" else node["text"] for node in paragraph["content"])
        for paragraph in document["content"][headings[0] + 1 : headings[1]]
    )


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("content", []):
        yield from _nodes(child)


def _in_wiki(issue: Issue) -> str:
    """The same of the markup: between our own headings nothing is active."""
    pattern = (
        r"h3\. O que acontece\n\n(.*)\n\nh3\. Fluxo\n\n.*"
        r"\n\{panel:title=Texto original do parceiro\}\n(.*)\n\{panel\}"
    )
    found = re.search(pattern, issue.values["description"].wiki, re.S)
    assert found
    assert active(found[1]) == active(found[2]) == []
    return read(found[1])
