"""Who is written to about what, and when: every move, every recipient, every way to come together."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise, product
from typing import Any

import pytest

from bridge.actions import Gathered, Tell
from bridge.domain import (
    DueDateChange,
    Issue,
    JiraComment,
    PartnerAction,
    PartnerVerb,
    StatusChange,
)
from bridge.rules import Holds, Observation, plan
from bridge.rules.following import Follower, News, Pace, silence, vouches
from bridge.rules.matrix import matrix
from mappings import load
from mappings.model import MailPolicy
from tests.test_rules import NOW

MAPPINGS = load()
HOLDS = Holds(status=timedelta(seconds=30), comment=timedelta(seconds=60), reason=timedelta(0))
STATUSES = list(MAPPINGS.workflow.statuses)
SENT = {
    "Reprovado": "reprovado",
    "Faltam Informações": "faltam_informacoes",
    "Backlog": "aprovado",
    "Publicado em Homologação": "homologacao",
    "Testing": "testing",
    "Publicado": "publicado",
    "Encerrado": "encerrado",
}
"""DESIGN §2, by hand."""
EVEN_MUTED = {"faltam_informacoes", "homologacao", "publicado"}
OPENER = Follower(email="ana@r.example", is_opener=True, proved=True)
FOLLOWERS = {
    "opener": OPENER,
    "muted opener": replace(OPENER, muted=True),
    "colleague": Follower(email="bia@r.example", is_opener=False, proved=True),
    "muted colleague": Follower(email="bia@r.example", is_opener=False, proved=True, muted=True),
    "stranger": Follower(email="caio@gmail.com", is_opener=False, proved=False),
}


def issue(**parts: Any) -> Issue:
    made: dict[str, Any] = {
        "key": "CHAM-7",
        "id": "10007",
        "status": "Triagem",
        "assignee": None,
        "due_date": None,
        "updated_at": NOW,
        "staging_url": "",
        "version": "",
        "status_changes": (),
        "due_date_changes": (),
        "comments": (),
        "transitions": {},
    }
    return Issue(**{**made, **parts})


def change(number: int, old: str, new: str, at: datetime = NOW, *, by_bridge: bool = False) -> StatusChange:
    return StatusChange(
        id=str(number), at=at, author="triagem", by_bridge=by_bridge, from_status=old, to_status=new
    )


def comment(number: int, at: datetime, text: str = "/parceiro Oi") -> JiraComment:
    return JiraComment(
        id=str(number),
        at=at,
        author="triagem",
        by_bridge=False,
        text=text,
        edited_at=at,
        restricted=False,
        service_desk_public=None,
    )


def look(seen: Issue, *, after: timedelta, mappings: Any = MAPPINGS, **parts: Any) -> list[Any]:
    observation = Observation(
        issue=seen,
        pull_requests=(),
        linked_as={},
        unnamed=(),
        branches=(),
        publications=(),
        partner_actions=parts.pop("actions", ()),
        lanes={},
        told=parts.pop("told", {}),
        mailed=frozenset(),
        **parts,
    )
    decided = plan(observation, mappings, now=NOW + after, holds=HOLDS)
    return [*decided.actions, decided.look_again_at]


def told(actions: list[Any]) -> list[Tell]:
    return [one for one in actions if isinstance(one, Tell)]


# --- every move


@pytest.mark.parametrize(("old", "new"), [pair for pair in product(STATUSES, STATUSES) if pair[0] != pair[1]])
def test_12_every_move_sends_its_email_after_the_hold_and_no_other(old: str, new: str) -> None:
    seen = issue(status=new, status_changes=(change(1, old, new),))
    early = told(look(seen, after=timedelta(seconds=29)))
    assert [one.email for one in early] == ([] if new in SENT else [None])
    [late] = told(look(seen, after=timedelta(seconds=30)))
    assert late.email == SENT.get(new)


@pytest.mark.parametrize(("old", "new"), [pair for pair in product(STATUSES, STATUSES) if pair[0] != pair[1]])
def test_12_a_move_undone_within_the_hold_sends_nothing(old: str, new: str) -> None:
    back = change(2, new, old, NOW + timedelta(seconds=20))
    seen = issue(status=old, status_changes=(change(1, old, new), back))
    assert [one.email for one in told(look(seen, after=timedelta(minutes=1)))] == [None, None]


def test_12_of_two_moves_within_the_hold_the_last_is_told() -> None:
    moves = (
        change(1, "Publicado em Homologação", "Testing"),
        change(2, "Testing", "Test Finished", NOW + timedelta(seconds=5)),
        change(3, "Test Finished", "Publicado", NOW + timedelta(seconds=10)),
    )
    seen = issue(status="Publicado", status_changes=moves)
    assert [one.email for one in told(look(seen, after=timedelta(minutes=1)))] == [None, None, "publicado"]


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("who", FOLLOWERS)
def test_who_gets_the_email_of_each_status(status: str, who: str) -> None:
    kind = SENT.get(status)
    if kind is None:
        assert MAPPINGS.workflow.statuses[status].email is None
        return
    text, follower = MAPPINGS.emails[kind], FOLLOWERS[who]
    expected = who in {"opener", "colleague"} or (who == "muted opener" and kind in EVEN_MUTED)
    assert (silence(text, follower, MAPPINGS.workflow.mails) == "") == expected
    assert silence(text, follower, MAPPINGS.workflow.mails, caused_by=follower.email.upper())
    only = MailPolicy(opener_only=frozenset({kind}))
    assert follower.is_opener or silence(text, follower, only)


def test_the_printed_matrix_is_the_one_of_the_design() -> None:
    lines = {line.event.removeprefix("→ "): line for line in matrix(MAPPINGS)}
    assert {name: line.email for name, line in lines.items() if name in STATUSES and line.email} == SENT
    assert {line.email for line in lines.values() if line.even_muted} == EVEN_MUTED
    assert all(line.opener and line.others for line in lines.values() if line.email in SENT.values())


# --- whose doing it was


@pytest.mark.parametrize(
    ("verb", "at", "by_bridge", "expected"),
    [
        (PartnerVerb.CONFIRMED, -60, True, "ana@r.example"),
        (PartnerVerb.CONFIRMED, -60, False, ""),
        (PartnerVerb.CONFIRMED, 5, True, ""),
        (PartnerVerb.STILL_FAILING, -60, True, ""),
        (PartnerVerb.COMMENTED, -60, True, ""),
    ],
)
def test_a_change_is_its_partners_doing_only_where_their_click_led(
    verb: PartnerVerb, at: int, by_bridge: bool, expected: str
) -> None:
    said = PartnerAction(
        id=1,
        verb=verb,
        author="Ana",
        text="",
        at=NOW + timedelta(seconds=at),
        email="ana@r.example",
        comment_id="9",
    )
    seen = issue(
        status="Encerrado", status_changes=(change(1, "Publicado", "Encerrado", by_bridge=by_bridge),)
    )
    [closing] = told(look(seen, after=timedelta(minutes=1), actions=(said,)))
    assert closing.caused_by == expected


# --- what comes together


def news(*minutes: float) -> tuple[Issue, tuple[News, ...], dict[str, Any]]:
    """Public comments so many minutes after NOW, on the timeline already."""
    comments = tuple(
        comment(number, NOW + timedelta(minutes=at), f"/parceiro Nota {number}")
        for number, at in enumerate(minutes, 1)
    )
    lines = tuple(News(number=100 + int(one.id), source=f"comment:{one.id}", at=one.at) for one in comments)
    known = {f"comment:{one.id}": {one.id: f"Nota {one.id}"} for one in comments}
    return issue(comments=comments), lines, known


def gathered(
    minutes: tuple[float, ...], *, after: float, followers: tuple[Follower, ...] = (OPENER,)
) -> list[Any]:
    seen, lines, known = news(*minutes)
    return look(seen, after=timedelta(minutes=after), told=known, news=lines, followers=followers)


def test_12_five_updates_in_three_minutes_send_one_email() -> None:
    minutes = (0, 0.5, 1, 2, 2.9)
    *nothing, again = gathered(minutes, after=5.8)
    assert nothing == []
    assert again == NOW + timedelta(minutes=5.9)
    one, _ = gathered(minutes, after=5.9)
    assert isinstance(one, Gathered)
    assert (one.email, one.recipients, one.through) == ("comentario", ("ana@r.example",), 105)
    assert one.context["comment"] == "Nota 1\n\nNota 2\n\nNota 3\n\nNota 4\n\nNota 5"


def test_news_that_never_ends_waits_ten_minutes_at_most() -> None:
    minutes = (0, 2, 4, 6, 8, 9.9)
    assert gathered(minutes, after=9.95)[:-1] == []
    assert isinstance(gathered(minutes, after=10)[0], Gathered)


def test_what_was_told_is_told_no_second_time() -> None:
    so_far = replace(OPENER, told_through=102)
    one, _ = gathered((0, 1, 2), after=6, followers=(so_far,))
    assert one.context["comment"] == "Nota 3"
    assert gathered((0, 1, 2), after=6, followers=(replace(OPENER, told_through=103),)) == [None]


def test_what_was_withdrawn_is_gathered_again_by_itself() -> None:
    """Of five lines the second and third were in an e-mail that did not go; the fourth and fifth are told."""
    so_far = replace(OPENER, told_through=105, recalled=((101, 103),))
    again, *_ = gathered((0, 1, 2, 3, 4), after=20, followers=(so_far,))
    assert (again.through, again.context["comment"]) == (103, "Nota 2\n\nNota 3")
    first, second, *_ = gathered((0, 1, 2, 3, 4, 5), after=20, followers=(so_far,))
    assert (first.through, second.through) == (103, 106)
    assert second.context["comment"] == "Nota 6"


def test_who_wants_it_daily_gets_it_in_the_morning_and_who_wants_none_never() -> None:
    daily, never = replace(OPENER, pace=Pace.DAILY), replace(OPENER, pace=Pace.NEVER)
    *nothing, again = gathered((0,), after=30, followers=(daily, never))
    assert nothing == []
    assert again.hour == 11  # 8:00 in São Paulo
    assert again > NOW
    late = (again - NOW).total_seconds() / 60
    [one, _] = gathered((0,), after=late, followers=(daily, never))
    assert one.recipients == (daily.email,)


def test_muted_people_and_strangers_get_no_news() -> None:
    silent = (FOLLOWERS["muted opener"], FOLLOWERS["stranger"])
    assert gathered((0,), after=60, followers=silent) == [None]


def test_a_date_set_and_taken_back_is_no_news() -> None:
    days = (None, date(2026, 12, 18), None)
    changes = tuple(
        DueDateChange(
            id=str(place), at=NOW + timedelta(minutes=place), author="dev", from_date=old, to_date=new
        )
        for place, (old, new) in enumerate(pairwise(days))
    )
    lines = tuple(
        News(number=int(one.id) + 1, source=f"changelog:{one.id}:due", at=one.at) for one in changes
    )
    known: dict[str, Any] = {one.source: {} for one in lines}
    seen = issue(due_date_changes=changes)
    assert look(seen, after=timedelta(hours=1), told=known, news=lines, followers=(OPENER,)) == [None]
    [one, _] = look(seen, after=timedelta(hours=1), told=known, news=lines[:1], followers=(OPENER,))
    assert (one.email, one.context["due_date"], one.context["due_date_changed"]) == (
        "prazo",
        "18/12/2026",
        "",
    )


def test_a_comment_made_internal_while_it_waits_is_not_told() -> None:
    seen, lines, known = news(0, 1)
    hidden = replace(seen.comments[0], text="Só para nós")
    changed = replace(seen, comments=(hidden, seen.comments[1]))
    actions = look(changed, after=timedelta(minutes=5), told=known, news=lines, followers=(OPENER,))
    [one] = [action for action in actions if isinstance(action, Gathered)]
    assert (one.context["comment"], dict(one.quotes)) == ("Nota 2", {"2": "Nota 2"})


def test_news_told_just_now_is_looked_at_again() -> None:
    seen = issue(comments=(comment(1, NOW),))
    actions = look(seen, after=timedelta(minutes=1), followers=(OPENER,))
    assert [one.news for one in told(actions)] == [True]
    assert actions[-1] == NOW + timedelta(minutes=3)


@pytest.mark.parametrize(
    ("opener", "other", "expected"),
    [
        ("ana@revenda.example", "bia@REVENDA.example", True),
        ("ana@revenda.example", "bia@outra.example", False),
        ("ana@gmail.com", "bia@gmail.com", False),
        ("ana@revenda.example", "bia@x.revenda.example", False),
    ],
)
def test_an_opener_speaks_for_their_own_house_only(opener: str, other: str, expected: bool) -> None:
    assert vouches(opener, other) == expected
