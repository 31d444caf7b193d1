"""What holds a fix: cherry-picks, reverts, several repositories, deployments that end; and where to test."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bridge.actions import Move, SetField, Tell, Wait
from bridge.domain import Publication, PullRequest, Stage, StatusChange
from bridge.rules import addresses_to_ask, plan
from bridge.rules.publications import counts, holds
from bridge.rules.reverts import fixes
from bridge.verdicts import Lane, LaneState
from mappings.model import Trigger
from tests.test_rules import HOLDS, MAPPINGS, NOW, pull, seen

MINUTE = timedelta(minutes=1)


def merged(number: int, **changes: Any) -> PullRequest:
    facts = {"merged": True, "is_open": False, "merge_commit": f"m{number}", "head": f"head{number}"}
    return pull(number, **{**facts, "base": "main", **changes})


def reverting(number: int, of: int, **changes: Any) -> PullRequest:
    return merged(number, body=f"Reverts softhouse/erp#{of}", **changes)


def published(
    number: int, *inside: PullRequest, stage: Stage = Stage.PRODUCTION, **changes: Any
) -> Publication:
    facts: dict[str, Any] = {
        "identity": f"release:{number}",
        "stage": stage,
        "environment": "release",
        "url": "",
        "version": f"v{number}",
        "contains": frozenset(one.pin for one in inside),
        "at": NOW - timedelta(hours=1) + number * MINUTE,
    }
    return Publication(**{**facts, **changes})


def staged(number: int, *inside: PullRequest, **changes: Any) -> Publication:
    facts = {"identity": f"deployment:{number}", "environment": "hml", "url": f"https://{number}.example"}
    return published(number, *inside, stage=Stage.STAGING, **{**facts, **changes})


def spent(lane: Lane, identity: str) -> dict[Lane, LaneState]:
    return {lane: LaneState(identity=identity, spent=True, refusal="")}


def version_of(*publications: Publication, pulls: tuple[PullRequest, ...], **changes: Any) -> list[str]:
    """The version that a tested ticket is published in; empty when nothing moves it."""
    observation = seen("Test Finished", *pulls, publications=publications, **changes)
    actions = plan(observation, MAPPINGS, now=NOW, holds=HOLDS).actions
    moved = [one for one in actions if isinstance(one, Move) and one.trigger is Trigger.DEPLOYED_PRODUCTION]
    return [one.value for one in actions if isinstance(one, SetField)] if moved else []


# --- versions


def test_the_first_release_that_has_the_fix_is_its_version() -> None:
    fix = merged(1)
    without, first, later = published(1), published(2, fix), published(3, fix)
    assert version_of(later, first, without, pulls=(fix,)) == ["v2"]


def test_a_later_release_says_nothing_new_of_a_published_ticket() -> None:
    fix = merged(1)
    lanes = spent(Lane.PRODUCTION, "release:2")
    observation = seen("Publicado", fix, publications=(published(2, fix), published(3, fix)), lanes=lanes)
    actions = plan(observation, MAPPINGS, now=NOW, holds=HOLDS).actions
    assert not [one for one in actions if isinstance(one, SetField)]
    assert not [one for one in actions if isinstance(one, Wait) and one.verdict.lane is Lane.PRODUCTION]


def test_a_ticket_that_came_back_is_published_by_the_next_release() -> None:
    fix = merged(1)
    lanes = spent(Lane.PRODUCTION, "release:2")
    assert version_of(published(2, fix), pulls=(fix,), lanes=lanes) == []
    assert version_of(published(2, fix), published(3, fix), pulls=(fix,), lanes=lanes) == ["v3"]


def test_of_a_fix_and_its_cherry_pick_one_suffices() -> None:
    fix, picked = merged(1), merged(2, base="release-1")
    assert version_of(published(1, picked), pulls=(fix, picked)) == ["v1"]
    assert version_of(published(2, fix), pulls=(fix, picked)) == ["v2"]
    assert version_of(published(3, fix), pulls=(fix, merged(4), picked)) == []
    assert version_of(published(3, fix), pulls=(fix, pull(5, base="release-1"))) == []


def test_a_fix_in_two_repositories_is_published_when_both_are() -> None:
    here, there = merged(1), merged(1, repository_id=2, repository="softhouse/mobi")
    first, second = published(1, here), published(2, there)
    assert version_of(first, pulls=(here, there)) == []
    assert version_of(first, second, pulls=(here, there)) == ["v1, v2"]


# --- reverts


def test_a_reverted_fix_is_none_until_it_is_mended() -> None:
    fix, revert, mended = merged(1), reverting(2, of=1), merged(3)
    assert version_of(published(1, fix), pulls=(fix, revert)) == []
    assert version_of(published(2, fix, revert), pulls=(fix, revert)) == []
    assert version_of(published(3, fix, revert, mended), pulls=(fix, revert, mended)) == ["v3"]
    assert fixes([fix, revert, mended]) == (mended,)


def test_a_reverted_revert_gives_the_fix_back() -> None:
    fix, revert, again = merged(1), reverting(2, of=1), reverting(3, of=2)
    pulls = (fix, revert, again)
    assert version_of(published(1, fix, revert), pulls=pulls) == []
    assert version_of(published(2, fix, revert, again), pulls=pulls) == ["v2"]
    assert counts(published(1, fix, revert), pulls).endswith(
        "with the revert of softhouse/erp#1, so it does not count"
    )


@pytest.mark.parametrize("body", ["reverts #1", "This reverts #1", "Reverts other/erp#1", "Reverts #9"])
def test_only_what_githubs_button_writes_is_a_revert(body: str) -> None:
    fix, other = merged(1), merged(2, body=body)
    assert fixes([fix, other]) == (fix, other)


def test_an_open_revert_takes_nothing_back_but_where_it_is_deployed() -> None:
    fix, revert = merged(1), pull(2, body="Reverts #1", head="head2")
    assert fixes([fix, revert]) == (fix,)
    assert holds(published(1, fix), [fix, revert])
    assert not holds(published(2, fix, revert), [fix, revert])


# --- deployments that end


def test_a_deployment_that_ended_holds_nothing() -> None:
    fix = merged(1)
    gone = staged(1, fix, active=False)
    observation = seen("PR Aprovado", fix, publications=(gone,), lanes=spent(Lane.PULL_REQUESTS, "x"))
    assert not [m for m in _moves(observation) if m.trigger is Trigger.DEPLOYED_STAGING]
    back = replace(observation, publications=(gone, staged(2, fix)))
    assert [m for m in _moves(back) if m.trigger is Trigger.DEPLOYED_STAGING]


def test_a_superseded_production_deployment_still_names_the_version() -> None:
    fix = merged(1)
    first = published(1, fix, active=False)
    assert version_of(first, published(2, fix), pulls=(fix,)) == ["v1"]
    assert version_of(first, pulls=(fix,)) == []


def _moves(observation: Any) -> list[Move]:
    actions = plan(observation, MAPPINGS, now=NOW, holds=HOLDS).actions
    return [one for one in actions if isinstance(one, Move)]


# --- another address


def on_staging(*publications: Publication, told: frozenset[str] = frozenset(), **changes: Any) -> Any:
    change = StatusChange(
        id="7",
        at=NOW - timedelta(hours=1),
        author="Ponte",
        by_bridge=True,
        from_status="PR Aprovado",
        to_status="Publicado em Homologação",
    )
    given = {"staging_url": "https://1.example", "status_changes": (change,)}
    return seen(
        "Testing",
        merged(1),
        publications=publications,
        lanes=spent(Lane.STAGING, "deployment:1"),
        issue=given,
        **{"told": {source: {} for source in told | {"changelog:7"}}, **changes},
    )


def _news(observation: Any) -> list[tuple[str, str | None]]:
    actions = plan(observation, MAPPINGS, now=NOW, holds=HOLDS).actions
    return [(one.text, one.email) for one in actions if isinstance(one, Tell) and one.kind == "redeployed"]


def test_a_new_address_is_told_once() -> None:
    fix = merged(1)
    first, again = staged(1, fix), staged(2, fix)
    assert _news(on_staging(first)) == []
    assert _news(on_staging(first, staged(2, fix, url=first.url))) == []
    assert _news(on_staging(first, again)) == [("https://2.example", "novo_endereco")]
    assert _news(on_staging(first, again, told=frozenset({"staging_url:deployment:2"}))) == []
    assert _news(on_staging(first, staged(2))) == []
    third = staged(3, fix, url=first.url)
    back = on_staging(first, again, third, told=frozenset({"staging_url:deployment:2"}))
    assert _news(back) == [("https://1.example", "novo_endereco")]


def test_a_new_address_waits_out_the_hold() -> None:
    fix = merged(1)
    young = staged(2, fix, at=NOW - timedelta(seconds=10))
    observation = on_staging(staged(1, fix), young)
    assert _news(observation) == []
    decided = plan(observation, MAPPINGS, now=NOW, holds=HOLDS)
    assert decided.look_again_at == young.at + HOLDS.status


def test_an_address_that_the_arrivals_own_email_names_sends_none() -> None:
    fix = merged(1)
    observation = on_staging(staged(1, fix), staged(2, fix), told=frozenset())
    untold = replace(observation, told={})
    assert _news(untold) == [("https://2.example", None)]
    actions = plan(untold, MAPPINGS, now=NOW, holds=HOLDS).actions
    [arrival] = [one for one in actions if isinstance(one, Tell) and one.email == "homologacao"]
    assert arrival.context["staging_url"] == "https://2.example"


# --- an address that does not answer


def test_nobody_is_sent_where_nobody_answers() -> None:
    fix = merged(1)
    approved = seen("PR Aprovado", fix, publications=(staged(1, fix),))
    assert addresses_to_ask(approved, MAPPINGS.workflow) == {"https://1.example"}
    deaf = replace(approved, unanswered={"https://1.example": "answered 502"})
    decided = plan(deaf, MAPPINGS, now=NOW, holds=HOLDS)
    [wait] = [one for one in decided.actions if isinstance(one, Wait)]
    assert wait.reason == "https://1.example does not answer: answered 502"
    assert decided.look_again_at == NOW + timedelta(hours=1) / 10 - MINUTE / 10
    assert (
        _news(replace(on_staging(staged(1, fix), staged(2, fix)), unanswered={"https://2.example": "x"}))
        == []
    )


def test_only_addresses_that_somebody_would_be_sent_to_are_asked() -> None:
    fix = merged(1)
    assert addresses_to_ask(on_staging(staged(1, fix)), MAPPINGS.workflow) == set()
    assert addresses_to_ask(on_staging(staged(1, fix), staged(2, fix)), MAPPINGS.workflow) == {
        "https://2.example"
    }
