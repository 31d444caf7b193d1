"""Which pull requests are a ticket's, and what GitHub itself says of them, over real HTTP."""

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import requests

from bridge.cli.journey_world import FOR_DEVELOPERS
from mappings.model import Linking, Mention, Reviews
from tests.test_missed import _heal, _silence_github
from tests.world import World


def _policy(world: World, **changes: Any) -> None:
    """Change workflow.yaml's `links` or `reviews` under the running bridge."""
    mappings = world.services.mappings
    object.__setattr__(mappings, "workflow", replace(mappings.workflow, **changes))


def _outside(world: World, method: str, path: str, *, who: str, **body: Any) -> Any:
    url = f"{world.sandbox.url}/github/{path}"
    headers = {"Authorization": f"token human:{who}"}
    answer = requests.request(method, url, headers=headers, timeout=10, **body)
    assert answer.ok, answer.text
    return answer.json() if answer.content else None


def _links(world: World, key: str) -> list[str]:
    return [one["object"]["title"] for one in world.issue(key)["remotelinks"]]


def _outcomes(world: World) -> str:
    return "\n".join(one.outcome for one in world.deliveries())


def _from_fork(world: World, key: str, *, who: str = "zeca") -> int:
    repository = world.sandbox.settings.github_repository
    _outside(world, "POST", f"repos/{repository}/forks", who=who)
    fork = f"{who}/{repository.partition('/')[2]}"
    content = base64.b64encode(b"x").decode()
    body = {"message": "x", "content": content, "branch": "main"}
    _outside(world, "PUT", f"repos/{fork}/contents/x.py", who=who, json=body)
    asked = {"title": f"{key} de fora", "head": f"{who}:main", "base": "main"}
    return int(world.github("POST", "pulls", who=who, json=asked)["number"])


def test_a_key_taken_out_unlinks_and_one_put_in_links(world: World) -> None:
    key, other = world.filed(), world.filed(titulo="Outro")
    for one in (key, other):
        world.approve_triage(one)
    number = world.open_pull("sem-chave", title=f"Corrige {key}, UTF-8 e SHA-256")
    world.wait_status(key, "PR Review")
    world.settle()
    assert _links(world, key) == [f"softhouse/erp#{number} · em revisão"]
    world.github("PATCH", f"pulls/{number}", json={"title": f"Corrige {other}"})
    world.wait_status(other, "PR Review")
    world.settle()
    assert _links(world, key) == []
    assert len(_links(world, other)) == 1
    world.review(number, "APPROVE")
    world.wait_status(other, "PR Aprovado")
    world.settle()
    assert world.issue(key)["status"] == "PR Review"


def test_one_that_names_two_tickets_moves_both(world: World) -> None:
    key, other = world.filed(), world.filed(titulo="Outro")
    for one in (key, other):
        world.approve_triage(one)
    number = world.open_pull(f"fix_{key.lower()}-x", title=f"hotfix_{other}: corrige também")
    world.review(number, "REQUEST_CHANGES")
    for one in (key, other):
        world.wait_status(one, "Error Fix")


def test_commits_name_a_ticket_where_nothing_more_trusted_does(world: World) -> None:
    key = world.filed()
    world.approve_triage(key)
    world.branch("sem-chave")
    content = base64.b64encode(b"1").decode()
    world.github(
        "PUT",
        "contents/y.py",
        json={"message": f"{key} Corrige", "content": content, "branch": "sem-chave"},
    )
    world.settle()
    assert world.issue(key)["status"] == "Doing"
    world.github("POST", "pulls", json={"title": "Corrige", "head": "sem-chave", "base": "main"})
    world.wait_status(key, "PR Review")
    world.settle()


def test_commits_that_no_webhook_told_of_are_found(world: World) -> None:
    key = world.filed()
    world.approve_triage(key)
    _silence_github(world)
    world.branch("sem-chave")
    content = base64.b64encode(b"1").decode()
    world.github(
        "PUT",
        "contents/y.py",
        json={"message": f"{key} Corrige", "content": content, "branch": "sem-chave"},
    )
    world.github("POST", "pulls", json={"title": "Corrige", "head": "sem-chave", "base": "main"})
    _heal(world)
    assert world.issue(key)["status"] == "PR Review"


def test_the_order_of_trust_is_the_operators(world: World) -> None:
    _policy(world, links=Linking(trust=((Mention.BRANCH,), (Mention.TITLE, Mention.BODY))))
    key, other = world.filed(), world.filed(titulo="Outro")
    for one in (key, other):
        world.approve_triage(one)
    world.open_pull(f"{key}-x", title=f"Veja {other}")
    world.wait_status(key, "PR Review")
    world.settle()
    assert world.issue(other)["status"] == "Doing"


def test_a_forks_pull_request_counts_for_whom_the_mapping_trusts(world: World) -> None:
    key = world.filed()
    world.approve_triage(key)
    _policy(world, links=Linking(fork_authors=("MEMBER", "CONTRIBUTOR")))
    number = _from_fork(world, key)
    world.settle()
    assert world.issue(key)["status"] == "Doing"
    assert f"softhouse/erp#{number} does not count: it comes from a fork and its author is" in _outcomes(
        world
    )
    _policy(world, links=Linking())
    world.github("PATCH", f"pulls/{number}", json={"body": "Por favor."})
    world.wait_status(key, "PR Review")
    world.settle()


def test_a_deleted_fork_is_survived(world: World) -> None:
    key = world.filed()
    world.approve_triage(key)
    number = _from_fork(world, key)
    world.wait_status(key, "PR Review")
    _outside(world, "DELETE", "repos/zeca/erp", who="zeca")
    world.review(number, "APPROVE")
    world.wait_status(key, "PR Aprovado")
    world.settle()
    assert world.ticket_of(key).parked == ""


def test_a_repository_is_followed_by_its_id(world: World) -> None:
    key, later = world.filed(), world.filed(titulo="Outro")
    for one in (key, later):
        world.approve_triage(one)
    number = world.open_pull(f"{key}-x")
    world.wait_status(key, "PR Review")
    _heal(world)
    repository = world.sandbox.settings.github_repository
    _outside(world, "PATCH", f"repos/{repository}", who="ana", json={"name": "erp-novo"})
    _outside(world, "POST", "repos/softhouse/erp-novo/transfer", who="ana", json={"new_owner": "casa"})
    world.settle()
    assert "erp is softhouse/erp-novo now; it is followed by its id" in _outcomes(world)
    moved = "repos/casa/erp-novo"
    review = {"event": "APPROVE", "body": "Bom."}
    _outside(world, "POST", f"{moved}/pulls/{number}/reviews", who="bruno", json=review)
    world.wait_status(key, "PR Aprovado")
    world.drag(key, "PR Review")
    world.settle()
    _heal(world)
    assert world.issue(key)["status"] == "PR Review"  # a new name is no new verdict
    assert _links(world, key) == [f"casa/erp-novo#{number} · aprovado"]
    for repo in world._repos():
        repo.hooks.clear()
    sha = _outside(world, "GET", f"{moved}/git/ref/heads/main", who="ana")["object"]["sha"]
    _outside(world, "POST", f"{moved}/git/refs", who="ana", json={"ref": f"refs/heads/{later}-y", "sha": sha})
    content = base64.b64encode(b"z").decode()
    body = {"message": "x", "content": content, "branch": f"{later}-y"}
    _outside(world, "PUT", f"{moved}/contents/z.py", who="ana", json=body)
    asked = {"title": "Corrige", "head": f"{later}-y", "base": "main"}
    _outside(world, "POST", f"{moved}/pulls", who="ana", json=asked)
    _heal(world)
    assert world.issue(later)["status"] == "PR Review"


def test_a_branch_that_is_deleted_before_work_began_begins_none(world: World) -> None:
    key = world.filed()
    world.branch(f"{key}-x")
    world.settle()
    assert world.issue(key)["status"] == "Triagem"
    world.github("DELETE", f"git/refs/heads/{key}-x")
    world.settle()
    world.drag(key, "Backlog")
    world.settle()
    assert world.issue(key)["status"] == "Backlog"


# --- what GitHub itself says


def _protect(world: World, **rules: Any) -> None:
    world.github("PUT", "branches/main/protection", json={"required_pull_request_reviews": rules})


def test_the_branchs_own_rules_decide_where_the_mapping_says_so(world: World) -> None:
    content = base64.b64encode(b"* @carla\n").decode()
    body = {"message": "x", "content": content, "branch": "main"}
    world.github("PUT", "contents/.github/CODEOWNERS", json=body)
    _protect(world, required_approving_review_count=1, require_code_owner_reviews=True)
    _policy(world, reviews=Reviews(by_protection=True))
    key = world.filed()
    world.approve_triage(key)
    number = world.open_pull(f"{key}-x")
    world.review(number, "APPROVE", who="bruno")
    world.settle()
    assert world.issue(key)["status"] == "PR Review"
    world.review(number, "APPROVE", who="carla")
    world.wait_status(key, "PR Aprovado")
    world.settle()
    said = world.issue(key)["remotelinks"][0]["object"]["summary"]
    assert "aprovado por bruno (" in said
    assert " e carla (" in said


def test_a_bots_review_counts_for_nothing(world: World) -> None:
    key = world.filed()
    world.approve_triage(key)
    number = world.open_pull(f"{key}-x")
    world.review(number, "APPROVE", who="revisor[bot]")
    world.settle()
    assert world.issue(key)["status"] == "PR Review"


def test_another_base_makes_an_approval_stale_where_pushes_do(world: World) -> None:
    _policy(world, reviews=Reviews(stale_on_push=True))
    key = world.filed()
    world.approve_triage(key)
    world.branch("release-1")
    number = world.open_pull(f"{key}-x")
    world.review(number, "APPROVE")
    world.wait_status(key, "PR Aprovado")
    world.github("PATCH", f"pulls/{number}", json={"base": "release-1"})
    world.wait_status(key, "PR Review")


def test_a_comment_after_being_asked_again_is_no_verdict(world: World) -> None:
    key = world.filed()
    world.approve_triage(key)
    number = world.open_pull(f"{key}-x")
    world.review(number, "REQUEST_CHANGES")
    world.wait_status(key, "Error Fix")
    world.github("POST", f"pulls/{number}/requested_reviewers", json={"reviewers": ["bruno"]})
    world.wait_status(key, "PR Review")
    world.review(number, "COMMENT")
    world.settle()
    assert world.issue(key)["status"] == "PR Review"


def test_a_merge_queue_changes_nothing(world: World) -> None:
    key, number = world.approved()
    world.settle()
    node = world.github("GET", f"pulls/{number}")["node_id"]
    mutation = "mutation($id: ID!) { enqueuePullRequest(input: {pullRequestId: $id}) { clientMutationId } }"
    asked = {"query": mutation, "variables": {"id": node}}
    assert "errors" not in _outside(world, "POST", "graphql", who="ana", json=asked)
    world.settle()
    assert world.issue(key)["status"] == "PR Aprovado"
    assert "enqueued" in _outcomes(world)


# --- what it costs


def _calls(world: World, service: str, since: int) -> list[str]:
    """Without what is written for developers, which costs extra and only where it changes."""
    return [
        f"{one['method']} {one['status']}"
        for one in world.bridge_calls(since)
        if one["path"].startswith(f"/{service}") and not FOR_DEVELOPERS.search(one["path"])
    ]


def test_what_events_cost(world: World) -> None:
    key = world.filed()
    world.approve_triage(key)
    number = world.open_pull(f"{key}-x")
    world.wait_status(key, "PR Review")
    world.settle()
    asked = {"json": {"reviewers": ["bruno"]}}
    events: dict[str, tuple[Callable[[], object], bool]] = {
        "comment": (lambda: world.review(number, "COMMENT"), False),
        "changes": (lambda: world.review(number, "REQUEST_CHANGES"), True),
        "asked again": (lambda: world.github("POST", f"pulls/{number}/requested_reviewers", **asked), True),
        "approval": (lambda: world.review(number, "APPROVE"), True),
        "second approval": (lambda: world.review(number, "APPROVE", who="carla"), False),
    }
    for event, (happens, moves) in events.items():
        since = len(world.sandbox.controls.calls())
        before = world.issue(key)["status"]
        happens()
        world.settle()
        assert (world.issue(key)["status"] != before) is moves
        github, jira = _calls(world, "github", since), _calls(world, "jira", since)
        assert len(github) <= 2, (event, github)
        assert len(jira) <= (3 if moves else 1), (event, jira)


def test_an_unchanged_repository_costs_no_quota_in_the_sweep(world: World) -> None:
    key = world.filed()
    world.approve_triage(key)
    number = world.open_pull(f"{key}-x")
    world.wait_status(key, "PR Review")
    world.deploy()
    world.settle()
    [repo] = world._repos()
    repo.pulls[number].updated_at = "2026-01-01T00:00:00Z"
    _heal(world)
    since = len(world.sandbox.controls.calls())
    _heal(world)
    asked = [one for one in world.bridge_calls(since) if one["path"].startswith("/github")]
    assert any(one["path"].endswith("/statuses") for one in asked)
    assert {f"{one['method']} {one['status']}" for one in asked} == {"GET 304"}, asked
