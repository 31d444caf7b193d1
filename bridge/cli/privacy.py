"""`chamados privacy`: what is kept about the person behind an address, handed over or forgotten."""

import json
import shutil
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import click
import structlog

from bridge.cli.common import clean, fail, opened
from bridge.services import Services
from bridge.store import erasure
from bridge.store import privacy as kept
from bridge.store.erasure import Erased
from mappings.form import FieldType
from mappings.model import Category

log = structlog.get_logger()


class _OnlyLooked(Exception):
    """Ends the transaction of an erasure that is only shown."""


@click.group()
def privacy() -> None:
    """What is kept about a person: handed over, or forgotten (LGPD, Art. 18)."""


@privacy.command()
@click.argument("email")
@click.option(
    "--files",
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder, made if need be, for copies of the files that the person has sent.",
)
def export(email: str, files: Path | None) -> None:
    """Print all that is kept about the person behind an address, as JSON."""
    services = opened()
    with services.store.read() as db:
        found = kept.export(db, email)
        uploads = kept.files_of(db, email)
    if files:
        for upload in uploads:
            _copy(
                services.config.files / upload.stored_as, files / f"{upload.id}-{Path(upload.filename).name}"
            )
    click.echo(json.dumps(found, ensure_ascii=False, indent=2, default=_moment))


@privacy.command()
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do it. Without, it is only shown, and the exit status is 2.")
def erase(email: str, yes: bool) -> None:
    """Forget the person behind an address. Their tickets stay, without who they were; there is no undo."""
    services = opened()
    config = services.config
    if email.strip().lower() in config.operators | {one.lower() for _, one in config.partners}:
        fail(f"each start registers {email}: take it out of CHAMADOS_PARTNERS and CHAMADOS_OPERATORS first")
    erased = _erase(services, email, for_good=yes)
    counts = {name: number for name, number in erased.counts.items() if number}
    if counts:
        _tell(erased, counts, did=yes)
    else:
        click.echo(clean(f"nothing is kept about {email}"))
    if yes:
        _finish(services, erased, counts)
    elif counts:
        click.echo("nothing was changed: add --yes to erase it")
        raise SystemExit(2)


def _tell(erased: Erased, counts: dict[str, int], *, did: bool) -> None:
    for name, number in counts.items():
        click.echo(f"{'erased' if did else 'would erase'} {number} {name}")
    if erased.open_tickets:
        under_way = ", ".join(erased.open_tickets)
        click.echo(f"under way, and the person is told of them no more: {under_way}")
    if erased.issues:
        click.echo(f"Jira keeps its own; look for the address and the name in {', '.join(erased.issues)}")


def _finish(services: Services, erased: Erased, counts: dict[str, int]) -> None:
    """What no transaction holds: the files, and what the database's own still hold of old rows."""
    for name in erased.files:
        _delete(services.config.files / name)
    left = services.store.write_anew()
    if left:
        click.echo(left)
    if counts:
        log.warning("erased a person", counts=counts)


def _erase(services: Services, email: str, *, for_good: bool) -> Erased:
    statuses = services.mappings.workflow.statuses.values()
    closed = frozenset(one.name for one in statuses if one.category is Category.DONE)
    fields = services.mappings.form.fields.values()
    texts = frozenset(one.name for one in fields if one.type in {FieldType.TEXT, FieldType.LONG_TEXT})

    with suppress(_OnlyLooked), services.store.begin() as db:
        found = erasure.erase(db, email, closed=closed, texts=texts, now=services.clock())
        if not for_good:
            raise _OnlyLooked
    return found


def _copy(source: Path, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    except OSError as error:
        fail(f"{target.name} cannot be copied: {error.strerror}")


def _delete(path: Path) -> None:
    """The file and its small picture."""
    for one in (path, path.with_name(f"{path.name}.mini")):
        one.unlink(missing_ok=True)


def _moment(value: object) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"{type(value).__name__} is no JSON")
    return value.isoformat(timespec="seconds")
