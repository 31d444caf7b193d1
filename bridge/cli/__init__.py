"""The command line: `chamados`. Exit 0 fine, 1 failed, 2 changes pending or wrong usage."""

import gc
from importlib import import_module

import click

from bridge import __version__

MODULES = {
    "db": "database",
    "deliveries": "sight",
    "demo": "demonstration",
    "doctor": "doctor",
    "explain": "sight",
    "github": "github",
    "jira": "provision",
    "mail": "mail",
    "partners": "partners",
    "privacy": "privacy",
    "reconcile": "looking",
    "sandbox": "demonstration",
    "serve": "running",
    "tickets": "sight",
    "worker": "running",
    "workflow": "sight",
}
"""Where each command is: a server does without the sandbox and what it needs, in memory and at its start."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in MODULES:
            return None
        # What is imported stays: searching it for garbage took a third of the time.
        gc.disable()
        module = import_module(f"bridge.cli.{MODULES[cmd_name]}")
        gc.enable()
        command: click.Command = getattr(module, cmd_name)
        return command


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="chamados")
def main() -> None:
    """The bridge between partners, Jira and GitHub."""
