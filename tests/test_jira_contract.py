"""The promises that the bridge builds on, asked of a Jira: the stand-in's, or a real site's.

`CHAMADOS_TEST_JIRA_URL`, `_USER` and `_TOKEN` name a real Cloud site and an account that administers it. A
project is made there and removed again with its schemes, screen, workflow and webhook; fields, statuses and
the issue type belong to the site and stay for the next run.
"""

import hashlib
import os
import secrets
import string
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from bridge.cli import main
from bridge.cli.waiting import until
from bridge.clients.errors import Refused
from bridge.clients.jira import Jira, NewIssue, Paragraph
from bridge.config import load
from bridge.domain import Attachment
from bridge.sandbox.server import Sandbox, env_lines
from bridge.sandbox.settings import SandboxSettings
from mappings import load as load_mappings

INDEX_SECONDS = 120.0
"""Search lags by minutes on real sites (R6)."""
HOSTILE = "Não salva 'produtos' {code} *a* @[x] 🙂 שלום"


@dataclass
class Contract:
    """A Jira with a project of our own, set up by `jira apply`."""

    environment: dict[str, str]
    jira: Jira

    @property
    def project(self) -> str:
        return self.environment["CHAMADOS_JIRA_PROJECT"]

    def rest(self, method: str, path: str, **request: Any) -> Any:
        auth = (self.environment["CHAMADOS_JIRA_USER"], self.environment["CHAMADOS_JIRA_TOKEN"])
        url = f"{self.environment['CHAMADOS_JIRA_URL']}/rest/{path}"
        answer = requests.request(method, url, auth=auth, timeout=30, **request)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def named(self, path: str) -> list[str]:
        """The ids of what bears our project's name."""
        rows = self.rest("GET", f"api/3/{path}", params={"maxResults": 100})["values"]
        return [str(one["id"]) for one in rows if str(one["name"]).startswith(f"{self.project}: ")]

    def run(self, *arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(main, arguments, env=self.environment)
        return result.exit_code, result.output


def _environment(project: str) -> dict[str, str]:
    """What every program of ours wants to know, whichever Jira it is."""
    return {
        "CHAMADOS_PUBLIC_URL": f"https://{project.lower()}.chamados.example",
        "CHAMADOS_SECRET_KEY": secrets.token_hex(16),
        "CHAMADOS_JIRA_PROJECT": project,
        "CHAMADOS_JIRA_WEBHOOK_SECRET": secrets.token_hex(16),
        "CHAMADOS_GITHUB_TOKEN": "unused",
        "CHAMADOS_GITHUB_WEBHOOK_SECRET": secrets.token_hex(16),
        "CHAMADOS_SMTP_URL": "smtp://127.0.0.1:1",
        "CHAMADOS_MAIL_FROM": "chamados@chamados.example",
    }


@pytest.fixture(scope="module")
def site() -> Iterator[dict[str, str]]:
    """Where Jira is and who we are there."""
    names = ("URL", "USER", "TOKEN")
    given = {f"CHAMADOS_JIRA_{name}": os.environ.get(f"CHAMADOS_TEST_JIRA_{name}", "") for name in names}
    if all(given.values()):
        yield given
        return
    sandbox = Sandbox(SandboxSettings(port=0, smtp_port=0, jira_empty=True))
    sandbox.start()
    pairs = dict(line.removeprefix("export ").split("=", 1) for line in env_lines(sandbox.settings))
    yield {name: pairs[name] for name in given}
    sandbox.stop()


@pytest.fixture(scope="module")
def contract(site: dict[str, str]) -> Iterator[Contract]:
    project = "CT" + "".join(secrets.choice(string.ascii_uppercase) for _ in range(6))
    environment = {**_environment(project), **site}
    jira = Jira(load(environment).jira, load_mappings(), connections=2)
    found = Contract(environment=environment, jira=jira)
    try:
        code, said = found.run("jira", "apply", "--yes", "--adopt")
        assert code == 0, said
        yield found
    finally:
        _remove(found)


def _remove(contract: Contract) -> None:
    """Everything that bears the project's name, users before what they use."""
    for hook in contract.rest("GET", "webhooks/1.0/webhook"):
        if hook["url"].startswith(contract.environment["CHAMADOS_PUBLIC_URL"]):
            contract.rest("DELETE", f"webhooks/1.0/webhook/{hook['self'].rpartition('/')[2]}")
    contract.rest("DELETE", f"api/3/project/{contract.project}", params={"enableUndo": "false"})
    for path in ("workflowscheme", "issuetypescreenscheme", "screenscheme", "screens"):
        for found in contract.named(path):
            contract.rest("DELETE", f"api/3/{path}/{found}")
    for workflow in contract.named("workflows/search"):
        contract.rest("DELETE", f"api/3/workflow/{workflow}")


@pytest.fixture(scope="module")
def filed(contract: Contract) -> tuple[str, str]:
    """An issue, made in one call; its id and marker."""
    marker = f"br-{secrets.token_hex(8)}"
    answers = {
        "titulo": "Contrato: não salva produtos",
        "ferramenta": "Sistema",
        "email_cliente": "admin@cliente.example",
        "fluxo": ["Cadastros", "Produtos"],
        "notificar": ["colega@revenda.example"],
    }
    new = NewIssue(
        summary="Contrato: não salva produtos",
        description=[Paragraph(HOSTILE)],
        answers={key: value for key, value in answers.items() if key != "titulo"},
        partner="Revenda Modelo",
        reference="CT-1",
        marker=marker,
        url="https://chamados.example/chamados/CT-1",
    )
    issue_id, key = contract.jira.create(new)
    assert key.startswith(f"{contract.project}-")
    return issue_id, marker


def test_after_apply_plan_says_nothing(contract: Contract) -> None:
    assert contract.run("jira", "plan") == (0, "0 changes: 0 to add, 0 to change, 0 by hand\n")


def test_a_creation_is_read_back_at_once(contract: Contract, filed: tuple[str, str]) -> None:
    issue_id, marker = filed
    issue = contract.jira.observe(issue_id)
    assert issue.status == "Triagem"
    assert set(issue.transitions) == {"Backlog", "Reprovado", "Faltam Informações"}
    assert contract.jira.marked(issue_id, marker) == (issue_id, issue.key)
    raw = contract.rest("GET", f"api/3/issue/{issue_id}", params={"fields": "*all"})["fields"]
    field = contract.jira.site.field("ferramenta")
    assert raw[field]["value"] == "Sistema"
    assert raw["description"]["content"][0]["content"][0]["text"] == HOSTILE


def test_the_label_is_found_by_search_in_time(contract: Contract, filed: tuple[str, str]) -> None:
    issue_id, marker = filed
    assert until(lambda: contract.jira.find_marked(marker), seconds=INDEX_SECONDS)
    assert [one[0] for one in contract.jira.copies(marker)] == [issue_id]


def test_a_move_leaves_its_changelog(contract: Contract, filed: tuple[str, str]) -> None:
    issue_id, _ = filed
    contract.jira.move(issue_id, contract.jira.transitions(issue_id)["Backlog"])
    issue = contract.jira.observe(issue_id)
    change = issue.status_changes[-1]
    assert (change.from_status, change.to_status, change.by_bridge) == ("Triagem", "Backlog", True)
    assert set(issue.transitions) == {"To Do"}
    with pytest.raises(Refused):
        contract.jira.move(issue_id, "99999")


def test_a_comment_is_found_by_its_marker(contract: Contract, filed: tuple[str, str]) -> None:
    issue_id, _ = filed
    made = contract.jira.comment(issue_id, [Paragraph(HOSTILE)], marker="action-1")
    assert contract.jira.find_comment(issue_id, "action-1") == made
    assert contract.jira.find_comment(issue_id, "action-2") is None
    [comment] = contract.jira.observe(issue_id).comments
    assert (comment.text, comment.by_bridge, comment.restricted) == (HOSTILE, True, False)


def test_a_file_is_attached_byte_for_byte(contract: Contract, filed: tuple[str, str], tmp_path: Path) -> None:
    issue_id, _ = filed
    content = bytes(range(256)) * 100
    (tmp_path / "file").write_bytes(content)
    with (tmp_path / "file").open("rb") as opened:
        made = contract.jira.files.attach(
            issue_id, filename="captura é.png", content_type="image/png", content=opened, beat=lambda: None
        )
    there = Attachment(id=made, filename="captura é.png", size=len(content))
    assert there in contract.jira.observe(issue_id).attachments
    digest = contract.jira.files.digest(made, beat=lambda: None)
    assert digest == hashlib.sha256(content).hexdigest()
    contract.jira.files.remove(made)
    assert there not in contract.jira.observe(issue_id).attachments
    with pytest.raises(Refused) as refused:
        contract.jira.files.digest(made, beat=lambda: None)
    assert refused.value.missing


def test_the_site_says_how_large_files_may_be(contract: Contract) -> None:
    assert contract.jira.files.limit() > 1_000_000


def test_a_text_that_is_too_long_fits_once_it_is_cut(contract: Contract) -> None:
    blocks, whole = contract.jira.fitted([Paragraph(HOSTILE * 2000)], notice="Cortado.")
    assert not whole
    new = NewIssue(
        summary="Contrato: texto longo " + "é" * 300,
        description=blocks,
        answers={"ferramenta": "Sistema", "fluxo": ["Cadastros"], "email_cliente": "a@b.example"},
        partner="Revenda Modelo",
        reference="CT-2",
        marker=f"br-{secrets.token_hex(8)}",
        url="https://chamados.example/chamados/CT-2",
    )
    issue_id, _ = contract.jira.create(new)
    contract.jira.comment(issue_id, [Paragraph("🙂" * 40_000)], marker="action-1")
    raw = contract.rest("GET", f"api/3/issue/{issue_id}", params={"fields": "description"})["fields"]
    assert "Cortado." in str(raw["description"])


def test_our_fields_are_set_and_read(contract: Contract, filed: tuple[str, str]) -> None:
    issue_id, _ = filed
    contract.jira.set_field(issue_id, "staging_url", "https://hml.example/x")
    contract.jira.set_field(issue_id, "version", "v1.2.3")
    issue = contract.jira.observe(issue_id)
    assert (issue.staging_url, issue.version) == ("https://hml.example/x", "v1.2.3")


def test_an_issue_that_is_gone_is_told_as_missing(contract: Contract) -> None:
    with pytest.raises(Refused) as refused:
        contract.jira.observe("999999999")
    assert refused.value.missing
