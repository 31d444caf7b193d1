"""What commands share: settings opened with every fault said, and text fit for a terminal."""

import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
import structlog
from sqlalchemy.exc import OperationalError

from bridge.app import open_services
from bridge.config import ConfigError, load
from bridge.services import Services
from bridge.store.schema import NetworkFileSystem, SchemaOutdated
from mappings import MappingError

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@contextmanager
def faults_said() -> Iterator[None]:
    """Turn what an operator can mend into sentences and exit status 1."""
    try:
        yield
    except ConfigError as error:
        fail("the settings cannot be used:", *error.faults)
    except MappingError as error:
        fail("the mappings cannot be used:", *str(error).splitlines())
    except (SchemaOutdated, NetworkFileSystem) as error:
        fail(str(error))
    except OperationalError as error:
        fail(f"the database cannot be used: {str(error.orig).splitlines()[0]}")


def opened() -> Services:
    """The installation that the environment describes."""
    with faults_said():
        return open_services(load())


def fail(*lines: str) -> None:
    for line in lines:
        click.echo(clean(line), err=True)
    raise SystemExit(1)


def clean(text: object) -> str:
    """Text without control characters, which a terminal would obey."""
    return _CONTROL.sub("?", str(text))


def log_to_stderr(*, quiet: bool = False) -> None:
    """One line an event; JSON when nobody watches."""
    renderer = structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING if quiet else logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
