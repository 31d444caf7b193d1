"""Shops that publish by GitHub Actions alone: a workflow's success is a deployment."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from flask import g

from bridge.sandbox.github import runs
from tests.test_linking import _policy
from tests.test_missed import _heal
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@contextmanager
def _told_nothing(world: World) -> Iterator[None]:
    """GitHub's webhooks are switched off."""
    [repo] = world._repos()
    kept = dict(repo.hooks)
    repo.hooks.clear()
    yield
    repo.hooks.update(kept)


def _run(world: World, name: str, conclusion: str = "success") -> None:
    core, [repo] = world.sandbox.github._core, world._repos()
    with core.app.app_context(), core.world.lock:
        g.login = "ana"
        runs.run(core, repo, name=name, ref="main", conclusion=conclusion)


def _merged(world: World) -> str:
    mapped = replace(world.services.mappings.workflow.environments, staging_workflows=("Publica *",))
    _policy(world, environments=mapped)
    key, number = world.approved()
    world.github("PUT", f"pulls/{number}/merge", json={})
    world.settle()
    return key


def test_a_mapped_workflow_that_succeeds_publishes_where_its_environment_is(world: World) -> None:
    key = _merged(world)
    for name, conclusion in (("Testa", "success"), ("Publica em homologação", "failure")):
        _run(world, name, conclusion)
    world.settle()
    assert world.issue(key)["status"] == "PR Aprovado"
    with _told_nothing(world):
        world.deploy(url="https://hml-7.example")
    _run(world, "Publica em homologação")
    world.wait_status(key, "Publicado em Homologação")
    [mail, _] = world.wait_mail("homologacao", 2)
    assert "https://hml-7.example" in mail["text"]


def test_a_run_that_no_webhook_told_of_is_found(world: World) -> None:
    key = _merged(world)
    with _told_nothing(world):
        _run(world, "Publica em homologação")
    _heal(world)
    assert world.issue(key)["status"] == "Publicado em Homologação"
