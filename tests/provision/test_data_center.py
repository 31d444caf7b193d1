"""On Data Center the API makes the project, the type, the fields and the webhook; a person makes the rest."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.sandbox.control import Fault
from bridge.sandbox.jira import catalogue, founding
from bridge.sandbox.jira.configuration import Screen, Tab
from bridge.sandbox.server import Sandbox
from bridge.sandbox.settings import SandboxSettings
from mappings import load
from tests.provision.conftest import Workplace, environment

OWN = "CHAM: Chamado Técnico"


@pytest.fixture
def workplace(tmp_path: Path) -> Iterator[Workplace]:
    running = Sandbox(SandboxSettings(port=0, smtp_port=0, jira_empty=True, jira_deployment="Server"))
    running.start()
    yield Workplace(sandbox=running, environment=environment(running, tmp_path))
    running.stop()


def _steps(said: str) -> list[str]:
    """The numbered steps of the last list."""
    listed = said.rpartition("For a person with Jira's administration:\n")[2]
    return [line[5:] for line in listed.splitlines() if line[:3].strip().isdigit()]


def test_what_the_api_has_is_made_and_the_rest_is_listed_with_exact_names(workplace: Workplace) -> None:
    code, said = workplace.apply()
    assert code == 2
    made = [write.split()[1].rpartition("/")[2] for write in workplace.writes() if write.startswith("POST")]
    assert made == ["project", "issuetype", *["field"] * 9, "webhook"]
    steps = _steps(said)
    for status in load().workflow.statuses.values():
        assert status.name == "To Do" or any(f'status "{status.name}"' in step for step in steps)
    [workflow] = [step for step in steps if step.startswith("Create the workflow")]
    assert "PR Review → PR Aprovado" in workflow
    assert any("DSLite" in step for step in steps)
    assert any(step.startswith(f'Create the screen "{OWN}"') for step in steps)
    assert workplace.apply()[0] == 2
    assert workplace.writes() == []


def _by_hand(workplace: Workplace) -> None:
    """The administrator does the listed steps, but leaves the screen's fields to the next apply."""
    site, made = workplace.sandbox.jira.site, workplace.made
    known = {each.name for each in made.statuses.values()}
    made.statuses |= {each.id: each for each in catalogue.STATUSES if each.name not in known}
    board = founding._board()
    ids = {each.name: each.id for each in made.statuses.values()}
    board.statuses = [ids[each.name] for each in catalogue.STATUSES]
    made.workflows[board.id] = board
    made.workflow_schemes[0].default = board.name
    made.screens[900] = Screen(id=900, name=OWN, tabs=[Tab(id=901, name="Field Tab")])
    made.screen_schemes[1].screens = {"default": 900}
    for field in load().form.fields.values():
        found = next((each for each in made.fields.values() if each.name == field.jira), None)
        if found and field.options:
            [context] = made.contexts[found.id]
            context.options = [catalogue.Option(site.serial("option"), one.value) for one in field.options]
            made.refresh_options(found.id)


def test_after_the_steps_apply_completes_the_screen_and_nothing_is_left(workplace: Workplace) -> None:
    workplace.apply()
    _by_hand(workplace)
    *unseen, screen = workplace.pending()
    assert [one.partition(";")[0] for one in unseen] == [
        f'field options "{name}" cannot be seen before the field is on a screen'
        for name in ("Ferramenta", "Integração")
    ]
    assert screen == (
        f'screen "{OWN}" lacks summary, description, labels, E-mail do cliente, Ferramenta, Integração, '
        "Notificar também, Fluxo, Parceiro, Referência"
    )
    code, said = workplace.apply()
    assert (code, said.splitlines()[-1]) == (0, "0 changes: the site is as the mappings want it.")
    code, told = workplace.plan()
    assert (code, told["changes"]) == (0, [])
    assert told["unchecked"][0].startswith("the workflow's transitions; they should be Triagem → Backlog")


def test_the_vendors_data_center_needs_nothing(workplace: Workplace) -> None:
    workplace.sandbox.reset(empty=False)
    assert workplace.plan()[0] == 0
    option = workplace.made.contexts["customfield_10101"][0]
    option.options = [each for each in option.options if each.value != "Mobi"]
    assert workplace.pending() == ['field options "Ferramenta" lacks Mobi']
    assert 'Add to the field "Ferramenta" the options Mobi.' in workplace.run("jira", "plan")[1]


def test_a_site_without_the_webhook_address_is_told_what_to_enter(workplace: Workplace) -> None:
    """Data Center 10 has its webhooks elsewhere."""
    match = "GET /jira/rest/webhooks/1.0/webhook"
    workplace.sandbox.controls.add(Fault.read({"match": match, "do": "404", "times": 9}))
    code, told = workplace.plan()
    assert code == 2
    assert not [one for one in told["changes"] if one["what"] == "webhook"]
    assert 'for the issues of the filter project = "CHAM", enabled' in told["unchecked"][-1]
