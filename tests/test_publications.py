"""Deployments and releases: each ticket gets the version and the address that hold its fix.

`CHAMADOS_TEST_PUBLICATIONS=100 pytest -s tests/test_publications.py` walks as many tickets; a few by default.
"""

import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from tests.conftest import installed
from tests.github_shop import Shop
from tests.world import World

TICKETS = int(os.environ.get("CHAMADOS_TEST_PUBLICATIONS", "5"))
ERP, MOBI, PAINEL = "softhouse/erp", "softhouse/mobi", "softhouse/painel"
HML = "homologacao"


class Expected:
    """What each ticket should show, kept by whoever does the work and not asked of anybody."""

    def __init__(self) -> None:
        self.url: dict[str, str] = {}
        self.version: dict[str, str] = {}
        self.readdressed: dict[str, int] = {}

    def staged(self, keys: Sequence[str], url: str) -> None:
        for key in keys:
            if key in self.url and self.url[key] != url and key not in self.version:
                self.readdressed[key] = self.readdressed.get(key, 0) + 1
            if key not in self.version:
                self.url[key] = url

    def published(self, keys: Sequence[str], version: str) -> None:
        for key in keys:
            self.version.setdefault(key, version)


def test_each_tickets_version_and_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three repositories, five releases, eight deployments; a cherry-pick and a revert among them."""
    monkeypatch.setattr("tests.world.SECONDS", max(15.0, 3.0 * TICKETS))  # our own rate limit is the brake
    settings = {"CHAMADOS_GITHUB_REPOSITORIES": f"{ERP} {MOBI} {PAINEL}", "CHAMADOS_WORKERS": "8"}
    with installed(f"sqlite:///{tmp_path / 'c.db'}", tmp_path, {"environment": settings}) as world:
        _walk(world)


def _walk(world: World) -> None:
    erp, mobi, painel = (
        Shop(world, ERP),
        Shop.found(world, MOBI),
        Shop.found(world, PAINEL),
    )
    keys = _filed(world, TICKETS)
    reverted, picked, rest = keys[0], keys[1], keys[2:]
    early, late = rest[0::4], rest[1::4]
    expected = Expected()

    # What is merged early, and the revert to be, is in staging, tested, and in v1.
    taken_back = erp.fix(reverted)
    _fix(erp, early)
    erp.deploy("main", environment=HML, url="https://hml-1.example")
    expected.staged([reverted, *early], "https://hml-1.example")
    _fix(mobi, rest[2::4])
    _fix(painel, rest[3::4])
    world.settle()
    _tested(world, [reverted, *early])
    erp.revert(taken_back, reverted)
    world.settle()
    erp.do("POST", "git/refs", json={"ref": "refs/heads/release-1", "sha": erp.head()})
    erp.release("v1.0", ref="release-1")
    expected.published(early, "v1.0")
    world.settle()

    # A deployment that fails moves nothing; one to another address tells those who test once.
    _fix(erp, late)
    erp.deploy("main", environment=HML, url="https://hml-broken.example", state="failure")
    erp.deploy("main", environment=HML, url="https://hml-2.example")
    expected.staged(late, "https://hml-2.example")
    world.settle()

    # A fix merged into main, and its cherry-pick for a release: the first release that has it counts.
    erp.fix(picked)
    erp.deploy("main", environment=HML, url="https://hml-3.example")
    expected.staged([*late, picked], "https://hml-3.example")
    world.settle()
    _tested(world, [*late, picked])
    erp.fix(picked, base="release-1", suffix="-backport")
    world.settle()
    erp.release("v1.1", ref="release-1")
    expected.published([picked], "v1.1")
    world.settle()
    erp.release("v2.0")
    expected.published(late, "v2.0")
    world.settle()
    assert world.issue(reverted)["status"] == "Test Finished"

    # The reverted fix is mended by another pull request.
    world.drag(reverted, "Error Fix")
    erp.fix(reverted, suffix="-again")
    erp.deploy("main", environment=HML, url="https://hml-3.example")
    expected.staged([reverted], "https://hml-3.example")
    expected.readdressed.pop(reverted)
    world.settle()
    _tested(world, [reverted])
    erp.release("v3.0")
    expected.published([reverted], "v3.0")

    # Another repository releases, the third one deploys its tags to production.
    mobi.deploy("main", environment="Staging", url="https://mobi.example")
    expected.staged(rest[2::4], "https://mobi.example")
    painel.deploy("main", environment=HML, url="https://painel.example")
    expected.staged(rest[3::4], "https://painel.example")
    world.settle()
    _tested(world, [*rest[2::4], *rest[3::4]])
    mobi.release("2026.1")
    expected.published(rest[2::4], "2026.1")
    painel.deploy("main", environment="production")
    expected.published(rest[3::4], painel.head()[:7])
    world.settle()
    _compare(world, keys, expected)


def _compare(world: World, keys: list[str], expected: Expected) -> None:
    issues = {one["key"]: one for one in world.issues()}
    wrong = []
    for key in keys:
        custom = issues[key]["custom"]
        shown = (issues[key]["status"], custom.get("Versão publicada"), custom.get("URL de homologação"))
        wanted = ("Publicado", expected.version.get(key), expected.url.get(key))
        if shown != wanted:
            wrong.append((key, shown, wanted, world.ticket_of(key).outcome))
    readdressed = 2 * sum(expected.readdressed.values())
    told = len(world.wait_mail("novo_endereco", readdressed))
    calls = [one for one in world.bridge_calls() if one["path"].startswith("/github")]
    compared = sum("/compare/" in one["path"] for one in calls)
    print(
        f"\n{len(keys)} tickets, 3 repositories, 5 releases, 8 deployments: {len(wrong)} wrong; "
        f"{told} e-mails of a new address; {len(calls)} GitHub calls, {compared} of them comparisons"
    )
    assert wrong == []
    assert told == readdressed
    assert len(world.wait_mail("publicado", 2 * len(keys))) == 2 * len(keys)


def _filed(world: World, count: int) -> list[str]:
    """Tickets in Backlog."""
    numbers = [world.file() for _ in range(count)]
    world.settle()
    keys = [str(world.ticket(number).jira_key) for number in numbers]
    for key in keys:
        world.drag(key, "Backlog")
    return keys


def _fix(shop: Shop, keys: Sequence[str]) -> None:
    for key in keys:
        shop.fix(key)


def _tested(world: World, keys: Sequence[str]) -> None:
    for key in keys:
        world.wait_status(key, "Publicado em Homologação")
        world.drag(key, "Testing", who="tester@softhouse.example")
        world.drag(key, "Test Finished", who="tester@softhouse.example")
    world.settle()


def test_what_was_deployed_before_a_pull_request_named_the_ticket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.reconcile.publications.OVERLAP", timedelta(0))
    with installed(f"sqlite:///{tmp_path / 'c.db'}", tmp_path, {}) as world:
        key = world.filed()
        world.approve_triage(key)
        number = world.open_pull("sem-chave")
        world.review(number, "APPROVE")
        world.deploy(ref="sem-chave", url="https://hml-7.example")
        world.settle()
        assert world.issue(key)["status"] == "Doing"
        world.github("PATCH", f"pulls/{number}", json={"title": f"{key} Corrige"})
        world.wait_status(key, "Publicado em Homologação")
        assert world.issue(key)["custom"]["URL de homologação"] == "https://hml-7.example"
