"""The journey: one ticket through all statuses and one refused, each move caused as in real life.

Everything is done from outside, over HTTP: as a partner in the portal, as people in Jira and GitHub.
"""

import base64
import re
import subprocess
import sys

import click
import requests

from bridge.cli.browser import Browser, PageFault
from bridge.cli.journey_world import SECONDS, TRIAGE, JourneyFault, World
from bridge.cli.waiting import until
from bridge.sandbox.settings import SandboxSettings

DEVELOPER, TESTER = "dev@softhouse.example", "tester@softhouse.example"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
ANSWERS = {
    "titulo": "Não está salvando no ERP novos produtos cadastrados através de planilha",
    "email_cliente": "admin@cliente.example",
    "ferramenta": "Sistema",
    "notificar": "suporte@revenda.example",
    "fluxo": "Cadastros; Produtos; Importar planilha; Salvar",
    "descricao": "Ao importar uma planilha de produtos, só as primeiras 500 linhas são salvas.\r\n\r\n"
    "Acontece com o usuário admin, em toda importação. Nenhuma mensagem aparece.",
}


def walk(settings: SandboxSettings, environment: dict[str, str]) -> int:
    """Walk both tickets; the exit status."""
    world = World(settings=settings, environment=environment)
    click.echo(f"{'cause':<58} {'status':<26} e-mails")
    click.echo("-" * 104)
    try:
        partner = _file(world)
        _triage(world, partner)
        branch = _develop(world)
        _review(world, branch)
        _publish(world)
        _finish(world, partner)
        _refuse_another(world)
    except (JourneyFault, PageFault, requests.RequestException) as error:
        click.echo(f"the journey ended early: {error}", err=True)
        return 1
    return _report(world)


def _file(world: World) -> Browser:
    """The partner signs in by e-mail and files the form with an attachment."""
    email = world.settings.partner.partition("<")[2].rstrip(">")
    partner = Browser(world.settings.bridge_url)
    partner.open("/entrar")
    partner.press("Enviar", {"email": email})
    mail = until(
        lambda: next((one for one in world.mails() if "/entrar/" in one["text"]), None), seconds=SECONDS
    )
    if mail is None:
        raise JourneyFault("no e-mail with a link to sign in came")
    link = next(word for word in mail["text"].split() if "/entrar/" in word)
    partner.open(link)
    partner.press("Entrar")

    def send() -> None:
        partner.open("/chamados/novo")
        if "Entendi" in partner.text:
            partner.press("Entendi")
        partner.press("Revisar", ANSWERS, [("tela-inteira.png", PNG, "image/png")])
        partner.press("Enviar chamado")
        found = re.search(r"CT-\d+", partner.text)
        if found is None:
            raise JourneyFault("the confirmation shows no reference")
        world.reference = found[0]

    world.step("partner files the form", send, status="Triagem", mail="recebido")
    issue = world.issue(world.reference)
    if issue is None or not until(
        lambda: (world.issue(world.reference) or {}).get("attachments"), seconds=SECONDS
    ):
        raise JourneyFault("the issue has no attachment")
    world.key = issue["key"]
    return partner


def _triage(world: World, partner: Browser) -> None:
    def ask() -> None:
        world.say("/parceiro Qual é o nome da planilha e quantas linhas ela tem?")
        world.drag("Faltam Informações", who=TRIAGE)

    def answer() -> None:
        partner.open(f"/chamados/{world.reference}")
        partner.press("Enviar resposta", {"texto": "produtos.xlsx, com 1.200 linhas."})

    world.step("triager asks in Jira", ask, status="Faltam Informações", mail="faltam_informacoes")
    world.step("partner answers on the ticket page", answer, status="Triagem")
    world.step(
        "triager approves in Jira",
        lambda: world.drag("Backlog", who=TRIAGE),
        status="Backlog",
        mail="aprovado",
    )
    due = {"json": {"fields": {"duedate": "2026-12-18"}}}
    world.step(
        "developers set a due date in Jira",
        lambda: world.jira("PUT", f"issue/{world.key}", who=DEVELOPER, **due),
        status="Backlog",
        mail="prazo",
    )
    name = "accountId" if world.on_cloud else "name"
    me = {name: world.jira("GET", "myself", who=DEVELOPER)[name]}
    world.step(
        "a developer is assigned in Jira",
        lambda: world.jira("PUT", f"issue/{world.key}/assignee", who=TRIAGE, json=me),
        status="To Do",
    )


def _develop(world: World) -> str:
    branch = f"{world.key}-importacao"

    def begin() -> None:
        main = world.github("GET", "git/ref/heads/main", who="ana")["object"]["sha"]
        world.github("POST", "git/refs", who="ana", json={"ref": f"refs/heads/{branch}", "sha": main})

    world.step(f"branch {branch} on GitHub", begin, status="Doing", count=True)
    return branch


def _review(world: World, branch: str) -> None:
    def open_pull() -> None:
        world.push(branch, "Lê a planilha até o fim")
        body = {"title": f"{world.key} Importa a planilha inteira", "head": branch, "base": "main"}
        world.github("POST", "pulls", who="ana", json=body)

    def review(event: str) -> None:
        world.github("POST", "pulls/1/reviews", who="bruno", json={"event": event, "body": "Revisado."})

    again = {"json": {"reviewers": ["bruno"]}}
    world.step("pull request opened", open_pull, status="PR Review", count=True)
    world.step("review: a comment only", lambda: review("COMMENT"), status="PR Review", count=True)
    world.step("review: changes requested", lambda: review("REQUEST_CHANGES"), status="Error Fix", count=True)
    world.step("fix pushed", lambda: world.push(branch, "Trata linhas vazias"), status="Doing", count=True)
    world.step(
        "review requested again",
        lambda: world.github("POST", "pulls/1/requested_reviewers", who="ana", **again),
        status="PR Review",
        count=True,
    )
    world.step("review: approved", lambda: review("APPROVE"), status="PR Aprovado", count=True)
    world.step("a delivery sent again", lambda: _redeliver(world), status="PR Aprovado", count=True)


def _redeliver(world: World) -> None:
    hook = world.hook_path()
    newest = world.github("GET", f"{hook}/deliveries", who="ana")[0]
    world.github("POST", f"{hook}/deliveries/{newest['id']}/attempts", who="ana")
    until(lambda: world.github("GET", f"{hook}/deliveries", who="ana")[0]["redelivery"], seconds=SECONDS)


def _publish(world: World) -> None:
    def deploy() -> None:
        world.github("PUT", "pulls/1/merge", who="ana", json={})
        made = world.github(
            "POST", "deployments", who="ana", json={"ref": "main", "environment": "homologacao"}
        )
        world.github(
            "POST",
            f"deployments/{made['id']}/statuses",
            who="ana",
            json={"state": "success", "environment_url": "https://hml.softhouse.example"},
        )

    world.step(
        "merged, staging deployment succeeded",
        deploy,
        status="Publicado em Homologação",
        mail="homologacao",
    )
    world.step(
        "tester begins in Jira", lambda: world.drag("Testing", who=TESTER), status="Testing", mail="testing"
    )
    world.step(
        "tester finishes in Jira", lambda: world.drag("Test Finished", who=TESTER), status="Test Finished"
    )
    release = {"json": {"tag_name": "v2026.11.3", "target_commitish": "main"}}
    world.step(
        "release v2026.11.3 published on GitHub",
        lambda: world.github("POST", "releases", who="ana", **release),
        status="Publicado",
        mail="publicado",
    )


def _finish(world: World, partner: Browser) -> None:
    def confirm() -> None:
        partner.open(f"/chamados/{world.reference}/funcionou")
        partner.press("Sim, funcionou")

    world.step("partner says that it works", confirm, status="Encerrado")


def _refuse_another(world: World) -> None:
    """A second ticket, by the API, that triage refuses."""
    email = world.settings.partner.partition("<")[2].rstrip(">")
    token = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "bridge", "partners", "token", email],
        env=world.environment,
        capture_output=True,
        check=True,
        text=True,
    ).stdout.strip()
    reference = ""

    def send() -> None:
        nonlocal reference
        answers = {**ANSWERS, "titulo": "Como cadastro um produto?", "notificar": ""}
        answer = requests.post(
            f"{world.settings.bridge_url}/api/chamados",
            json=answers,
            headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "jornada-1"},
            timeout=10,
        )
        answer.raise_for_status()
        reference = answer.json()["referencia"]

    def refuse() -> None:
        issue = world.issue(reference)
        key = issue["key"] if issue else ""
        world.say("/parceiro É uma dúvida de uso: a Central de Ajuda tem o passo a passo.", key=key)
        world.drag("Reprovado", who=TRIAGE, key=key)

    send()
    world.step("partner's own system files by the API", lambda: None, status="Triagem", reference=reference)
    world.step("triager refuses in Jira", refuse, status="Reprovado", reference=reference, mail="reprovado")


def _report(world: World) -> int:
    """The calls that each event of GitHub's cost, against what was promised."""
    click.echo(
        f"\n{'calls of the bridge per GitHub event':<58} {'GitHub':>7} {'Jira':>5} {'for developers':>15}"
    )
    click.echo("-" * 104)
    good = True
    for one in world.rows:
        within = one.github <= 2 and one.jira <= (3 if one.moved else 1)
        good = good and within
        counts = f"{one.github:>7} {one.jira:>5} {one.developers:>15}"
        click.echo(f"{one.cause:<58} {counts} {'' if within else '  TOO MANY'}")
    click.echo("for developers: the check and the comment on the pull request, where they have to change")
    creations = [
        one
        for one in world.calls()
        if one["method"] == "POST" and one["path"].endswith("/issue") and one["path"].startswith("/jira")
    ]
    click.echo(f"creations of issues: {len(creations)} for 2 tickets")
    return 0 if good and len(creations) == 2 else 1
