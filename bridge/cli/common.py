"""What commands share: settings opened with every fault said, and text fit for a terminal."""

import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import click
from sqlalchemy.exc import OperationalError

from bridge import logs
from bridge.app import open_services
from bridge.config import ConfigError, load, mappings_directory
from bridge.services import Services
from bridge.store.engine import ExtraMissing
from bridge.store.schema import NetworkFileSystem, SchemaOutdated
from mappings import MappingError
from mappings import load as load_mappings

PORT = click.IntRange(0, 65535)
NUMBER = click.IntRange(1, 2**63 - 1)
"""The number of a row, or how many: what a database can count."""


class EmailAddress(click.ParamType[str]):
    """An address that an e-mail can be written to; `public`: from anywhere, not only from this machine."""

    name = "e-mail"

    def __init__(self, *, public: bool) -> None:
        self._public = public

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from email_validator import EmailNotValidError, validate_email

        try:
            return validate_email(
                value, check_deliverability=False, globally_deliverable=self._public, allow_smtputf8=False
            ).normalized
        except EmailNotValidError as error:
            return self.fail(f"{value} is not an e-mail address: {error}")


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@contextmanager
def faults_said() -> Iterator[None]:
    """Turn what an operator can mend into sentences and exit status 1."""
    try:
        yield
    except ConfigError as error:
        fail("the settings cannot be used:", *error.faults, *mappings_faults())
    except MappingError as error:
        fail("the mappings cannot be used:", *str(error).splitlines())
    except (SchemaOutdated, NetworkFileSystem, ExtraMissing) as error:
        fail(str(error))
    except OperationalError as error:
        fail(f"the database cannot be used: {str(error.orig).splitlines()[0]}")


def mappings_faults() -> list[str]:
    """What is wrong with the mappings, to be told together with what is wrong with the settings."""
    try:
        load_mappings(mappings_directory())
    except ConfigError:  # already told
        return []
    except MappingError as error:
        return str(error).splitlines()
    return []


def opened(*, quiet: bool = True) -> Services:
    """The installation that the environment describes, its log set up; `quiet`: warnings and worse."""
    with faults_said():
        config = load()
        logs.configure(config, quiet=quiet)
        return open_services(config)


def owner() -> str:
    """This process's name on leases."""
    return f"{socket.gethostname()}:{os.getpid()}"[:64]


def fail(*lines: str) -> NoReturn:
    for line in lines:
        click.echo(clean(line), err=True)
    raise SystemExit(1)


def clean(text: object) -> str:
    """Text without control characters, which a terminal would obey."""
    return _CONTROL.sub("?", str(text))
