"""`jira plan` and `jira apply`: a Jira becomes what the mappings want, and others keep what is theirs."""

import json
import os
from typing import Any

import pytest
from requests import ConnectionError as Lost
from requests.adapters import HTTPAdapter

from bridge.sandbox.control import Fault
from bridge.sandbox.jira.catalogue import Field, Option
from bridge.sandbox.jira.configuration import Context, Grant, Project
from mappings import load
from tests.provision.conftest import ADMINISTRATOR, Workplace

ALL = "CHAMADOS_TEST_INTERRUPTIONS"
"""Set: every write of an apply is interrupted in turn, not a few."""


def test_an_empty_site_is_set_up_and_then_nothing_is_left(workplace: Workplace) -> None:
    code, told = workplace.plan()
    assert (code, told["summary"]) == (2, {"add": 31, "change": 2, "extra": 0, "manual": 0})
    assert workplace.writes() == []
    code, said = workplace.apply()
    assert (code, said.splitlines()[-1]) == (0, "0 changes: the site is as the mappings want it.")
    workplace.writes()
    code, said = workplace.run("jira", "plan")
    assert (code, said) == (0, "0 changes: 0 to add, 0 to change, 0 by hand\n")
    assert workplace.apply()[0] == 0
    assert workplace.writes() == []


def test_the_workflow_made_is_exactly_the_mappings(workplace: Workplace) -> None:
    workplace.apply()
    made = workplace.made
    workflow = made.workflow_of(made.project("CHAM"), _type_id(workplace))
    name = {each.id: each.name for each in made.statuses.values()}
    statuses = load().workflow.statuses.values()
    wanted = {(one.name, to) for one in statuses for to in one.leaves_to}
    assert {(name[each.source or ""], name[each.target]) for each in workflow.arrows} == wanted
    assert len(workflow.arrows) == len(wanted)
    assert [name[each] for each in workflow.statuses] == [one.name for one in statuses]
    assert name[workflow.initial] == "Triagem"
    found = {each.name: made.statuses[each.id].category.key for each in made.statuses.values()}
    assert {one.name: found[one.name] for one in statuses} == {
        one.name: one.category.value for one in statuses
    }


def test_a_site_set_up_by_hand_needs_nothing(ready: Workplace) -> None:
    assert ready.plan()[0] == 0
    ready.demote()
    assert ready.plan()[0] == 0


def test_nothing_is_done_without_a_yes(workplace: Workplace) -> None:
    code, said = workplace.run("jira", "apply", said="n\n")
    assert (code, "Nothing was done." in said) == (2, True)
    code, said = workplace.run("jira", "apply")
    assert (code, "Nothing was done: say --yes where nobody can be asked" in said) == (2, True)
    assert workplace.writes() == []


def test_doctor_on_a_jira_without_the_project_names_the_way_there(workplace: Workplace) -> None:
    code, said = workplace.run("doctor", "--json")
    [wrong] = [one for one in json.loads(said) if one["state"] == "error"]
    assert (code, wrong["name"]) == (1, "jira")
    assert "chamados jira apply" in wrong["remedy"]


def _interruptions(workplace: Workplace) -> range:
    workplace.apply()
    writes = len(workplace.writes())
    return range(1, writes + 1, 1 if os.environ.get(ALL) else writes // 3)


def test_it_may_be_interrupted_at_any_point(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write's answer is lost; the next run goes on, and nothing is there twice."""
    send = HTTPAdapter.send
    for number in _interruptions(workplace):
        workplace.sandbox.reset()
        left = [number]

        def lost(adapter: HTTPAdapter, request: Any, left: list[int] = left, **options: Any) -> Any:
            answer = send(adapter, request, **options)
            question = str(request.url).endswith(("/workflows", "/mapping"))
            left[0] -= request.method != "GET" and not question and "/jira/" in str(request.url)
            if left[0] == 0:
                left[0] = -1
                raise Lost("the answer was lost")
            return answer

        with monkeypatch.context() as patched:
            patched.setattr(HTTPAdapter, "send", lost)
            code, said = workplace.apply()
            assert code == 1, (number, said)
        code, said = workplace.apply()
        assert (code, said.splitlines()[-1]) == (0, "0 changes: the site is as the mappings want it."), number
        _nothing_twice(workplace)


def _nothing_twice(workplace: Workplace) -> None:
    made = workplace.made
    for things in (made.fields, made.statuses, made.types, made.workflows, made.projects, made.screens):
        names = [each.name for each in things.values()]
        assert len(names) == len(set(names)), names
    for schemes in (made.workflow_schemes, made.screen_schemes, made.type_screens):
        assert len(schemes) == 2, [each.name for each in schemes.values()]
    assert len(workplace.sandbox.jira.hooks.known) == 1


def _foreign(workplace: Workplace, *, kind: str = "option", custom: str = "select") -> Field:
    found = Field("customfield_19999", "Ferramenta", kind, custom, (Option("1", "Martelo"),))
    workplace.made.fields[found.id] = found
    context = Context(id="19998", name="Everywhere", options=list(found.options))
    workplace.made.contexts[found.id] = [context]
    return found


def test_a_field_of_others_is_used_only_when_that_is_said(workplace: Workplace) -> None:
    field = _foreign(workplace)
    code, said = workplace.apply()
    assert (code, "say --adopt" in said.lower()) == (2, True)
    assert workplace.writes() == []
    assert workplace.apply("--adopt")[0] == 0
    assert [each.id for each in workplace.made.fields.values() if each.name == "Ferramenta"] == [field.id]
    everywhere, ours = workplace.made.contexts[field.id]
    assert [each.value for each in everywhere.options] == ["Martelo"]
    assert "Martelo" not in [each.value for each in ours.options]
    assert "Sistema" in [each.value for each in ours.options]
    assert workplace.plan()[0] == 0


def test_a_field_of_the_wrong_type_is_a_persons_to_solve(workplace: Workplace) -> None:
    _foreign(workplace, kind="text", custom="textfield")
    code, said = workplace.apply("--adopt")
    assert code == 2
    steps = [line for line in said.splitlines() if "Rename the field" in line]
    assert steps[-1].startswith("  1. ")
    assert "whose type is Short text (plain text only)" in steps[-1]


def test_an_account_without_administration_gets_the_list_for_a_person(workplace: Workplace) -> None:
    workplace.demote()
    code, said = workplace.apply()
    assert code == 2
    assert workplace.writes() == []
    numbered = [line for line in said.splitlines() if line.strip()[:1].isdigit() and ". " in line]
    assert numbered[0].startswith("  1. Create a company-managed software project with the key CHAM.")
    assert 'Create the status "Triagem" in the category To Do.' in said


def test_an_administrator_sets_up_what_the_bridge_may_not(workplace: Workplace) -> None:
    workplace.demote()
    assert workplace.apply(**ADMINISTRATOR)[0] == 0
    assert workplace.plan(**ADMINISTRATOR)[0] == 0
    assert workplace.plan()[0] == 0


def test_permissions_are_granted_in_a_scheme_of_the_projects_own(workplace: Workplace) -> None:
    scheme = workplace.made.permission_schemes[0]
    scheme.grants = [each for each in scheme.grants if each.permission != "TRANSITION_ISSUES"]
    before = list(scheme.grants)
    workplace.demote()
    assert workplace.apply(**ADMINISTRATOR)[0] == 0
    assert scheme.grants == before
    own = workplace.made.permission_schemes[workplace.made.project("CHAM").permission_scheme]
    me = workplace.sandbox.jira.site.bridge.account_id
    assert [(each.permission, each.parameter) for each in own.grants if each.kind == "user"] == [
        ("TRANSITION_ISSUES", me)
    ]
    assert {each.permission for each in own.grants} >= {each.permission for each in before}


def test_others_in_an_existing_project_keep_what_they_have(workplace: Workplace) -> None:
    lead = workplace.sandbox.jira.site.users["triagem@softhouse.example"]
    workplace.made.projects["10700"] = Project(id="10700", key="CHAM", name="De todos", lead=lead)
    workplace.made.projects["10701"] = Project(id="10701", key="OUTRO", name="Outro", lead=lead)
    fields = {"project": {"key": "CHAM"}, "issuetype": {"name": "Task"}, "summary": "antigo"}
    old = workplace.jira("POST", "issue", json={"fields": fields})
    assert workplace.apply()[0] == 0
    made = workplace.made
    task = "10002"
    assert made.workflow_of(made.project("CHAM"), task).name == "jira"
    assert made.screen_of(made.project("CHAM"), task, "create").name == "Default Screen"
    assert made.project("OUTRO").workflow_scheme == 0
    assert made.screens[1].fields[-1] == "duedate"
    assert workplace.jira("GET", f"issue/{old['key']}")["fields"]["status"]["name"] == "To Do"
    assert workplace.plan()[0] == 0


def test_a_team_managed_project_is_refused_with_the_way_out(workplace: Workplace) -> None:
    found = workplace.sandbox.jira.site.users["triagem@softhouse.example"]
    workplace.made.projects["10700"] = Project(
        id="10700", key="CHAM", name="Time", lead=found, simplified=True
    )
    code, said = workplace.run("jira", "plan")
    assert code == 2
    assert "  1. Create a company-managed project and name its key in CHAMADOS_JIRA_PROJECT" in said


def test_the_webhook_gets_the_settings_secret_when_asked(workplace: Workplace) -> None:
    workplace.apply()
    [hook] = workplace.sandbox.jira.hooks.known.values()
    changed = {"CHAMADOS_JIRA_WEBHOOK_SECRET": "another-secret-of-32-characters!"}
    assert workplace.apply(**changed)[0] == 0
    assert hook.secret != changed["CHAMADOS_JIRA_WEBHOOK_SECRET"]
    code, said = workplace.apply("--secret", **changed)
    assert (code, hook.secret) == (0, changed["CHAMADOS_JIRA_WEBHOOK_SECRET"])
    assert changed["CHAMADOS_JIRA_WEBHOOK_SECRET"] not in said


def test_what_a_step_is_denied_is_left_for_a_person(workplace: Workplace) -> None:
    """Free plans have no permission schemes: 403, and the rest goes on."""
    scheme = workplace.made.permission_schemes[0]
    scheme.grants = [Grant(id=1, permission="BROWSE_PROJECTS", kind="applicationRole")]
    workplace.demote()
    fault = {"match": "POST /jira/rest/api/*/permissionscheme", "do": "403", "times": 1}
    workplace.sandbox.controls.add(Fault.read(fault))
    code, said = workplace.apply(**ADMINISTRATOR)
    assert code == 1
    assert "In CHAM's permission scheme, grant the bridge's account CREATE_ISSUES" in said
    assert [one["what"] for one in workplace.plan(**ADMINISTRATOR)[1]["changes"]] == ["permissions"]


def _type_id(workplace: Workplace) -> str:
    return next(each.id for each in workplace.made.types.values() if each.name == "Chamado Técnico")
