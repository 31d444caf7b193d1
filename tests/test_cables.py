"""Cables cut before, after and within requests: nothing is lost and nothing is done twice."""

from datetime import timedelta

import pytest

from bridge.cli.waiting import until
from bridge.reconcile import create
from bridge.store.tables import PartnerActionRow
from bridge.store.tickets import ring
from tests.proxy import Cut, Proxy
from tests.world import SECONDS, World

CUTS = pytest.mark.parametrize("cut", list(Cut))
pytestmark = [
    pytest.mark.parametrize("world", [{"cable": True}], indirect=True),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


@pytest.fixture
def cable(world: World, monkeypatch: pytest.MonkeyPatch) -> Proxy:
    """The cable to Jira; lost creations are repeated soon."""
    monkeypatch.setattr(create, "QUARANTINE", timedelta(seconds=2))
    monkeypatch.setattr(create, "SEARCHES", (1,))
    assert world.cable is not None
    return world.cable


@CUTS
def test_a_ticket_becomes_one_issue(world: World, cable: Proxy, cut: Cut) -> None:
    cable.cut(f"POST {world.jira_path}/issue ".encode(), cut)
    number = world.file()
    assert until(lambda: world.ticket(number).jira_key, seconds=SECONDS), world.ticket(number).outcome
    world.settle()
    marker = world.ticket(number).marker
    assert cable.cuts == 1
    assert len([one for one in world.issues() if marker in one["labels"]]) == 1
    assert len(world.mails("recebido")) == 2


@CUTS
def test_a_partners_words_are_written_once(world: World, cable: Proxy, cut: Cut) -> None:
    key = world.filed()
    world.drag(key, "Faltam Informações")
    world.settle()
    cable.cut(f"POST {world.jira_path}/issue/{world.issue(key)['id']}/comment".encode(), cut)
    ticket = world.ticket_of(key)
    with world.services.store.begin() as db:
        now = world.services.clock()
        db.add(PartnerActionRow(ticket_id=ticket.id, verb="answered", author="Ana", text="palavras", at=now))
        ring(db, ticket.id, kind="partner", subject="action", now=now)
    world.wait_status(key, "Triagem")
    world.settle()
    assert cable.cuts == 1
    assert len([one for one in world.issue(key)["comments"] if "palavras" in str(one)]) == 1


@CUTS
def test_a_pull_request_moves_and_links_once(world: World, cable: Proxy, cut: Cut) -> None:
    key = world.filed()
    world.approve_triage(key)
    cable.cut(f"POST {world.jira_path}/issue/{world.issue(key)['id']}/".encode(), cut, times=2)
    world.open_pull(f"{key}-x")
    world.wait_status(key, "PR Review")
    world.settle()
    issue = world.issue(key)
    assert cable.cuts == 2
    assert len(issue["remotelinks"]) == 1
    assert [(one["from"], one["to"]) for one in issue["history"]].count(("Doing", "PR Review")) == 1


def test_a_link_written_without_an_answer_is_brought_back(world: World, cable: Proxy) -> None:
    """The state before came back while nobody knew which of the two the link shows."""
    key = world.filed()
    world.approve_triage(key)
    number = world.open_pull(f"{key}-x")
    world.wait_status(key, "PR Review")
    world.settle()
    cable.cut(f"POST {world.jira_path}/issue/{world.issue(key)['id']}/remotelink".encode(), Cut.UNANSWERED)
    world.review(number, "REQUEST_CHANGES")
    assert until(lambda: cable.cuts == 1, seconds=SECONDS)
    [link] = world.issue(key)["remotelinks"]
    assert "mudanças pedidas" in link["object"]["title"]
    world.github("POST", f"pulls/{number}/requested_reviewers", json={"reviewers": ["bruno"]})
    world.settle()
    [link] = world.issue(key)["remotelinks"]
    assert "em revisão" in link["object"]["title"]
