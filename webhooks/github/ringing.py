"""The router of GitHub's events, and what their handlers share."""

from typing import Any

from sqlalchemy.orm import Session

from bridge.services import Services
from bridge.store import pulls
from webhooks.events import Ringing, Router, Shape, ignored

SHAPE = Shape(
    numbers=(
        ("repository", "id"),
        ("pull_request", "number"),
        ("pull_request", "head", "repo", "id"),
        ("pull_request", "base", "repo", "id"),
        ("deployment", "id"),
        ("deployment_status", "id"),
        ("workflow_run", "id"),
    ),
    words=(
        ("action",),
        ("ref",),
        ("repository", "full_name"),
        ("pull_request", "head", "ref"),
        ("deployment", "environment"),
        ("deployment_status", "state"),
        ("release", "tag_name"),
        ("workflow_run", "name"),
    ),
)

router = Router(SHAPE)


def foreign(services: Services, db: Session, repository: dict[str, Any]) -> Ringing | None:
    """Why a repository's events do not concern us; None when they do. Renamed, it is known by its id."""
    ours = services.config.github.repositories
    if not ours or repository["full_name"].lower() in ours:
        return None
    if pulls.mapped_as(db, repository["id"]) in ours:
        return None
    return ignored(f"{repository['full_name']} is not in CHAMADOS_GITHUB_REPOSITORIES")


def nobody(keys: set[str]) -> Ringing:
    if not keys:
        return ignored("no ticket named")
    return ignored(f"no ticket named ({', '.join(sorted(keys)[:5])} is none of ours)")


def ringing(kind: str, subject: str, tickets: set[int], what: str) -> Ringing:
    rung = tuple(sorted(tickets))
    names = ", ".join(f"CT-{ticket_id}" for ticket_id in rung)
    return Ringing(kind=kind, subject=subject, tickets=rung, outcome=f"rang {names}: {what}")
