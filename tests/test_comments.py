"""Comments both ways between Jira and the partner, and what the bridge asks and does in Jira by itself."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bridge.cli.waiting import until
from bridge.sandbox.control import Fault
from bridge.sandbox.jira.model import User
from bridge.store import facts
from bridge.store.tables import Event, Mail, PartnerActionRow
from bridge.store.tickets import ring
from tests.world import SECONDS, World

ANA = User("ana@softhouse.example", "Ana")
PEOPLE = "people:\n  - {{github: Ana, jira: '{}'}}\n"
both_jiras = pytest.mark.parametrize("world", [{}, {"jira": "Server"}], indirect=True)


def said(world: World, key: str) -> list[tuple[str, bool]]:
    """The comments on the ticket's page: text, and whether it is said to be edited."""
    with world.services.store.read() as db:
        mine = select(Event).where(
            Event.ticket_id == world.ticket_of(key).id, Event.kind == "comment", Event.visible
        )
        return [(one.text, one.edited_at is not None) for one in db.scalars(mine.order_by(Event.id))]


def edit(world: World, key: str, text: str, **more: Any) -> None:
    [comment] = world.jira("GET", f"issue/{key}/comment")["comments"]
    body: Any = text
    if world.sandbox.settings.jira_deployment == "Cloud":
        paragraph = {"type": "paragraph", "content": [{"type": "text", "text": text}]}
        body = {"type": "doc", "version": 1, "content": [paragraph]}
    world.jira("PUT", f"issue/{key}/comment/{comment['id']}", json={"body": body, **more})


@both_jiras
def test_what_was_told_follows_its_comment_and_nobody_is_written_to_again(world: World) -> None:
    key = world.filed()
    world.say(key, "/parceiro Sai na sexta.")
    world.wait_mail("comentario", 2)
    world.settle()
    assert said(world, key) == [("Sai na sexta.", False)]
    edit(world, key, "/parceiro Sai na segunda.")
    assert until(lambda: said(world, key) == [("Sai na segunda.", True)], seconds=SECONDS)
    edit(world, key, "/parceiro Sai na terça.", visibility={"type": "role", "value": "Developers"})
    assert until(lambda: said(world, key) == [], seconds=SECONDS)
    world.settle()
    assert len(world.mails("comentario")) == 2


def test_a_deleted_comment_disappears(world: World) -> None:
    key = world.filed()
    world.say(key, "/parceiro Sai na sexta.")
    assert until(lambda: said(world, key), seconds=SECONDS)
    [comment] = world.jira("GET", f"issue/{key}/comment")["comments"]
    world.jira("DELETE", f"issue/{key}/comment/{comment['id']}")
    assert until(lambda: said(world, key) == [], seconds=SECONDS)


def test_an_email_that_waits_goes_only_while_its_comment_says_so_in_public(world: World) -> None:
    key = world.filed()
    world.sandbox.controls.add(Fault(match="SMTP *", do="451", times=2))
    world.say(key, "/parceiro Sai na sexta.")
    assert until(lambda: len(_waiting(world)) == 2, seconds=SECONDS)
    edit(world, key, "Sai na sexta?")
    assert until(lambda: said(world, key) == [], seconds=SECONDS)
    assert {mail.state for mail in _waiting(world)} == {"withdrawn"}
    edit(world, key, "/parceiro Sai na segunda.")
    mails = world.wait_mail("comentario", 2)
    assert "Sai na segunda." in mails[0]["text"]
    assert not any("sexta" in mail["raw"] for mail in world.mails("comentario"))


def test_no_bell_rang_and_the_outbox_asks_jira_all_the_same(world: World) -> None:
    """The comment was made internal while nobody told: only the look right before sending can know."""
    key = world.filed()
    world.sandbox.controls.add(Fault(match="SMTP *", do="451", times=2))
    world.say(key, "/parceiro Sai na sexta.")
    assert until(lambda: len(_waiting(world)) == 2, seconds=SECONDS)
    assert until(world._webhooks_arrived, seconds=SECONDS)
    issue = next(one for one in world.sandbox.jira.site.by_id.values() if one.key == key)
    issue.comments[0].visibility = {"type": "group", "value": "devs"}
    with world.services.store.begin() as db:
        for mail in db.scalars(select(Mail).where(Mail.kind == "comentario")):
            mail.due_at = world.services.clock() - timedelta(seconds=1)
    assert until(lambda: {mail.state for mail in _waiting(world)} == {"withdrawn"}, seconds=SECONDS)
    assert said(world, key) == []
    assert world.mails("comentario") == []


def _waiting(world: World) -> list[Mail]:
    with world.services.store.read() as db:
        tried = (Mail.attempts > 0) | (Mail.state == "withdrawn")
        return list(db.scalars(select(Mail).where(Mail.kind == "comentario", Mail.state != "sending", tried)))


@pytest.mark.parametrize(
    "world", [{"reason_hold": 3600}, {"reason_hold": 3600, "jira": "Server"}], indirect=True
)
def test_a_refusal_without_a_reason_is_asked_for_it_and_goes_out_with_it(world: World) -> None:
    key = world.filed()
    world.drag(key, "Reprovado")
    assert until(lambda: len(world.issue(key)["comments"]) == 1, seconds=SECONDS)
    world.settle()
    assert "/parceiro" in str(world.issue(key)["comments"][0])
    assert world.mails("reprovado") == []
    world.say(key, "/parceiro É uma dúvida de uso.")
    mails = world.wait_mail("reprovado", 2)
    assert "É uma dúvida de uso." in mails[0]["text"]
    world.settle()
    assert world.mails("comentario") == []
    assert len(world.issue(key)["comments"]) == 2


def test_on_a_service_project_jiras_word_is_the_proof_and_ours_stay_inside(world: World) -> None:
    world.sandbox.jira.site.service_project = True
    world.services.jira.forget_site()
    key = world.filed()
    world.say(key, "Sai na sexta.")
    world.wait_mail("comentario", 2)
    world.drag(key, "Faltam Informações")
    _answer(world, key, "produtos.xlsx")
    world.wait_status(key, "Triagem")
    world.settle()
    [public, ours] = world.jira("GET", f"issue/{key}/comment")["comments"]
    assert (public["jsdPublic"], ours["jsdPublic"]) == (True, False)
    assert said(world, key) == [("Sai na sexta.", False)]


@both_jiras
def test_our_own_words_echoed_back_cost_no_call_and_others_internal_ones_one(world: World) -> None:
    key = world.filed()
    world.drag(key, "Faltam Informações")
    world.settle()
    before = len(world.sandbox.controls.calls())
    _answer(world, key, "produtos.xlsx")
    world.wait_status(key, "Triagem")
    world.settle()
    calls = [(one["method"], one["path"].rpartition("/")[2]) for one in world.bridge_calls(before)]
    assert calls == [("GET", world.ticket_of(key).jira_id), ("GET", "comment"), ("POST", "comment"), MOVE]
    before = len(world.sandbox.controls.calls())
    world.say(key, "interno")
    assert until(lambda: len(world.bridge_calls(before)) > 0, seconds=SECONDS)
    world.settle()
    # Data Center rings twice for a comment; its own comment event names no issue.
    assert len(world.bridge_calls(before)) == 1


MOVE = ("POST", "transitions")


@pytest.mark.parametrize(
    "world",
    [
        {"people": PEOPLE.format(ANA.account_id), "jira": "Cloud"},
        {"people": PEOPLE.format(ANA.username), "jira": "Server"},
    ],
    indirect=True,
)
def test_the_author_of_a_pull_request_becomes_the_assignee_once(world: World) -> None:
    world.sandbox.jira.site.human("ana")
    key = world.filed()
    world.approve_triage(key)
    number = world.open_pull(f"{key}-x")
    world.wait_status(key, "PR Review")
    assert until(lambda: _assignee(world, key), seconds=SECONDS) == "Ana"
    world.settle()
    world.jira("PUT", f"issue/{key}", json={"fields": {"assignee": None}})
    assert _assignee(world, key) is None
    world.review(number, "APPROVE")
    world.wait_status(key, "PR Aprovado")
    world.settle()
    assert _assignee(world, key) is None


@pytest.mark.parametrize("world", [{"jira": "Cloud"}, {"jira": "Server"}], indirect=True)
def test_an_assignee_is_known_by_the_account(world: World) -> None:
    developer = world.sandbox.jira.site.human("dev")
    cloud = world.sandbox.settings.jira_deployment == "Cloud"
    account = developer.account_id if cloud else developer.username
    key = world.filed()
    world.drag(key, "Backlog")
    who = {"accountId" if cloud else "name": account}
    world.jira("PUT", f"issue/{key}", json={"fields": {"assignee": who}})
    world.wait_status(key, "To Do")
    world.settle()
    with world.services.store.read() as db:
        [lane] = facts.lanes(db, world.ticket_of(key).id).values()
    assert lane.identity == f"assignee:{account}"


@pytest.mark.parametrize("world", [{"people": PEOPLE.format("ninguém")}], indirect=True)
def test_an_account_that_jira_does_not_know_stops_no_ticket(world: World) -> None:
    key, number = world.approved()
    world.settle()
    assert _assignee(world, key) is None
    assert world.ticket_of(key).parked == ""
    before = len(world.sandbox.controls.calls())
    world.review(number, "COMMENT", who="carla")
    world.settle()
    assert not [one for one in world.bridge_calls(before) if one["path"].endswith("/assignee")]


def test_the_issue_bears_what_the_bridge_knows_of_it(world: World) -> None:
    key = world.filed()
    facts = world.jira("GET", f"issue/{key}/properties/chamado")["value"]
    ticket = world.ticket_of(key)
    assert facts == {
        "reference": "CT-1",
        "marker": ticket.marker,
        "partner": "Revenda Modelo",
        "url": f"{world.services.config.public_url}/chamados/CT-1",
    }


def test_a_link_follows_its_pull_request(world: World) -> None:
    key = world.filed()
    world.approve_triage(key)
    number = world.open_pull(f"{key}-x", draft=True)
    draft, closed = (f"softhouse/erp#{number} · {state}" for state in ("rascunho", "fechado sem mesclar"))
    assert until(lambda: _links(world, key) == [[draft, "Corrige · rascunho de ana", False]], seconds=SECONDS)
    world.github("PATCH", f"pulls/{number}", json={"title": "Na planilha"})
    assert until(
        lambda: _links(world, key) == [[draft, "Na planilha · rascunho de ana", False]], seconds=SECONDS
    )
    world.github("PATCH", f"pulls/{number}", json={"state": "closed"})
    said = "Na planilha · fechado sem mesclar: não conta"
    assert until(lambda: _links(world, key) == [[closed, said, True]], seconds=SECONDS)


def _links(world: World, key: str) -> list[list[Any]]:
    found = [one["object"] for one in world.issue(key)["remotelinks"]]
    return [[one["title"], one["summary"], one["status"]["resolved"]] for one in found]


def _answer(world: World, key: str, text: str) -> None:
    """As the partner does on the ticket's page."""
    ticket = world.ticket_of(key)
    with world.services.store.begin() as db:
        now = world.services.clock()
        action = PartnerActionRow(ticket_id=ticket.id, verb="answered", author="Ana", text=text, at=now)
        db.add(action)
        db.flush()
        ring(db, ticket.id, kind="partner", subject=f"action:{action.id}", now=now)


def _assignee(world: World, key: str) -> str | None:
    found = world.issue(key)["fields"]["assignee"]
    return found["displayName"] if found else None
