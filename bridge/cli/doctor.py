"""`chamados doctor`: one line for each thing the bridge needs, with its remedy."""

import json
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryFile

import click
from sqlalchemy import text

from bridge.cli.checks import Check, Checks
from bridge.cli.common import clean, mappings_faults
from bridge.cli.findings import Finding
from bridge.cli.github import wanted_of
from bridge.cli.mail_checks import mail_findings
from bridge.clients.antivirus import Antivirus
from bridge.clients.errors import Refused, Unavailable
from bridge.clients.github.survey import Survey
from bridge.clients.jira import Jira
from bridge.clients.jira.administration import Administration
from bridge.clients.jira.survey import look
from bridge.clients.licences import Licences
from bridge.clients.mail import Mailer
from bridge.clients.names import Names
from bridge.config import Config, ConfigError, load
from bridge.provision import Change, Way, compare, wanted_site
from bridge.provision.github import compare_github, unchecked_github
from bridge.store import Store, schema
from bridge.store.engine import network_file_system, sqlite_module
from mappings import MappingError, Mappings
from mappings import load as load_mappings

SAFE_SQLITE = (3, 51, 3)
LIMIT_SECONDS = 10.0
"""All checks together; one that takes longer is named as such."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def doctor(as_json: bool) -> None:
    """Check settings, mappings, database and everybody outside, in 10 s. Exit 1 when something is wrong."""
    findings = examine()
    if as_json:
        click.echo(json.dumps([asdict(one) for one in findings], ensure_ascii=False))
    for one in [] if as_json else findings:
        click.echo(clean(f"{one.state:<8} {one.name:<10} {one.detail}"))
        if one.remedy:
            click.echo(clean(f"{'':<20}-> {one.remedy}"))
    raise SystemExit(1 if any(one.state == "error" for one in findings) else 0)


def examine() -> list[Finding]:
    """Every check that the settings allow."""
    try:
        config = load()
    except ConfigError as error:
        remedy = "set it as deploy/env.example shows"
        wrong = [Finding("settings", "error", fault, remedy) for fault in error.faults]
        return wrong + [Finding("mappings", "error", fault) for fault in mappings_faults()]
    findings = [Finding("settings", "ok", "complete")]
    try:
        mappings = load_mappings(config.mappings)
    except MappingError as error:
        return findings + [Finding("mappings", "error", line) for line in str(error).splitlines()]
    findings.append(Finding("mappings", "ok", f"{len(mappings.workflow.statuses)} statuses"))
    return findings + _begun(config, mappings).findings(seconds=LIMIT_SECONDS)


def _begun(config: Config, mappings: Mappings) -> Checks:
    """Each check at work. What needs another's answer waits for it."""
    checks = Checks()
    begin: dict[str, Check] = {
        "database": lambda: _database(config),
        "files": lambda: _files(config.files),
        "jira": lambda: _jira(config, mappings),
        "drift": lambda: _drift(config, mappings) if checks.went_well("jira") else [],
        "github": lambda: _github(config, mappings),
        "smtp": lambda: _smtp(config),
        "openai": lambda: _openai(config),
        "licences": lambda: Finding("licences", "ok", Licences(config.licences.reveal()).probe()),
        "antivirus": lambda: Finding("antivirus", "ok", Antivirus(config.uploads.antivirus).probe()),
        "mail": lambda: mail_findings(config, names=Names(), relay_answers=lambda: checks.went_well("smtp")),
    }
    for name, check in begin.items():
        checks.begin(name, check, remedy=_REMEDIES[name])
    return checks


_REMEDIES = {
    "database": "check CHAMADOS_DATABASE_URL and that the server runs",
    "jira": "check CHAMADOS_JIRA_URL, _USER, _TOKEN and _PROJECT",
    "github": "check CHAMADOS_GITHUB_URL, _TOKEN or _APP_ID and _APP_PRIVATE_KEY, and _REPOSITORIES",
    "smtp": "check CHAMADOS_SMTP_URL",
    "drift": "run `chamados jira plan`",
    "files": "let the bridge's account write to CHAMADOS_FILES",
    "licences": "check CHAMADOS_LICENCES",
    "antivirus": "check CHAMADOS_ANTIVIRUS and that clamd runs",
    "mail": "check CHAMADOS_MAIL_DKIM_KEY",
    "openai": "check CHAMADOS_OPENAI_API_KEY and _BASE_URL, or unset the key to go without AI",
}


def _database(config: Config) -> Finding:
    store = Store(config.database_url.reveal())
    found, wanted = schema.revision(store), schema.head()
    if found is not None and found != wanted:
        return Finding("database", "error", f"at {found}, needed {wanted}", "run `chamados db upgrade`")
    fault = schema.carrier_fault(store)
    if fault:
        return Finding("database", "error", fault)
    detail = f"{store.engine.dialect.name}, tables {found or 'not made yet'}"
    if not store.is_sqlite:
        return Finding("database", "ok", detail)
    kind = network_file_system(store)
    if kind:
        return Finding("database", "error", f"{detail}, on {kind}", "use a local disk, or PostgreSQL")
    module = sqlite_module()
    with store.read() as db:
        modes = [db.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous")]
    detail += f", SQLite {module.sqlite_version}, journal_mode={modes[0]}, synchronous={modes[1]} (2 is FULL)"
    if module.sqlite_version_info < SAFE_SQLITE:
        return Finding(
            "database", "warning", detail, "install pysqlite3: SQLite < 3.51.3 has the WAL-reset bug"
        )
    return Finding("database", "ok", detail)


def _files(folder: Path) -> Finding:
    """Whether files can be kept; a folder that is not there yet is made at the first start."""
    place = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
    try:
        with TemporaryFile(dir=place) as file:
            file.write(b"x")
    except OSError as error:
        detail = f"{place} cannot be written to: {error.strerror}"
        return Finding("files", "error", detail, _REMEDIES["files"])
    return Finding("files", "ok", f"{place} can be written to")


def _jira(config: Config, mappings: Mappings) -> Finding:
    jira = Jira(config.jira, mappings, connections=1)
    server = jira.server_info()
    kind = "Cloud" if server.get("deploymentType") == "Cloud" else "Data Center"
    try:
        return Finding("jira", "ok", f"{kind} {server.get('version', '')}, as {jira.myself()}")
    except Refused as error:
        if not error.missing:
            raise
        remedy = "see `chamados jira plan` and run `chamados jira apply`, or check CHAMADOS_JIRA_PROJECT"
        return Finding("jira", "error", f"{kind} {server.get('version', '')}: {error.reason}", remedy)


def _drift(config: Config, mappings: Mappings) -> list[Finding]:
    """Each difference between the site and the mappings, as `jira plan` tells it."""
    wanted = wanted_site(mappings, project=config.jira.project, public_url=config.public_url)
    try:
        site = Administration(config.jira, administrator=config.jira_administrator)
        pending = [change for change in compare(wanted, look(site, wanted)) if change.pending]
    except (Unavailable, Refused) as error:
        return [Finding("mappings", "error", f"cannot be compared with the site: {error}", _REMEDIES["jira"])]
    if not pending:
        return [Finding("drift", "ok", "the site is as the mappings want it")]
    return [Finding("drift", "error", change.sentence, _mended(change)) for change in pending]


def _mended(change: Change) -> str:
    return change.step if change.way is Way.MANUAL else f"run `chamados jira apply`, or: {change.step}"


def _github(config: Config, mappings: Mappings) -> list[Finding]:
    """Who we are there, each permission that is missing, and whether the webhooks are as they should be."""
    wanted = wanted_of(config, mappings)
    live = Survey(config.github).look(wanted)
    changes, unseen = compare_github(wanted, live), unchecked_github(wanted, live)
    wrong = [Finding("github", "error", change.sentence, _mended_on_github(change)) for change in changes]
    wrong += [Finding("github", "warning", f"not checked: {one}") for one in unseen]
    return wrong or [Finding("github", "ok", f"as {live.account}, {len(wanted.repositories)} repositories")]


def _mended_on_github(change: Change) -> str:
    return change.step if change.way is Way.MANUAL else f"run `chamados github apply`, or: {change.step}"


def _smtp(config: Config) -> Finding:
    return Finding("smtp", "ok", Mailer(config.mail).probe())


def _openai(config: Config) -> Finding:
    if not config.openai.api_key:
        return Finding("openai", "ok", "off: partners write without AI")
    import openai

    client = openai.OpenAI(
        api_key=config.openai.api_key.reveal(),
        base_url=config.openai.base_url,
        max_retries=0,
        timeout=LIMIT_SECONDS,
    )
    client.models.list()
    return Finding("openai", "ok", f"model {config.openai.model}")
