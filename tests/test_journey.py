"""The journey, as `chamados demo --journey` walks it, its requests to Jira held against the contract."""

import pytest

from bridge.cli import journey
from tests.world import World


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("world", [{"hold": 1}], indirect=True)
def test_the_journey_passes_every_status(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    _walk_and_look(world, capsys)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("world", [{"hold": 1, "app": True}], indirect=True)
def test_the_journey_passes_as_a_github_app(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """The stand-in checks each JWT and takes no token but the installation's."""
    _walk_and_look(world, capsys)
    signed_in = [one for one in world.bridge_calls() if one["path"].endswith("/access_tokens")]
    assert [one["status"] for one in signed_in] == [201]


def _walk_and_look(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert journey.walk(world.sandbox.settings, world.environment) == 0, capsys.readouterr()
    world.settle()
    walked = {one["to"] for issue in world.issues() for one in issue["history"]}
    assert walked | {"Triagem"} == set(world.services.mappings.workflow.statuses)
    kinds = {one["headers"].get("x-chamado-evento") for one in world.mails()} - {None}
    # Nobody unproved is named in it, and nothing is published to a second address.
    untold = {"comentario", "acompanhar", "novo_endereco"}
    assert kinds == set(world.services.mappings.emails) - untold
