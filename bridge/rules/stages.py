"""What GitHub's environments and workflows are to us, by the mapping's globs."""

from collections.abc import Sequence
from fnmatch import fnmatch

from bridge.domain import Stage
from mappings.model import Environments

ENDED = {"inactive", "failure", "error"}
"""States of a deployment that hold nothing any more, whatever came before."""


def stage_of(environment: str, environments: Environments) -> Stage | None:
    """What an environment of GitHub's is to us, whatever the case of its name."""
    return _matching(environment, environments.staging, environments.production)


def stage_of_workflow(name: str, environments: Environments) -> Stage | None:
    """What the success of a GitHub Actions workflow means, where it means anything."""
    return _matching(name, environments.staging_workflows, environments.production_workflows)


def _matching(name: str, staging: Sequence[str], production: Sequence[str]) -> Stage | None:
    for stage, patterns in ((Stage.STAGING, staging), (Stage.PRODUCTION, production)):
        if any(fnmatch(name.lower(), pattern.lower()) for pattern in patterns):
            return stage
    return None
