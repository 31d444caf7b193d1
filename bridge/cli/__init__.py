"""The command line: `chamados`. Exit 0 fine, 1 failed, 2 changes pending or wrong usage."""

import click

from bridge import __version__
from bridge.cli import (
    database,
    demonstration,
    doctor,
    github,
    looking,
    mail,
    partners,
    provision,
    running,
    sight,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="chamados")
def main() -> None:
    """The bridge between partners, Jira and GitHub."""


for command in (
    demonstration.demo,
    demonstration.sandbox,
    running.serve,
    running.worker,
    doctor.doctor,
    provision.jira,
    github.github,
    looking.reconcile,
    sight.explain,
    sight.deliveries,
    sight.tickets,
    sight.workflow,
    mail.mail,
    partners.partners,
    database.db,
):
    main.add_command(command)
