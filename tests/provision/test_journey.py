"""An empty Jira, `jira apply`, and a ticket walks from the form to Encerrado on what was made."""

import pytest
from click.testing import CliRunner

from bridge.cli import main
from tests.world import World


def _run(world: World, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, arguments, env=world.environment)
    return result.exit_code, result.output


@pytest.mark.parametrize("world", [{"empty": True, "still": False, "jira": "Cloud"}], indirect=True)
def test_a_ticket_walks_what_apply_made(world: World) -> None:
    assert _run(world, "jira", "apply", "--yes")[0] == 0
    key, number = world.approved()
    world.github("PUT", f"pulls/{number}/merge", json={"merge_method": "squash"})
    world.deploy()
    world.wait_status(key, "Publicado em Homologação")
    for status in ("Testing", "Test Finished"):
        world.drag(key, status)
    world.settle()
    world.deploy(environment="producao", url="https://erp.example")
    world.wait_status(key, "Publicado")
    world.drag(key, "Encerrado")
    world.wait_mail("encerrado")
    assert world.issue(key)["custom"]["Ferramenta"] == "Sistema"
    assert world.issue(key)["custom"]["URL de homologação"] == "https://hml.example"
    code, said = _run(world, "jira", "plan")
    assert (code, said.splitlines()[-1]) == (0, "0 changes: 0 to add, 0 to change, 0 by hand")
    code, said = _run(world, "doctor")
    assert code == 0, said
    assert "the site is as the mappings want it" in said
