"""The journey, as `chamados demo --journey` walks it, its requests to Jira held against the contract."""

import pytest

from bridge.cli import journey
from tests.world import World


@pytest.mark.parametrize("world", [{"hold": 1}], indirect=True)
def test_the_journey_passes_every_status(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert journey.walk(world.sandbox.settings, world.environment) == 0, capsys.readouterr()
    world.settle()
    walked = {one["to"] for issue in world.issues() for one in issue["history"]}
    assert walked | {"Triagem"} == set(world.services.mappings.workflow.statuses)
    kinds = {one["headers"].get("x-chamado-evento") for one in world.mails()} - {None}
    # Nobody unproved is named in it, and nothing is published to a second address.
    untold = {"comentario", "acompanhar", "novo_endereco"}
    assert kinds == set(world.services.mappings.emails) - untold
