"""The engine against the outside: what happens in Jira, in the inbox and nowhere twice."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import OperationalError

from bridge.cli.waiting import until
from bridge.reconcile import reconcile
from bridge.reconcile.files import jira_filename
from bridge.reconcile.foresight import foresee
from bridge.store.tables import BucketRow, Entry, Mail, PartnerActionRow, Ticket, Upload
from bridge.store.tickets import ring
from bridge.story import story
from tests.world import SECONDS, Json, World

both_jiras = pytest.mark.parametrize("world", [{"hold": 1}, {"hold": 1, "jira": "Server"}], indirect=True)


@both_jiras
def test_a_form_becomes_one_issue_with_every_field_in_one_call(world: World) -> None:
    key = world.filed(
        ferramenta="Central de Integrações",
        integracao="Shopee",
        descricao="Acentuação, emoji 🎉 e {noformat}*negrito*[~admin]\r\n\r\nSegundo parágrafo.",
    )
    issue = world.issue(key)
    assert issue["status"] == "Triagem"
    assert issue["summary"] == "Não salva produtos da planilha"
    assert issue["labels"] == [world.ticket_of(key).marker]
    custom = issue["custom"]
    assert custom["Ferramenta"] == "Central de Integrações"
    assert custom["Integração"] == "Shopee"
    assert custom["E-mail do cliente"] == "admin@cliente.example"
    assert custom["Referência"] == "CT-1"
    assert custom["Parceiro"] == "Revenda Modelo"
    posts = [one["path"] for one in world.bridge_calls() if one["method"] == "POST"]
    assert len([path for path in posts if path.endswith("/issue")]) == 1
    assert len(world.wait_mail("recebido", 2)) == 2


def test_the_receipt_does_not_wait_for_jira(world: World) -> None:
    world.sandbox.controls.add(_fault("* /jira/*", "503", times=3))
    number = world.file()
    world.wait_mail("recebido", 2)
    assert until(lambda: world.ticket(number).jira_key, seconds=SECONDS)
    world.settle()
    assert len(world.issues()) == 1
    assert len(world.mails("recebido")) == 2


@pytest.mark.parametrize("world", [{"still": True}], indirect=True)
def test_many_looks_at_once_in_a_new_process(world: World) -> None:
    """The first asks Jira about its site; the others wait for it, and do not keep it from going on."""
    numbers = [world.file() for _ in range(8)]
    world.services.jira.forget_site()
    looks = [
        Thread(target=reconcile, args=(world.services, number), kwargs={"owner": "here:1"}, daemon=True)
        for number in numbers
    ]
    for look in looks:
        look.start()
    assert until(lambda: not any(look.is_alive() for look in looks), seconds=SECONDS)
    assert len(world.issues()) == len(numbers)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("world", [{"still": True}, {"still": True, "jira": "Server"}], indirect=True)
def test_only_what_we_made_is_a_copy(world: World) -> None:
    """A clone of a person's has the label, and not the property."""
    world.sandbox.jira.index_lag = 0.0
    number = world.file()
    reconcile(world.services, number, owner="here:1")
    ticket, project = world.ticket(number), world.services.config.jira.project
    fields = {"project": {"key": project}, "issuetype": {"name": "Chamado Técnico"}, "summary": "x"}
    cloned = {"fields": {**fields, "labels": [ticket.marker]}}
    world.jira("POST", "issue", json=cloned)
    property_ = {"key": "chamado", "value": {"marker": ticket.marker}}
    ours = world.jira("POST", "issue", json={**cloned, "properties": [property_]})
    gone = world.jira("POST", "issue", json={**cloned, "properties": [property_]})
    world.sandbox.jira.index_lag = 3600.0  # the search still knows it
    world.jira("DELETE", f"issue/{gone['key']}")
    copies = world.services.jira.copies(ticket.marker)
    there = [one for one in copies if one[1] != gone["key"]]
    assert there == [(ticket.jira_id, ticket.jira_key), (ours["id"], ours["key"])]


@pytest.mark.parametrize("loss", ["drop_after", "500"])
def test_a_lost_answer_makes_no_second_issue(world: World, loss: str) -> None:
    world.sandbox.jira.index_lag = 0.0
    world.services.jira.site  # noqa: B018
    world.sandbox.controls.add(_fault("POST /jira/rest/api/*/issue", loss))
    number = world.file()
    if loss == "drop_after":
        # Jira's own webhook names the marker, and the issue is found without waiting for the search.
        assert until(lambda: world.ticket(number).jira_key, seconds=SECONDS)
        world.settle()
    else:
        assert until(lambda: world.ticket(number).create_state == "in_doubt", seconds=SECONDS)
    assert len(world.issues()) == (1 if loss == "drop_after" else 0)


def test_files_are_attached_and_a_refused_one_keeps_the_ticket(world: World) -> None:
    number = world.file()
    assert until(lambda: world.ticket(number).jira_key, seconds=SECONDS)
    world.settle()
    _upload(world, number, "grande demais.png", b"x" * 11_000_000)
    _upload(world, number, "tela.png", b"\x89PNG ...")
    world.settle()
    [attached] = world.issues()[0]["attachments"]
    assert attached["filename"] == jira_filename("tela.png", attached["sha256"])
    with world.services.store.read() as db:
        refusals = [one.refusal for one in db.scalars(select(Upload).order_by(Upload.id))]
    assert refusals[0]
    assert refusals[1] == ""


def test_reviews_move_the_ticket_and_a_redelivery_costs_nothing(world: World) -> None:
    key = world.filed()
    world.approve_triage(key)
    number = world.open_pull(f"{key}-x")
    world.wait_status(key, "PR Review")
    world.review(number, "COMMENT")
    world.settle()
    assert world.issue(key)["status"] == "PR Review"
    world.review(number, "REQUEST_CHANGES")
    world.wait_status(key, "Error Fix")
    world.push(f"{key}-x")
    world.wait_status(key, "Doing")
    world.github("POST", f"pulls/{number}/requested_reviewers", json={"reviewers": ["bruno"]})
    world.wait_status(key, "PR Review")
    world.review(number, "APPROVE")
    world.wait_status(key, "PR Aprovado")
    world.settle()
    [link] = world.issue(key)["remotelinks"]
    assert link["object"]["title"] == f"softhouse/erp#{number} · aprovado"
    _redeliver_everything(world)
    assert world.issue(key)["status"] == "PR Aprovado"


def _redeliver_everything(world: World) -> None:
    hook = world.github("GET", "hooks")[0]["id"]
    before, recorded = len(world.sandbox.controls.calls()), len(world.deliveries())
    guids = world.github("GET", f"hooks/{hook}/deliveries")
    for one in guids:
        world.github("POST", f"hooks/{hook}/deliveries/{one['id']}/attempts")
    assert until(
        lambda: len(world.github("GET", f"hooks/{hook}/deliveries")) == 2 * len(guids), seconds=SECONDS
    )
    world.settle()
    assert len(world.deliveries()) == recorded
    assert world.bridge_calls(before) == []


def test_a_pull_request_from_backlog_walks_the_declared_path(world: World) -> None:
    key = world.filed()
    world.drag(key, "Backlog")
    world.settle()
    world.open_pull("sem-chave", title=f"Corrige {key.lower()} e UTF-8")
    world.wait_status(key, "PR Review")
    history = world.issue(key)["history"]
    assert [(one["from"], one["to"]) for one in history][1:] == [
        ("Backlog", "To Do"),
        ("To Do", "Doing"),
        ("Doing", "PR Review"),
    ]


def test_a_pull_request_opened_again_moves_the_ticket_again(world: World) -> None:
    key = world.filed()
    world.approve_triage(key)
    number = world.open_pull(f"{key}-x")
    world.wait_status(key, "PR Review")
    world.github("PATCH", f"pulls/{number}", json={"state": "closed"})
    world.settle()
    world.drag(key, "Doing")
    world.settle()
    assert world.issue(key)["status"] == "Doing"
    world.github("PATCH", f"pulls/{number}", json={"state": "open"})
    world.wait_status(key, "PR Review")


def test_nothing_waits_for_a_pull_request_that_was_closed(world: World) -> None:
    key = world.filed()
    number = world.open_pull("sem-chave", title=f"Corrige {key}")
    world.settle()
    ticket = world.ticket_of(key)
    assert "waits for review" in story(world.services, ticket).headline
    world.github("PATCH", f"pulls/{number}", json={"state": "closed"})
    world.settle()
    told = story(world.services, world.ticket_of(key))
    assert "nothing has moved it since it was filed" in told.headline
    assert not any("waits for review" in one for one in told.verdicts)


def test_a_person_who_drags_the_ticket_wins(world: World) -> None:
    key, _ = world.approved()
    world.settle()
    world.drag(key, "Error Fix")
    world.drag(key, "Doing")
    world.settle()
    _look(world, key)
    assert world.issue(key)["status"] == "Doing"


def test_trouble_on_github_silences_nothing_of_jira(world: World) -> None:
    key = world.filed()
    world.sandbox.controls.add(_fault("POST /github/graphql", "401", times=10_000))
    world.open_pull("sem-chave", title=f"Corrige {key}")
    world.say(key, "/parceiro Vamos corrigir.")
    world.drag(key, "Backlog")
    world.wait_mail("aprovado", 2)
    assert world.ticket_of(key).status == "Backlog"
    ticket = world.ticket_of(key)
    waits = "waits for GitHub (does not accept our token"
    assert until(lambda: waits in story(world.services, world.ticket(ticket.id)).headline, seconds=SECONDS)
    world.sandbox.controls.faults.clear()
    with world.services.store.begin() as db:
        db.get_one(Ticket, ticket.id).retry_at = None
        ring(db, ticket.id, kind="cli", subject="test", now=world.services.clock())
    world.wait_status(key, "PR Review")


@pytest.mark.parametrize("world", [{"still": True}], indirect=True)
def test_one_pull_request_moves_nothing_while_another_cannot_be_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.reconcile.publications.OVERLAP", timedelta(0))
    number = world.file()
    world.look(number)
    key = str(world.ticket(number).jira_key)
    for status in ("Backlog", "To Do", "Doing"):
        world.drag(key, status)
    first = world.open_pull("um", title=f"{key} Um")
    world.look(number)
    assert world.issue(key)["status"] == "PR Review"
    world.review(first, "APPROVE")
    world.open_pull("dois", title=f"{key} Dois")
    world.sandbox.controls.add(_fault("GET */deployments*", "503", times=10_000))
    world.look(number)
    assert world.ticket(number).retry_at
    world.sandbox.controls.faults.clear()
    world.look(number)
    made = world.services.jira.observe(str(world.ticket(number).jira_id)).status_changes
    assert [one.to_status for one in made if one.by_bridge] == ["PR Review"]


@pytest.mark.parametrize("world", [{"hold": 1}], indirect=True)
def test_what_github_refuses_parks_a_ticket_only_after_its_e_mail(world: World) -> None:
    key = world.filed()
    world.sandbox.controls.add(_fault("POST /github/graphql", "409", times=10_000))
    world.drag(key, "Backlog")
    world.open_pull("sem-chave", title=f"Corrige {key}")
    world.wait_mail("aprovado", 2)
    assert until(lambda: world.ticket_of(key).parked, seconds=SECONDS)
    assert "(409)" in world.ticket_of(key).parked


@pytest.mark.parametrize("world", [{"still": True}], indirect=True)
def test_a_database_that_does_not_answer_parks_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    number = world.file()

    def locked(*_: object, **__: object) -> None:
        raise OperationalError("UPDATE tickets", {}, Exception("database is locked"))

    with monkeypatch.context() as patch:
        patch.setattr("bridge.reconcile.ensure_issue", locked)
        reconcile(world.services, number, owner="test")
        assert world.ticket(number).parked == ""
        assert world.ticket(number).retry_at
        # Not even that can be written down.
        patch.setattr("bridge.reconcile.postpone", locked)
        later = replace(world.services, clock=lambda: world.services.clock() + timedelta(minutes=1))
        assert "when the lease ends" in str(reconcile(later, number, owner="test"))
    later = replace(world.services, clock=lambda: world.services.clock() + timedelta(minutes=5))
    reconcile(later, number, owner="test")
    assert world.ticket(number).jira_key


def test_production_before_the_tests_are_finished_waits(world: World) -> None:
    key, number = world.approved()
    world.github("PUT", f"pulls/{number}/merge", json={})
    world.deploy(url="https://hml.softhouse.example")
    world.wait_status(key, "Publicado em Homologação")
    assert world.issue(key)["custom"]["URL de homologação"] == "https://hml.softhouse.example"
    mails = world.wait_mail("homologacao", 2)
    assert "https://hml.softhouse.example" in mails[0]["text"]
    world.github("POST", "releases", json={"tag_name": "v7"})
    world.settle()
    assert world.issue(key)["status"] == "Publicado em Homologação"
    world.drag(key, "Testing", who="tester@softhouse.example")
    world.drag(key, "Test Finished", who="tester@softhouse.example")
    world.wait_status(key, "Publicado")
    assert world.issue(key)["custom"]["Versão publicada"] == "v7"
    world.wait_mail("publicado", 2)


def test_a_deployment_without_the_fix_moves_nothing(world: World) -> None:
    key, _ = world.approved()
    world.settle()
    world.deploy()  # main, to which nothing was merged
    world.settle()
    assert world.issue(key)["status"] == "PR Aprovado"


@both_jiras
def test_the_partners_answer_brings_the_ticket_back_with_its_words(world: World) -> None:
    key = world.filed()
    world.say(key, "/parceiro Qual planilha?")
    world.say(key, "interno: cliente difícil")
    world.drag(key, "Faltam Informações")
    [mail, _] = world.wait_mail("faltam_informacoes", 2)
    assert "Qual planilha?" in mail["text"]
    assert "difícil" not in mail["raw"]
    _answer(world, key, "produtos.xlsx")
    world.wait_status(key, "Triagem")
    world.settle()
    assert any("produtos.xlsx" in str(one) for one in world.issue(key)["comments"])
    assert world.mails("comentario") == []


@pytest.mark.parametrize("fault", ["drop_after", "503"])
def test_the_partners_words_are_written_once_whatever_breaks(world: World, fault: str) -> None:
    key = world.filed()
    world.drag(key, "Faltam Informações")
    world.settle()
    world.sandbox.controls.add(_fault("POST /jira/rest/api/*/comment", fault))
    _answer(world, key, "produtos.xlsx")
    world.wait_status(key, "Triagem")
    world.settle()
    assert len([one for one in world.issue(key)["comments"] if "produtos.xlsx" in str(one)]) == 1


def test_an_internal_comment_reaches_nobody(world: World) -> None:
    key = world.filed()
    before = len(world.mails())
    world.say(key, "canário-interno")
    world.settle()
    assert len(world.mails()) == before
    world.say(key, "/parceiro Estamos vendo.")
    world.wait_mail("comentario", 2)
    assert not any("canário" in one["raw"] for one in world.mails())


@pytest.mark.parametrize("world", [{"still": True, "hold": 60}], indirect=True)
def test_a_move_undone_within_the_hold_sends_nothing(world: World) -> None:
    number, key = world.filed_still()
    world.drag(key, "Faltam Informações")
    world.look(number)
    world.drag(key, "Triagem")
    world.look(number)
    world.look(number, after=timedelta(minutes=2))
    assert _told(world, number) == 2
    with world.services.store.read() as db:
        assert set(db.scalars(select(Mail.kind))) == {"recebido"}


def _told(world: World, number: int) -> int:
    with world.services.store.read() as db:
        acts = db.scalars(select(Entry.cause).where(Entry.ticket_id == number, Entry.act == "tell")).all()
    return sum(cause.startswith("changelog:") for cause in acts)


def test_a_removed_transition_parks_with_a_sentence_and_heals(world: World) -> None:
    key = world.filed()
    world.approve_triage(key)
    world.sandbox.controls.add(_fault("POST /jira/rest/api/*/transitions", "404"))
    world.open_pull(f"{key}-x")
    parked = until(lambda: world.ticket_of(key).parked, seconds=SECONDS)
    assert parked
    assert "Jira" in parked
    _look(world, key)
    world.wait_status(key, "PR Review")
    world.settle()
    assert world.ticket_of(key).parked == ""


def test_a_dry_run_says_and_does_nothing(world: World) -> None:
    key = world.filed()
    world.approve_triage(key)
    world.sandbox.controls.add(_fault("* /jira/*", "503", times=2, retry_after=3600))
    number = world.open_pull(f"{key}-x")
    ticket = world.ticket_of(key)
    assert until(lambda: world.ticket(ticket.id).retry_at, seconds=SECONDS)
    world.sandbox.controls.faults.clear()
    with world.services.store.begin() as db:
        db.execute(delete(BucketRow))  # Jira asked for an hour
    before = len(_writes(world))
    foresee(world.services, ticket.id)
    assert len(_writes(world)) == before
    assert number == 1


def _writes(world: World) -> list[Json]:
    """GraphQL's questions are asked by POST; the bridge asks it for nothing else."""
    return [
        one for one in world.bridge_calls() if one["method"] != "GET" and not one["path"].endswith("/graphql")
    ]


def _answer(world: World, key: str, text: str) -> None:
    """As the partner does on the ticket's page."""
    ticket = world.ticket_of(key)
    with world.services.store.begin() as db:
        now = world.services.clock()
        action = PartnerActionRow(ticket_id=ticket.id, verb="answered", author="Ana", text=text, at=now)
        db.add(action)
        db.flush()
        ring(db, ticket.id, kind="partner", subject=f"action:{action.id}", now=now)


def _look(world: World, key: str) -> None:
    ticket = world.ticket_of(key)
    with world.services.store.begin() as db:
        ring(db, ticket.id, kind="cli", subject="test", now=world.services.clock())
    world.settle()


def _upload(world: World, number: int, name: str, content: bytes) -> None:
    folder = Path(world.services.config.files)
    stored = hashlib.sha256(content).hexdigest()
    (folder / stored).write_bytes(content)
    with world.services.store.begin() as db:
        ticket = world.services.clock()
        db.add(
            Upload(
                partner_id=1,
                ticket_id=number,
                filename=name,
                content_type="image/png",
                size=len(content),
                sha256=stored,
                stored_as=stored,
                created_at=ticket,
            )
        )
        ring(db, number, kind="cli", subject="files", now=ticket)


def _fault(match: str, do: str, *, times: int = 1, retry_after: int | None = None):  # type: ignore[no-untyped-def]
    from bridge.sandbox.control import Fault

    return Fault(match=match, do=do, times=times, retry_after=retry_after)
