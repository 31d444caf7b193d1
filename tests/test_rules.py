"""The decisions, without any I/O: reviews folded, verdicts guarded, facts told."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.actions import Action, Ask, Comment, Correct, Move, Plan, Recede, Tell, Wait
from bridge.domain import (
    Issue,
    JiraComment,
    PartnerAction,
    PartnerVerb,
    Publication,
    PullRequest,
    Quotes,
    Review,
    ReviewState,
    Stage,
    StatusChange,
)
from bridge.rules import Holds, Observation, plan, public_text
from bridge.rules.assigning import assignment
from bridge.rules.reviews import pull_requests_verdict
from bridge.verdicts import Lane, LaneState
from mappings import load
from mappings.model import People, Reviews, Trigger

MAPPINGS = load()
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOLDS = Holds(status=timedelta(seconds=30), comment=timedelta(seconds=60), reason=timedelta(hours=2))
POLICY = Reviews(approvals=1, stale_on_push=False)


def pull(number: int = 1, **changes: Any) -> PullRequest:
    facts: dict[str, Any] = {
        "repository_id": 1,
        "repository": "softhouse/erp",
        "number": number,
        "title": "Corrige",
        "body": "",
        "url": "https://github.example/1",
        "author": "ana",
        "branch": "CHAM-1-x",
        "head": "aaaaaaa1",
        "is_open": True,
        "draft": False,
        "merged": False,
        "merge_commit": "",
        "reviews": (),
    }
    return PullRequest(**{**facts, **changes})


def review(number: int, state: str, who: str = "bruno", commit: str = "aaaaaaa1") -> Review:
    return Review(id=number, reviewer=who, state=ReviewState(state), commit=commit, at=NOW)


def issue(status: str, **changes: Any) -> Issue:
    facts: dict[str, Any] = {
        "key": "CHAM-1",
        "id": "10001",
        "status": status,
        "assignee": None,
        "due_date": None,
        "updated_at": None,
        "staging_url": "",
        "version": "",
        "status_changes": (),
        "due_date_changes": (),
        "comments": (),
        "transitions": {},
    }
    return Issue(**{**facts, **changes})


def seen(status: str, *pulls: PullRequest, **changes: Any) -> Observation:
    given = changes.pop("issue", {})
    facts: dict[str, Any] = {
        "issue": issue(status, **given),
        "pull_requests": pulls,
        "linked_as": {},
        "unnamed": (),
        "branches": (),
        "publications": (),
        "partner_actions": (),
        "lanes": {},
        "told": {},
        "mailed": frozenset(),
    }
    return Observation(**{**facts, **changes})


def decided(observation: Observation, now: datetime = NOW, *, approvals: int = 1) -> list[Any]:
    workflow = replace(MAPPINGS.workflow, reviews=replace(MAPPINGS.workflow.reviews, approvals=approvals))
    mappings = replace(MAPPINGS, workflow=workflow)
    actions = plan(observation, mappings, now=now, holds=HOLDS).actions
    return [action for action in actions if isinstance(action, Recede | Move | Wait)]


def path_of(observation: Observation) -> list[tuple[str, ...]]:
    return [action.path for action in decided(observation) if isinstance(action, Move)]


def trigger_of(*pulls: PullRequest, policy: Reviews = POLICY) -> Trigger | None:
    verdict = pull_requests_verdict(pulls, policy)
    return verdict.triggers[0] if verdict else None


# --- reviews


@pytest.mark.parametrize(
    ("reviews", "wanted"),
    [
        ((), Trigger.REVIEW_PENDING),
        ((review(1, "APPROVED"),), Trigger.APPROVED),
        ((review(1, "APPROVED"), review(2, "COMMENTED")), Trigger.APPROVED),
        ((review(1, "APPROVED"), review(2, "CHANGES_REQUESTED")), Trigger.CHANGES_REQUESTED),
        ((review(1, "CHANGES_REQUESTED"), review(2, "APPROVED")), Trigger.APPROVED),
        ((review(1, "CHANGES_REQUESTED"), review(2, "APPROVED", "carla")), Trigger.CHANGES_REQUESTED),
        ((review(1, "CHANGES_REQUESTED"), review(2, "DISMISSED")), Trigger.REVIEW_PENDING),
        ((review(1, "APPROVED", "ana"),), Trigger.REVIEW_PENDING),  # the author's own
        ((review(2, "APPROVED"), review(1, "CHANGES_REQUESTED")), Trigger.APPROVED),  # out of order
    ],
)
def test_the_last_opinion_of_each_reviewer_counts(reviews: tuple[Review, ...], wanted: Trigger) -> None:
    assert trigger_of(pull(reviews=reviews)) is wanted


def test_asking_a_reviewer_again_withdraws_the_opinion() -> None:
    asked = pull(reviews=(replace(review(1, "CHANGES_REQUESTED"), asked_again=True),))
    assert trigger_of(asked) is Trigger.REVIEW_PENDING


def test_the_worst_of_many_pull_requests_decides() -> None:
    good, bad = pull(1, reviews=(review(1, "APPROVED"),)), pull(2, reviews=(review(2, "CHANGES_REQUESTED"),))
    draft = pull(3, draft=True)
    assert trigger_of(good, bad, draft) is Trigger.CHANGES_REQUESTED
    assert trigger_of(good, draft) is Trigger.WORK_STARTED
    assert trigger_of(good, pull(4)) is Trigger.REVIEW_PENDING
    assert trigger_of(good, pull(4, is_open=False)) is Trigger.APPROVED  # closed unmerged drops out
    assert trigger_of(pull(4, is_open=False)) is None


def test_merging_keeps_the_approval_and_its_identity() -> None:
    approved = pull(reviews=(review(1, "APPROVED"),))
    merged = pull(reviews=(review(1, "APPROVED"),), is_open=False, merged=True, merge_commit="ccc")
    before, after = pull_requests_verdict([approved], POLICY), pull_requests_verdict([merged], POLICY)
    assert before
    assert after
    assert before.identity == after.identity


def test_a_push_makes_an_approval_stale_only_where_the_mapping_says_so() -> None:
    pushed = pull(head="bbbbbbb2", reviews=(review(1, "APPROVED"),))
    assert trigger_of(pushed) is Trigger.APPROVED
    assert trigger_of(pushed, policy=Reviews(approvals=1, stale_on_push=True)) is Trigger.REVIEW_PENDING


def test_two_approvals_are_two_people() -> None:
    policy = Reviews(approvals=2, stale_on_push=False)
    assert trigger_of(pull(reviews=(review(1, "APPROVED"), review(2, "APPROVED"))), policy=policy) is (
        Trigger.REVIEW_PENDING
    )
    both = pull(reviews=(review(1, "APPROVED"), review(2, "APPROVED", "carla")))
    assert trigger_of(both, policy=policy) is Trigger.APPROVED


def test_a_push_alone_never_repeats_changes_requested() -> None:
    first = pull_requests_verdict([pull(reviews=(review(1, "CHANGES_REQUESTED"),))], POLICY)
    pushed = pull_requests_verdict([pull(head="b", reviews=(review(1, "CHANGES_REQUESTED"),))], POLICY)
    assert first
    assert pushed
    assert first.identity == pushed.identity


# --- moves


@pytest.mark.parametrize(
    ("status", "path"),
    [
        ("Backlog", ("To Do", "Doing", "PR Review")),
        ("To Do", ("Doing", "PR Review")),
        ("Doing", ("PR Review",)),
        ("Error Fix", ("PR Review",)),
        ("PR Review", ()),
    ],
)
def test_a_pull_request_walks_the_shortest_path_to_review(status: str, path: tuple[str, ...]) -> None:
    assert path_of(seen(status, pull())) == [path]


@pytest.mark.parametrize("status", ["Triagem", "Reprovado", "Testing", "Publicado", "Encerrado"])
def test_a_refused_verdict_waits(status: str) -> None:
    [action] = decided(seen(status, pull()))
    assert isinstance(action, Wait)
    assert status in action.reason


def test_humans_win_until_the_verdict_changes() -> None:
    one = pull(reviews=(review(1, "APPROVED"),))
    [spent] = decided(seen("PR Review", one))
    lanes = {Lane.PULL_REQUESTS: LaneState(identity=spent.verdict.identity, spent=True, refusal="")}
    assert decided(seen("Doing", one, lanes=lanes)) == []
    changed = pull(reviews=(review(1, "APPROVED"), review(2, "CHANGES_REQUESTED")))
    assert path_of(seen("Doing", changed, lanes=lanes)) == [("PR Review", "Error Fix")]


def lanes_after(actions: Sequence[Action], lanes: Mapping[Lane, LaneState]) -> dict[Lane, LaneState]:
    """What is remembered once those have been carried out."""
    kept = dict(lanes)
    for one in actions:
        if isinstance(one, Recede) and one.verdict is None:
            del kept[one.lane]
        elif isinstance(one, Recede | Move) and one.verdict:
            kept[one.verdict.lane] = LaneState(identity=one.verdict.identity, spent=True, refusal="")
    return kept


def test_a_reason_that_falls_away_moves_nothing_and_is_news_when_it_comes_back() -> None:
    one, other = pull(reviews=(review(1, "CHANGES_REQUESTED"),)), pull(2)
    objecting = replace(other, reviews=(review(2, "CHANGES_REQUESTED", "carla"),))
    lanes = lanes_after(decided(seen("PR Review", one, objecting)), {})
    less = decided(seen("PR Review", one, other, lanes=lanes))
    assert [type(action) for action in less] == [Recede]
    lanes = lanes_after(less, lanes)
    assert decided(seen("PR Review", one, other, lanes=lanes)) == []
    assert path_of(seen("PR Review", one, objecting, lanes=lanes)) == [("Error Fix",)]


def test_a_pull_request_that_is_closed_and_opened_again_is_news() -> None:
    one = pull()
    lanes = lanes_after(decided(seen("Doing", one)), {})
    closed = decided(seen("Backlog", replace(one, is_open=False), lanes=lanes))
    assert [type(action) for action in closed] == [Recede]
    lanes = lanes_after(closed, lanes)
    assert lanes == {}
    assert path_of(seen("Backlog", one, lanes=lanes)) == [("To Do", "Doing", "PR Review")]


def test_whoever_is_unassigned_and_assigned_again_is_news() -> None:
    assigned = {"issue": {"assignee": "Ana", "assignee_account": "1:a"}}
    lanes = lanes_after(decided(seen("Backlog", **assigned)), {})
    lanes = lanes_after(decided(seen("Backlog", lanes=lanes)), lanes)
    assert path_of(seen("Backlog", lanes=lanes, **assigned)) == [("To Do",)]


@pytest.mark.parametrize("account", ["1:a", "ana souza"])
def test_who_is_assigned_is_the_account_whatever_its_name(account: str) -> None:
    assigned = {"assignee": "Ana Paula Souza", "assignee_account": account}
    lanes = lanes_after(decided(seen("Backlog", issue=assigned)), {})
    married = {"assignee": "Ana Paula Souza Lima", "assignee_account": account}
    assert decided(seen("Backlog", issue=married, lanes=lanes)) == []
    for name, other in (("Ana Paula", "2:b"), ("Ana Paula Souza", "2:b"), ("Ana", "ana")):
        somebody_else = {"assignee": name, "assignee_account": other}
        assert path_of(seen("Backlog", issue=somebody_else, lanes=lanes)) == [("To Do",)]


def test_nothing_waits_for_what_is_so_no_more() -> None:
    waits = {Lane.PULL_REQUESTS: LaneState(identity="review_pending 7#1", spent=False, refusal="x")}
    assert decided(seen("Triagem", lanes=waits)) == [Recede(lane=Lane.PULL_REQUESTS, verdict=None)]
    waits = {Lane.STAGING: LaneState(identity="deployment:9", spent=False, refusal="x")}
    assert decided(seen("Doing", lanes=waits)) == [Recede(lane=Lane.STAGING, verdict=None)]


def test_what_was_not_read_to_the_end_moves_nothing() -> None:
    """The pull request that could not be read may wait for its review, or hold the fix that counts."""
    approved = pull(reviews=(review(1, "APPROVED"),))
    assert path_of(seen("PR Review", approved)) == [("PR Aprovado",)]
    assert decided(seen("PR Review", approved, is_partial=True)) == []
    assert decided(seen("Backlog", branches=("cham-1-x",), is_partial=True)) == []
    fell_away = {Lane.PULL_REQUESTS: LaneState(identity="approved 7#1@aaaaaaa1", spent=False, refusal="x")}
    assert decided(seen("Doing", lanes=fell_away, is_partial=True)) == []


def test_what_jira_and_the_partner_tell_moves_it_all_the_same() -> None:
    assigned = seen("Backlog", issue={"assignee": "Ana", "assignee_account": "1:a"}, is_partial=True)
    assert path_of(assigned) == [("To Do",)]
    answered = (said(1, PartnerVerb.ANSWERED),)
    assert path_of(seen("Faltam Informações", partner_actions=answered, is_partial=True)) == [("Triagem",)]


@pytest.mark.parametrize(
    ("changes", "moves"),
    [
        ([(0, "Publicado")], True),
        # The webhook of the drag had not come when the partner clicked.
        ([(0, "Publicado"), (8, "Error Fix"), (60, "Publicado")], False),
        ([(0, "Publicado"), (12, "Error Fix"), (60, "Publicado")], False),
        # Jira's clock is ahead of ours: the click seems to come before the status that it answers.
        ([(0, "Test Finished"), (11, "Publicado")], True),
    ],
)
def test_what_the_partner_says_is_of_the_fix_that_was_there(
    changes: Sequence[tuple[int, str]], moves: bool
) -> None:
    confirmed = replace(said(1, PartnerVerb.CONFIRMED), at=NOW + timedelta(minutes=10))
    places = ["Doing", *(to for _, to in changes)]
    told = tuple(
        change(number, minute * 60, places[number - 1], to) for number, (minute, to) in enumerate(changes, 1)
    )
    found = decided(seen("Publicado", partner_actions=(confirmed,), issue={"status_changes": told}))
    assert [one.path for one in found if isinstance(one, Move)] == ([("Encerrado",)] if moves else [])


def test_what_happened_once_stays_so() -> None:
    spent = {Lane.STAGING: LaneState(identity="deployment:9", spent=True, refusal="")}
    assert decided(seen("Doing", lanes=spent)) == []


def test_a_move_whose_answer_was_lost_is_not_made_again_after_a_person_undid_it() -> None:
    one = pull(reviews=(review(1, "APPROVED"),))
    before = change(1, 0, "Doing", "PR Review")
    [first] = decided(seen("PR Review", one, issue={"status_changes": (before,)}))
    assert first.after == "0"
    ours = replace(change(2, 1, "PR Review", "PR Aprovado"), by_bridge=True)
    undone = {"status_changes": (before, ours, change(3, 2, "PR Aprovado", "Error Fix"))}
    for after, path in (("0", ()), ("1", ("PR Review", "PR Aprovado")), ("", ("PR Review", "PR Aprovado"))):
        state = LaneState(identity=first.verdict.identity, spent=False, refusal="", moving_after=after)
        lanes = {Lane.PULL_REQUESTS: state}
        assert path_of(seen("Error Fix", one, issue=undone, lanes=lanes)) == [path]


def test_a_move_whose_answer_was_lost_is_known_whatever_id_and_time_its_node_gave_it() -> None:
    one = pull(reviews=(review(1, "APPROVED"),))
    before = change(10200, 0, "Doing", "PR Review")
    [first] = decided(seen("PR Review", one, issue={"status_changes": (before,)}))
    ours = replace(change(10100, -1, "PR Review", "PR Aprovado"), by_bridge=True)
    undone = (ours, before, change(10201, 2, "PR Aprovado", "Error Fix"))
    state = LaneState(identity=first.verdict.identity, spent=False, refusal="", moving_after=first.after)
    lanes = {Lane.PULL_REQUESTS: state}
    assert path_of(seen("Error Fix", one, issue={"status_changes": undone}, lanes=lanes)) == [()]


def test_a_verdict_that_waited_is_tried_again_while_it_holds() -> None:
    one = pull()
    [waiting] = decided(seen("Triagem", one))
    lanes = {Lane.PULL_REQUESTS: LaneState(identity=waiting.verdict.identity, spent=False, refusal="x")}
    assert path_of(seen("Doing", one, lanes=lanes)) == [("PR Review",)]


BY_BRUNO, BY_CARLA = review(5, "APPROVED"), review(6, "APPROVED", "carla")
BY_DANI = review(7, "APPROVED", "dani")
TAKEN_BACK = replace(BY_BRUNO, state=ReviewState.DISMISSED)


@pytest.mark.parametrize(
    ("needed", "looks"),
    [
        (1, [(BY_BRUNO,), (BY_BRUNO, BY_CARLA)]),  # one more than needed
        (1, [(BY_BRUNO, BY_CARLA), (TAKEN_BACK, BY_CARLA)]),
        (1, [(BY_BRUNO,), (BY_BRUNO, BY_CARLA), (TAKEN_BACK, BY_CARLA)]),
        (1, [(BY_CARLA,), (BY_CARLA, BY_DANI), (BY_DANI,), (BY_DANI, review(8, "APPROVED"))]),
        (2, [(BY_BRUNO, BY_CARLA, BY_DANI), (TAKEN_BACK, BY_CARLA, BY_DANI)]),
    ],
)
def test_approvals_beyond_those_needed_come_and_go_without_news(
    needed: int, looks: list[tuple[Review, ...]]
) -> None:
    first, *later = [pull(reviews=reviews) for reviews in looks]
    lanes = lanes_after(decided(seen("PR Review", first), approvals=needed), {})
    for one in later:
        steps = decided(seen("Error Fix", one, lanes=lanes), approvals=needed)
        assert [type(step) for step in steps] == [Recede]
        lanes = lanes_after(steps, lanes)
    assert decided(seen("Error Fix", later[-1], lanes=lanes), approvals=needed) == []


@pytest.mark.parametrize(
    ("needed", "looks"),
    [
        (1, [(BY_BRUNO,), (TAKEN_BACK,), (TAKEN_BACK, BY_CARLA)]),
        (1, [(BY_BRUNO,), (TAKEN_BACK, BY_CARLA)]),  # the look in between was missed
        (1, [(BY_BRUNO,), (TAKEN_BACK, review(8, "APPROVED"))]),
        (2, [(BY_BRUNO, BY_CARLA), (TAKEN_BACK, BY_CARLA, BY_DANI)]),
    ],
)
def test_an_approval_after_it_may_not_have_been_approved_is_news(
    needed: int, looks: list[tuple[Review, ...]]
) -> None:
    first, *between, last = [pull(reviews=reviews) for reviews in looks]
    lanes = lanes_after(decided(seen("PR Review", first), approvals=needed), {})
    for one in between:
        lanes = lanes_after(decided(seen("PR Aprovado", one, lanes=lanes), approvals=needed), lanes)
    [move] = decided(seen("Error Fix", last, lanes=lanes), approvals=needed)
    assert move.path == ("PR Review", "PR Aprovado")


def test_changes_requested_and_a_fix_pushed_seen_together_are_told_in_order() -> None:
    one = pull(head="bbbbbbb2", reviews=(review(1, "CHANGES_REQUESTED"),))
    assert path_of(seen("PR Review", one)) == [("Error Fix",), ("Doing",)]


def test_staging_deployed_before_the_approval_waits_for_it() -> None:
    open_one = pull()
    staged = Publication(
        identity="deployment:1",
        stage=Stage.STAGING,
        environment="homologacao",
        url="https://hml.example",
        version="main",
        contains=frozenset({open_one.pin}),
        at=NOW,
    )
    waiting = decided(seen("PR Review", open_one, publications=(staged,)))
    assert [type(action) for action in waiting] == [Move, Wait]
    approved = pull(reviews=(review(1, "APPROVED"),))
    moved = path_of(seen("PR Review", approved, publications=(staged,)))
    assert moved == [("PR Aprovado",), ("Publicado em Homologação",)]


def test_a_deployment_without_the_newest_pull_request_says_nothing() -> None:
    staged = Publication(
        identity="deployment:1",
        stage=Stage.STAGING,
        environment="hml",
        url="",
        version="",
        contains=frozenset({pull(1).pin}),
        at=NOW,
    )
    pulls = (pull(1, merged=True, is_open=False), pull(2, reviews=(review(1, "APPROVED"),)))
    assert path_of(seen("PR Review", *pulls, publications=(staged,))) == [("PR Aprovado",)]


# --- telling


def change(number: int, seconds: float, source: str, target: str) -> StatusChange:
    at = NOW + timedelta(seconds=seconds)
    return StatusChange(
        id=str(number), at=at, author="Triagem", by_bridge=False, from_status=source, to_status=target
    )


def comment(text: str, seconds: float = 0, **changes: Any) -> JiraComment:
    facts: dict[str, Any] = {
        "id": "77",
        "at": NOW + timedelta(seconds=seconds),
        "author": "Triagem",
        "by_bridge": False,
        "text": text,
        "edited_at": NOW + timedelta(seconds=seconds),
        "restricted": False,
        "service_desk_public": None,
    }
    return JiraComment(**{**facts, **changes})


def told(*changes: StatusChange, after: float = 31, comments: tuple[JiraComment, ...] = ()) -> list[Tell]:
    observation = seen(
        changes[-1].to_status if changes else "Triagem",
        issue={"status_changes": changes, "comments": comments},
    )
    now = NOW + timedelta(seconds=after)
    actions = plan(observation, MAPPINGS, now=now, holds=HOLDS).actions
    return [action for action in actions if isinstance(action, Tell)]


def mails(*changes: StatusChange, after: float = 100, comments: tuple[JiraComment, ...] = ()) -> list[str]:
    return [tell.email for tell in told(*changes, after=after, comments=comments) if tell.email]


def test_a_status_mail_waits_out_its_hold() -> None:
    approved = change(1, 0, "Triagem", "Backlog")
    assert mails(approved, after=29) == []
    assert mails(approved, after=30) == ["aprovado"]


def test_a_move_undone_within_the_hold_sends_nothing() -> None:
    assert mails(change(1, 0, "Triagem", "Backlog"), change(2, 10, "Backlog", "Triagem")) == []


def test_two_moves_within_the_hold_send_the_last() -> None:
    there = change(1, 0, "PR Aprovado", "Publicado em Homologação")
    on = change(2, 10, "Publicado em Homologação", "Testing")
    assert mails(there, on) == ["testing"]


def test_a_following_internal_move_keeps_the_mail() -> None:
    assert mails(change(1, 0, "Triagem", "Backlog"), change(2, 5, "Backlog", "To Do")) == ["aprovado"]


def test_the_reason_goes_out_with_the_refusal_and_not_alone() -> None:
    said = comment("/parceiro É uma dúvida de uso.")
    facts = told(change(1, 5, "Triagem", "Reprovado"), after=60, comments=(said,))
    assert [(fact.email, fact.context.get("comment")) for fact in facts] == [
        (None, "É uma dúvida de uso."),
        ("reprovado", "É uma dúvida de uso."),
    ]


def looked_at(
    *changes: StatusChange,
    after: float,
    comments: tuple[JiraComment, ...] = (),
    told: Mapping[str, Quotes] | None = None,
    reason: timedelta = HOLDS.reason,
) -> Plan:
    status = changes[-1].to_status if changes else "Triagem"
    observation = seen(status, issue={"status_changes": changes, "comments": comments}, told=told or {})
    now = NOW + timedelta(seconds=after)
    return plan(observation, MAPPINGS, now=now, holds=replace(HOLDS, reason=reason))


def test_a_refusal_without_a_reason_waits_and_asks_for_it_once() -> None:
    refused = change(1, 0, "Triagem", "Reprovado")
    assert looked_at(refused, after=29).actions == ()
    decided = looked_at(refused, after=30)
    assert [type(action) for action in decided.actions] == [Ask]
    assert decided.look_again_at == NOW + HOLDS.reason
    asked = {"changelog:1:asked": {}}
    assert looked_at(refused, after=31, told=asked).actions == ()
    [late] = looked_at(refused, after=7200, told=asked).actions
    assert isinstance(late, Tell)
    assert (late.email, late.text) == ("reprovado", "")


def test_without_patience_nobody_is_asked() -> None:
    [fact] = looked_at(change(1, 0, "Triagem", "Reprovado"), after=30, reason=timedelta(0)).actions
    assert isinstance(fact, Tell)
    assert fact.email == "reprovado"


def test_a_reason_that_comes_late_goes_with_the_refusal() -> None:
    refused = change(1, 0, "Triagem", "Reprovado")
    said = (comment("/parceiro Dúvida de uso.", 3600), comment("/parceiro Veja a ajuda.", 3630, id="78"))
    assert looked_at(refused, after=3689, comments=said, told={"changelog:1:asked": {}}).actions == ()
    facts = looked_at(refused, after=3690, comments=said, told={"changelog:1:asked": {}}).actions
    assert [fact.email for fact in facts if isinstance(fact, Tell)] == ["reprovado", None, None]
    assert isinstance(facts[0], Tell)
    assert facts[0].text == "Dúvida de uso.\n\nVeja a ajuda."


def test_a_question_never_asked_is_not_sent_when_the_ticket_has_gone_on() -> None:
    there, back = (
        change(1, 0, "Triagem", "Faltam Informações"),
        change(2, 600, "Faltam Informações", "Triagem"),
    )
    facts = looked_at(there, back, after=630, told={"changelog:1:asked": {}}).actions
    assert [fact.email for fact in facts if isinstance(fact, Tell)] == [None, None]


def test_a_comment_waits_out_its_last_edit() -> None:
    said = comment("/parceiro Olá", edited_at=NOW + timedelta(seconds=50))
    assert looked_at(after=109, comments=(said,)).actions == ()
    [fact] = looked_at(after=110, comments=(said,)).actions
    assert isinstance(fact, Tell)
    assert fact.quotes == {"77": "Olá"}


@pytest.mark.parametrize(
    ("now_is", "after", "text", "quotes"),
    [
        (comment("/parceiro Olá"), 200, None, None),
        (comment("interno"), 1, "", {"77": ""}),
        (comment("/parceiro Olá", restricted=True), 1, "", {"77": ""}),
        (comment("/parceiro Tchau", edited_at=NOW + timedelta(hours=1)), 3659, "", {"77": None}),
        (comment("/parceiro Tchau", edited_at=NOW + timedelta(hours=1)), 3660, "Tchau", {"77": "Tchau"}),
    ],
)
def test_what_was_told_follows_its_comment(
    now_is: JiraComment, after: float, text: str | None, quotes: Quotes | None
) -> None:
    found = looked_at(after=after, comments=(now_is,), told={"comment:77": {"77": "Olá"}}).actions
    if text is None:
        assert found == ()
        return
    [correction] = found
    assert isinstance(correction, Correct)
    assert (correction.text, correction.visible, correction.quotes) == (text, bool(text), quotes)
    assert correction.email == ("comentario" if text else None)


def test_a_refusal_whose_reason_was_deleted_is_told_without_it() -> None:
    refused = change(1, 0, "Triagem", "Reprovado")
    [correction] = looked_at(refused, after=90, told={"changelog:1": {"77": "Dúvida de uso."}}).actions
    assert isinstance(correction, Correct)
    assert (correction.email, correction.text, correction.visible) == ("reprovado", "", True)


@pytest.mark.parametrize(
    ("said", "public"),
    [
        (comment("/parceiro Olá"), "Olá"),
        (comment("  /parceiro\nOlá"), "Olá"),
        (comment("/parceiros Olá"), None),
        (comment("interno"), None),
        (comment("veja /parceiro Olá"), None),
        (comment("/parceiro Olá", restricted=True), None),
        (comment("/parceiro Olá", by_bridge=True), None),
        (comment("/parceiro Olá", service_desk_public=False), None),
        (comment("Olá", service_desk_public=True), "Olá"),
        (comment("Olá", service_desk_public=False), None),
        (comment("Olá", service_desk_public=True, restricted=True), None),
    ],
)
def test_a_comment_is_public_only_when_proved(said: JiraComment, public: str | None) -> None:
    assert public_text(said, "/parceiro") == public


PEOPLE = replace(MAPPINGS, people=People(accounts={"ana": "acc-1"}))


@pytest.mark.parametrize(
    ("observation", "assigned"),
    [
        (seen("Doing", pull(author="Ana")), "acc-1"),
        (seen("Doing", pull(author="eva"), pull(2, author="ana")), "acc-1"),
        (seen("Doing", pull(author="ana", is_open=False, merged=True)), "acc-1"),
        (seen("Doing", pull(author="ana", is_open=False)), None),
        (seen("Doing", pull(author="eva")), None),
        (seen("Reprovado", pull(author="ana")), None),
        (seen("Doing", pull(author="ana"), issue={"assignee": "Bia"}), None),
        (seen("Doing", pull(author="ana"), issue={"assigned_before": frozenset({"acc-1"})}), None),
        (seen("Doing", pull(author="ana"), assigned="acc-1"), None),
        (seen("Doing", pull(author="ana"), assigned="acc-0"), "acc-1"),
    ],
)
def test_a_pull_requests_author_is_assigned_where_nobody_is(
    observation: Observation, assigned: str | None
) -> None:
    found = assignment(observation, PEOPLE)
    assert (found.account if found else None) == assigned
    switched_off = replace(PEOPLE, people=replace(PEOPLE.people, assign_author=False))
    assert assignment(observation, switched_off) is None


# --- what the partner says


def said(number: int, verb: PartnerVerb) -> PartnerAction:
    return PartnerAction(id=number, verb=verb, author="Ana", text="palavras", at=NOW, comment_id=None)


def test_what_a_partner_says_unasked_is_written_and_moves_nothing() -> None:
    only = said(2, PartnerVerb.COMMENTED)
    actions = plan(seen("Doing", partner_actions=(only,)), MAPPINGS, now=NOW, holds=HOLDS).actions
    assert actions == (Comment(action=only),)


def test_it_does_not_hide_the_answer_before_it() -> None:
    both = (said(1, PartnerVerb.ANSWERED), said(2, PartnerVerb.COMMENTED))
    asked = seen("Faltam Informações", partner_actions=both)
    actions = plan(asked, MAPPINGS, now=NOW, holds=HOLDS).actions
    assert [type(one) for one in actions] == [Comment, Comment, Move]
