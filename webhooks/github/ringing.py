"""The router of GitHub's events, and what their handlers share."""

from typing import Any

from bridge.services import Services
from webhooks.events import Ringing, Router, ignored

router = Router()


def foreign(services: Services, repository: dict[str, Any]) -> Ringing | None:
    ours = services.config.github.repositories
    if ours and repository["full_name"].lower() not in ours:
        return ignored(f"{repository['full_name']} is not in CHAMADOS_GITHUB_REPOSITORIES")
    return None


def nobody(keys: set[str]) -> Ringing:
    if not keys:
        return ignored("no ticket named")
    return ignored(f"no ticket named ({', '.join(sorted(keys)[:5])} is none of ours)")


def ringing(kind: str, subject: str, tickets: set[int], what: str) -> Ringing:
    rung = tuple(sorted(tickets))
    names = ", ".join(f"CT-{ticket_id}" for ticket_id in rung)
    return Ringing(kind=kind, subject=subject, tickets=rung, outcome=f"rang {names}: {what}")
