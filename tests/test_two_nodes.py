"""A Data Center of two nodes, each of which draws a hundred ids ahead: ids are in no order, times are."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bridge.actions import Tell
from bridge.clients.jira import reading
from bridge.clients.jira.site import Site
from bridge.rules import plan
from tests.conftest import NOW
from tests.test_rules import HOLDS, MAPPINGS, seen
from tests.world import World

SITE = Site(
    cloud=False,
    fields={},
    wanted={},
    status_names={"1": "Triagem", "2": "Backlog", "3": "Faltam Informações"},
    issue_types={},
    account="bridge",
    service_desk=False,
)


def _moment(minutes: float) -> str:
    return (NOW + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def _change(number: int, minutes: float, before: str, after: str) -> dict[str, Any]:
    item = {"field": "status", "from": before, "to": after}
    return {"id": str(number), "created": _moment(minutes), "author": {"name": "t"}, "items": [item]}


def _comment(number: int, minutes: float, text: str) -> dict[str, Any]:
    return {"id": str(number), "created": _moment(minutes), "author": {"name": "t"}, "body": text}


def test_what_came_later_is_told_though_its_id_is_smaller() -> None:
    histories = [_change(10200, -60, "1", "2"), _change(10100, -20, "2", "3")]
    comments = [
        _comment(10150, -21, "/parceiro E a versão?"),
        _comment(10250, -22, "/parceiro Qual navegador?"),
    ]
    fields = {"status": {"id": "3", "name": "Faltam Informações"}, "updated": _moment(0)}
    issue = reading.issue({"id": "1", "key": "CHAM-1", "fields": fields}, histories, comments, SITE)
    before = seen("Faltam Informações", told={"changelog:10200": {}}, mailed=frozenset({"changelog:10200"}))
    found = plan(replace(before, issue=issue), MAPPINGS, now=NOW, holds=HOLDS).actions
    [asked] = [one for one in found if isinstance(one, Tell) and one.kind == "status"]
    assert (asked.email, asked.text) == ("faltam_informacoes", "Qual navegador?\n\nE a versão?")


@pytest.mark.parametrize("world", [{"jira": "Server", "hold": 1}], indirect=True)
def test_a_move_is_not_taken_for_undone_by_an_earlier_one(world: World) -> None:
    key = world.filed()
    for status in ("Faltam Informações", "Triagem", "Backlog"):
        world.drag(key, status)
    ids = [int(one["id"]) for one in world.issue(key)["history"]]
    assert ids[-1] < ids[-2], "the sandbox plays two nodes"
    world.wait_mail("aprovado", 2)
