"""Deployments and releases."""

from typing import Any

from sqlalchemy.orm import Session

from bridge.services import Services
from bridge.store import facts
from mappings.model import Category
from webhooks.events import Payload, Ringing, ignored
from webhooks.github.ringing import foreign, ringing, router


@router.on("deployment_status")
def deployment_ended(services: Services, db: Session, payload: Payload) -> Ringing:
    deployment, repository = payload["deployment"], payload["repository"]
    state = payload["deployment_status"]["state"]
    if strange := foreign(services, repository):
        return strange
    if state != "success":
        return ignored(f"deployment {deployment['id']} is {state}, which moves nothing")
    subject = f"{repository['full_name']}#{deployment['id']}"
    return _published(services, db, repository, "deployment", subject)


@router.on("release")
def release_published(services: Services, db: Session, payload: Payload) -> Ringing:
    release, repository = payload["release"], payload["repository"]
    action = payload.get("action")
    if strange := foreign(services, repository):
        return strange
    if action not in {"published", "released"}:
        return ignored(f"a release that was {action} moves nothing")
    subject = f"{repository['full_name']}#{release['tag_name']}"
    return _published(services, db, repository, "release", subject)


def _published(
    services: Services, db: Session, repository: dict[str, Any], kind: str, subject: str
) -> Ringing:
    """Which tickets it contains only a comparison of commits tells; those that may be concerned are rung."""
    done = {
        status.name
        for status in services.mappings.workflow.statuses.values()
        if status.category is Category.DONE
    }
    tickets = set(facts.tickets_of_repository(db, repository_id=repository["id"], except_statuses=done))
    if not tickets:
        return ignored("no open ticket has a pull request in this repository")
    return ringing(kind, subject, tickets, f"{kind} {subject}")
