"""What people change in Jira: named exactly by plan and doctor, mended by apply where permitted."""

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bridge.cli import main
from bridge.cli.waiting import until
from bridge.reconcile import drift
from bridge.sandbox.jira.configuration import Arrow, Screen, Workflow
from bridge.sandbox.server import Sandbox
from bridge.store import sweeps
from tests.provision.conftest import Workplace, environment
from tests.world import SECONDS, World

Happening = Callable[[Workplace], object]
OWN = "CHAM: Chamado Técnico"


@pytest.fixture(scope="module")
def applied() -> dict[str, Any]:
    """What the first test's apply left of the site; the others begin from a copy."""
    return {}


@pytest.fixture
def site(stand_in: Sandbox, tmp_path: Path, applied: dict[str, Any]) -> Workplace:
    stand_in.reset(empty=True)
    found = Workplace(sandbox=stand_in, environment=environment(stand_in, tmp_path))
    kept = {"made": stand_in.jira.site, "_serials": stand_in.jira.site, "known": stand_in.jira.hooks}
    for name, owner in kept.items() if applied else ():
        setattr(owner, name, copy.deepcopy(applied[name]))
    if not applied:
        assert found.apply()[0] == 0
        applied.update({name: copy.deepcopy(getattr(owner, name)) for name, owner in kept.items()})
    return found


def _status(site: Workplace, name: str) -> str:
    return next(each.id for each in site.made.statuses.values() if each.name == name)


def _field(site: Workplace, name: str) -> str:
    return next(each.id for each in site.made.fields.values() if each.name == name)


def _workflow(site: Workplace) -> Workflow:
    found = site.made.workflow_named(OWN)
    assert found
    return found


def _screen(site: Workplace) -> Screen:
    return next(each for each in site.made.screens.values() if each.name == OWN)


def _arrow(site: Workplace, source: str, target: str) -> Arrow:
    pair = (_status(site, source), _status(site, target))
    return next(each for each in _workflow(site).arrows if (each.source, each.target) == pair)


def _replace_arrow(site: Workplace, source: str, target: str, *instead: Arrow) -> None:
    old, workflow = _arrow(site, source, target), _workflow(site)
    workflow.arrows = [each for each in workflow.arrows if each is not old] + list(instead)


def rename_status(site: Workplace) -> None:
    status = {"id": _status(site, "PR Aprovado"), "name": "Revisado", "statusCategory": "IN_PROGRESS"}
    site.jira("PUT", "statuses", json={"statuses": [status]})


def recategorise(site: Workplace) -> None:
    status = {"id": _status(site, "Publicado"), "name": "Publicado", "statusCategory": "DONE"}
    site.jira("PUT", "statuses", json={"statuses": [status]})


def _option_path(site: Workplace, value: str) -> str:
    field = _field(site, "Ferramenta")
    context = site.made.contexts[field][-1]
    [option] = [each.id for each in context.options if each.value == value]
    return f"field/{field}/context/{context.id}/option/{option}"


def remove_option(site: Workplace) -> None:
    site.jira("DELETE", _option_path(site, "Mobi"))


def disable_option(site: Workplace) -> None:
    path, _, option = _option_path(site, "Mobi").rpartition("/")
    site.jira("PUT", path, json={"options": [{"id": option, "disabled": True}]})


def rename_field(site: Workplace) -> None:
    site.jira("PUT", f"field/{_field(site, 'Fluxo')}", json={"name": "Caminho"})


def delete_field(site: Workplace) -> None:
    site.jira("DELETE", f"field/{_field(site, 'Versão publicada')}")


def require_field(site: Workplace) -> None:
    site.made.required.add("duedate")
    _screen(site).tabs[0].fields.append("duedate")


def take_field_off_screen(site: Workplace) -> None:
    screen = _screen(site)
    site.jira("DELETE", f"screens/{screen.id}/tabs/{screen.tabs[0].id}/fields/{_field(site, 'Ferramenta')}")


def remove_transition(site: Workplace) -> None:
    _replace_arrow(site, "PR Review", "PR Aprovado")


def retarget_transition(site: Workplace) -> None:
    old = _arrow(site, "Testing", "Error Fix")
    _replace_arrow(site, "Testing", "Error Fix", replace(old, target=_status(site, "Reprovado")))


def give_transition_a_screen(site: Workplace) -> None:
    old = _arrow(site, "Triagem", "Backlog")
    new = replace(old, given={**old.given, "transitionScreen": {"ruleKey": "system:transition-screen"}})
    _replace_arrow(site, "Triagem", "Backlog", new)


def drop_status_from_workflow(site: Workplace) -> None:
    gone, workflow = _status(site, "Testing"), _workflow(site)
    workflow.statuses.remove(gone)
    workflow.arrows = [each for each in workflow.arrows if gone not in (each.source, each.target)]


def assign_another_scheme(site: Workplace) -> None:
    site.made.project("CHAM").workflow_scheme = 0


def rename_issue_type(site: Workplace) -> None:
    type_id = next(each.id for each in site.made.types.values() if each.name == "Chamado Técnico")
    site.jira("PUT", f"issuetype/{type_id}", json={"name": "Chamado"})


def switch_webhook_off(site: Workplace) -> None:
    for hook in site.sandbox.jira.hooks.known.values():
        hook.enabled = False
        hook.events.remove("comment_updated")


def filter_webhook(site: Workplace) -> None:
    for hook in site.sandbox.jira.hooks.known.values():
        hook.jql = "labels = vip"


def take_permission(site: Workplace) -> None:
    scheme = site.made.permission_schemes[0]
    scheme.grants = [each for each in scheme.grants if each.permission != "ADD_COMMENTS"]


def _lost(*pairs: str) -> list[str]:
    return [f'transition "{pair}" is not in the workflow "{OWN}"' for pair in pairs]


HOOK = 'webhook "http://127.0.0.1:8000/webhooks/jira"'
MENDED: dict[Happening, list[str]] = {
    rename_status: ['status "PR Aprovado" was renamed to "Revisado"'],
    recategorise: ['status "Publicado" is in the category Done, not In Progress'],
    remove_option: ['field options "Ferramenta" lacks Mobi'],
    disable_option: ['field options "Ferramenta" has disabled Mobi'],
    rename_field: ['field "Fluxo" was renamed to "Caminho"'],
    delete_field: [
        'field "Versão publicada" is not on the site; type Short text (plain text only)',
        f'screen "{OWN}" lacks Versão publicada',
    ],
    take_field_off_screen: [f'screen "{OWN}" lacks Ferramenta'],
    remove_transition: _lost("PR Review → PR Aprovado"),
    retarget_transition: _lost("Testing → Error Fix"),
    drop_status_from_workflow: [
        f'workflow "{OWN}" has lost the status "Testing"',
        *_lost("Publicado em Homologação → Testing", "Testing → Test Finished", "Testing → Error Fix"),
    ],
    assign_another_scheme: [
        f'workflow scheme "{OWN}" gives the issue type "Chamado Técnico" of CHAM that workflow'
    ],
    rename_issue_type: ['issue type "Chamado Técnico" was renamed to "Chamado"'],
    switch_webhook_off: [f"{HOOK} is switched off; does not tell of comment_updated"],
    filter_webhook: [f"{HOOK} has the filter 'labels = vip', not 'project = \"CHAM\"'"],
    take_permission: [
        "permissions \"CHAM\" the bridge's account lacks ADD_COMMENTS (write the partner's answers)"
    ],
}


@pytest.mark.parametrize("happening", MENDED, ids=lambda one: one.__name__)
def test_a_change_is_named_and_mended(site: Workplace, happening: Happening) -> None:
    happening(site)
    assert site.pending() == MENDED[happening]
    assert site.doctor() == MENDED[happening]
    code, said = site.apply()
    assert (code, said.splitlines()[-1]) == (0, "0 changes: the site is as the mappings want it."), said


BY_HAND: dict[Happening, tuple[str, str]] = {
    require_field: (
        'field "Due date" is required now (duedate) and not asked by the form: Jira refuses new tickets',
        'Make the field "Due date" optional for "Chamado Técnico" in the field configuration of CHAM, '
        "or give it a default value.",
    ),
    give_transition_a_screen: (
        'transition "Triagem → Backlog" now has a screen, which the bridge does not fill in',
        f'Free the transition "Backlog" of "{OWN}" of a screen.',
    ),
}


@pytest.mark.parametrize("happening", BY_HAND, ids=lambda one: one.__name__)
def test_what_the_api_cannot_mend_is_a_step_for_a_person(site: Workplace, happening: Happening) -> None:
    happening(site)
    sentence, step = BY_HAND[happening]
    assert site.pending() == site.doctor() == [sentence]
    code, said = site.apply()
    assert code == 2
    assert f"  1. {step}" in said


def test_what_others_added_is_named_and_left(site: Workplace) -> None:
    retarget_transition(site)
    assert site.apply()[0] == 0
    code, told = site.plan()
    assert code == 0
    [extra] = told["changes"]
    assert (extra["action"], extra["name"]) == ("extra", "Testing → Reprovado")
    assert _arrow(site, "Testing", "Reprovado")


def test_a_field_that_has_moved_to_a_screen_of_others_is_completed_there(ready: Workplace) -> None:
    """The vendor's own screen serves this project alone: no second one is made beside it."""
    screen = next(each for each in ready.made.screens.values() if each.name == "Chamados")
    screen.tabs[0].fields.remove("customfield_10101")
    assert ready.pending() == ['screen "Chamados" lacks Ferramenta']
    assert ready.apply()[0] == 0
    assert "customfield_10101" in screen.fields
    assert len(ready.made.screens) == 2


# --- the tickets


def _due(world: World) -> None:
    """The comparison's turn comes."""
    sweeps.take(world.services.store, drift.SWEEP, now=world.services.clock(), every=drift.EVERY)
    sweeps.failed(world.services.store, drift.SWEEP, again_at=world.services.clock(), outcome="")
    drift.watch(world.services)


def _found(world: World) -> str:
    [row] = [one for one in sweeps.all_swept(world.services.store) if one.name == drift.SWEEP]
    return row.outcome


@pytest.mark.parametrize("world", [{}], indirect=True)
def test_a_ticket_waits_with_the_sentence_and_goes_on_by_itself(world: World) -> None:
    made = world.sandbox.jira.site.made
    [context] = made.contexts["customfield_10101"]
    kept = list(context.options)
    context.options = [each for each in kept if each.value != "Sistema"]
    number = world.file()
    assert until(lambda: world.ticket(number).parked, seconds=SECONDS)
    assert 'field options "Ferramenta" lacks Sistema' in world.ticket(number).parked
    other = world.file(ferramenta="Mobi")
    assert until(lambda: world.ticket(other).jira_key, seconds=SECONDS)
    _due(world)
    assert _found(world) == '1 difference; field options "Ferramenta" lacks Sistema'
    assert not world.ticket(number).jira_key
    context.options = kept
    _due(world)
    assert _found(world) == "0 differences"
    assert until(lambda: world.ticket(number).jira_key, seconds=SECONDS)
    assert until(lambda: world.ticket(number).parked == "", seconds=SECONDS)


# Data Center shows no workflow over REST.
@pytest.mark.parametrize("world", [{"jira": "Cloud"}], indirect=True)
def test_a_move_that_lost_its_transition_waits(world: World) -> None:
    key = world.filed()
    world.approve_triage(key)
    workflow = next(each for each in world.sandbox.jira.site.made.workflows.values() if each.name != "jira")
    kept = list(workflow.arrows)
    workflow.arrows = [each for each in kept if each.name != "Enviar para revisão"]
    world.open_pull(f"{key}-x")
    assert until(lambda: world.ticket_of(key).parked, seconds=SECONDS)
    sentence = 'transition "Doing → PR Review" is not in the workflow "Quadro de chamados"'
    assert sentence in world.ticket_of(key).parked
    workflow.arrows = kept
    _due(world)
    world.wait_status(key, "PR Review")


@pytest.mark.parametrize("world", [{"empty": True, "still": True, "jira": "Cloud"}], indirect=True)
def test_a_renamed_status_and_field_stop_no_ticket(world: World) -> None:
    """What apply recorded is known by its id, whatever it is called now."""
    assert CliRunner().invoke(main, ["jira", "apply", "--yes"], env=world.environment).exit_code == 0
    made = world.sandbox.jira.site.made
    for key, status in made.statuses.items():
        if status.name == "Triagem":
            made.statuses[key] = replace(status, name="Fila")
    for key, field in made.fields.items():
        if field.name == "Fluxo":
            made.fields[key] = replace(field, name="Caminho")
    site = world.services.jira.site
    assert "Triagem" in site.status_names.values()
    assert made.fields[site.field("fluxo")].name == "Caminho"
