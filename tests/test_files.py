"""The partner's files in the issue: the same bytes, or a sentence that says why not."""

import hashlib
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from bridge.reconcile import file_limit, reconcile
from bridge.reconcile.files import jira_filename
from bridge.sandbox.control import Fault
from bridge.sandbox.jira import files as sandbox_files
from bridge.store import file_limit as stored_limit
from bridge.store import sweeps
from bridge.store.tables import Ticket, Upload
from bridge.store.tickets import ring
from tests.wiki_notation import read
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
still = pytest.mark.parametrize("world", [{"still": True}], indirect=True)
both = pytest.mark.parametrize("world", [{"still": True}, {"still": True, "jira": "Server"}], indirect=True)


def look(world: World, number: int) -> str | None:
    with world.services.store.begin() as db:
        ring(db, number, kind="cli", subject="files", now=world.services.clock())
    return reconcile(world.services, number, owner="test")


def filed(world: World) -> int:
    number = world.file()
    reconcile(world.services, number, owner="test")
    assert world.ticket(number).jira_key
    return number


def upload(world: World, number: int, name: str, content: bytes) -> int:
    digest = hashlib.sha256(content).hexdigest()
    (world.services.config.files / digest).write_bytes(content)
    with world.services.store.begin() as db:
        now = world.services.clock()
        row = Upload(partner_id=1, ticket_id=number, filename=name, content_type="image/png", created_at=now)
        row.size, row.sha256, row.stored_as = len(content), digest, digest
        db.add(row)
        db.flush()
        return row.id


def stored(world: World, upload_id: int) -> Upload:
    with world.services.store.read() as db:
        return db.get_one(Upload, upload_id)


def spoil(patch: pytest.MonkeyPatch, times: int) -> list[bytes]:
    """Jira keeps other bytes than it was sent, so many times; what it was sent."""
    sent: list[bytes] = []
    true = sandbox_files.attach

    def spoilt(*args: object, content: bytes, **more: object) -> object:
        sent.append(content)
        kept = content[:-1] + b"?" if len(sent) <= times else content
        return true(*args, content=kept, **more)  # type: ignore[arg-type]

    patch.setattr(sandbox_files, "attach", spoilt)
    return sent


@both
def test_a_file_that_jira_spoils_is_sent_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    number = filed(world)
    one = upload(world, number, "captura é:1?.png", b"PNG...")
    sent = spoil(monkeypatch, 1)
    assert look(world, number) == f"attached file {one}"
    assert len(sent) == 2
    [attached] = world.issues()[0]["attachments"]
    assert attached["filename"] == jira_filename("captura é_1_.png", attached["sha256"])
    assert attached["sha256"] == stored(world, one).sha256
    assert stored(world, one).jira_id


@still
def test_a_file_that_jira_always_spoils_is_named_and_the_ticket_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = filed(world)
    bad = upload(world, number, "ruim.png", b"ruim")
    true_attach: Callable[..., object] = sandbox_files.attach

    def attach(*args: object, content: bytes, **more: object) -> object:
        return true_attach(*args, content=b"!" + content[1:] if content == b"ruim" else content, **more)

    monkeypatch.setattr(sandbox_files, "attach", attach)
    good = upload(world, number, "bom.png", b"bom")
    said = look(world, number)
    assert said == f"Jira refused file {bad}; attached file {good}"
    assert stored(world, bad).refusal.startswith(
        f"kept {jira_filename('ruim.png', stored(world, bad).sha256)}"
    )
    assert [one["filename"][:3] for one in world.issues()[0]["attachments"]] == ["bom"]
    [comment] = world.issues()[0]["comments"]
    assert "“ruim.png” (4 bytes)" in str(comment)
    assert look(world, number) == "nothing to do"


@both
def test_files_over_the_limit_are_not_even_sent(world: World) -> None:
    number = filed(world)
    world.sandbox.jira.site.upload_limit = 1000
    file_limit.ask_file_limit(world.services)
    big, small = upload(world, number, "g.png", b"x" * 1001), upload(world, number, "p.png", b"x" * 1000)
    before = len(world.sandbox.controls.calls())
    look(world, number)
    assert "takes files of up to 1000 bytes" in stored(world, big).refusal
    assert stored(world, small).jira_id
    posts = [one for one in world.bridge_calls(before) if one["path"].endswith("/attachments")]
    assert len(posts) == 1


@still
def test_the_limit_is_asked_at_the_start_and_once_a_day(world: World) -> None:
    store, asked = world.services.store, []

    def ask() -> int:
        file_limit.ask_file_limit(world.services)
        asked[:] = [one for one in world.bridge_calls() if one["path"].endswith("/attachment/meta")]
        with store.read() as db:
            return stored_limit.file_limit(db)

    world.sandbox.controls.add(Fault(match="GET /jira/*/attachment/meta", do="500"))
    assert ask() == stored_limit.UNTIL_ASKED
    sweeps.hurry(store, now=world.services.clock())
    world.sandbox.jira.site.upload_limit = 7_000_000
    assert ask() == 7_000_000
    assert ask() == 7_000_000
    assert [one["status"] for one in asked] == [500, 200]
    [row] = [one for one in sweeps.all_swept(store) if one.name == file_limit.SWEEP]
    assert row.outcome == "Jira takes files of up to 7000000 bytes"
    assert timedelta(days=1) == file_limit.EVERY


@still
def test_while_one_file_waits_the_ticket_moves_on(world: World) -> None:
    number = filed(world)
    world.sandbox.controls.add(Fault(match="POST /jira/*/attachments", do="500"))
    first, second = upload(world, number, "a.png", b"aa"), upload(world, number, "b.png", b"bb")
    key = str(world.ticket(number).jira_key)
    world.drag(key, "Backlog")
    world.jira("PUT", f"issue/{key}", json={"fields": {"assignee": _developer(world)}})
    assert "failed (500" in str(look(world, number))
    assert world.issue(key)["status"] == "To Do"
    assert not stored(world, first).jira_id
    assert stored(world, second).jira_id
    assert world.ticket(number).retry_at
    _rested(world, number)
    look(world, number)
    assert stored(world, first).jira_id
    assert len(world.issue(key)["attachments"]) == 2


@still
def test_a_file_that_is_not_on_our_disk_any_more_is_named(world: World) -> None:
    number = filed(world)
    one = upload(world, number, "a.png", b"aa")
    (world.services.config.files / stored(world, one).stored_as).unlink()
    assert look(world, number) == f"Jira refused file {one}"
    assert "is not in CHAMADOS_FILES" in stored(world, one).refusal


@still
def test_a_file_that_cannot_be_read_back_is_taken_after_some_looks(world: World) -> None:
    number = filed(world)
    one = upload(world, number, "a.png", b"aa")
    world.sandbox.controls.add(Fault(match="GET /jira/*/attachment/*", do="404", times=99))
    for _ in range(4):
        assert not stored(world, one).jira_id
        look(world, number)
        _rested(world, number)
    assert stored(world, one).jira_id
    assert len(world.issues()[0]["attachments"]) == 1


def _developer(world: World) -> dict[str, str]:
    one = world.sandbox.jira.site.users["dev@softhouse.example"]
    cloud = world.sandbox.settings.jira_deployment == "Cloud"
    return {"accountId": one.account_id} if cloud else {"name": one.username}


def _rested(world: World, number: int) -> None:
    with world.services.store.begin() as db:
        db.get_one(Ticket, number).retry_at = None


@both
def test_a_text_that_jira_would_refuse_is_cut_and_attached_whole(world: World) -> None:
    told = "Não salva {code} 🙂 שלום\r\n" * 4000
    number = world.file(descricao=told)
    reconcile(world.services, number, owner="test")
    [issue] = world.issues()
    [attached] = issue["attachments"]
    assert attached["filename"] == f"texto-completo-{attached['sha256'][:8]}.txt"
    assert attached["filename"] in read(issue["fields"]["description"])
    with world.services.store.read() as db:
        [ours] = db.scalars(select(Upload)).all()
    assert ours.ours
    content = (world.services.config.files / ours.stored_as).read_bytes()
    assert told.encode() in content
    assert hashlib.sha256(content).hexdigest() == attached["sha256"]
