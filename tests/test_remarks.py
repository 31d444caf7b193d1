"""What developers read on a pull request: the check, one comment, and the partner's "Ainda ocorre"."""

from typing import Any

import pytest
from sqlalchemy import select

from bridge.cli.waiting import until
from bridge.domain import PartnerVerb
from bridge.rules.remarks import Face, check_of, comment_of, fenced, near_misses, still_failing
from bridge.store.bells import bells
from bridge.store.tables import PartnerActionRow, Remark
from bridge.store.tickets import ring
from tests.github_shop import Shop
from tests.world import SECONDS, World

Json = dict[str, Any]


def face(number: int, **changes: Any) -> Face:
    facts = {
        "reference": f"CT-{number + 10}",
        "key": f"CHAM-{number}",
        "url": f"https://jira.example/browse/CHAM-{number}",
        "title": "Não salva produtos",
        "status": "PR Review",
        "plain": "Correção em revisão",
        "steps": ("Cadastros", "Produtos"),
        "description": "Só 500 linhas.",
        "closed": False,
    }
    return Face(**{**facts, **changes})


def known(*numbers: int) -> dict[str, Face]:
    faces = [face(number) for number in numbers]
    return {one.key: one for one in faces} | {one.reference: one for one in faces}


# --- the texts


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("CHAM12-planilha", ["CHAM-12"]),
        ("cham 12", ["CHAM-12"]),
        ("CHAN-12", ["CHAM-12"]),
        ("CAHM-12", ["CHAM-12"]),
        ("CHAM-012", ["CHAM-12"]),
        ("CT-22 Corrige", ["CHAM-12"]),
        ("ct22", ["CHAM-12"]),
        ("CHAM-21", ["CHAM-12"]),
        ("CHAM-1234", ["CHAM-123"]),
        ("UTF-8 SHA-256 ISO-9001", []),
        ("CS-22", []),
        ("feature/planilha", []),
        ("v2026.12", []),
        ("CHAM-77", []),
    ],
)
def test_what_a_branch_may_have_meant(text: str, meant: list[str]) -> None:
    assert [one.key for one in near_misses([text], known(12, 123))] == meant


HOSTILE = "``` fim\n@org/todos #1 <img src=x> [a](javascript:b) ~~~~ ````\n# Título"


def test_a_partners_words_stay_words() -> None:
    """Nothing of theirs leaves its fence: no mention, no reference, no markup."""
    one = face(1, title=HOSTILE, description=HOSTILE, steps=(HOSTILE,))
    check = check_of([one], [])
    for text in (
        check.summary,
        check.text,
        comment_of([one], "<!-- m -->"),
        still_failing(one, said=HOSTILE, marker="m"),
    ):
        outside = _outside_fences(text)
        assert "@org" not in outside, text
        assert "javascript" not in outside, text
    assert fenced("a").startswith("```text\n")


def _outside_fences(text: str) -> str:
    """The lines that Markdown reads as such (CommonMark 4.5)."""
    fence, outside = "", []
    for line in text.split("\n"):
        run = line[: len(line) - len(line.lstrip("`"))]
        if fence:
            fence = "" if len(run) >= len(fence) and not line.strip("`").strip() else fence
        elif len(run) >= 3:
            fence = run
        else:
            outside.append(line)
    assert not fence, text
    return "\n".join(outside)


def test_no_ticket_stops_nobody() -> None:
    check = check_of([], [face(12)])
    assert not check.passed
    assert check.title == "Você quis dizer CHAM-12 (CT-22)?"
    assert check.short == "Nenhum chamado citado. Você quis dizer CHAM-12 (CT-22)?"
    assert not check_of([face(1, closed=True)], []).passed
    assert check_of([face(1, closed=True), face(2)], []).passed


def test_texts_keep_to_githubs_limits() -> None:
    many = [face(number, title="ç" * 200, description="ã" * 32_000) for number in range(1, 6)]
    check = check_of(many, [])
    assert len(check.short) <= 140
    assert max(len(check.summary), len(check.text)) <= 65_535
    assert len(comment_of(many, "m")) <= 65_536


# --- on GitHub

BOTH = pytest.mark.parametrize("world", [{}, {"app": True}], indirect=True, ids=["token", "app"])


def shown(world: World, number: int) -> list[tuple[str, str]]:
    """Each check or status of the pull request's head, newest first: what it concludes, and what it says."""
    [repo] = world._repos()
    head = repo.pulls[number].head_sha
    runs = [one for one in repo.check_runs if one["head_sha"] == head]
    if runs:
        return [(one["conclusion"], one["output"]["title"]) for one in runs[::-1]]
    return [(one["state"], one["description"]) for one in repo.commit_statuses.get(head, [])]


def comments(world: World, number: int) -> list[str]:
    [repo] = world._repos()
    return [one["body"] for one in repo.pulls[number].comments]


def writes(world: World, since: int) -> list[str]:
    """What the bridge wrote on GitHub."""
    return [
        f"{one['method']} {one['path']}"
        for one in world.bridge_calls(since)
        if one["path"].startswith("/github/repos/") and one["method"] != "GET"
    ]


@BOTH
def test_the_check_follows_the_ticket(world: World) -> None:
    key = world.filed()
    world.approve_triage(key)
    number = world.open_pull(f"{key}-x")
    world.wait_status(key, "PR Review")
    world.settle()
    [(concluded, said), *_] = shown(world, number)
    assert (concluded, f"{key} " in said, "PR Review" in said) == ("success", True, True)
    world.review(number, "REQUEST_CHANGES")
    world.wait_status(key, "Error Fix")
    world.settle()
    assert "Error Fix" in shown(world, number)[0][1]
    world.push(f"{key}-x")
    world.wait_status(key, "Doing")
    world.settle()
    assert "Doing" in shown(world, number)[0][1]
    [comment] = comments(world, number)
    assert f"/browse/{key})" in comment
    before = len(world.sandbox.controls.calls())
    number_of_ticket = world.ticket_of(key).id
    with world.services.store.begin() as db:
        ring(db, number_of_ticket, kind="cli", subject="reconcile", now=world.services.clock())
    world.settle()
    assert writes(world, before) == []


@BOTH
def test_a_pull_request_without_a_ticket_is_neutral_and_asked(world: World) -> None:
    key = world.filed()
    number = world.open_pull(f"{key.replace('-', '')}-planilha")
    other = world.open_pull("outra-coisa")
    world.settle()
    assert until(lambda: shown(world, number) and shown(world, other), seconds=SECONDS)
    neutral = "neutral" if world.services.github.is_app else "success"
    [(concluded, said)] = shown(world, number)
    assert concluded == neutral
    assert f"Você quis dizer {key} (CT-1)?" in said
    assert shown(world, other) == [(neutral, "Nenhum chamado citado" + ("" if neutral == "neutral" else "."))]
    assert comments(world, number) == []
    world.github("PATCH", f"pulls/{number}", json={"title": f"{key} Planilha"})
    world.settle()
    assert until(lambda: comments(world, number), seconds=SECONDS)
    assert shown(world, number)[0][0] == "success"


def test_the_partners_word_reaches_the_pull_request_once(world: World) -> None:
    key, number = world.approved()
    world.settle()
    assert until(lambda: comments(world, number), seconds=SECONDS)
    world.github("PUT", f"pulls/{number}/merge", json={})
    world.deploy()
    world.wait_status(key, "Publicado em Homologação")
    with world.services.store.begin() as db:
        row = PartnerActionRow(
            ticket_id=1,
            verb=PartnerVerb.STILL_FAILING.value,
            author="Revenda",
            text=HOSTILE,
            at=world.services.clock(),
        )
        db.add(row)
        db.flush()
        ring(db, 1, kind="partner", subject=f"action:{row.id}", now=world.services.clock())
    world.wait_status(key, "Error Fix")
    world.settle()
    assert until(lambda: len(comments(world, number)) == 2, seconds=SECONDS)
    assert "**ainda ocorre**" in comments(world, number)[1]
    with world.services.store.begin() as db:
        ring(db, 1, kind="cli", subject="reconcile", now=world.services.clock())
    world.settle()
    assert len(comments(world, number)) == 2


def test_what_we_may_not_write_stops_no_ticket(world: World) -> None:
    key = world.filed()
    world.approve_triage(key)
    for permission in ("statuses", "issues", "pull_requests"):
        world.sandbox.github.granted[permission] = "read"
    number = world.open_pull(f"{key}-x")
    world.review(number, "APPROVE")
    world.wait_status(key, "PR Aprovado")
    world.settle()
    assert shown(world, number) == []
    with world.services.store.read() as db:
        outcomes = list(db.scalars(select(Remark.outcome)))
    assert all("403" in one for one in outcomes), outcomes


def test_a_comment_that_a_person_deleted_stays_deleted(world: World) -> None:
    key, number = world.approved()
    world.settle()
    [repo] = world._repos()
    assert until(lambda: comments(world, number), seconds=SECONDS)
    repo.pulls[number].comments.clear()
    other = world.filed()
    world.github("PATCH", f"pulls/{number}", json={"title": f"{key} {other} Corrige"})
    world.settle()
    world.push(f"{key}-x")
    world.settle()
    assert comments(world, number) == []


def test_a_comment_whose_id_was_lost_is_found_again(world: World) -> None:
    key, number = world.approved()
    world.settle()
    assert until(lambda: comments(world, number), seconds=SECONDS)
    with world.services.store.begin() as db:
        row = db.scalars(select(Remark).where(Remark.cause == "comment")).one()
        row.written, row.remote_id = "", ""
    world.push(f"{key}-x")
    world.settle()
    assert len(comments(world, number)) == 1


def test_what_was_written_before_a_crash_is_brought_up_to_date(world: World) -> None:
    """A worker wrote and died before it noted so; then all was again as it had noted before."""
    _, number = world.approved()
    world.settle()
    [comment] = comments(world, number)
    [repo] = world._repos()
    repo.pulls[number].comments[0]["body"] = comment.replace("CHAM-1", "CHAM-2")
    with world.services.store.begin() as db:
        row = db.scalars(select(Remark).where(Remark.cause == "comment")).one()
        row.attempts, row.due_at = 1, world.services.clock()
        bells(db).remarks = True
    world.settle()
    assert comments(world, number) == [comment]


def test_where_anybody_reads_no_word_of_the_partners_is_shown(world: World) -> None:
    [repo] = world._repos()
    repo.private = False
    _, number = world.approved()
    world.settle()
    assert until(lambda: comments(world, number) and shown(world, number), seconds=SECONDS)
    said = f"{comments(world, number)} {shown(world, number)}"
    assert "planilha" not in said
    assert "CHAM-1" in said


def test_two_tickets_of_one_pull_request_share_its_check(world: World) -> None:
    first, second = world.filed(), world.filed()
    for key in (first, second):
        world.drag(key, "Backlog")
    shop = Shop(world, "softhouse/erp")
    number = shop.propose(f"{first}-x", title=f"{first} {second} Corrige")
    for key in (first, second):
        world.wait_status(key, "PR Review")
    world.settle()
    assert until(lambda: len(comments(world, number)) == 1, seconds=SECONDS)
    [comment] = comments(world, number)
    assert first in comment
    assert second in comment
    assert "PR Review" in shown(world, number)[0][1]
